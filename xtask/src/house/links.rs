//! A relative link in the documents leads to a file that a fresh clone has.

use super::House;

pub(super) fn findings(house: &House) -> Vec<String> {
    house
        .ending(".md")
        .filter(|(path, _)| *path == "README.md" || path.starts_with("docs/"))
        .flat_map(|(path, text)| broken(house, path, text))
        .collect()
}

fn broken(house: &House, page: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut in_example = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_example = !in_example;
        }
        if in_example {
            continue;
        }
        for target in targets(line) {
            if is_relative(&target) && !exists(house, &resolved(page, &target)) {
                findings.push(format!("{page}:{}: `{target}` is not there", index + 1));
            }
        }
    }
    findings
}

/// The targets of `[text](target)` and `[name]: target` in a line, without code between backticks.
fn targets(line: &str) -> Vec<String> {
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("");
    let definition = prose.strip_prefix('[').and_then(|rest| rest.split_once("]:")).map(|(_, target)| target);
    let inline = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    definition
        .into_iter()
        .chain(inline)
        // A title may follow: `[text](target "title")`.
        .filter_map(|target| target.split_whitespace().next())
        .map(|target| target.trim_matches(['<', '>']).to_owned())
        .collect()
}

fn is_relative(target: &str) -> bool {
    !target.starts_with('#') && !target.contains("://") && !target.starts_with("mailto:")
}

/// The path from the root that `target` means on `page`.
fn resolved(page: &str, target: &str) -> String {
    let target = target.split('#').next().unwrap_or("");
    let directory = page.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            // Above the root nothing of ours exists; the odd name makes sure it is not found.
            ".." if parts.pop().is_none() => parts.push(".."),
            ".." => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn exists(house: &House, path: &str) -> bool {
    let inside = format!("{path}/");
    house.files.contains_key(path) || house.files.keys().any(|file| file.starts_with(&inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str, text: &str) -> usize {
        let house = House::of(&[
            (page, text),
            ("docs/adr/0001-one.md", ""),
            ("docs/protocol.md", ""),
            ("core/src/lib.rs", ""),
        ]);
        findings(&house).len()
    }

    #[test]
    fn links_to_files_directories_and_the_web_hold() {
        for text in [
            "[a](protocol.md) and [b](adr/0001-one.md#why)",
            "[a](../core/src/lib.rs) [b](../core) [c](adr/ \"title\")",
            "[a](https://example.org/x.md) [b](#here) [c](mailto:a@example.org)",
            "[a]: protocol.md",
            "`[a](lost.md)`",
            "```\n[a](lost.md)\n```",
        ] {
            assert_eq!(found("docs/x.md", text), 0, "{text}");
        }
        assert_eq!(found("README.md", "[a](docs/protocol.md)"), 0);
    }

    #[test]
    fn links_to_nowhere_are_found() {
        for text in
            ["[a](lost.md)", "[a]: lost.md", "x\n[a](../../protocol.md)", "[a](protocol.md) [b](lost.md#x)"]
        {
            assert_eq!(found("docs/x.md", text), 1, "{text}");
        }
        assert_eq!(found("README.md", "[a](protocol.md)"), 1);
        assert_eq!(found("core/NOTES.md", "[a](lost.md)"), 0, "only the README and docs/ are promised");
    }
}
