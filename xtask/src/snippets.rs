//! The programs in the documents, taken out so that they are compiled: what a reader copies is what was tried.
//!
//! Each is a whole file, in a block of its language whose first line is a comment with the file's name.

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// The files of this language in a document, each with its name, in their order. None is a failure: nothing would be tried.
pub(crate) fn whole_files(document: &Path, language: &str) -> Result<Vec<(String, String)>, Failure> {
    let text = fs::read_to_string(document).map_err(Failure::file(document))?;
    let shown = document.file_name().unwrap_or_default().to_string_lossy().into_owned();
    files(&text, language).map_err(|(line, finding)| Failure::broken(format!("{shown}:{line}: {finding}")))
}

type Finding = (usize, String);

fn files(text: &str, language: &str) -> Result<Vec<(String, String)>, Finding> {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((begins, line)) = lines.next() {
        let Some(of) = line.strip_prefix("```") else {
            continue;
        };
        let mut block = String::new();
        loop {
            match lines.next() {
                Some((_, "```")) => break,
                Some((_, line)) => block.extend([line, "\n"]),
                None => return Err((begins + 1, "the block has no end".into())),
            }
        }
        if of != language {
            continue;
        }
        let name = file_name(&block).ok_or((begins + 2, "no comment with the file's name".to_owned()))?;
        if files.iter().any(|(other, _)| *other == name) {
            return Err((begins + 2, format!("`{name}` stands here twice")));
        }
        files.push((name, block));
    }
    if files.is_empty() { Err((1, format!("no block of {language}"))) } else { Ok(files) }
}

fn file_name(block: &str) -> Option<String> {
    let name = block.lines().next()?.strip_prefix("// ")?.trim_end();
    let fits = |sign: char| sign.is_ascii_alphanumeric() || ".-_+".contains(sign);
    (name.contains('.') && !name.starts_with('.') && name.chars().all(fits)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_of_the_language_is_a_file_and_others_are_left_out() {
        let text = "a\n```sh\n# x\n```\n```swift\n// A.swift\nlet a = 1\n```\nb\n```swift\n// B+C.swift\n```\n```kotlin\nx\n```\n";
        let found = files(text, "swift").unwrap();
        let expected = [("A.swift", "// A.swift\nlet a = 1\n"), ("B+C.swift", "// B+C.swift\n")];
        assert_eq!(found, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn what_would_not_be_tried_is_told_with_its_line() {
        for (text, line) in [
            ("a\n```swift\nlet a = 1\n```\n", 3),
            ("```swift\n// ../A.swift\n```\n", 2),
            ("```swift\n// A\n```\n", 2),
            ("```swift\n```\n", 2),
            ("```swift\n// A.swift\n```\n```swift\n// A.swift\n```\n", 5),
            ("a\n\n```swift\n// A.swift\n", 3),
            ("a\n```kotlin\n// A.kt\n```\n", 1),
        ] {
            assert_eq!(files(text, "swift").unwrap_err().0, line, "{text}");
        }
    }

    #[test]
    fn the_document_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let page = directory.path().join("start.md");
        fs::write(&page, "```swift\nx\n```\n").unwrap();
        let told = whole_files(&page, "swift").unwrap_err().to_string();
        assert!(told.starts_with("start.md:2: "), "{told}");
    }
}
