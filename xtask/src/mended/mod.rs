//! What is mended in the generated Swift and Kotlin, and why.
//!
//! Each mend names the text it takes out and how often that text must be there. The generator is pinned, so a text that
//! is not found means that the generator changed: then each mend is to be looked at again, and none is skipped in silence.

mod kotlin;
mod swift;

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// How often a text has to be found.
enum Times {
    Exactly(usize),
    /// As often as another text of the same file, and at least once.
    AsOftenAs(&'static str),
}

/// One text, and what stands there instead.
struct Mend {
    why: &'static str,
    old: &'static str,
    new: &'static str,
    times: Times,
}

/// Mends what was generated for both languages.
pub(crate) fn mend(swift: &Path, kotlin: &Path) -> Result<(), Failure> {
    in_file(swift, |text| mended(&swift::with_cancelling(text)?, swift::MENDS))?;
    in_file(kotlin, |text| mended(&kotlin::with_kept_threads(text)?, kotlin::MENDS))
}

fn in_file(path: &Path, change: impl FnOnce(&str) -> Result<String, String>) -> Result<(), Failure> {
    let text = fs::read_to_string(path).map_err(Failure::file(path))?;
    let changed =
        change(&text).map_err(|finding| Failure::broken(format!("{}: {finding}", path.display())))?;
    fs::write(path, changed).map_err(Failure::file(path))
}

fn mended(text: &str, mends: &[Mend]) -> Result<String, String> {
    mends.iter().try_fold(text.to_owned(), |text, mend| mend.applied(&text))
}

impl Mend {
    fn applied(&self, text: &str) -> Result<String, String> {
        let Self { why, old, new, ref times } = *self;
        let expected = match *times {
            Times::Exactly(times) => times,
            Times::AsOftenAs(other) => text.matches(other).count().max(1),
        };
        let found = text.matches(old).count();
        if found == expected {
            return Ok(text.replace(old, new));
        }
        let first = old.trim().lines().next().unwrap_or_default();
        Err(format!("`{first} …` stands there {found} times, not {expected}; cannot mend: {why}"))
    }
}

/// Adds lines behind some, indented as these are, and says how many were given one.
fn with_lines_behind(text: &str, behind: impl Fn(&str) -> Option<String>) -> (String, usize) {
    let (mut changed, mut given) = (String::with_capacity(text.len()), 0);
    for line in text.lines() {
        changed.push_str(line);
        changed.push('\n');
        if let Some(added) = behind(line.trim_start()) {
            changed.push_str(line.get(..line.len() - line.trim_start().len()).unwrap_or_default());
            changed.push_str(&added);
            changed.push('\n');
            given += 1;
        }
    }
    (changed, given)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWICE: &[Mend] = &[Mend { why: "a test", old: "a\nb", new: "c", times: Times::Exactly(2) }];

    #[test]
    fn a_text_is_replaced_only_if_it_is_there_as_often_as_expected() {
        assert_eq!(mended("a\nb a\nb", TWICE).unwrap(), "c c");
        for text in ["", "a\nb", "a\nb a\nb a\nb", "a b a b"] {
            let told = mended(text, TWICE).unwrap_err();
            assert!(told.contains("not 2; cannot mend: a test"), "{told}");
        }
    }

    #[test]
    fn a_text_that_belongs_to_each_class_is_there_for_each_and_for_one_at_least() {
        let each = [Mend { why: "a test", old: "old", new: "new", times: Times::AsOftenAs("class") }];
        assert_eq!(mended("class old class old", &each).unwrap(), "class new class new");
        assert!(mended("class old class", &each).is_err());
        assert!(mended("", &each).is_err());
    }

    #[test]
    fn what_must_not_be_there_is_refused() {
        let never = [Mend { why: "a test", old: "try!", new: "", times: Times::Exactly(0) }];
        assert_eq!(mended("try", &never).unwrap(), "try");
        assert!(mended("try!", &never).is_err());
    }
}
