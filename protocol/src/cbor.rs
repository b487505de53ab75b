//! Canonical CBOR, and nothing else: RFC 8949 section 4.2.1, cut down to what tickets and envelopes are made of.
//!
//! Integers, byte strings, text, arrays and maps of definite length; every length and number in its shortest form; keys
//! of a map in bytewise order and each once; at most [`DEPTH_MAX`] arrays and maps inside each other; no tag, no float,
//! no simple value, nothing after the item. So one meaning has one spelling, and a signature over bytes is a signature
//! over a meaning. [`check`] walks the whole item before [`Reader`] gives out any part of it.

use std::fmt;

/// How many arrays and maps may lie inside each other.
pub const DEPTH_MAX: u8 = 4;

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// Where bytes stop being what they should be, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {problem}")]
pub struct CborError {
    /// The first byte of the part that is wrong, counted from 0.
    pub offset: usize,
    /// What is wrong with it.
    pub problem: CborProblem,
}

/// What can be wrong with bytes that should be canonical CBOR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CborProblem {
    /// The bytes end inside an item.
    #[error("the bytes end here")]
    Cut,
    /// Bytes follow the item.
    #[error("nothing may follow here")]
    Trailing,
    /// A number or length that has a shorter form.
    #[error("not in its shortest form")]
    NotShortest,
    /// A length that is not told at the start, or the break that ends one.
    #[error("a length that is not told")]
    Indefinite,
    /// A tag.
    #[error("a tag")]
    Tag,
    /// A float or a simple value, `true` and `null` included.
    #[error("a float or a simple value")]
    FloatOrSimple,
    /// A head that RFC 8949 reserves.
    #[error("a reserved form")]
    Reserved,
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// A key that stands after a greater one.
    #[error("a key out of order")]
    KeyOrder,
    /// A key that stands twice in its map.
    #[error("a key that stands twice")]
    KeyTwice,
    /// An array or map more than [`DEPTH_MAX`] deep.
    #[error("more than {DEPTH_MAX} deep")]
    TooDeep,
    /// Canonical, but not what stands here in this format.
    #[error("expected {0}")]
    Expected(&'static str),
}

impl CborError {
    /// The same error in bytes of which the ones looked at are a part that begins at `base`.
    #[must_use]
    pub fn within(self, base: usize) -> Self {
        Self { offset: self.offset.saturating_add(base), ..self }
    }
}

/// Whether `bytes` are exactly one canonical item. Linear in their length; allocates nothing.
///
/// # Errors
/// [`CborError`] with the first offence.
pub fn check(bytes: &[u8]) -> Result<(), CborError> {
    let mut walk = Reader { bytes, at: 0 };
    walk.item(0)?;
    walk.end()
}

/// Reads the parts of one canonical item, in order. Each method takes exactly what it names or says what it expected.
#[derive(Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Where it stands, without the bytes: they may be those of a card.
impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader(at {} of {} bytes)", self.at, self.bytes.len())
    }
}

/// The start of an item: its major type, and its value, length or count.
struct Head {
    major: u8,
    argument: u64,
}

impl<'a> Reader<'a> {
    /// A reader of `bytes`, which are checked as a whole first.
    ///
    /// # Errors
    /// [`CborError`] from [`check`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, CborError> {
        check(bytes)?;
        Ok(Self { bytes, at: 0 })
    }

    /// Where the next item begins.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Begins an array of exactly `length` items.
    ///
    /// # Errors
    /// [`CborProblem::Expected`] with `what`; so for all methods below.
    pub fn array(&mut self, length: u64, what: &'static str) -> Result<(), CborError> {
        self.expect(what, |head| head.major == ARRAY && head.argument == length).map(|_| ())
    }

    /// Begins a map of exactly `length` pairs.
    ///
    /// # Errors
    /// As [`Reader::array`].
    pub fn map(&mut self, length: u64, what: &'static str) -> Result<(), CborError> {
        self.expect(what, |head| head.major == MAP && head.argument == length).map(|_| ())
    }

    /// Reads exactly this integer: a key, or a value with no choice.
    ///
    /// # Errors
    /// As [`Reader::array`].
    pub fn exactly(&mut self, integer: i64, what: &'static str) -> Result<(), CborError> {
        let (major, argument) = spelled(integer);
        self.expect(what, |head| head.major == major && head.argument == argument).map(|_| ())
    }

    /// Reads an integer from 0 to `max`.
    ///
    /// # Errors
    /// As [`Reader::array`].
    pub fn unsigned(&mut self, max: u64, what: &'static str) -> Result<u64, CborError> {
        self.expect(what, |head| head.major == UNSIGNED && head.argument <= max).map(|head| head.argument)
    }

    /// Reads a byte string.
    ///
    /// # Errors
    /// As [`Reader::array`].
    pub fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], CborError> {
        let head = self.expect(what, |head| head.major == BYTES)?;
        self.take(head.argument)
    }

    /// Reads a byte string of exactly `N` bytes.
    ///
    /// # Errors
    /// As [`Reader::array`].
    pub fn bytes_of<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], CborError> {
        let offset = self.at;
        let bytes = self.bytes(what)?;
        bytes.try_into().map_err(|_| CborError { offset, problem: CborProblem::Expected(what) })
    }

    /// Reads text.
    ///
    /// # Errors
    /// As [`Reader::array`].
    pub fn text(&mut self, what: &'static str) -> Result<&'a str, CborError> {
        let head = self.expect(what, |head| head.major == TEXT)?;
        let offset = self.at;
        let bytes = self.take(head.argument)?;
        std::str::from_utf8(bytes).map_err(|_| CborError { offset, problem: CborProblem::NotUtf8 })
    }

    /// Nothing may follow.
    ///
    /// # Errors
    /// [`CborProblem::Trailing`].
    pub fn end(&self) -> Result<(), CborError> {
        match self.bytes.len() > self.at {
            true => Err(CborError { offset: self.at, problem: CborProblem::Trailing }),
            false => Ok(()),
        }
    }

    fn expect(&mut self, what: &'static str, fits: impl Fn(&Head) -> bool) -> Result<Head, CborError> {
        let offset = self.at;
        let head = self.head()?;
        match fits(&head) {
            true => Ok(head),
            false => Err(CborError { offset, problem: CborProblem::Expected(what) }),
        }
    }

    /// Walks over one item with `depth` arrays and maps around it.
    fn item(&mut self, depth: u8) -> Result<(), CborError> {
        let offset = self.at;
        let head = self.head()?;
        match head.major {
            UNSIGNED | NEGATIVE => Ok(()),
            BYTES => self.take(head.argument).map(|_| ()),
            TEXT => {
                let bytes = self.take(head.argument)?;
                let utf8 = std::str::from_utf8(bytes);
                utf8.map(|_| ()).map_err(|_| CborError { offset, problem: CborProblem::NotUtf8 })
            }
            _ if depth >= DEPTH_MAX => Err(CborError { offset, problem: CborProblem::TooDeep }),
            // A count that is too high ends with the bytes: every item takes at least one.
            ARRAY => (0..head.argument).try_for_each(|_| self.item(depth + 1)),
            _ => self.pairs(head.argument, depth + 1),
        }
    }

    fn pairs(&mut self, count: u64, depth: u8) -> Result<(), CborError> {
        let mut before: &[u8] = &[];
        for _ in 0..count {
            let offset = self.at;
            self.item(depth)?;
            let key = self.bytes.get(offset..self.at).unwrap_or_default();
            match key.cmp(before) {
                std::cmp::Ordering::Greater => before = key,
                std::cmp::Ordering::Equal => {
                    return Err(CborError { offset, problem: CborProblem::KeyTwice });
                }
                std::cmp::Ordering::Less => return Err(CborError { offset, problem: CborProblem::KeyOrder }),
            }
            self.item(depth)?;
        }
        Ok(())
    }

    fn head(&mut self) -> Result<Head, CborError> {
        let offset = self.at;
        let wrong = |problem| Err(CborError { offset, problem });
        let first = self.take(1)?.first().copied().unwrap_or_default();
        let (major, form) = (first >> 5, first & 31);
        match (major, form) {
            (TAG, _) => return wrong(CborProblem::Tag),
            (7, 31) => return wrong(CborProblem::Indefinite),
            (7, _) => return wrong(CborProblem::FloatOrSimple),
            (BYTES..=MAP, 31) => return wrong(CborProblem::Indefinite),
            (_, 28..) => return wrong(CborProblem::Reserved),
            (_, 0..=23) => return Ok(Head { major, argument: u64::from(form) }),
            _ => {}
        }
        let width = 1_u64 << (form - 24);
        let argument = self.take(width)?.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let least = match form {
            24 => 24,
            25 => 1 << 8,
            26 => 1 << 16,
            _ => 1 << 32,
        };
        if argument < least {
            return wrong(CborProblem::NotShortest);
        }
        Ok(Head { major, argument })
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(CborError { offset: self.bytes.len(), problem: CborProblem::Cut })?;
        self.at += taken.len();
        Ok(taken)
    }
}

/// Major type and argument of an integer.
fn spelled(integer: i64) -> (u8, u64) {
    match u64::try_from(integer) {
        Ok(argument) => (UNSIGNED, argument),
        // −1 is spelled 0, −2 is 1, and so on: the bits inverted.
        Err(_) => (NEGATIVE, (!integer).unsigned_abs()),
    }
}

/// Writes items in their shortest form. The order of keys is the caller's duty; [`check`] sees it.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

/// How far it is, without the bytes.
impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer({} bytes)", self.bytes.len())
    }
}

impl Writer {
    /// Nothing written yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins an array of `length` items.
    #[must_use]
    pub fn array(self, length: u64) -> Self {
        self.head(ARRAY, length)
    }

    /// Begins a map of `length` pairs.
    #[must_use]
    pub fn map(self, length: u64) -> Self {
        self.head(MAP, length)
    }

    /// An integer.
    #[must_use]
    pub fn integer(self, integer: i64) -> Self {
        let (major, argument) = spelled(integer);
        self.head(major, argument)
    }

    /// A byte string.
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        self.string(BYTES, bytes)
    }

    /// Text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.string(TEXT, text.as_bytes())
    }

    /// What was written.
    #[must_use]
    pub fn done(self) -> Vec<u8> {
        self.bytes
    }

    fn string(self, major: u8, bytes: &[u8]) -> Self {
        let mut written = self.head(major, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        written.bytes.extend_from_slice(bytes);
        written
    }

    fn head(mut self, major: u8, argument: u64) -> Self {
        let [.., e, f, g, h] = argument.to_be_bytes();
        let major = major << 5;
        match argument {
            0..=23 => self.bytes.push(major | h),
            24..=0xff => self.bytes.extend_from_slice(&[major | 24, h]),
            0x100..=0xffff => self.bytes.extend_from_slice(&[major | 25, g, h]),
            0x1_0000..=0xffff_ffff => self.bytes.extend_from_slice(&[major | 26, e, f, g, h]),
            _ => {
                self.bytes.push(major | 27);
                self.bytes.extend_from_slice(&argument.to_be_bytes());
            }
        }
        self
    }
}

#[cfg(test)]
#[path = "cbor_tests.rs"]
mod tests;
