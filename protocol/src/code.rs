//! The typed code of a card: sixteen symbols, shown `XXXX-XXXX-XXXX-XXXX`.
//!
//! One symbol of version, two of programme index, ten random (50 bits), three check symbols (decisions 1 to 3 of the
//! programme's format notes). A mistake is found on the phone and pointed at by group; it is never corrected, because
//! the corrected code could belong to another household.

use std::fmt;

use crate::gf32::{self, DATA, Slip, WORD};
use crate::typed_text::{self, ALPHABET, ForeignKind, TypedTextError};
use crate::words::Words;

/// The only version of codes that is issued.
const VERSION: u8 = 1;
/// The highest programme index a code can name.
pub const PROGRAMME_INDEX_MAX: u16 = 1023;
/// How many random bits a code carries.
pub const RANDOM_BITS: u32 = 50;
/// Bytes that hold the data symbols of a code, five bits each.
pub const DATA_BYTES: usize = 9;
/// Zero bits after the data symbols in [`DATA_BYTES`].
const DATA_PAD_BITS: u32 = 7;

/// A code whose check symbols fit. Whether it was ever issued, only a server knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnrollmentCode {
    symbols: [u8; WORD],
}

/// Why typed text is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Nothing was typed but separators.
    #[error("the text holds no symbol")]
    Empty,
    /// The text could not be read as symbols.
    #[error(transparent)]
    Unreadable(#[from] TypedTextError),
    /// Not sixteen symbols.
    #[error("a code has 16 symbols; the text has {found}")]
    WrongLength {
        /// Symbols found.
        found: usize,
    },
    /// Sixteen symbols whose check does not fit.
    #[error("the check symbols do not fit; groups to look at: {groups:?}")]
    CheckFailed {
        /// The groups (1 to 4) to look at again, if one wrong symbol or one swap of neighbours explains the text.
        /// Two groups where the swap lies across their border; empty where no single slip explains it.
        groups: Vec<u8>,
    },
    /// A fitting check under a version that was never issued.
    #[error("this version of codes was never issued")]
    UnknownVersion,
    /// A longer text with more than one code in it.
    #[error("the text holds several codes")]
    SeveralCodes,
    /// A longer text with nothing in it that looks like a code.
    #[error("the text holds no code")]
    NoCodeFound,
}

impl EnrollmentCode {
    /// The code of a programme with these random bits; the lowest [`RANDOM_BITS`] are used. `None` for an index above
    /// [`PROGRAMME_INDEX_MAX`].
    pub fn issue(programme_index: u16, random: u64) -> Option<Self> {
        if programme_index > PROGRAMME_INDEX_MAX {
            return None;
        }
        let fifth = |value: u64| u8::try_from(value & 31).unwrap_or_default();
        let mut data = [0u8; DATA];
        let head = [VERSION, fifth(u64::from(programme_index) >> 5), fifth(u64::from(programme_index))];
        let body = (0..10u32).rev().map(|place| fifth(random >> (5 * place)));
        for (place, symbol) in data.iter_mut().zip(head.into_iter().chain(body)) {
            *place = symbol;
        }
        Some(Self { symbols: gf32::encode(data) })
    }

    /// Reads what a person typed, however they typed it.
    ///
    /// # Errors
    /// [`CodeError`], saying what to look at.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let symbols = typed_text::symbols(text)?;
        if symbols.is_empty() {
            return Err(CodeError::Empty);
        }
        let found = symbols.len();
        let symbols: [u8; WORD] = symbols.try_into().map_err(|_| CodeError::WrongLength { found })?;
        Self::check(symbols)
    }

    /// The code of these symbols, if their check fits.
    pub(crate) fn check(symbols: [u8; WORD]) -> Result<Self, CodeError> {
        if !gf32::valid(&symbols) {
            return Err(CodeError::CheckFailed {
                groups: groups(gf32::slip(&symbols, |word| Self::begins(word))),
            });
        }
        match Self::begins(&symbols) {
            true => Ok(Self { symbols }),
            false => Err(CodeError::UnknownVersion),
        }
    }

    /// Whether a code that was issued can begin with these symbols.
    pub(crate) fn begins(symbols: &[u8]) -> bool {
        symbols.first() == Some(&VERSION)
    }

    /// The values (0–31) of the sixteen symbols.
    pub(crate) fn symbols(&self) -> &[u8; WORD] {
        &self.symbols
    }

    /// The code of these data symbols, whether or not one was ever issued like it.
    #[cfg(test)]
    pub(crate) fn of_data(data: [u8; DATA]) -> Self {
        Self { symbols: gf32::encode(data) }
    }

    /// Which programme printed the card.
    pub fn programme_index(&self) -> u16 {
        let symbol = |index: usize| u16::from(self.symbols.get(index).copied().unwrap_or_default());
        symbol(1) << 5 | symbol(2)
    }

    /// The 65 bits of the thirteen data symbols, first symbol first, and seven zero bits after them: the code as a ticket
    /// carries it. Whoever holds them holds the grant.
    pub fn data_bits(&self) -> [u8; DATA_BYTES] {
        let number =
            self.symbols.iter().take(DATA).fold(0u128, |bits, symbol| bits << 5 | u128::from(*symbol));
        let mut bits = [0u8; DATA_BYTES];
        let low = (number << DATA_PAD_BITS).to_be_bytes().into_iter().skip(16 - DATA_BYTES);
        bits.iter_mut().zip(low).for_each(|(place, byte)| *place = byte);
        bits
    }

    /// The code with these [`EnrollmentCode::data_bits`]; its check symbols follow from them. `None` if a bit after the
    /// 65 is set, or for a version that was never issued.
    pub fn from_data_bits(bits: &[u8; DATA_BYTES]) -> Option<Self> {
        let padded = bits.iter().fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        let number = padded >> DATA_PAD_BITS;
        let mut data = [0u8; DATA];
        for (place, symbol) in data.iter_mut().rev().enumerate() {
            *symbol = u8::try_from(number >> (5 * place) & 31).unwrap_or_default();
        }
        let whole = number << DATA_PAD_BITS == padded && data.first() == Some(&VERSION);
        whole.then(|| Self { symbols: gf32::encode(data) })
    }

    /// The sixteen symbols without separators: the form that crosses the wire.
    pub fn compact(&self) -> String {
        self.symbols.iter().filter_map(|value| ALPHABET.chars().nth(usize::from(*value))).collect()
    }

    /// The form that is printed, in four groups.
    pub fn grouped(&self) -> String {
        let compact: Vec<char> = self.compact().chars().collect();
        compact.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }
}

/// Whoever holds a code holds its grant: it is never printed by accident.
impl fmt::Debug for EnrollmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrollmentCode(programme {})", self.programme_index())
    }
}

fn groups(slip: Option<Slip>) -> Vec<u8> {
    let group = |index: usize| u8::try_from(index / 4 + 1).unwrap_or_default();
    match slip {
        None => Vec::new(),
        Some(Slip::Symbol(index)) => vec![group(index)],
        Some(Slip::Swap(index)) if group(index) == group(index + 1) => vec![group(index)],
        Some(Slip::Swap(index)) => vec![group(index), group(index + 1)],
    }
}

impl CodeError {
    /// The stable code of this error, for support and for branching.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "card_empty",
            Self::Unreadable(TypedTextError::TooLong { .. }) => "card_too_long",
            Self::Unreadable(TypedTextError::Foreign { .. }) => "card_foreign_character",
            Self::WrongLength { .. } => "card_wrong_length",
            Self::CheckFailed { .. } => "card_check_failed",
            Self::UnknownVersion => "card_unknown_version",
            Self::SeveralCodes => "card_several_codes",
            Self::NoCodeFound => "card_no_code_found",
        }
    }

    /// What to tell the person who typed.
    pub fn words(&self) -> Words {
        match self {
            Self::Empty => {
                Words::new("カードのコードを入力してください。", "Please type the code from the card.")
            }
            Self::Unreadable(TypedTextError::TooLong { .. }) => Words::new(
                "文字が多すぎます。カードのコードだけを入力してください。",
                "That is too long. Please type only the code from the card.",
            ),
            Self::Unreadable(TypedTextError::Foreign { kind, position }) => foreign(*kind, *position),
            Self::WrongLength { found } => Words::new(
                format!("コードは16文字です。いまは{found}文字です。"),
                format!("A code has 16 symbols; this one has {found}."),
            ),
            Self::CheckFailed { groups } => look_at(groups),
            Self::UnknownVersion => look_at(&[]),
            Self::SeveralCodes => Words::new(
                "コードが2つ以上あります。使うカードのコードだけを入力してください。",
                "There is more than one code. Please enter only the code of your card.",
            ),
            Self::NoCodeFound => Words::new(
                "カードのコードが見つかりません。カードにある16文字のコードを入力してください。",
                "No code of a card was found. Please enter the 16 symbols on the card.",
            ),
        }
    }
}

fn foreign(kind: ForeignKind, position: usize) -> Words {
    let name = kind.words();
    Words::new(
        format!("{position}文字目の{}は、コードには使われていません。", name.ja),
        format!("Character {position} is {}; codes do not contain it.", name.en),
    )
}

fn look_at(groups: &[u8]) -> Words {
    match groups {
        [] => {
            Words::new("もう一度、カードと見くらべてください。", "Please compare it with the card once more.")
        }
        [one] => Words::new(
            format!("{one}番目の4文字を、もう一度カードと見くらべてください。"),
            format!("Please compare group {one} with the card once more."),
        ),
        [first, .., last] => Words::new(
            format!("{first}番目と{last}番目の4文字を、もう一度カードと見くらべてください。"),
            format!("Please compare groups {first} and {last} with the card once more."),
        ),
    }
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
