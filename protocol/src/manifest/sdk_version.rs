//! A version of this library, `major.minor.patch`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A version of this library. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SdkVersion([u32; 3]);

/// Text that is not a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is three numbers, such as 0.1.0")]
pub struct SdkVersionError;

impl SdkVersion {
    /// Reads `major.minor.patch`, digits only.
    ///
    /// # Errors
    /// [`SdkVersionError`].
    pub fn parse(text: &str) -> Result<Self, SdkVersionError> {
        let mut numbers = [0; 3];
        let mut parts = text.split('.');
        for number in &mut numbers {
            let digits =
                parts.next().filter(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
            *number = digits.and_then(|digits| digits.parse().ok()).ok_or(SdkVersionError)?;
        }
        parts.next().is_none().then_some(Self(numbers)).ok_or(SdkVersionError)
    }
}

impl TryFrom<String> for SdkVersion {
    type Error = SdkVersionError;

    fn try_from(text: String) -> Result<Self, SdkVersionError> {
        Self::parse(&text)
    }
}

impl From<SdkVersion> for String {
    fn from(version: SdkVersion) -> Self {
        version.to_string()
    }
}

impl fmt::Display for SdkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number_not_by_letter() {
        let version = |text| SdkVersion::parse(text).unwrap();
        assert!(version("0.9.0") < version("0.10.0") && version("0.10.0") < version("1.0.0"));
        assert_eq!(version("0.1.0").to_string(), "0.1.0");
        for wrong in
            ["", "1", "1.2", "1.2.3.4", "1.2.x", "1.2.-3", "+1.2.3", "1..3", "1.2.99999999999", "１.2.3"]
        {
            assert_eq!(SdkVersion::parse(wrong), Err(SdkVersionError), "{wrong}");
        }
    }
}
