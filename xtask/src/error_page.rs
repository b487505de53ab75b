//! `docs/errors.md`: written from the code, never by hand.

use std::fs;
use std::io::ErrorKind;

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::Workspace;

const PAGE: &str = "docs/errors.md";

/// Writes the page.
pub(crate) fn renew(workspace: &Workspace) -> Result<(), Failure> {
    let path = workspace.root.join(PAGE);
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(Failure::file(directory))?;
    }
    fs::write(&path, generated(workspace)?).map_err(Failure::file(&path))?;
    println!("wrote {PAGE}");
    Ok(())
}

/// Fails if the page is not what the code would write today.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let path = workspace.root.join(PAGE);
    let committed = match fs::read_to_string(&path) {
        // A page that was never written is renewed the same way.
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(Failure::file(&path))?,
    };
    compare(&committed, &generated(workspace)?).map_err(Failure::broken)
}

fn generated(workspace: &Workspace) -> Result<String, Failure> {
    let cargo = Program::cargo(&workspace.root).args([
        "run",
        "--quiet",
        "-p",
        "yorisoi-core",
        "--example",
        "error_page",
    ]);
    let program = cargo.shown().to_owned();
    let page = cargo.printed()?;
    if page.trim().is_empty() {
        return Err(Failure::Answer { program, reason: "an empty page".into() });
    }
    Ok(page)
}

fn compare(committed: &str, generated: &str) -> Result<(), String> {
    if committed == generated {
        return Ok(());
    }
    let same = committed.lines().zip(generated.lines()).take_while(|(ours, theirs)| ours == theirs).count();
    Err(format!("{PAGE}:{}: not what the code says; renew it with `cargo xtask errors`", same + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outdated_page_is_refused_at_its_first_other_line() {
        assert!(compare("a\nb\n", "a\nb\n").is_ok());
        assert!(compare("a\nb\n", "a\nc\n").unwrap_err().starts_with("docs/errors.md:2:"));
        assert!(compare("a\n", "a\nb\n").unwrap_err().starts_with("docs/errors.md:2:"));
        assert!(compare("", "a\n").unwrap_err().contains("cargo xtask errors"));
    }
}
