//! From what a person typed to the sixteen symbols of a card, or to the name of what does not belong there.
//!
//! The rule is decision 4 of the programme's format notes, version 1: at most 128 bytes of UTF-8, NFKC, a fixed table
//! of separators dropped, upper case, `I` and `L` read as `1`, `O` as `0`, and everything else refused by name.
//! A look-alike letter of another script is refused, never guessed.

use unicode_normalization::UnicodeNormalization;

use crate::words::Words;

/// The longest input that is looked at, in bytes of UTF-8. NFKC can make a text longer, so the cap comes first.
pub const TYPED_TEXT_MAX_BYTES: usize = 128;

/// The symbols of a code, in the order of their values (Crockford's base 32: no I, L, O, U).
pub const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why typed text could not be read as symbols.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypedTextError {
    /// More than [`TYPED_TEXT_MAX_BYTES`] bytes.
    #[error("the text has {bytes} bytes; at most {TYPED_TEXT_MAX_BYTES} are read")]
    TooLong {
        /// Bytes found.
        bytes: usize,
    },
    /// A character that no code contains.
    #[error("character {position} is {kind:?}, which no code contains")]
    Foreign {
        /// What it is.
        kind: ForeignKind,
        /// Which character of the text as typed, counted from 1.
        position: usize,
    },
}

/// What a character is that cannot stand in a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ForeignKind {
    /// The letter U, left out of the alphabet because it is read as V.
    LetterU,
    /// Hiragana or katakana.
    Kana,
    /// A Chinese character.
    Kanji,
    /// A Greek letter, however Latin it looks.
    Greek,
    /// A Cyrillic letter, however Latin it looks.
    Cyrillic,
    /// An emoji or pictograph.
    Emoji,
    /// A Latin letter with an accent, or a letter of yet another script.
    OtherLetter,
    /// A control or invisible character outside the table of separators.
    Invisible,
    /// Punctuation or a sign outside the table of separators.
    Sign,
}

impl ForeignKind {
    /// Its name for a person.
    pub fn words(self) -> Words {
        match self {
            Self::LetterU => Words::new("英字の「U」", "the letter U"),
            Self::Kana => Words::new("ひらがな・カタカナ", "kana"),
            Self::Kanji => Words::new("漢字", "a kanji"),
            Self::Greek => Words::new("ギリシャ文字", "a Greek letter"),
            Self::Cyrillic => Words::new("キリル文字", "a Cyrillic letter"),
            Self::Emoji => Words::new("絵文字", "an emoji"),
            Self::OtherLetter => Words::new("使われていない文字", "a letter that codes do not use"),
            Self::Invisible => Words::new("見えない文字", "an invisible character"),
            Self::Sign => Words::new("使われていない記号", "a sign that codes do not use"),
        }
    }

    fn of(character: char) -> Self {
        match u32::from(character) {
            0x55 | 0x75 => Self::LetterU,
            0x3041..=0x30ff | 0x31f0..=0x31ff | 0xff66..=0xff9f => Self::Kana,
            0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff => Self::Kanji,
            0x0370..=0x03ff | 0x1f00..=0x1fff => Self::Greek,
            0x0400..=0x052f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => Self::Cyrillic,
            0x2600..=0x27bf | 0x1_f000..=0x1_faff | 0xfe0f => Self::Emoji,
            0x200b..=0x200f | 0x2028..=0x202f | 0x2060..=0x206f => Self::Invisible,
            _ if character.is_control() => Self::Invisible,
            _ if character.is_alphanumeric() => Self::OtherLetter,
            _ => Self::Sign,
        }
    }
}

/// The symbol values (0–31) in `text`, in order, however many there are.
///
/// Normalising what [`ALPHABET`] spells gives the same symbols again.
///
/// # Errors
/// [`TypedTextError`], naming the first thing that cannot be read.
pub fn symbols(text: &str) -> Result<Vec<u8>, TypedTextError> {
    if text.len() > TYPED_TEXT_MAX_BYTES {
        return Err(TypedTextError::TooLong { bytes: text.len() });
    }
    let skipped = wrapper(text);
    let mut symbols = Vec::with_capacity(16);
    for (index, typed) in text.chars().enumerate().skip(skipped) {
        // Character by character, so that a refusal can name the place in the text as typed.
        for folded in std::iter::once(typed).nfkc() {
            match symbol(folded) {
                Folded::Symbol(value) => symbols.push(value),
                Folded::Separator => {}
                Folded::Foreign => {
                    let kind = ForeignKind::of(folded);
                    return Err(TypedTextError::Foreign { kind, position: index + 1 });
                }
            }
        }
    }
    Ok(symbols)
}

enum Folded {
    Symbol(u8),
    Separator,
    Foreign,
}

fn symbol(folded: char) -> Folded {
    if is_separator(folded) {
        return Folded::Separator;
    }
    let read = match folded.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    match ALPHABET.chars().position(|known| known == read) {
        Some(value) => Folded::Symbol(u8::try_from(value).unwrap_or_default()),
        None => Folded::Foreign,
    }
}

/// The fixed table of decision 4. U+30FC is here because Japanese keyboards give ー where a hyphen is meant.
fn is_separator(folded: char) -> bool {
    folded.is_ascii_whitespace()
        || matches!(
            folded,
            '\u{a0}' | '\u{3000}' | '\u{200b}' | '\u{200d}' | '\u{feff}' | '-' | '\u{2010}'
                ..='\u{2015}'
                    | '\u{2212}'
                    | '\u{30fc}'
                    | '\u{2500}'
                    | '\u{2501}'
                    | '\u{2d7}'
                    | '\u{301c}'
                    | '~'
                    | '\u{30fb}'
                    | '.'
                    | '_'
        )
}

/// How many leading characters are a pasted wrapper: `YRS1:`, or a web address up to its `#`.
fn wrapper(text: &str) -> usize {
    let folded: Vec<char> =
        text.chars().map(|typed| std::iter::once(typed).nfkc().next().unwrap_or(typed)).collect();
    let spelled: String = folded.iter().collect::<String>().to_ascii_uppercase();
    let start = folded.iter().take_while(|c| is_separator(**c)).count();
    let rest: String = spelled.chars().skip(start).collect();
    if rest.starts_with("YRS1:") {
        return start + 5;
    }
    match folded.iter().position(|c| *c == '#') {
        Some(hash) if rest.starts_with("HTTPS://") => hash + 1,
        _ => 0,
    }
}
