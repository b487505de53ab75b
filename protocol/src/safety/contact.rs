//! One line to call, as a municipality lists it.

use serde::{Deserialize, Serialize};

use super::hours::{HoursNow, WeeklyHours};
use super::phone_number::PhoneNumber;
use crate::date::{CivilDate, Timestamp};
use crate::words::Words;

const LABEL_MAX_CHARS: usize = 80;
const NOTE_MAX_CHARS: usize = 400;
const SHORT_MAX_CHARS: usize = 8;
const LANGUAGES_MAX: usize = 40;
const LANGUAGE_MAX_CHARS: usize = 12;

/// A line to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafetyContact {
    /// What it is for.
    pub label: Words,
    /// The number every phone can call.
    pub digits: PhoneNumber,
    /// The short code, such as `#7119`, where there is one. iOS cannot call it, so it is shown and not dialled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<String>,
    /// When it answers; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<WeeklyHours>,
    /// What holds on holidays, where that is not said by a row of the hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<HolidayRule>,
    /// In which languages it answers beside Japanese, as BCP 47 tags such as `en`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Whom it is there for.
    #[serde(default, rename = "for", skip_serializing_if = "ContactPurpose::is_general")]
    pub purpose: ContactPurpose,
    /// What else is worth knowing before calling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Words>,
}

/// What holds on holidays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolidayRule {
    /// A holiday is a day of the week like any other.
    AsUsual,
}

/// Whom a line is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactPurpose {
    /// Anybody.
    #[default]
    General,
    /// Who lost a child.
    Grief,
    /// A purpose this version does not know; shown as [`ContactPurpose::General`].
    #[serde(other)]
    Other,
}

impl ContactPurpose {
    fn is_general(&self) -> bool {
        *self == Self::General
    }
}

impl SafetyContact {
    /// A line that always answers and is there for anybody.
    pub fn always(label: Words, digits: PhoneNumber) -> Self {
        let (purpose, languages) = (ContactPurpose::General, Vec::new());
        Self { label, digits, short: None, hours: None, holidays: None, languages, purpose, note: None }
    }

    /// Whether it answers now. A holiday without a row of its own is a day on which it does not, unless `holidays` says
    /// `as_usual`.
    pub fn hours_at(&self, now: Timestamp, holidays: &[CivilDate]) -> HoursNow {
        let holidays = if self.holidays == Some(HolidayRule::AsUsual) { &[] } else { holidays };
        self.hours.as_ref().map_or(HoursNow::ALWAYS, |hours| hours.at(now, holidays))
    }

    /// What no type of a field refuses already.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if !self.label.fit(LABEL_MAX_CHARS) {
            return Err("a label has 1 to 80 characters in each language");
        }
        if self.note.as_ref().is_some_and(|note| !note.fit(NOTE_MAX_CHARS)) {
            return Err("a note has 1 to 400 characters in each language");
        }
        if self.short.as_deref().is_some_and(|short| !is_short_code(short)) {
            return Err("a short code has 2 to 8 characters of digits, `#` and `*`");
        }
        if self.languages.len() > LANGUAGES_MAX || !self.languages.iter().all(|tag| is_language(tag)) {
            return Err("at most 40 languages, each a tag such as `en`");
        }
        let usual = self.holidays == Some(HolidayRule::AsUsual);
        if usual && self.hours.as_ref().is_none_or(WeeklyHours::know_holidays) {
            return Err("`as_usual` holidays need hours without a row for holidays");
        }
        Ok(())
    }
}

fn is_short_code(text: &str) -> bool {
    let known = text.bytes().all(|b| b.is_ascii_digit() || b == b'#' || b == b'*');
    known && (2..=SHORT_MAX_CHARS).contains(&text.len())
}

fn is_language(tag: &str) -> bool {
    let known = tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    known && (2..=LANGUAGE_MAX_CHARS).contains(&tag.len())
}
