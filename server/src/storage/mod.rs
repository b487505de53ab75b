//! Where the server keeps what it holds: the promises every database must keep, and the SQLite that keeps them.
//!
//! The rules of the server live in [`crate::service`] and know only these traits. They are synchronous; the HTTP side
//! calls them off its own threads. No type of a database crosses this border.
//!
//! # What an implementation promises
//! A [`Transaction`] from [`Storage::begin`]
//! - is **atomic**: after [`Transaction::commit`] returned `Ok` all of it is there, after anything else (an error, a
//!   drop, a crash) none of it;
//! - is **durable** before `commit` returns: a power cut afterwards loses nothing of it;
//! - **sees its own writes**, and apart from them one consistent state;
//! - is **serialised per member**: from [`Streams::lock_member`] until its end, every other transaction that locks the
//!   same member waits, in whichever server process it runs. Positions are therefore taken in commit order, and nobody
//!   who has seen position *n* will later find a new entry below it. [`Cards::lock_card`] does the same for all cards of
//!   a household, [`Phrases::lock_phrase`] for a phrase. A transaction locks at most one card or phrase, then at most one
//!   member, in this order, and may lock before it reads;
//! - **enforces**, however transactions race: one row per code tag, per number of a programme's card, per phrase tag, per
//!   (household or phrase, device key), per device id, per (member, position), per entry id, per id of a refused operation, per
//!   consultation id, per photo id, per (photo,
//!   place of a part); one enrollment per founding card; one good phrase per programme; one
//!   survey mark per member; one use of a (caller, nonce). Methods that return `bool` say `false` where the row was there
//!   already and then change nothing.
//!
//! Everything a person wrote or showed arrives here sealed; an implementation never sees a text, a photo, a code or a password.

mod cards;
mod clinicians;
#[cfg(test)]
mod conformance;
mod consultations;
#[cfg(test)]
pub(crate) mod counting;
mod devices;
mod erasures;
mod figures;
mod limits;
mod people;
mod photos;
mod phrases;
pub mod sqlite;
mod streams;

pub use cards::{CardRecord, CardStatus, Cards, GrantRecord, Joined};
pub use clinicians::{ClinicianRecord, Clinicians, PasswordHash, SessionRecord};
pub use consultations::{ConsultationRecord, Consultations, MessageRecord, WaitingRecord};
pub use devices::{DeviceRecord, Devices, OperationRecord};
pub use erasures::{ErasableRecord, Erasures};
pub use figures::{Figures, ProgrammeFigures, ServiceFigures};
pub use limits::{AttemptRecord, Door, Limits, OwnFailures, ShutRecord, Way};
pub use people::{People, SurveyAnswerRecord};
pub use photos::{PhotoRecord, Photos};
pub use phrases::{PhraseRecord, Phrases};
pub use sqlite::SqliteStorage;
pub use streams::{EntryRecord, Head, Message, Origin, StoredEntry, StreamRow, Streams};

/// A database.
pub trait Storage: Send + Sync {
    /// Begins a transaction; see the promises above.
    ///
    /// # Errors
    /// [`StorageError`] if none can begin.
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StorageError>;
}

/// One transaction. Dropping it takes everything back.
pub trait Transaction:
    Cards
    + Phrases
    + Limits
    + Devices
    + Streams
    + Consultations
    + Photos
    + People
    + Erasures
    + Clinicians
    + Figures
{
    /// A value of the server as a whole, by name.
    ///
    /// # Errors
    /// [`StorageError`].
    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError>;

    /// Sets such a value.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_meta(&self, name: &str, value: &[u8]) -> Result<(), StorageError>;

    /// Makes everything durable.
    ///
    /// # Errors
    /// [`StorageError`]; then nothing was stored.
    fn commit(self: Box<Self>) -> Result<(), StorageError>;
}

/// What can go wrong with a database. Carries no value from it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// There is no database at this place.
    #[error("there is no database here; `init` makes one")]
    NotInitialised,
    /// A database is there already.
    #[error("there is a database here already; it stays as it is")]
    AlreadyInitialised,
    /// A newer server made it. It is left untouched.
    #[error("the database has version {found}; this server knows versions up to {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// Not a database of this server.
    #[error("the file is not a database of this server")]
    Foreign,
    /// A value in it cannot be.
    #[error("the database holds a value that cannot be, in {table}")]
    Damaged {
        /// Where.
        table: &'static str,
    },
    /// The database refused: full, busy, damaged. The number is its own.
    #[error("the database failed with code {code}")]
    Failed {
        /// The database's code.
        code: i32,
    },
}
