//! Published lists of signs to call for help at once, word for word, with the version of what was quoted.
//!
//! A list is shown before the first question and never blocks it. It is text: nothing here counts, scores or concludes
//! from what a person saw, and there is nothing to tick. What may be kept is which list was shown ([`ListShown`]).

use serde::{Deserialize, Serialize};

use crate::digest::sha256;
use crate::words::Words;

const LISTS_MAX: usize = 8;
const ITEMS_MAX: usize = 40;
const ITEM_MAX_CHARS: usize = 400;
const NAME_MAX: usize = 64;

/// One published list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedFlagList {
    /// Its name, the same through all versions: lower-case letters, digits and hyphens.
    pub id: String,
    /// Rises with every change of a word.
    pub version: u32,
    /// What is quoted: the published protocol and its edition.
    pub source: Words,
    /// Whom the signs are looked for in.
    pub audience: RedFlagAudience,
    /// The signs, in the order and the words of the source.
    pub items: Vec<Words>,
}

/// Whom the signs of a list are looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedFlagAudience {
    /// The child.
    Infant,
    /// The parent.
    Parent,
    /// Somebody this version does not know; the list is shown all the same.
    #[serde(other)]
    Other,
}

/// Which list was shown, to the letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListShown {
    /// The list's name.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// [`RedFlagList::sha256`], lower-case hex.
    pub sha256: String,
}

impl RedFlagList {
    /// SHA-256 over the list as lines joined by single line feeds, without one at the end: the words
    /// `yorisoi/red-flags/1`, id, version, audience, then Japanese and English of the source and of each sign.
    pub fn sha256(&self) -> [u8; 32] {
        let version = self.version.to_string();
        let mut lines = vec!["yorisoi/red-flags/1", &self.id, &version, self.audience.name()];
        for words in std::iter::once(&self.source).chain(&self.items) {
            lines.extend([words.ja.as_str(), words.en.as_str()]);
        }
        sha256(lines.join("\n").as_bytes())
    }

    /// What to keep when this list was shown. The answers to it are nobody's: there are none.
    pub fn shown(&self) -> ListShown {
        let sha256 = data_encoding::HEXLOWER.encode(&self.sha256());
        ListShown { id: self.id.clone(), version: self.version, sha256 }
    }

    fn check(&self) -> Result<(), &'static str> {
        let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if self.id.is_empty() || self.id.len() > NAME_MAX || !self.id.bytes().all(known) {
            return Err("a list's id has 1 to 64 lower-case letters, digits and hyphens");
        }
        if self.version == 0 {
            return Err("versions count from 1");
        }
        if !(1..=ITEMS_MAX).contains(&self.items.len()) {
            return Err("a list has 1 to 40 signs");
        }
        let quotes = std::iter::once(&self.source).chain(&self.items);
        // One line each, so that the hash of two lists is never over the same lines.
        match quotes.into_iter().all(|words| words.fit(ITEM_MAX_CHARS)) {
            true => Ok(()),
            false => Err("source and signs have 1 to 400 characters on one line in each language"),
        }
    }
}

impl RedFlagAudience {
    fn name(self) -> &'static str {
        match self {
            Self::Infant => "infant",
            Self::Parent => "parent",
            Self::Other => "other",
        }
    }
}

/// What no type of a field refuses already.
pub(crate) fn check(lists: &[RedFlagList]) -> Result<(), &'static str> {
    if lists.len() > LISTS_MAX {
        return Err("at most 8 lists");
    }
    let twice =
        |(index, list): (usize, &RedFlagList)| lists.iter().take(index).any(|other| other.id == list.id);
    if lists.iter().enumerate().any(twice) {
        return Err("each list has an id of its own");
    }
    lists.iter().try_for_each(RedFlagList::check)
}

#[cfg(test)]
#[path = "red_flags_tests.rs"]
mod tests;
