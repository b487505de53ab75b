//! Everything that can go wrong, with a stable code and words for a person.
//!
//! An error carries no text, code, key or name of anybody: it may be logged as it is. `docs/errors.md` is written from
//! [`YorisoiError::catalogue`].

use yorisoi_protocol::code::CodeError;
use yorisoi_protocol::consent::Purpose;
use yorisoi_protocol::question::TextError;
use yorisoi_protocol::survey::SurveyError;
use yorisoi_protocol::wire::{ApiErrorCode, EnrollmentRefusal};
use yorisoi_protocol::{Eligibility, Words};

use crate::store::{KeyTrouble, OpenError, StoreError};
use crate::sync::{Fault, SyncError};
use crate::transport::TransportError;
use crate::transport::exchange::ExchangeError;

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YorisoiError {
    /// The typed text is no code.
    #[error("the typed text is no code: {0}")]
    Card(#[from] CodeError),
    /// The card is of a programme this app does not serve.
    #[error("the card is of a programme this app does not know")]
    UnknownProgramme,
    /// The server did not redeem the card.
    #[error("the server did not redeem the card: {refusal:?}")]
    EnrollmentRefused {
        /// Why.
        refusal: EnrollmentRefusal,
        /// Whom to ask.
        ask: Words,
    },
    /// The device is in another programme already.
    #[error("this device is enrolled in another programme")]
    AlreadyEnrolled,
    /// The device is in no programme yet.
    #[error("this device is not enrolled")]
    NotEnrolled,
    /// The programme has not begun or has ended.
    #[error("outside the programme's window: {0:?}")]
    NotEligible(Eligibility),
    /// Consent is asked for first.
    #[error("consent is needed first: {0:?}")]
    ConsentNeeded(Purpose),
    /// The text cannot be sent.
    #[error("the text cannot be sent: {0}")]
    Text(#[from] TextError),
    /// The programme does not offer this service.
    #[error("the programme does not offer this service")]
    ServiceNotOffered,
    /// Two characters are the least to look for.
    #[error("two characters are the least to look for")]
    SearchTooShort,
    /// The survey may not be answered now.
    #[error("the survey is not offered")]
    SurveyNotOffered,
    /// The survey was answered.
    #[error("the survey was answered before")]
    SurveyAnswered,
    /// The answers do not fit the survey.
    #[error("the answers do not fit the survey: {0}")]
    Survey(#[from] SurveyError),
    /// No such consultation or draft on this device.
    #[error("there is no such consultation or draft on this device")]
    NotFound,
    /// What the host passed in cannot be.
    #[error("a setting cannot be: {0}")]
    Setting(&'static str),
    /// The key cannot be used now.
    #[error("the key cannot be used: {0}")]
    Key(#[from] KeyTrouble),
    /// The database cannot be used now.
    #[error("the database cannot be used: {0}")]
    Store(StoreError),
    /// No whole reply from the server.
    #[error("no reply from the server: {0}")]
    Network(#[from] TransportError),
    /// Something came back that is no reply of this protocol.
    #[error("the reply cannot be believed: {0}")]
    NotBelieved(&'static str),
    /// The server refused the request as a whole.
    #[error("the server refused the request: {code:?}")]
    ServerRefused {
        /// Why.
        code: ApiErrorCode,
        /// After how many seconds to try again, if it said.
        retry_after_seconds: Option<u32>,
    },
    /// The sync could not be carried through.
    #[error("the sync could not be carried through: {0:?}")]
    Sync(Fault),
}

/// What kind of thing went wrong: few, and for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The code on the card.
    Card,
    /// Joining the programme.
    Enrollment,
    /// The programme's window.
    Window,
    /// Consent.
    Consent,
    /// What a person wrote or chose.
    Input,
    /// Something that is not there.
    NotFound,
    /// What the host passed in.
    Setting,
    /// The key store.
    Key,
    /// The database.
    Storage,
    /// The network.
    Network,
    /// The server, or something in its place.
    Server,
}

impl YorisoiError {
    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Card(_) | Self::UnknownProgramme => ErrorKind::Card,
            Self::EnrollmentRefused { .. } | Self::AlreadyEnrolled | Self::NotEnrolled => {
                ErrorKind::Enrollment
            }
            Self::NotEligible(_) => ErrorKind::Window,
            Self::ConsentNeeded(_) => ErrorKind::Consent,
            Self::Text(_)
            | Self::ServiceNotOffered
            | Self::SearchTooShort
            | Self::SurveyNotOffered
            | Self::SurveyAnswered
            | Self::Survey(_) => ErrorKind::Input,
            Self::NotFound => ErrorKind::NotFound,
            Self::Setting(_) => ErrorKind::Setting,
            Self::Key(_) => ErrorKind::Key,
            Self::Store(_) => ErrorKind::Storage,
            Self::Network(_) => ErrorKind::Network,
            Self::NotBelieved(_) | Self::ServerRefused { .. } | Self::Sync(_) => ErrorKind::Server,
        }
    }

    /// The stable code, for support and for branching.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Card(error) => card_code(error),
            Self::UnknownProgramme => "card_unknown_programme",
            Self::EnrollmentRefused { refusal, .. } => match refusal {
                EnrollmentRefusal::UnknownCode => "enrollment_unknown_code",
                EnrollmentRefusal::CardFull => "enrollment_card_full",
                EnrollmentRefusal::NotYet { .. } => "enrollment_not_yet",
                EnrollmentRefusal::Ended { .. } => "enrollment_ended",
                EnrollmentRefusal::Other => "enrollment_refused",
            },
            Self::AlreadyEnrolled => "already_enrolled",
            Self::NotEnrolled => "not_enrolled",
            Self::NotEligible(Eligibility::NotYet { .. }) => "window_not_yet",
            Self::NotEligible(_) => "window_ended",
            Self::ConsentNeeded(_) => "consent_needed",
            Self::Text(TextError::Empty) => "text_empty",
            Self::Text(TextError::TooLong { .. }) => "text_too_long",
            Self::ServiceNotOffered => "service_not_offered",
            Self::SearchTooShort => "search_too_short",
            Self::SurveyNotOffered => "survey_not_offered",
            Self::SurveyAnswered => "survey_answered",
            Self::Survey(_) => "survey_mismatch",
            Self::NotFound => "not_found",
            Self::Setting(_) => "setting_invalid",
            Self::Key(trouble) => match trouble {
                KeyTrouble::Locked => "key_locked",
                KeyTrouble::Failing => "key_failing",
                KeyTrouble::Missing => "key_missing",
                KeyTrouble::Foreign => "key_foreign",
            },
            Self::Store(error) => store_code(error),
            Self::Network(error) => network_code(*error),
            Self::NotBelieved(_) => "reply_not_believed",
            Self::ServerRefused { code: ApiErrorCode::UnknownDevice, .. } => "device_unknown",
            Self::ServerRefused { .. } => "server_refused",
            Self::Sync(Fault::Diverged) => "sync_diverged",
            Self::Sync(_) => "sync_reply_not_believed",
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Network(error) => *error != TransportError::TooLarge,
            Self::NotBelieved(_) | Self::Sync(_) => true,
            Self::Key(trouble) => matches!(trouble, KeyTrouble::Locked | KeyTrouble::Failing),
            Self::Store(error) => {
                matches!(error, StoreError::Busy | StoreError::Io | StoreError::NoRandomness)
            }
            Self::ServerRefused { code, .. } => {
                matches!(
                    code,
                    ApiErrorCode::TooMany | ApiErrorCode::Unavailable | ApiErrorCode::SignatureReplayed
                )
            }
            _ => false,
        }
    }

    /// What to tell the person.
    pub fn words(&self) -> Words {
        words::of(self)
    }

    /// One error of every code, for the page of errors and for tests that meet them all.
    pub fn catalogue() -> Vec<Self> {
        catalogue::all()
    }
}

fn card_code(error: &CodeError) -> &'static str {
    use yorisoi_protocol::typed_text::TypedTextError;
    match error {
        CodeError::Empty => "card_empty",
        CodeError::Unreadable(TypedTextError::TooLong { .. }) => "card_too_long",
        CodeError::Unreadable(TypedTextError::Foreign { .. }) => "card_foreign_character",
        CodeError::WrongLength { .. } => "card_wrong_length",
        CodeError::CheckFailed { .. } => "card_check_failed",
        CodeError::UnknownVersion => "card_unknown_version",
    }
}

fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::Newer { .. } => "database_newer",
        StoreError::Damaged => "database_damaged",
        StoreError::Full => "storage_full",
        StoreError::Busy => "database_busy",
        StoreError::Io => "storage_failing",
        StoreError::NoRandomness => "randomness_missing",
        StoreError::NotFound => "not_found",
    }
}

fn network_code(error: TransportError) -> &'static str {
    match error {
        TransportError::Unreachable => "network_unreachable",
        TransportError::Insecure => "network_insecure",
        TransportError::TimedOut => "network_timed_out",
        TransportError::Interrupted => "network_interrupted",
        TransportError::TooLarge => "network_reply_too_large",
    }
}

impl From<StoreError> for YorisoiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            other => Self::Store(other),
        }
    }
}

impl From<OpenError> for YorisoiError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Key(trouble) => Self::Key(trouble),
            OpenError::Store(error) => error.into(),
        }
    }
}

impl From<ExchangeError> for YorisoiError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Transport(error) => Self::Network(error),
            ExchangeError::Refused { body, retry_after } => {
                Self::ServerRefused { code: body.code, retry_after_seconds: retry_after }
            }
            ExchangeError::NotBelieved(why) => Self::NotBelieved(why),
            ExchangeError::NoRandomness => Self::Store(StoreError::NoRandomness),
        }
    }
}

impl From<SyncError> for YorisoiError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Store(error) => error.into(),
            SyncError::Exchange(error) => error.into(),
            SyncError::Fault(Fault::Server(code)) => Self::ServerRefused { code, retry_after_seconds: None },
            SyncError::Fault(fault) => Self::Sync(fault),
        }
    }
}

#[path = "error_catalogue.rs"]
mod catalogue;
#[path = "error_words.rs"]
mod words;
