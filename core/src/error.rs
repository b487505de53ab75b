//! Everything that can go wrong, with a stable code and words for a person.
//!
//! An error carries no text, code, key or name of anybody: it may be logged as it is. `docs/errors.md` is written from
//! [`YorisoiError::catalogue`].

pub use kind::ErrorKind;
pub(crate) use words::of_attempt;

use yorisoi_protocol::code::CodeError;
use yorisoi_protocol::consent::Purpose;
use yorisoi_protocol::manifest::ManifestError;
use yorisoi_protocol::phrase::PhraseError;
use yorisoi_protocol::question::TextError;
use yorisoi_protocol::survey::SurveyError;
use yorisoi_protocol::ticket::TicketError;
use yorisoi_protocol::wire::{ApiErrorCode, EnrollmentRefusal, RescueRefusal};
use yorisoi_protocol::{Eligibility, Words};

use crate::family::DateError;
use crate::photo::PhotoError;
use crate::store::{KeyTrouble, OpenError, PhotoFailure, StoreError};
use crate::sync::{Fault, SyncError};
use crate::transport::TransportError;
use crate::transport::exchange::ExchangeError;

/// What is kept of an attempt to sync that did not fail: phone and server hold the same.
pub(crate) const CAUGHT_UP: &str = "caught_up";
/// Its time was over.
pub(crate) const BUDGET_SPENT: &str = "budget_spent";
/// The server asked for patience.
pub(crate) const ASKED_TO_WAIT: &str = "asked_to_wait";
/// It was let go of on the way.
pub(crate) const CUT_SHORT: &str = "cut_short";

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YorisoiError {
    /// The typed text is no code.
    #[error("the typed text is no code: {0}")]
    Card(#[from] CodeError),
    /// The scanned text is no ticket that can be accepted.
    #[error("the ticket is not accepted: {0}")]
    Ticket(#[from] TicketError),
    /// What was typed is no phrase.
    #[error("the typed text is no phrase: {0}")]
    Phrase(#[from] PhraseError),
    /// The card is of a programme this app does not serve.
    #[error("the card is of a programme this app does not know")]
    UnknownProgramme,
    /// No programme is known yet: the app brought no manifest along and has not reached the server.
    #[error("no programme is known yet")]
    ManifestMissing,
    /// A manifest that is not taken over. What is held stays in force.
    #[error("the manifest is not taken over: {0}")]
    Manifest(#[from] ManifestError),
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
    /// The programme has not begun, has ended, or was never for this household.
    #[error("outside the programme's window: {0:?}")]
    NotEligible(Eligibility),
    /// The phone's clock cannot be right, and no server is at hand that would know the time.
    #[error("the phone's clock cannot be right")]
    ClockSuspect,
    /// Consent is asked for first.
    #[error("consent is needed first: {0:?}")]
    ConsentNeeded(Purpose),
    /// The text cannot be sent.
    #[error("the text cannot be sent: {0}")]
    Text(#[from] TextError),
    /// The photo is not taken in, or could not be given out.
    #[error(transparent)]
    Photo(PhotoError),
    /// The message has as many photos as it may have.
    #[error("a message has at most {most} photos")]
    TooManyPhotos {
        /// How many it may have.
        most: usize,
    },
    /// A date that was told cannot be.
    #[error("a date cannot be: {0}")]
    Date(#[from] DateError),
    /// The programme does not offer this service.
    #[error("the programme does not offer this service")]
    ServiceNotOffered,
    /// A draft stands for a choice that this library does not know.
    #[error("the draft stands for a choice that is not known here")]
    ChoiceUnknown,
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
    /// The server did not take in what stands aside.
    #[error("the server did not take in what stands aside: {0:?}")]
    RescueRefused(RescueRefusal),
    /// The sync could not be carried through.
    #[error("the sync could not be carried through: {0:?}")]
    Sync(Fault),
}

impl YorisoiError {
    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Card(_) | Self::Ticket(_) | Self::Phrase(_) | Self::UnknownProgramme => ErrorKind::Card,
            Self::EnrollmentRefused { .. }
            | Self::AlreadyEnrolled
            | Self::NotEnrolled
            | Self::ManifestMissing => ErrorKind::Enrollment,
            Self::NotEligible(_) | Self::ClockSuspect => ErrorKind::Window,
            Self::ConsentNeeded(_) => ErrorKind::Consent,
            Self::Text(_)
            | Self::Photo(_)
            | Self::TooManyPhotos { .. }
            | Self::Date(_)
            | Self::ServiceNotOffered
            | Self::ChoiceUnknown
            | Self::SearchTooShort
            | Self::SurveyNotOffered
            | Self::SurveyAnswered
            | Self::Survey(_) => ErrorKind::Input,
            Self::NotFound => ErrorKind::NotFound,
            Self::Setting(_) => ErrorKind::Setting,
            Self::Key(_) => ErrorKind::Key,
            Self::Store(StoreError::Suspended) => ErrorKind::Suspended,
            Self::Store(_) => ErrorKind::Storage,
            Self::Network(_) => ErrorKind::Network,
            Self::Manifest(_)
            | Self::NotBelieved(_)
            | Self::ServerRefused { .. }
            | Self::RescueRefused(_)
            | Self::Sync(_) => ErrorKind::Server,
        }
    }

    /// The stable code, for support and for branching.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Card(error) => error.code(),
            Self::Ticket(error) => ticket_code(error),
            Self::Phrase(error) => error.code(),
            Self::UnknownProgramme => "card_unknown_programme",
            Self::ManifestMissing => "manifest_missing",
            Self::Manifest(ManifestError::Rollback { .. } | ManifestError::OtherBytes { .. }) => {
                "manifest_rolled_back"
            }
            Self::Manifest(ManifestError::UnknownFormat { .. }) => "manifest_needs_update",
            Self::Manifest(_) => "manifest_not_believed",
            Self::EnrollmentRefused { refusal, .. } => refusal_code(*refusal),
            Self::AlreadyEnrolled => "already_enrolled",
            Self::NotEnrolled => "not_enrolled",
            Self::NotEligible(Eligibility::NotYet { .. }) => "window_not_yet",
            Self::NotEligible(_) => "window_ended",
            Self::ClockSuspect => "clock_suspect",
            Self::ConsentNeeded(_) => "consent_needed",
            Self::Text(TextError::Empty) => "text_empty",
            Self::Text(TextError::TooLong { .. }) => "text_too_long",
            Self::Photo(error) => photo_code(error),
            Self::TooManyPhotos { .. } => "photo_too_many",
            Self::Date(DateError::InFuture) => "date_in_future",
            Self::Date(DateError::TooLongAgo) => "date_too_long_ago",
            Self::ServiceNotOffered => "service_not_offered",
            Self::ChoiceUnknown => "choice_unknown",
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
            Self::RescueRefused(_) => "rescue_refused",
            Self::Sync(Fault::Diverged) => "sync_diverged",
            Self::Sync(_) => "sync_reply_not_believed",
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Network(error) => *error != TransportError::TooLarge,
            Self::NotBelieved(_) | Self::Sync(_) | Self::ManifestMissing => true,
            Self::Key(trouble) => matches!(trouble, KeyTrouble::Locked | KeyTrouble::Failing),
            Self::Store(error) => {
                matches!(
                    error,
                    StoreError::Busy | StoreError::Suspended | StoreError::Io | StoreError::NoRandomness
                )
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

/// The stable code of a card that was not redeemed.
pub fn refusal_code(refusal: EnrollmentRefusal) -> &'static str {
    match refusal {
        EnrollmentRefusal::UnknownCode => "enrollment_unknown_code",
        EnrollmentRefusal::CardFull => "enrollment_card_full",
        EnrollmentRefusal::CardRevoked => "enrollment_card_revoked",
        EnrollmentRefusal::CardReplaced => "enrollment_card_replaced",
        EnrollmentRefusal::TooManyToday => "enrollment_too_many_today",
        EnrollmentRefusal::NotYet { .. } => "enrollment_not_yet",
        EnrollmentRefusal::Ended { .. } => "enrollment_ended",
        EnrollmentRefusal::Other => "enrollment_refused",
    }
}

fn ticket_code(error: &TicketError) -> &'static str {
    match error {
        TicketError::NotATicket => "ticket_not_a_ticket",
        TicketError::Carriage(_) | TicketError::TooLong { .. } | TicketError::Malformed { .. } => {
            "ticket_malformed"
        }
        TicketError::UnknownKey { .. } => "ticket_unknown_key",
        TicketError::KeyRevoked { .. } => "ticket_key_revoked",
        TicketError::SignatureWrong => "ticket_signature_wrong",
        TicketError::IssuerNotAllowed { .. } | TicketError::KeyNotValidThen { .. } => {
            "ticket_key_not_allowed"
        }
        TicketError::CardRevoked => "ticket_card_revoked",
        TicketError::UnknownProgramme { .. } => "ticket_unknown_programme",
    }
}

fn photo_code(error: &PhotoError) -> &'static str {
    match error {
        PhotoError::NotSupported { .. } => "photo_not_supported",
        PhotoError::Broken(_) => "photo_broken",
        PhotoError::TooLarge { .. } | PhotoError::TooWide { .. } => "photo_too_large",
        PhotoError::SourceFailed(_) => "photo_unreadable",
        PhotoError::TargetFailed(_) => "photo_target_failed",
    }
}

fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::Newer { .. } => "database_newer",
        StoreError::Damaged => "database_damaged",
        StoreError::Full => "storage_full",
        StoreError::Busy => "database_busy",
        StoreError::KeysChanged => "key_changed_elsewhere",
        StoreError::Suspended => "suspended",
        StoreError::Io => "storage_failing",
        StoreError::NoRandomness => "randomness_missing",
        StoreError::NotFound => "not_found",
        StoreError::NotConsented => "consent_needed",
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
            StoreError::NotConsented => Self::ConsentNeeded(Purpose::Service),
            other => Self::Store(other),
        }
    }
}

impl From<PhotoFailure> for YorisoiError {
    fn from(failure: PhotoFailure) -> Self {
        match failure {
            PhotoFailure::Photo(error) => Self::Photo(error),
            PhotoFailure::TooMany { most } => Self::TooManyPhotos { most },
            PhotoFailure::Store(error) => error.into(),
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
#[path = "error_kind.rs"]
mod kind;
#[path = "error_words.rs"]
mod words;
