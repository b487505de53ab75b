//! A telephone number that every phone can call: digits and hyphens.
//!
//! iOS refuses to call a number with `#` or `*`, so a short code such as `#7119` is never a [`PhoneNumber`]; it stands
//! beside one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The fewest digits, as in `119`.
const DIGITS_MIN: usize = 3;
/// The most digits of a number (ITU-T E.164).
const DIGITS_MAX: usize = 15;

/// 3 to 15 digits, single hyphens between them: `119`, `03-5285-8898`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Text that is no number every phone can call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a number to call has 3 to 15 digits with single hyphens between them; `#7119` and the like belong in `short`"
)]
pub struct PhoneNumberError;

impl PhoneNumber {
    /// Reads a number.
    ///
    /// # Errors
    /// [`PhoneNumberError`] for anything but digits with single hyphens between them.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let groups =
            text.split('-').all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
        match groups && (DIGITS_MIN..=DIGITS_MAX).contains(&digits) {
            true => Ok(Self(text.to_owned())),
            false => Err(PhoneNumberError),
        }
    }

    /// A number that is compiled in; a test reads each.
    pub(super) fn compiled_in(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// The number as it was written, with its hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both reach the same line: hyphens do not count.
    pub fn same_line(&self, other: &Self) -> bool {
        self.digits().eq(other.digits())
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().filter(u8::is_ascii_digit)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneNumberError;

    fn try_from(text: String) -> Result<Self, PhoneNumberError> {
        Self::parse(&text)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_every_phone_can_call_is_a_number() {
        for right in ["119", "189", "03-5285-8898", "0120-279-889", "0352858898", "123456789012345"] {
            assert_eq!(PhoneNumber::parse(right).unwrap().as_str(), right);
        }
        let wrong = [
            "",
            "#7119",
            "*8000",
            "11",
            "1234567890123456",
            "-119",
            "119-",
            "03--5285",
            "03 5285",
            "+81352858898",
            "１１９",
            "tel:119",
            "119;1",
        ];
        for wrong in wrong {
            assert_eq!(PhoneNumber::parse(wrong), Err(PhoneNumberError), "{wrong}");
        }
    }

    #[test]
    fn hyphens_do_not_make_another_line() {
        let number = |text| PhoneNumber::parse(text).unwrap();
        assert!(number("0120-279-889").same_line(&number("0120279889")));
        assert!(!number("0120-279-889").same_line(&number("0120-279-888")));
    }
}
