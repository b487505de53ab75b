//! The phrase a whole town shares (合言葉), as far as a phone can judge it: its form.
//!
//! Decision 5 of the programme's format notes: NFKC, katakana read as hiragana, spaces and dashes dropped at both ends,
//! and what remains compared exactly, by a server only. A hash on phones could be guessed, so none is made here. A phrase
//! proves little: many people know it, and it says nothing about who somebody is.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

use crate::foreign::ForeignKind;
use crate::typed_text::{is_dash, is_space};
use crate::words::Words;

/// The longest input that is looked at, in bytes of UTF-8: the longest phrase in half-width kana, each with its mark
/// (six bytes), and some room around it.
pub const PHRASE_TEXT_MAX_BYTES: usize = 256;
/// The fewest characters of a phrase.
pub const PHRASE_MIN_CHARS: usize = 2;
/// The most characters of a phrase.
pub const PHRASE_MAX_CHARS: usize = 32;

/// What katakana are above the hiragana of the same sound (U+30A1 ァ and U+3041 ぁ, and so on).
const KATAKANA_OFFSET: u32 = 0x60;

/// A shared phrase of possible form: 2 to 32 hiragana and ー. Whether it is a programme's, only a server knows.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SharedPhrase {
    hiragana: String,
}

/// Why a text is no shared phrase.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhraseError {
    /// Nothing was typed but spaces and dashes.
    #[error("the text holds no kana")]
    Empty,
    /// More than [`PHRASE_TEXT_MAX_BYTES`] bytes.
    #[error("the text has {bytes} bytes; at most {PHRASE_TEXT_MAX_BYTES} are read")]
    TooLong {
        /// Bytes found.
        bytes: usize,
    },
    /// Fewer than [`PHRASE_MIN_CHARS`] characters, or more than [`PHRASE_MAX_CHARS`].
    #[error("a phrase has {PHRASE_MIN_CHARS} to {PHRASE_MAX_CHARS} characters; the text has {found}")]
    WrongLength {
        /// Characters found, without what is dropped at the ends.
        found: usize,
    },
    /// A character that no phrase contains.
    #[error("character {position} is {kind:?}, which no phrase contains")]
    Foreign {
        /// What it is.
        kind: ForeignKind,
        /// Which character (Unicode scalar value) of the text as typed, counted from 1.
        position: usize,
    },
}

impl SharedPhrase {
    /// Reads what a person typed, in whatever kana.
    ///
    /// # Errors
    /// [`PhraseError`], saying what to look at.
    pub fn parse(text: &str) -> Result<Self, PhraseError> {
        if text.len() > PHRASE_TEXT_MAX_BYTES {
            return Err(PhraseError::TooLong { bytes: text.len() });
        }
        let mut phrase = Draft::default();
        for (position, typed) in (1..).zip(text.chars()) {
            // Character by character, so that a refusal can name the place in the text as typed.
            for folded in std::iter::once(typed).nfkc() {
                phrase.take(typed, folded, position)?;
            }
        }
        let hiragana = phrase.text.trim_end_matches(is_dash).to_owned();
        match hiragana.chars().count() {
            0 => Err(PhraseError::Empty),
            PHRASE_MIN_CHARS..=PHRASE_MAX_CHARS => Ok(Self { hiragana }),
            found => Err(PhraseError::WrongLength { found }),
        }
    }

    /// The phrase in hiragana, as both ends compare it.
    pub fn as_str(&self) -> &str {
        &self.hiragana
    }
}

/// A phrase is a secret, though a small one: it is never printed by accident.
impl fmt::Debug for SharedPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedPhrase")
    }
}

/// A phrase as far as it has been read.
#[derive(Default)]
struct Draft {
    text: String,
    /// The first space or dash other than ー since the last kana. It is dropped at the end, and wrong anywhere else.
    inside: Option<PhraseError>,
}

impl Draft {
    fn take(&mut self, typed: char, folded: char, position: usize) -> Result<(), PhraseError> {
        if folded == 'ー' {
            if !self.text.is_empty() {
                self.text.push(folded);
            }
            return Ok(());
        }
        let foreign = || PhraseError::Foreign { kind: kind(typed, folded), position };
        // A free-standing mark, which NFKC spells with a space, is no space.
        if is_dash(folded) || is_space(folded) && (folded == typed || typed.is_whitespace()) {
            if !self.text.is_empty() {
                self.inside.get_or_insert_with(foreign);
            }
            return Ok(());
        }
        let hiragana = hiragana(folded);
        let mark = matches!(folded, '\u{3099}' | '\u{309a}');
        match hiragana {
            Some(kana) => {
                self.inside.take().map_or(Ok(()), Err)?;
                self.text.push(kana);
                Ok(())
            }
            // ゛ and ゜ typed after their kana, as half-width keyboards do.
            None if mark && self.inside.is_none() => {
                let marked = self.text.pop().and_then(|kana| compose(kana, folded)).ok_or_else(foreign)?;
                self.text.push(marked);
                Ok(())
            }
            None => Err(self.inside.take().unwrap_or_else(foreign)),
        }
    }
}

/// The hiragana of a kana, if it has one.
fn hiragana(folded: char) -> Option<char> {
    match folded {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => Some(folded),
        'ァ'..='ヶ' | 'ヽ' | 'ヾ' => char::from_u32(u32::from(folded) - KATAKANA_OFFSET),
        _ => None,
    }
}

fn kind(typed: char, folded: char) -> ForeignKind {
    match ForeignKind::of(typed, folded) {
        // Kana that hiragana does not have, or a mark where none can stand.
        ForeignKind::Kana => ForeignKind::OtherLetter,
        kind => kind,
    }
}

impl PhraseError {
    /// The stable code of this error, for support and for branching.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "phrase_empty",
            Self::TooLong { .. } => "phrase_too_long",
            Self::WrongLength { .. } => "phrase_wrong_length",
            Self::Foreign { .. } => "phrase_foreign_character",
        }
    }

    /// What to tell the person who typed.
    pub fn words(&self) -> Words {
        match self {
            Self::Empty => Words::new("合言葉を入力してください。", "Please type the shared phrase."),
            Self::TooLong { .. } => Words::new(
                "文字が多すぎます。合言葉だけを入力してください。",
                "That is too long. Please type only the shared phrase.",
            ),
            Self::WrongLength { found } => Words::new(
                format!(
                    "合言葉は{PHRASE_MIN_CHARS}文字から{PHRASE_MAX_CHARS}文字です。いまは{found}文字です。"
                ),
                format!(
                    "A shared phrase has {PHRASE_MIN_CHARS} to {PHRASE_MAX_CHARS} characters; this one has {found}."
                ),
            ),
            Self::Foreign { kind, position } => {
                let name = kind.words();
                Words::new(
                    format!(
                        "{position}文字目の{}は、合言葉には使われていません。ひらがなで入力してください。",
                        name.ja
                    ),
                    format!("Character {position} is {}; shared phrases are written in hiragana.", name.en),
                )
            }
        }
    }
}

#[cfg(test)]
#[path = "phrase_tests.rs"]
mod tests;
