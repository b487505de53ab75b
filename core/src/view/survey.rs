//! What the app shows of the survey.

use std::fmt;

use yorisoi_protocol::survey::offer::SurveyOffer;
use yorisoi_protocol::survey::{SurveyAnswers, SurveyDefinition};

/// The survey and what can be done with it.
#[derive(Clone, PartialEq, Eq)]
pub struct SurveyView {
    /// Its definition.
    pub definition: SurveyDefinition,
    /// Whether it may be answered now.
    pub state: SurveyState,
    /// The same with its reason and its date.
    pub offer: SurveyOffer,
    /// Whether the one reminder may be shown now.
    pub reminder_due: bool,
    /// Which version was answered, once it was: the definition may have moved on.
    pub answered_version: Option<u32>,
    /// What was chosen, once it was answered, by the scales of that version.
    pub answers: Option<SurveyAnswers>,
}

/// Without the answers.
impl fmt::Debug for SurveyView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SurveyView")
            .field("state", &self.state)
            .field("offer", &self.offer)
            .field("reminder_due", &self.reminder_due)
            .field("answered_version", &self.answered_version)
            .finish_non_exhaustive()
    }
}

/// What can be done with the survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SurveyState {
    /// Not open yet, closed, for others, or silenced by loss mode or consent: show nothing.
    NotOffered,
    /// It may be answered.
    Offered,
    /// It was answered here.
    Answered,
}
