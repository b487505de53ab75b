//! From what a person typed to the sixteen symbols of a card, or to the name of what does not belong there.
//!
//! The rule is decision 4 of the programme's format notes: at most 128 bytes of UTF-8, NFKC, a fixed table of separators
//! dropped, upper case, `I` and `L` read as `1`, `O` as `0`, and everything else refused by name. A look-alike letter
//! of another script is refused, never guessed. The work is linear in the text.
//!
//! NFKC is done character by character, so that a refusal can name the place in the text as typed. That reads the same
//! symbols as NFKC of the whole text: what a combining mark joins is no symbol and no separator, before or after.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

pub use crate::foreign::ForeignKind;

/// The version of the rule. A change that reads any text differently is a new version.
pub const TYPED_TEXT_VERSION: u8 = 1;

/// The longest input that is looked at, in bytes of UTF-8. NFKC can make a text longer, so the cap comes first.
pub const TYPED_TEXT_MAX_BYTES: usize = 128;

/// The symbols of a code, in the order of their values (Crockford's base 32: no I, L, O, U).
pub const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why typed text could not be read as symbols.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypedTextError {
    /// More bytes than are looked at.
    #[error("the text has {bytes} bytes; at most {most} are read")]
    TooLong {
        /// Bytes found.
        bytes: usize,
        /// Bytes that are read at most.
        most: usize,
    },
    /// A character that no code contains.
    #[error("character {position} is {kind:?}, which no code contains")]
    Foreign {
        /// What it is.
        kind: ForeignKind,
        /// Which character (Unicode scalar value) of the text as typed, counted from 1, wrapper included.
        position: usize,
    },
}

/// The symbol values (0–31) in `text`, in order, however many there are.
///
/// Normalising what [`ALPHABET`] spells for them gives the same symbols again, as far as that is within the cap.
///
/// # Errors
/// [`TypedTextError`], naming the first thing that cannot be read.
pub fn symbols(text: &str) -> Result<Vec<u8>, TypedTextError> {
    if text.len() > TYPED_TEXT_MAX_BYTES {
        return Err(TypedTextError::TooLong { bytes: text.len(), most: TYPED_TEXT_MAX_BYTES });
    }
    payload(text, Wrapper::of(text).map_or(0, |wrapper| wrapper.end))
}

/// The symbols after the first `skipped` characters of a text of any length.
pub(crate) fn payload(text: &str, skipped: usize) -> Result<Vec<u8>, TypedTextError> {
    let mut symbols = Vec::with_capacity(16);
    for (position, reading) in readings(text).filter(|(position, _)| *position > skipped) {
        match reading {
            Reading::Symbol(value) => symbols.push(value),
            Reading::Separator(_) => {}
            Reading::Foreign(kind) => return Err(TypedTextError::Foreign { kind, position }),
        }
    }
    Ok(symbols)
}

/// What one character is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A symbol of this value (0–31).
    Symbol(u8),
    /// Something of the table that is dropped.
    Separator(char),
    /// What no code contains.
    Foreign(ForeignKind),
}

/// How each character of `text` is read, with its place in the text as typed, counted from 1. One that NFKC spells with
/// several has several readings in one place.
pub(crate) fn readings(text: &str) -> impl Iterator<Item = (usize, Reading)> {
    let following = text.chars().skip(1).map(Some).chain([None]);
    (1..).zip(text.chars().zip(following)).flat_map(|(position, (typed, next))| {
        std::iter::once(typed).nfkc().map(move |folded| (position, reading(typed, folded, next)))
    })
}

fn reading(typed: char, folded: char, next: Option<char>) -> Reading {
    if is_separator(folded) {
        return Reading::Separator(folded);
    }
    match (symbol(folded), next) {
        // What follows makes a picture of it: a keycap, or the emoji form of a sign.
        (_, Some('\u{20e3}' | '\u{fe0f}')) => Reading::Foreign(ForeignKind::Emoji),
        (Some(_), Some(mark)) if canonical_combining_class(mark) != 0 => {
            Reading::Foreign(ForeignKind::OtherLetter)
        }
        (Some(value), _) => Reading::Symbol(value),
        (None, _) if matches!(folded, 'U' | 'u') => Reading::Foreign(ForeignKind::LetterU),
        (None, _) => Reading::Foreign(ForeignKind::of(typed, folded)),
    }
}

fn symbol(folded: char) -> Option<u8> {
    let read = match folded.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let value = ALPHABET.chars().position(|known| known == read)?;
    u8::try_from(value).ok()
}

/// The fixed table of decision 4, after NFKC.
pub(crate) fn is_separator(folded: char) -> bool {
    is_space(folded) || is_dash(folded) || matches!(folded, '\u{30fb}' | '.' | '_')
}

/// The spaces of the table, those without width included.
pub(crate) fn is_space(folded: char) -> bool {
    folded.is_ascii_whitespace()
        || matches!(folded, '\u{a0}' | '\u{3000}' | '\u{200b}' | '\u{200d}' | '\u{feff}')
}

/// The hyphens, dashes and waves of the table. U+30FC is here because Japanese keyboards give ー where a hyphen is meant.
pub(crate) fn is_dash(folded: char) -> bool {
    matches!(
        folded,
        '-' | '~' | '\u{2d7}' | '\u{2010}'
            ..='\u{2015}' | '\u{2212}' | '\u{2500}' | '\u{2501}' | '\u{301c}' | '\u{30fc}'
    )
}

/// What stands around a pasted code or ticket: `YRS1:`, or a web address up to its `#`.
pub(crate) struct Wrapper {
    /// Characters before it, all of them separators.
    pub(crate) begin: usize,
    /// Characters before what it wraps.
    pub(crate) end: usize,
}

impl Wrapper {
    /// The wrapper `text` begins with, after separators.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let folded = || {
            let first = |typed: char| std::iter::once(typed).nfkc().next().unwrap_or(typed);
            text.chars().map(move |typed| first(typed).to_ascii_uppercase())
        };
        let begin = folded().take_while(|c| is_separator(*c)).count();
        let begins_with = |prefix: &str| prefix.chars().eq(folded().skip(begin).take(prefix.len()));
        if begins_with("YRS1:") {
            return Some(Self { begin, end: begin + 5 });
        }
        if !begins_with("HTTPS://") {
            return None;
        }
        let (length, stop) =
            folded().skip(begin).enumerate().find(|(_, c)| *c == '#' || c.is_whitespace())?;
        (stop == '#').then_some(Self { begin, end: begin + length + 1 })
    }
}

#[cfg(test)]
#[path = "typed_text_tests.rs"]
mod tests;
