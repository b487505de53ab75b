//! The survey at the end of a programme: its definition and an answer.
//!
//! Its two questions are those of the press release; wording and scale belong to the city and carry a version. An item
//! may be skipped, which is not the same as choosing the scale's 「答えたくない」.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::date::{CivilDate, Timestamp};
use crate::words::Words;

/// A survey as a programme defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyDefinition {
    /// Its name, the same through all versions.
    pub id: String,
    /// Rises with every change of wording or scale.
    pub version: u32,
    /// The first and the last day on which it may be answered.
    pub open: [CivilDate; 2],
    /// The questions.
    pub items: Vec<SurveyItem>,
    /// The scales the items name.
    pub scales: BTreeMap<String, Vec<Words>>,
}

/// One question of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyItem {
    /// Its name in answers and reports.
    pub id: String,
    /// Its text.
    pub text: Words,
    /// Which scale answers it.
    pub scale: String,
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
}
