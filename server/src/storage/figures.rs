//! The raw figures behind a report. Whether a figure may be shown is not decided here.

use yorisoi_protocol::question::Service;

use super::StorageError;

/// What a programme's report is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProgrammeFigures {
    /// Cards issued, those that were issued in the place of another among them.
    pub cards_issued: u64,
    /// Cards with which somebody joined.
    pub cards_redeemed: u64,
    /// Persons who joined with the phrase; absent where there never was one.
    pub phrase_members: Option<u64>,
    /// Persons who joined.
    pub members: u64,
    /// Persons who asked at least once.
    pub consulted: u64,
    /// By service, those with consultations only.
    pub services: Vec<ServiceFigures>,
    /// For each answered message, how long it waited, in milliseconds.
    pub waits: Vec<i64>,
    /// Persons behind [`ProgrammeFigures::waits`].
    pub answered_members: u64,
    /// The answers to each survey of this programme: survey, version, answers as JSON.
    pub surveys: Vec<(String, u32, String)>,
}

/// One service's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceFigures {
    /// Which.
    pub service: Service,
    /// Consultations opened.
    pub consultations: u64,
    /// Persons who opened them.
    pub members: u64,
}

/// The closed set of questions a report may ask.
pub trait Figures {
    /// The figures of a programme.
    ///
    /// # Errors
    /// [`StorageError`].
    fn figures(&self, programme: &str) -> Result<ProgrammeFigures, StorageError>;
}
