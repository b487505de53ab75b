//! Is the survey offered to this member now? A pure function of the definition, the time and four facts.
//!
//! | first that holds | answer |
//! |---|---|
//! | it was answered, in whatever version | [`SurveyOffer::Answered`] |
//! | loss mode is on | [`SurveyOffer::Silenced`] by [`Silence::LossMode`] |
//! | taking part was refused or withdrawn | [`SurveyOffer::Silenced`] by [`Silence::Consent`] |
//! | before the first day | [`SurveyOffer::NotYet`] |
//! | after the last day | [`SurveyOffer::Closed`] |
//! | it is for who consulted, and this member did not | [`SurveyOffer::NotInAudience`] |
//! | else | [`SurveyOffer::Offered`] |
//!
//! At most one reminder follows the first showing, a week later or never.

use serde::{Deserialize, Serialize};

use super::{SurveyAudience, SurveyDefinition};
use crate::consent::ConsentState;
use crate::date::Timestamp;
use crate::loss::{FamilyStatus, Prompt};

/// A reminder comes no sooner than this after the first showing, in hours.
const REMIND_AFTER_HOURS: u32 = 7 * 24;

/// What a phone knows of its member. It is never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SurveyFacts {
    /// Which version was answered, if one was.
    pub answered: Option<u32>,
    /// Whether the member ever asked something.
    pub consulted: bool,
    /// Whether a loss was declared.
    pub loss: FamilyStatus,
    /// What was last said about taking part; absent where that was never asked.
    pub consent: Option<ConsentState>,
}

/// Is it offered?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SurveyOffer {
    /// Not open yet.
    NotYet {
        /// The first instant at which it is.
        from: Timestamp,
    },
    /// It may be shown and answered.
    Offered {
        /// The first instant at which it no longer may.
        until: Timestamp,
    },
    /// It was answered, once and for all.
    Answered {
        /// The version that was answered; a later version does not ask again.
        version: u32,
    },
    /// No longer open.
    Closed {
        /// Since when.
        since: Timestamp,
    },
    /// Kept quiet.
    Silenced(Silence),
    /// It asks others.
    NotInAudience,
}

/// Why the survey is kept quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Loss mode is on.
    LossMode,
    /// The member said no. Who said no is not asked around.
    Consent,
}

/// When the survey was put before the member: one showing, and at most one reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyShowings {
    /// When it was shown first.
    pub first: Timestamp,
    /// When the reminder was shown, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder: Option<Timestamp>,
}

impl SurveyDefinition {
    /// Whether it is offered, by the table of this module.
    pub fn offer(&self, now: Timestamp, facts: &SurveyFacts) -> SurveyOffer {
        let [first, last] = self.open;
        if let Some(version) = facts.answered {
            return SurveyOffer::Answered { version };
        }
        if facts.loss.silences(Prompt::SurveyInvitation) {
            return SurveyOffer::Silenced(Silence::LossMode);
        }
        if facts.consent.is_some_and(|state| state != ConsentState::Grant) {
            return SurveyOffer::Silenced(Silence::Consent);
        }
        if now < first.starts_at() {
            return SurveyOffer::NotYet { from: first.starts_at() };
        }
        if !self.is_open(now) {
            return SurveyOffer::Closed { since: last.ends_at() };
        }
        match self.audience {
            SurveyAudience::Consulted if !facts.consulted => SurveyOffer::NotInAudience,
            SurveyAudience::Consulted | SurveyAudience::AllMembers => {
                SurveyOffer::Offered { until: last.ends_at() }
            }
        }
    }

    /// Whether the one reminder is due: it is offered, was shown at least seven days ago, and was not reminded of.
    pub fn reminder_due(
        &self,
        now: Timestamp,
        facts: &SurveyFacts,
        showings: Option<SurveyShowings>,
    ) -> bool {
        let Some(SurveyShowings { first, reminder: None }) = showings else { return false };
        let offered = matches!(self.offer(now, facts), SurveyOffer::Offered { .. });
        offered && !facts.loss.silences(Prompt::SurveyReminder) && first.plus_hours(REMIND_AFTER_HOURS) <= now
    }

    /// The showings after it is shown now: the first, or the reminder where that is due. `None` where showing it now
    /// changes nothing.
    pub fn showing(
        &self,
        now: Timestamp,
        facts: &SurveyFacts,
        before: Option<SurveyShowings>,
    ) -> Option<SurveyShowings> {
        match before {
            None if matches!(self.offer(now, facts), SurveyOffer::Offered { .. }) => {
                Some(SurveyShowings { first: now, reminder: None })
            }
            Some(showings) if self.reminder_due(now, facts, before) => {
                Some(SurveyShowings { reminder: Some(now), ..showings })
            }
            None | Some(_) => None,
        }
    }
}
