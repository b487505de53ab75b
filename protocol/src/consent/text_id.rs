//! The name of a consent text: `<name>-<language>-<major>[.<minor>]`, such as `survey-ja-2` or `photo-en-1.3`.
//!
//! A new minor version says the same in other words. A new major version asks for more, so it is asked for anew.

use std::fmt;

use crate::decimal;

const NAME_MAX: usize = 40;
const LANGUAGES: [&str; 2] = ["ja", "en"];

/// The name of a consent text, in its parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TextId {
    /// What it is about: 1 to 40 lower-case letters, digits and hyphens.
    pub name: String,
    /// `ja` or `en`.
    pub language: &'static str,
    /// Rises when more is asked for; from 1.
    pub major: u16,
    /// Rises when the same is said in other words; absent: 0.
    pub minor: u16,
}

/// Text that is not the name of a consent text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a consent text is named <name>-<language>-<version>, such as survey-ja-2")]
pub struct TextIdError;

impl TextId {
    /// Reads a name.
    ///
    /// # Errors
    /// [`TextIdError`].
    pub fn parse(text: &str) -> Result<Self, TextIdError> {
        let (rest, version) = text.rsplit_once('-').ok_or(TextIdError)?;
        let (name, language) = rest.rsplit_once('-').ok_or(TextIdError)?;
        let language = LANGUAGES.into_iter().find(|known| *known == language).ok_or(TextIdError)?;
        let (major, minor) = match version.split_once('.') {
            Some((major, minor)) => (number(major)?, number(minor)?),
            None => (number(version)?, 0),
        };
        let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(known) || major == 0 {
            return Err(TextIdError);
        }
        Ok(Self { name: name.to_owned(), language, major, minor })
    }
}

/// 0 to 9999 in its one form, without leading zeros.
fn number(text: &str) -> Result<u16, TextIdError> {
    decimal::parse(text, 4).and_then(|number| number.try_into().ok()).ok_or(TextIdError)
}

impl fmt::Display for TextId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.name, self.language, self.major)?;
        if self.minor == 0 { Ok(()) } else { write!(f, ".{}", self.minor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_its_parts_and_written_back() {
        for (text, name, language, major, minor) in [
            ("survey-ja-2", "survey", "ja", 2, 0),
            ("photo-en-1.3", "photo", "en", 1, 3),
            ("municipal-handoff-ja-10.12", "municipal-handoff", "ja", 10, 12),
        ] {
            let id = TextId::parse(text).unwrap();
            assert_eq!((id.name.as_str(), id.language, id.major, id.minor), (name, language, major, minor));
            assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let long = format!("{}-ja-1", "a".repeat(41));
        let wrong = [
            "",
            "survey",
            "survey-1",
            "survey-fr-1",
            "-ja-1",
            "survey-ja-0",
            "survey-ja-01",
            "survey-ja-1.",
            "ja-1",
            "survey-ja-.1",
            "survey-ja-1.2.3",
            "survey-ja-+1",
            "survey-ja-１",
            "Survey-ja-1",
            "survey-ja-99999",
            "同意-ja-1",
            &long,
        ];
        for wrong in wrong {
            assert_eq!(TextId::parse(wrong), Err(TextIdError), "{wrong}");
        }
    }
}
