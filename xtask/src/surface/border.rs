//! What crosses the border, whatever the language: calls, callbacks, variants and errors by their names in Rust; and
//! whether a run touched all of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::workspace::Workspace;

use super::DIRECTORY;
use super::declarations::Declaration;

/// The enum whose variants are the kinds of errors.
const ERROR: &str = "YorisoiError";

/// What no run can touch, and why.
const OUT_OF_REACH: &[&str] = &[
    // The protocol has it; a phone that has a place knows the municipality of its programme.
    "variant Missing.residence",
];

/// The page, from the declarations of the generated Swift.
pub(super) fn page(found: &[Declaration]) -> Result<String, String> {
    let of_apps = |owner: &str| {
        let protocols =
            |name: &str| found.iter().any(|found| found.keyword == "protocol" && found.name == name);
        // The protocol of a class says what the class says.
        protocols(owner)
            && !owner
                .strip_suffix("Protocol")
                .is_some_and(|class| found.iter().any(|found| found.name == class))
    };
    let is_class = |owner: &str| found.iter().any(|found| found.keyword == "class" && found.name == owner);
    let mut lines = BTreeSet::new();
    for declaration in found {
        let owner = declaration.owner.as_str();
        match declaration.keyword.as_str() {
            "func" if owner.is_empty() || is_class(owner) => {
                lines.insert(format!("call {}", snake_case(&declaration.name)));
            }
            "func" if of_apps(owner) => {
                lines.insert(format!("callback {owner}.{}", snake_case(&declaration.name)));
            }
            "case" if owner == ERROR => {
                lines.insert(format!("error {}", snake_case(&declaration.name)));
            }
            "case" => {
                lines.insert(format!("variant {owner}.{}", snake_case(&declaration.name)));
            }
            _ => {}
        }
    }
    for kind in ["call ", "callback ", "variant ", "error "] {
        if !lines.iter().any(|line| line.starts_with(kind)) {
            return Err(format!("no `{kind}…` in the generated Swift: does it read differently now?"));
        }
    }
    let head = "# What crosses the border, by its names in Rust. Written by `cargo xtask surface`; each suite is to touch all of it.\n";
    Ok(lines.into_iter().fold(head.to_owned(), |page, line| page + &line + "\n"))
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for sign in name.chars() {
        if sign.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(sign.to_lowercase());
    }
    snake
}

/// Fails if a run left out something, by the file in which it noted what it touched, or noted what does not exist.
pub(crate) fn exercised(workspace: &Workspace, noted: &Path) -> Result<(), Failure> {
    let page = workspace.root.join(DIRECTORY).join("border.txt");
    let read = |path: &Path| fs::read_to_string(path).map_err(Failure::file(path));
    let (border, noted) = (read(&page)?, read(noted)?);
    let findings = left_out(&border, &noted);
    if findings.is_empty() {
        let of = names(&border).len();
        println!("all {} names of the border were touched, but for {} out of reach", of, OUT_OF_REACH.len());
        return Ok(());
    }
    Err(Failure::Broken { findings })
}

fn left_out(border: &str, noted: &str) -> Vec<String> {
    let (border, noted) = (names(border), names(noted));
    let missing = border
        .difference(&noted)
        .filter(|name| !OUT_OF_REACH.contains(name))
        .map(|name| format!("never touched: {name}"));
    let strange =
        noted.difference(&border).map(|name| format!("touched, but not part of the border: {name}"));
    missing.chain(strange).collect()
}

fn names(text: &str) -> BTreeSet<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[cfg(test)]
mod tests {
    use super::super::declarations::declarations;
    use super::super::swift::Swift;
    use super::*;

    const SOURCE: &str = "
        public protocol ClientProtocol { func askNow() async throws }
        open class Client: ClientProtocol { open func askNow() async throws {}
            public static func `open`(keys: KeyStore) -> Client { x } 
            public init() {} }
        public protocol KeyStore { func load() throws -> Data? }
        public enum MessageStep { case savedHere
            case answered(at: Date) }
        public enum YorisoiError: Swift.Error { case NotFound(details: String) }
        public func lockScreenWords() -> Words { x }
        public struct Words { public var ja: String }
    ";

    #[test]
    fn names_are_those_of_rust() {
        let page = page(&declarations(SOURCE, &Swift)).unwrap();
        let lines: Vec<&str> = page.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "call ask_now",
                "call lock_screen_words",
                "call open",
                "callback KeyStore.load",
                "error not_found",
                "variant MessageStep.answered",
                "variant MessageStep.saved_here",
            ]
        );
    }

    #[test]
    fn a_source_that_is_not_understood_is_no_empty_border() {
        assert!(page(&declarations("func a() {}", &Swift)).is_err());
    }

    #[test]
    fn what_was_never_touched_and_what_does_not_exist_are_told() {
        let border = "# …\ncall ask\ncall sync\n";
        assert_eq!(left_out(border, "call sync\ncall ask\ncall ask\n"), [""; 0]);
        assert_eq!(
            left_out(border, "call sync\ncall aks\n"),
            ["never touched: call ask", "touched, but not part of the border: call aks"]
        );
        assert_eq!(left_out(border, "").len(), 2);
    }
}
