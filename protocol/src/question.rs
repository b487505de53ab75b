//! Words of a consultation that both ends share: services, subjects, roles and the limits of a text.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::date::CivilDate;
use crate::words::Words;

/// The longest text of a message, in characters (Unicode scalar values).
pub const TEXT_MAX_CHARS: usize = 4000;

/// What a programme offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// 産婦人科オンライン: obstetricians and midwives.
    Obstetrics,
    /// 小児科オンライン: paediatricians and midwives.
    Pediatrics,
}

impl Service {
    /// Its name for a person.
    pub fn words(self) -> Words {
        match self {
            Self::Obstetrics => Words::new("産婦人科オンライン", "Obstetrics online"),
            Self::Pediatrics => Words::new("小児科オンライン", "Paediatrics online"),
        }
    }
}

/// Whom a question concerns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// A child.
    Child {
        /// Its birth date; absent where the parent did not tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        born: Option<CivilDate>,
    },
    /// The parent who asks.
    Parent,
}

/// Only whether a birth date was told: it is nobody's to log.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Child { born: Some(_) } => "Child(birth date told)",
            Self::Child { born: None } => "Child",
            Self::Parent => "Parent",
        })
    }
}

/// Who answers. Never a name: the person stands behind the programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClinicianRole {
    /// 産婦人科医.
    Obstetrician,
    /// 小児科医.
    Pediatrician,
    /// 助産師.
    Midwife,
}

impl ClinicianRole {
    /// Its name for a person.
    pub fn words(self) -> Words {
        match self {
            Self::Obstetrician => Words::new("産婦人科医", "obstetrician"),
            Self::Pediatrician => Words::new("小児科医", "paediatrician"),
            Self::Midwife => Words::new("助産師", "midwife"),
        }
    }

    /// Whether questions to this service may be taken by this role.
    pub fn serves(self, service: Service) -> bool {
        match self {
            Self::Obstetrician => service == Service::Obstetrics,
            Self::Pediatrician => service == Service::Pediatrics,
            Self::Midwife => true,
        }
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Only white space.
    #[error("the text is empty")]
    Empty,
    /// More than [`TEXT_MAX_CHARS`] characters.
    #[error("the text has {chars} characters; at most {TEXT_MAX_CHARS} are allowed")]
    TooLong {
        /// Characters found.
        chars: usize,
    },
}

/// Whether a text may be sent.
///
/// # Errors
/// [`TextError`] for an empty or over-long text.
pub fn check_text(text: &str) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    // A character has at least one byte, so most texts need no counting.
    let chars = if text.len() <= TEXT_MAX_CHARS { 0 } else { text.chars().count() };
    if chars > TEXT_MAX_CHARS {
        return Err(TextError::TooLong { chars });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_characters_not_bytes() {
        assert_eq!(check_text(&"熱".repeat(4000)), Ok(()));
        assert_eq!(check_text(&"熱".repeat(4001)), Err(TextError::TooLong { chars: 4001 }));
        assert_eq!(check_text(" \n　"), Err(TextError::Empty));
    }
}
