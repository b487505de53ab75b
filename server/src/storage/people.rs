//! What a member said apart from questions: the survey and the consent ledger.

use yorisoi_protocol::CivilDate;
use yorisoi_protocol::ids::MemberId;

use super::StorageError;

/// One answered survey. Nothing in it leads to the member who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyAnswerRecord {
    /// Random, and what the rows are ordered by, so that their order tells nothing either.
    pub id: [u8; 16],
    /// The programme.
    pub programme: String,
    /// The survey's id.
    pub survey: String,
    /// Its version.
    pub version: u32,
    /// The answers, as JSON.
    pub answers: String,
    /// The day they were given.
    pub day: CivilDate,
}

/// Survey and consent.
pub trait People {
    /// Whether a member answered the survey.
    ///
    /// # Errors
    /// [`StorageError`].
    fn survey_answered(&self, member: MemberId) -> Result<bool, StorageError>;

    /// Notes that a member answered the survey; `false` if they had.
    ///
    /// # Errors
    /// [`StorageError`].
    fn mark_survey_answered(&self, member: MemberId) -> Result<bool, StorageError>;

    /// Keeps the answers, apart from the member.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_survey_answer(&self, answer: &SurveyAnswerRecord) -> Result<(), StorageError>;

    /// The number and the sealed text of the last line of a member's consent ledger.
    ///
    /// # Errors
    /// [`StorageError`].
    fn last_consent(&self, member: MemberId) -> Result<Option<(u32, Vec<u8>)>, StorageError>;

    /// Adds a line to it; `false` if the number is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_consent(&self, member: MemberId, number: u32, sealed: &[u8]) -> Result<bool, StorageError>;
}
