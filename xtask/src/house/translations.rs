//! A page in another language shows the same examples as the page it translates: those are compiled once, there.

use super::House;

/// Where pages in Japanese stand, by the names of those they translate.
const DIRECTORY: &str = "docs/ja/";

pub(super) fn findings(house: &House) -> Vec<String> {
    let translated =
        house.ending(".md").filter_map(|(path, text)| Some((path, path.strip_prefix(DIRECTORY)?, text)));
    let mut findings = Vec::new();
    for (path, name, text) in translated {
        let original = format!("docs/{name}");
        match house.files.get(&original) {
            None => findings.push(format!("{path}: there is no {original}")),
            Some(of) if examples(of) != examples(text) => {
                findings.push(format!("{path}: other examples than in {original}"));
            }
            Some(_) => {}
        }
    }
    findings
}

/// The fenced blocks of a page, in their order.
fn examples(page: &str) -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = !inside;
            if inside {
                examples.push(line.to_owned());
            }
        } else if let (true, Some(example)) = (inside, examples.last_mut()) {
            example.push('\n');
            example.push_str(line);
        }
    }
    examples
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: BTreeMap<_, _> =
            files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        findings(&House { files, packages: &[] })
    }

    #[test]
    fn words_may_differ_and_examples_may_not() {
        let english = "Hello\n```sh\nls\n```\nand\n```sh\ncd\n```\n";
        let japanese = "こんにちは\n\n```sh\nls\n```\n```sh\ncd\n```\nでは\n";
        assert_eq!(found(&[("docs/a.md", english), ("docs/ja/a.md", japanese)]), [""; 0]);
        let other = japanese.replace("cd", "cd /");
        assert_eq!(found(&[("docs/a.md", english), ("docs/ja/a.md", &other)]).len(), 1);
        assert_eq!(found(&[("docs/a.md", english), ("docs/ja/a.md", "```sh\nls\n```")]).len(), 1);
        assert_eq!(found(&[("docs/ja/a.md", japanese)]).len(), 1);
    }
}
