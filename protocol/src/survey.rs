//! The survey at the end of a programme: its definition and an answer.
//!
//! It asks for two things only, those of the press release ([`Construct`]); wording and scale belong to the city and
//! carry a version. An answer to one version stays an answer to that version. An item may be skipped, which is not the
//! same as choosing the scale's 「答えたくない」, and an answer with skipped items is kept like any other. When it is
//! offered, and when not, is in [`offer`].

pub mod offer;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::date::{CivilDate, Timestamp};
use crate::words::Words;

/// Before the end of a programme the survey is open for so many days, the last day among them.
const OPEN_BEFORE_END_DAYS: i64 = 14;
/// After the last day of a programme it is open for so many more.
const OPEN_AFTER_END_DAYS: i64 = 21;
/// The fewest and the most steps of a scale, 「答えたくない」 among them.
const SCALE_STEPS: std::ops::RangeInclusive<usize> = 3..=12;
const ITEM_MAX_CHARS: usize = 200;
const STEP_MAX_CHARS: usize = 40;
const NAME_MAX: usize = 64;

/// A survey as a programme defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyDefinition {
    /// Its name, the same through all versions.
    pub id: String,
    /// Rises with every change of wording or scale.
    pub version: u32,
    /// The first and the last day on which it may be answered.
    pub open: [CivilDate; 2],
    /// Who is asked.
    #[serde(default, skip_serializing_if = "SurveyAudience::is_all_members")]
    pub audience: SurveyAudience,
    /// The questions.
    pub items: Vec<SurveyItem>,
    /// The scales the items name.
    pub scales: BTreeMap<String, Vec<Words>>,
}

/// One question of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyItem {
    /// Its name in answers and reports.
    pub id: String,
    /// What it asks for, whatever the wording.
    pub construct: Construct,
    /// Its text.
    pub text: Words,
    /// Which scale answers it.
    pub scale: String,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SurveyAudience {
    /// Every member of the programme.
    #[default]
    AllMembers,
    /// Who asked something at least once.
    Consulted,
}

impl SurveyAudience {
    fn is_all_members(&self) -> bool {
        *self == Self::AllMembers
    }
}

/// What a survey asks for: the two things of the press release, and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Construct {
    /// 産後の安心を感じたか.
    Reassurance,
    /// 今後も必要な産後サポートと思うか.
    FutureNeed,
}

/// What was chosen for each item: the index into its scale from 0, or nothing where it was skipped.
pub type SurveyAnswers = BTreeMap<String, Option<u8>>;

/// Why an answer does not fit its survey.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SurveyError {
    /// An item the definition does not have.
    #[error("the survey has no such item")]
    UnknownItem,
    /// An item is not mentioned; skipping is said with `null`.
    #[error("an item of the survey is missing")]
    MissingItem,
    /// A choice outside the scale.
    #[error("the choice lies outside the scale")]
    OutsideScale,
}

impl SurveyDefinition {
    /// The days on which the survey of a programme with this last day is usually open: from 14 days before the end, that
    /// day among them, to 21 days after it.
    pub fn usual_window(end: CivilDate) -> [CivilDate; 2] {
        [end.plus_days(1 - OPEN_BEFORE_END_DAYS), end.plus_days(OPEN_AFTER_END_DAYS)]
    }

    /// Whether it may be answered at this instant.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let [first, last] = self.open;
        first.starts_at() <= now && now < last.ends_at()
    }

    /// Whether these answers fit.
    ///
    /// # Errors
    /// [`SurveyError`], naming the first thing that does not.
    pub fn check(&self, answers: &SurveyAnswers) -> Result<(), SurveyError> {
        if answers.keys().any(|id| self.items.iter().all(|item| item.id != *id)) {
            return Err(SurveyError::UnknownItem);
        }
        for item in &self.items {
            let chosen = answers.get(&item.id).ok_or(SurveyError::MissingItem)?;
            let scale = self.scales.get(&item.scale).map_or(0, Vec::len);
            if chosen.is_some_and(|choice| usize::from(choice) >= scale) {
                return Err(SurveyError::OutsideScale);
            }
        }
        Ok(())
    }

    /// What no type of a field refuses already.
    pub(crate) fn check_definition(&self) -> Result<(), &'static str> {
        let [first, last] = self.open;
        if first > last {
            return Err("its last day lies before its first");
        }
        if self.version == 0 || !is_name(&self.id) {
            return Err("it needs an id of 1 to 64 letters, digits and hyphens, and a version from 1");
        }
        self.check_items()?;
        let fits = |scale: &Vec<Words>| {
            SCALE_STEPS.contains(&scale.len()) && scale.iter().all(|step| step.fit(STEP_MAX_CHARS))
        };
        if !self.scales.values().all(fits) {
            return Err("a scale has 3 to 12 steps of 1 to 40 characters in each language");
        }
        Ok(())
    }

    fn check_items(&self) -> Result<(), &'static str> {
        let [one, other] = self.items.as_slice() else {
            return Err("it has two items");
        };
        if one.id == other.id || !is_name(&one.id) || !is_name(&other.id) {
            return Err("every item has an id of its own, of 1 to 64 letters, digits and hyphens");
        }
        if one.construct == other.construct {
            return Err("one item asks for `reassurance`, the other for `future_need`");
        }
        let sound =
            |item: &SurveyItem| item.text.fit(ITEM_MAX_CHARS) && self.scales.contains_key(&item.scale);
        match sound(one) && sound(other) {
            true => Ok(()),
            false => {
                Err("every item has a text of 1 to 200 characters in each language and a scale of the file")
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(known)
}

#[cfg(test)]
#[path = "survey_tests.rs"]
mod tests;
