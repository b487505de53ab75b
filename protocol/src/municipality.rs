//! The six-digit code of a municipality (全国地方公共団体コード), as text.
//!
//! Two cities are called 府中市, so a name never identifies one. The sixth digit is the check digit of the Ministry of
//! Internal Affairs: a guard against typing mistakes, not a proof that the place exists.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A municipality's code, its check digit right. Fuchu in Tokyo is `132063`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Municipality(String);

/// Text that is no municipality's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MunicipalityError {
    /// Not six ASCII digits.
    #[error("a municipality code has six digits")]
    NotSixDigits,
    /// The sixth digit does not fit the five before it.
    #[error("the check digit of the municipality code does not fit")]
    CheckDigit,
}

impl Municipality {
    /// Reads a code.
    ///
    /// # Errors
    /// [`MunicipalityError`], if it is not six digits or its check digit does not fit.
    pub fn parse(text: &str) -> Result<Self, MunicipalityError> {
        let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let [a, b, c, d, e, check] =
            <[u32; 6]>::try_from(digits).map_err(|_| MunicipalityError::NotSixDigits)?;
        if text.len() != 6 {
            return Err(MunicipalityError::NotSixDigits);
        }
        let sum = 6 * a + 5 * b + 4 * c + 3 * d + 2 * e;
        if (11 - sum % 11) % 10 != check {
            return Err(MunicipalityError::CheckDigit);
        }
        Ok(Self(text.to_owned()))
    }

    /// The six digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Municipality {
    type Error = MunicipalityError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Municipality> for String {
    fn from(code: Municipality) -> Self {
        code.0
    }
}

impl fmt::Display for Municipality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_are_read_and_slips_refused() {
        for code in ["132063", "131199", "131121", "130001", "141003", "011002", "342084"] {
            assert_eq!(Municipality::parse(code).unwrap().as_str(), code);
        }
        assert_eq!(Municipality::parse("132064"), Err(MunicipalityError::CheckDigit));
        for wrong in ["13206", "1320630", "13206x", "１３２０６３", "132063 ", ""] {
            assert_eq!(Municipality::parse(wrong), Err(MunicipalityError::NotSixDigits), "{wrong}");
        }
    }
}
