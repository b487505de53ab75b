//! Whatever a person types, pastes or scans where the card is asked for: its code, its ticket, or its whole text.
//!
//! A short text is read as a code first. Where that fails, and in a longer text, the code is looked for among the rest:
//! four groups of four symbols, or sixteen in a row, that begin with the version and stand by themselves. A date or a
//! phone number has no such form, and chance gives one text in 32,768 of that form a fitting check. Where nothing begins
//! so, four groups whose first symbol alone is wrong are pointed at; they are never taken.
//! A ticket is only recognised here; reading it is another room's work.

use std::fmt;

use crate::code::{CodeError, EnrollmentCode};
use crate::foreign::ForeignKind;
use crate::gf32::WORD;
use crate::typed_text::{self, Reading, TYPED_TEXT_MAX_BYTES, TypedTextError, Wrapper, is_dash};

/// The longest text that is searched, in bytes of UTF-8.
pub const CARD_TEXT_MAX_BYTES: usize = 4096;

/// A wrapped text of up to this many characters, separators apart, is a code, though perhaps a mistyped one. A ticket is
/// longer than its signature of 64 bytes, which alone is 96 characters.
const MISTYPED_MAX: usize = WORD + 4;

/// What somebody gave where a card is asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum CardInput {
    /// A code whose check symbols fit.
    Code(EnrollmentCode),
    /// A ticket's text with its wrapper, as it was given; whether it is one, its decoder says.
    Ticket(String),
}

impl CardInput {
    /// Reads what a person typed, pasted or scanned.
    ///
    /// # Errors
    /// [`CodeError`], saying what to look at.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        if text.len() > CARD_TEXT_MAX_BYTES {
            let too_long = TypedTextError::TooLong { bytes: text.len(), most: CARD_TEXT_MAX_BYTES };
            return Err(CodeError::Unreadable(too_long));
        }
        if let Some(ticket) = ticket(text) {
            return Ok(Self::Ticket(ticket.to_owned()));
        }
        match text.len() <= TYPED_TEXT_MAX_BYTES {
            true => typed(text).map(Self::Code),
            false => found(text).map(Self::Code),
        }
    }
}

/// Whoever holds a code or a ticket holds its grant: neither is printed by accident.
impl fmt::Debug for CardInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Ticket(text) => write!(f, "Ticket({} bytes)", text.len()),
        }
    }
}

/// The text from its wrapper on, if what is wrapped can be a ticket: Latin text too long to be a mistyped code.
fn ticket(text: &str) -> Option<&str> {
    let wrapper = Wrapper::of(text)?;
    let wrapped = |(position, _): &(usize, Reading)| *position > wrapper.end;
    let mut length = 0;
    for (_, reading) in typed_text::readings(text).filter(wrapped) {
        match reading {
            Reading::Separator(_) => {}
            // Base 32 has the letter U; base 45 has signs.
            Reading::Symbol(_) | Reading::Foreign(ForeignKind::LetterU | ForeignKind::Sign) => length += 1,
            Reading::Foreign(_) => return None,
        }
    }
    if length <= MISTYPED_MAX {
        return None;
    }
    let (begin, _) = text.char_indices().nth(wrapper.begin)?;
    text.get(begin..).map(str::trim_end)
}

/// A short text: a code and nothing else, or else a code with a few words around it.
fn typed(text: &str) -> Result<EnrollmentCode, CodeError> {
    let first = match EnrollmentCode::parse(text) {
        Err(error @ (CodeError::Unreadable(_) | CodeError::WrongLength { .. })) => error,
        judged => return judged,
    };
    match found(text) {
        Err(CodeError::NoCodeFound) => Err(first),
        // Too many symbols are more likely a slip of the finger than words that read as symbols.
        Err(CodeError::CheckFailed { .. }) if !matches!(first, CodeError::Unreadable(_)) => Err(first),
        judged => judged,
    }
}

/// The one code in a text.
fn found(text: &str) -> Result<EnrollmentCode, CodeError> {
    let read: Vec<Reading> = typed_text::readings(text).map(|(_, reading)| reading).collect();
    let mut search = Search { long: text.len() > TYPED_TEXT_MAX_BYTES, ..Search::default() };
    let mut rest = read.as_slice();
    let mut before = None;
    while let Some((first, others)) = rest.split_first() {
        if let Some(candidate) = Candidate::at(rest) {
            search.judge(&candidate, before);
        }
        before = Some(first);
        rest = others;
    }
    search.verdict()
}

/// Sixteen symbols that could be a code, in one row or in four groups.
struct Candidate<'a> {
    symbols: [u8; WORD],
    /// What parts the groups: which separator first, and how many. All three are `None` in one row.
    gaps: [Option<(char, usize)>; 3],
    after: Option<&'a Reading>,
}

impl<'a> Candidate<'a> {
    /// The candidate that `rest` begins with. It passes over each gap of a text at most three times, once from each of
    /// the groups before it, so that trying every place stays linear in the text.
    fn at(rest: &'a [Reading]) -> Option<Self> {
        match rest.first() {
            Some(Reading::Symbol(_)) => {}
            _ => return None,
        }
        let mut rest = rest.iter();
        let mut symbols = [0; WORD];
        let mut gaps = [None; 3];
        for (number, group) in symbols.chunks_mut(4).enumerate() {
            if let Some(gap) = number.checked_sub(1).and_then(|before| gaps.get_mut(before)) {
                *gap = skip_separators(&mut rest);
            }
            for place in group {
                let Some(Reading::Symbol(value)) = rest.next() else { return None };
                *place = *value;
            }
        }
        let parted = gaps.iter().flatten().count();
        (parted == 0 || parted == gaps.len()).then(|| Self { symbols, gaps, after: rest.next() })
    }

    /// Whether it is parted as a card parts a code, so that it is one though its check may fail: alike, or in two lines.
    fn is_regular(&self) -> bool {
        let [first, _, third] = self.gaps;
        first == third
    }

    /// Whether it has the very form that is printed, with one dash in each gap.
    fn is_printed_form(&self) -> bool {
        let [first, second, third] = self.gaps;
        first == second && second == third && first.is_some_and(|(gap, length)| is_dash(gap) && length == 1)
    }
}

fn skip_separators(rest: &mut std::slice::Iter<'_, Reading>) -> Option<(char, usize)> {
    let separator = |reading: &Reading| match reading {
        Reading::Separator(separator) => Some(*separator),
        _ => None,
    };
    let first = separator(rest.as_slice().first()?)?;
    let length = rest.as_slice().iter().map_while(separator).count();
    rest.nth(length - 1)?;
    Some((first, length))
}

/// What has been found so far.
#[derive(Default)]
struct Search {
    /// The text is longer than a typed code can be.
    long: bool,
    fitting: Option<EnrollmentCode>,
    other_fitting: bool,
    /// The first candidate that is no code, and why.
    failed: Option<([u8; WORD], CodeError)>,
    other_failed: bool,
    /// The first candidate that a slip at its beginning explains, and the groups to look at.
    misread: Option<([u8; WORD], Vec<u8>)>,
    other_misread: bool,
}

impl Search {
    fn judge(&mut self, candidate: &Candidate<'_>, before: Option<&Reading>) {
        let joined = [before, candidate.after].into_iter().flatten().any(is_letter);
        // Some fields drop the line breaks of what is pasted, and join the code to the words beside it. In a short text
        // a symbol too many is a slip of the finger, and stays one.
        if joined && !(self.long && candidate.is_printed_form()) {
            return;
        }
        if !EnrollmentCode::begins(&candidate.symbols) {
            self.misread(candidate);
            return;
        }
        match EnrollmentCode::check(candidate.symbols) {
            Ok(code) => self.other_fitting |= *self.fitting.get_or_insert(code) != code,
            Err(error) if candidate.is_regular() => {
                let first = self.failed.get_or_insert((candidate.symbols, error));
                self.other_failed |= first.0 != candidate.symbols;
            }
            Err(_) => {}
        }
    }

    /// Four groups that do not begin as a code does. They count only where one slip explains that, and a text with two
    /// such leaves open which was meant.
    fn misread(&mut self, candidate: &Candidate<'_>) {
        if !candidate.is_regular() || candidate.gaps.contains(&None) {
            return;
        }
        if let Err(CodeError::CheckFailed { groups }) = EnrollmentCode::check(candidate.symbols)
            && !groups.is_empty()
        {
            let first = self.misread.get_or_insert((candidate.symbols, groups));
            self.other_misread |= first.0 != candidate.symbols;
        }
    }

    fn verdict(self) -> Result<EnrollmentCode, CodeError> {
        match (self.fitting, self.failed) {
            (Some(_), _) if self.other_fitting => Err(CodeError::SeveralCodes),
            (Some(code), _) => Ok(code),
            // Which of them was meant cannot be told, so no group is pointed at.
            (None, Some(_)) if self.other_failed => Err(CodeError::CheckFailed { groups: Vec::new() }),
            (None, Some((_, error))) => Err(error),
            (None, None) => Err(match self.misread {
                Some((_, groups)) if !self.other_misread => CodeError::CheckFailed { groups },
                _ => CodeError::NoCodeFound,
            }),
        }
    }
}

/// Whether it makes one word with a symbol beside it. Kana and kanji stand beside a code without a space; letters and
/// digits of an alphabet do not.
fn is_letter(reading: &Reading) -> bool {
    use ForeignKind::*;
    match reading {
        Reading::Symbol(_) => true,
        Reading::Separator(_) => false,
        Reading::Foreign(kind) => {
            matches!(kind, LetterU | Latin | Digit | Greek | Cyrillic | OtherDigit | OtherLetter)
        }
    }
}

#[cfg(test)]
#[path = "card_text_tests.rs"]
mod tests;
