//! The pages of the Swift API, made from what was compiled: every link in them leads somewhere, and nothing that an app can
//! see is without words.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;
use crate::program::Program;
use crate::swift_package;

/// The modules that are written by hand.
const BY_HAND: [&str; 2] = ["Yorisoi", "YorisoiTestKit"];
/// What the first of them exports. Its comments are the library's own, which Rust asks for.
const GENERATED: &str = swift_package::GENERATED_MODULE;

/// Makes the pages of the modules built in `built`, beside the package. `tool` runs a program of the tool chain.
pub(crate) fn check(tool: impl Fn(&str) -> Program, package: &Path, built: &Path) -> Result<(), Failure> {
    let (graphs, pages) = (package.join("graphs"), package.join("docs"));
    swift_package::empty(&graphs)?;
    let target = target(built)?;
    for module in BY_HAND.into_iter().chain([GENERATED]) {
        tool("/usr/libexec/swift/bin/swift-symbolgraph-extract")
            .args(["-module-name", module, "-minimum-access-level", "public", "-target", &target])
            .args(["-I".as_ref(), built.join("Modules").as_os_str()])
            .args(["-I".as_ref(), package.join("Sources/YorisoiCoreFFI").as_os_str()])
            .args(["-output-dir".as_ref(), graphs.as_os_str()])
            .run()?;
    }
    let findings = BY_HAND.iter().map(|module| without_words(&graphs.join(format!("{module}.symbols.json"))));
    let findings: Vec<String> = findings.collect::<Result<Vec<_>, _>>()?.concat();
    if !findings.is_empty() {
        return Err(Failure::Broken { findings });
    }
    tool("docc")
        .args(["convert".as_ref(), package.join("Sources/Yorisoi/Yorisoi.docc").as_os_str()])
        .args(["--warnings-as-errors", "--fallback-display-name", "Yorisoi"])
        .args(["--fallback-bundle-identifier", "jp.yorisoi", "--additional-symbol-graph-dir"])
        .args([&graphs])
        .args(["--output-dir".as_ref(), pages.as_os_str()])
        .run()
}

/// What the tool chain calls this machine: the directory with all that is built for it.
fn target(built: &Path) -> Result<String, Failure> {
    let real = fs::canonicalize(built).map_err(Failure::file(built))?;
    let name = real.parent().and_then(Path::file_name).unwrap_or_default();
    Ok(name.to_string_lossy().into_owned())
}

/// What is public in a module and has no comment.
fn without_words(graph: &Path) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(graph).map_err(Failure::file(graph))?;
    silent(&text).map_err(|reason| Failure::broken(format!("{}: {reason}", graph.display())))
}

fn silent(graph: &str) -> Result<Vec<String>, String> {
    let graph: Value = serde_json::from_str(graph).map_err(|error| error.to_string())?;
    let module = graph.pointer("/module/name").and_then(Value::as_str).ok_or("names no module")?;
    let symbols = graph.get("symbols").and_then(Value::as_array).ok_or("has no symbols")?;
    if symbols.is_empty() {
        return Err("has no symbols".into());
    }
    let findings = symbols.iter().filter(|symbol| is_silent(symbol)).map(|symbol| {
        let path = symbol.get("pathComponents").and_then(Value::as_array).into_iter().flatten();
        format!("{module}: `{}` has no comment", path.filter_map(Value::as_str).collect::<Vec<_>>().join("."))
    });
    Ok(findings.collect())
}

/// Whether a declaration of ours says nothing. What the compiler made up has no place in a file.
fn is_silent(symbol: &Value) -> bool {
    symbol.get("location").is_some() && symbol.get("docComment").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_without_a_comment_is_found_and_what_the_compiler_made_is_not() {
        let graph = r#"{"module": {"name": "M"}, "symbols": [
            {"pathComponents": ["A"], "location": {}, "docComment": {}},
            {"pathComponents": ["A", "==(_:_:)"]},
            {"pathComponents": ["A", "b"], "location": {}}]}"#;
        assert_eq!(silent(graph).unwrap(), ["M: `A.b` has no comment"]);
    }

    #[test]
    fn a_graph_of_nothing_is_no_proof() {
        for nothing in ["", "{}", r#"{"module": {"name": "M"}, "symbols": []}"#] {
            assert!(silent(nothing).is_err(), "{nothing}");
        }
    }
}
