//! Rust code as a list of words, with every `use` of a group written out, so that `use std::{fs, time::Instant}` is
//! seen as `std::fs` and `std::time::Instant`.

/// Whether `code` (without comments and strings) names `path`, for example `std::fs` or a single word.
pub(super) fn names(code: &str, path: &str) -> bool {
    let sought = words(path);
    let whole = words(code);
    let mut lists = used(&whole);
    lists.push(whole);
    lists.iter().any(|list| list.windows(sought.len()).any(|window| window == sought.as_slice()))
}

/// Names, `::`, and every other sign by itself.
fn words(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
        let length = if is_name(first) {
            rest.find(|sign| !is_name(sign)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (word, next) = rest.split_at_checked(length).unwrap_or((rest, ""));
        words.push(word);
        rest = next.trim_start();
    }
    words
}

/// The paths that the `use` items bring in, one list of words each.
fn used<'a>(words: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut paths = Vec::new();
    let mut prefixes: Vec<Vec<&str>> = Vec::new();
    let mut path: Option<Vec<&str>> = None;
    for &word in words {
        match (&mut path, word) {
            (None, "use") => path = Some(Vec::new()),
            (None, _) => {}
            (Some(current), "{") => prefixes.push(current.clone()),
            (Some(current), "," | "}" | ";") => {
                paths.push(std::mem::take(current));
                match word {
                    "," => current.clone_from(prefixes.last().unwrap_or(&Vec::new())),
                    "}" => *current = prefixes.pop().unwrap_or_default(),
                    _ => {
                        path = None;
                        prefixes.clear();
                    }
                }
            }
            (Some(current), _) => current.push(word),
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_however_it_is_written() {
        for code in [
            "std::fs::read(x)",
            "std :: fs",
            "use std::fs;",
            "use std::{fs, io};",
            "use std::{io, fs::{self, File}};",
            "use std::{collections::{A, B}, fs as disk, io};",
            "use x::{y}; fn f() {} use std::{io, fs};",
        ] {
            assert!(names(code, "std::fs"), "{code}");
        }
    }

    #[test]
    fn other_paths_and_longer_words_are_not_it() {
        for code in [
            "use std::{io}; use x::fs;",
            "std::fsx",
            "use std::{io, x::fs};",
            "my_std::fs",
            "use a::{std, fs};",
        ] {
            assert!(!names(code, "std::fs"), "{code}");
        }
        assert!(names("ring::rand::X", "rand") && !names("operand", "rand") && !names("rand_", "rand"));
    }
}
