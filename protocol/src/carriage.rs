//! How a ticket travels as text: in the QR code of a card, in a message, in what a camera app made of it.
//!
//! Two forms are read: `YRS1:` with base32 (RFC 4648 section 6, without padding) or base45 (RFC 9285), and the web
//! address `HTTPS://<host>/E#` with base32, whose fragment no browser sends to a web server. Case, white space around
//! and line breaks inside, full-width letters of a Japanese keyboard and base45 spaces that a camera app turned into
//! `%20` are repaired. Everything else is refused with its place in the text.
//!
//! A text of base32 letters alone could be read as base45 too. Both are tried, base32 first, and what they give must be
//! canonical CBOR: an envelope begins with the bytes 84 49, which is `QRE…` in base32 and `PWG…` in base45, so no
//! ticket's text can be read as another ticket. White space around is never part of base45: the last character of a
//! group stands for at most 32, the space for 36.

use std::fmt;

use data_encoding::BASE32_NOPAD;

use crate::cbor;
use crate::foreign::ForeignKind;
use crate::words::Words;

/// The longest text that is looked at, in characters.
pub const CARRIAGE_MAX_CHARS: usize = 600;

const PREFIX: &str = "YRS1:";
const SCHEME: &str = "HTTPS://";
const PATH: &str = "/E#";
/// RFC 9285 section 4.2; a character's place is its value.
const BASE45: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// The bytes of a ticket that travelled as text. Whoever holds them holds the grant, so they are never printed by
/// accident. Nothing about them is verified.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketText {
    bytes: Vec<u8>,
}

/// Why text does not carry a ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarriageError {
    /// It begins neither with `YRS1:` nor as the address of a card.
    #[error("the text is not a ticket: neither the prefix nor the address of a card")]
    NotATicket,
    /// More than [`CARRIAGE_MAX_CHARS`] characters; no more were looked at.
    #[error("the text has more than {CARRIAGE_MAX_CHARS} characters")]
    TooLong,
    /// A character that neither base32 nor base45 knows, or that base45 alone knows in an address.
    #[error("character {position} is {kind:?}, which no ticket contains")]
    Foreign {
        /// What it is.
        kind: ForeignKind,
        /// Which character of the text as given, counted from 1.
        position: usize,
    },
    /// Known characters that cannot stand together: a group of base45 over its range, base32 with loose bits at its
    /// end, or a length that neither has.
    #[error("the characters from {position} on are not base32 or base45")]
    Encoding {
        /// The first of them in the text as given, counted from 1.
        position: usize,
    },
}

impl TicketText {
    /// Reads a ticket's text. Total, and linear in a length that is capped first.
    ///
    /// # Errors
    /// [`CarriageError`], with the place.
    pub fn parse(text: &str) -> Result<Self, CarriageError> {
        if text.chars().nth(CARRIAGE_MAX_CHARS).is_some() {
            return Err(CarriageError::TooLong);
        }
        let body = Body::of(text)?;
        let bytes = body.decoded()?;
        Ok(Self { bytes })
    }

    /// Takes over the bytes of a ticket.
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec() }
    }

    /// The ticket's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `YRS1:` and base32.
    pub fn to_prefixed(&self) -> String {
        let mut text = PREFIX.to_owned();
        BASE32_NOPAD.encode_append(&self.bytes, &mut text);
        text
    }

    /// The address that is printed as a QR code.
    pub fn to_uri(&self, host: &str) -> String {
        self.to_uri_parts(host).concat()
    }

    /// The address in the three segments of a QR code: `HTTPS://<HOST>/E` and the base32 in its alphanumeric mode,
    /// `#` between them in bytes.
    pub fn to_uri_parts(&self, host: &str) -> [String; 3] {
        let head = [SCHEME, &host.to_ascii_uppercase(), "/E"].concat();
        [head, "#".to_owned(), BASE32_NOPAD.encode(&self.bytes)]
    }
}

impl fmt::Debug for TicketText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TicketText({} bytes)", self.bytes.len())
    }
}

/// What stands after the prefix or the `#`, folded to capitals of ASCII without line breaks.
struct Body {
    text: Vec<u8>,
    /// For each byte of `text`, which character of the text as given it was, from 1.
    positions: Vec<usize>,
    in_address: bool,
}

impl Body {
    fn of(text: &str) -> Result<Self, CarriageError> {
        let folded = text.chars().map(fold);
        let characters: Vec<(usize, char)> = (1..).zip(folded).collect();
        let blank = |(_, character): &&(usize, char)| is_blank(*character);
        let start = characters.iter().take_while(blank).count();
        let end = characters.len() - characters.iter().rev().take_while(blank).count();
        let inside = characters.get(start..end).unwrap_or_default();
        let (wrapper, in_address) = wrapper(inside).ok_or(CarriageError::NotATicket)?;
        let (mut text, mut positions) = (Vec::new(), Vec::new());
        for (position, character) in inside.iter().skip(wrapper) {
            match u8::try_from(*character) {
                Ok(b'\n' | b'\r' | b'\t') => {}
                Ok(byte) if value45(byte).is_some() => {
                    text.push(byte);
                    positions.push(*position);
                }
                _ => return Err(foreign(*character, *position)),
            }
        }
        Ok(Self { text, positions, in_address })
    }

    fn decoded(&self) -> Result<Vec<u8>, CarriageError> {
        let base32 = self.base32();
        if self.in_address {
            return base32;
        }
        let readings = [&base32, &self.base45(&self.text), &self.base45(&self.without_mangled_spaces())];
        let whole = |bytes: &&Vec<u8>| cbor::check(bytes).is_ok();
        let first = readings.into_iter().flatten().find(whole);
        // Where no reading is whole, the first that was one at all tells best where its bytes go wrong; where none was
        // one, base45 does, whose alphabet has all of these characters.
        let [_, base45, _] = readings;
        let fallback = readings.into_iter().find(|reading| reading.is_ok()).unwrap_or(base45);
        first.map_or_else(|| fallback.clone(), |bytes| Ok(bytes.clone()))
    }

    /// Base32, over any spaces.
    fn base32(&self) -> Result<Vec<u8>, CarriageError> {
        let placed = || self.text.iter().zip(&self.positions).filter(|(byte, _)| **byte != b' ');
        if let Some((byte, position)) = placed().find(|(byte, _)| !matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
        {
            return Err(foreign(char::from(*byte), *position));
        }
        let letters: Vec<u8> = placed().map(|(byte, _)| *byte).collect();
        BASE32_NOPAD.decode(&letters).map_err(|error| {
            // A length that base32 does not have is told as the place after the last letter.
            let place = placed().nth(error.position).or(placed().next_back());
            let position = place.map_or(0, |(_, position)| *position);
            CarriageError::Encoding { position }
        })
    }

    /// Base45 (RFC 9285 section 4): three characters are two bytes, two are one.
    fn base45(&self, text: &[u8]) -> Result<Vec<u8>, CarriageError> {
        let mut bytes = Vec::with_capacity(text.len() / 3 * 2 + 1);
        for (index, group) in text.chunks(3).enumerate() {
            let position = self.positions.get(index * 3).copied().unwrap_or_default();
            let values = group.iter().rev().map(|byte| value45(*byte).unwrap_or_default());
            let number = values.fold(0, |sum, value| sum * 45 + value);
            match (group.len(), u16::try_from(number), u8::try_from(number)) {
                (3, Ok(two), _) => bytes.extend_from_slice(&two.to_be_bytes()),
                (2, _, Ok(one)) => bytes.push(one),
                _ => return Err(CarriageError::Encoding { position }),
            }
        }
        Ok(bytes)
    }

    fn without_mangled_spaces(&self) -> Vec<u8> {
        let mut repaired = Vec::with_capacity(self.text.len());
        let mut rest = self.text.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let (byte, next) = match rest.strip_prefix(b"%20") {
                Some(next) => (b' ', next),
                None => (*first, after),
            };
            repaired.push(byte);
            rest = next;
        }
        repaired
    }
}

/// The full-width forms of ASCII (U+FF01 to U+FF5E) as ASCII, the ideographic space as a space, all in capitals.
fn fold(character: char) -> char {
    let narrow = match u32::from(character) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(character),
        0x3000 => ' ',
        _ => character,
    };
    narrow.to_ascii_uppercase()
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200b}' | '\u{feff}')
}

/// How many leading characters are the wrapper, and whether it is an address.
fn wrapper(characters: &[(usize, char)]) -> Option<(usize, bool)> {
    let starts = |from: usize, expected: &str| {
        let mut found = characters.iter().skip(from).map(|(_, character)| *character);
        expected.chars().all(|character| found.next() == Some(character))
    };
    if starts(0, PREFIX) {
        return Some((PREFIX.len(), false));
    }
    let host =
        characters.iter().skip(SCHEME.len()).take_while(|(_, character)| is_of_host(*character)).count();
    let address = starts(0, SCHEME) && host > 0 && starts(SCHEME.len() + host, PATH);
    address.then_some((SCHEME.len() + host + PATH.len(), true))
}

fn is_of_host(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | ':')
}

fn value45(byte: u8) -> Option<u32> {
    let place = BASE45.iter().position(|known| *known == byte);
    place.and_then(|place| u32::try_from(place).ok())
}

fn foreign(character: char, position: usize) -> CarriageError {
    CarriageError::Foreign { kind: ForeignKind::of(character, character), position }
}

impl CarriageError {
    /// What to tell the person, without the way on: that is the typed code (see [`crate::ticket::TicketError::words`]).
    pub fn words(&self) -> Words {
        match self {
            Self::NotATicket => Words::new(
                "これは、このサービスのカードのQRコードではありません。",
                "This is not the QR code of a card of this service.",
            ),
            Self::TooLong => Words::new(
                "読み取った文字が長すぎます。カードのQRコードだけを読み取ってください。",
                "What was read is too long. Please read only the QR code of the card.",
            ),
            Self::Foreign { kind, position } => {
                let name = kind.words();
                Words::new(
                    format!("{position}文字目の{}は、QRコードには使われていません。", name.ja),
                    format!("Character {position} is {}; the QR code does not contain it.", name.en),
                )
            }
            Self::Encoding { position } => Words::new(
                format!("{position}文字目から、QRコードを正しく読み取れませんでした。"),
                format!("From character {position} on, the QR code was not read correctly."),
            ),
        }
    }
}

#[cfg(test)]
#[path = "carriage_tests.rs"]
mod tests;
