//! What an operator does: make a database, add programmes, add clinicians; and how that can fail.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use yorisoi_protocol::Programme;
use yorisoi_protocol::ids::Epoch;
use yorisoi_protocol::manifest::ManifestError;
use yorisoi_protocol::programme::ProgrammeError;
use yorisoi_protocol::question::ClinicianRole;

use super::cards::CARDS_MAX;
use super::phrases::JOINS_PER_DAY_MAX;
use super::{PRINTED_CARDS_MAX, Service, passwords};
use crate::keys::{KeyError, ServerKeys};
use crate::randomness::{Randomness, RandomnessError, draw};
use crate::storage::{ClinicianRecord, SqliteStorage, Storage, StorageError};

/// The database's name in its directory.
pub const DATABASE_FILE: &str = "yorisoi.db";
const EPOCH: &str = "epoch";
const KEY_CHECK: &str = "key_check";

/// Why an operator's command cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The generator of random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// The programme file.
    #[error("the programme file is wrong: {0}")]
    Programme(#[from] ProgrammeError),
    /// The id or the index of a programme is taken.
    #[error("a programme with this id or this index exists already")]
    ProgrammeExists,
    /// There is no such programme.
    #[error("there is no such programme")]
    UnknownProgramme,
    /// Not a number of cards that can be issued.
    #[error("1 to {CARDS_MAX} cards can be issued at a time")]
    CardCount,
    /// The programme has no card with this number or this code.
    #[error("the programme has no such card")]
    UnknownCard,
    /// Not the code of a card. What was typed is not repeated.
    #[error("this is not the code of a card")]
    CodeUnreadable,
    /// The card has been replaced.
    #[error("the card was replaced by number {by}")]
    CardReplaced {
        /// The number of the card in its place.
        by: u32,
    },
    /// Not a phrase. What was typed is not repeated.
    #[error("this cannot be a phrase; a phrase is written in hiragana")]
    PhraseUnreadable,
    /// The programme has no phrase, or none that is good.
    #[error("the programme has no phrase")]
    UnknownPhrase,
    /// Not a number of joins that can be allowed.
    #[error("1 to {JOINS_PER_DAY_MAX} joins a day can be allowed")]
    JoinsPerDay,
    /// Not a number of cards that can be printed.
    #[error("1 to {PRINTED_CARDS_MAX} cards can be printed at a time")]
    PrintedCardCount,
    /// The numbers of prepared cards were given to others.
    #[error("other cards of this programme were issued meanwhile; these were not: try again")]
    CardsMoved,
    /// Not a name to log in with.
    #[error("a log-in name has 1 to 64 lower-case letters, digits, dots, hyphens and underscores")]
    LogInName,
    /// The log-in name is taken.
    #[error("a clinician with this log-in name exists already")]
    ClinicianExists,
    /// No key signs tickets of this programme now.
    #[error("no key signs tickets of this programme now; `keys ticket new` makes one")]
    NoTicketKey,
    /// A window without a moment in it.
    #[error("a key of tickets, and a ticket, must end after it begins")]
    TicketKeyWindow,
    /// There is no such key, or it was revoked for good.
    #[error("there is no such key that is not revoked")]
    UnknownTicketKey,
    /// A manifest that no device would take.
    #[error("the manifest is refused: {0}")]
    Manifest(#[from] ManifestError),
    /// The directory of the database cannot be made.
    #[error("the data directory cannot be made: {0}")]
    Directory(std::io::ErrorKind),
}

pub(super) fn open(data: &Path, keys: &Path) -> Result<(Box<dyn Storage>, ServerKeys, Epoch), SetupError> {
    let storage = SqliteStorage::open(&data.join(DATABASE_FILE))?;
    let tx = storage.begin()?;
    let (check, epoch) = (tx.meta(KEY_CHECK)?, tx.meta(EPOCH)?);
    drop(tx);
    let check = check.ok_or(StorageError::NotInitialised)?;
    let epoch =
        epoch.and_then(|epoch| epoch.try_into().ok()).ok_or(StorageError::Damaged { table: "meta" })?;
    let keys = ServerKeys::load(keys)?;
    keys.recognise(&check)?;
    Ok((Box::new(storage), keys, Epoch::from_bytes(epoch)))
}

impl Service {
    /// Makes the database in `data` and the keys in `keys`. Continues where making them was interrupted; what is whole
    /// stays as it is.
    ///
    /// # Errors
    /// [`SetupError`], among them [`StorageError::AlreadyInitialised`].
    pub fn init(data: &Path, keys: &Path, randomness: &dyn Randomness) -> Result<(), SetupError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data)
            .map_err(|error| SetupError::Directory(error.kind()))?;
        let storage = SqliteStorage::create(&data.join(DATABASE_FILE))?;
        let tx = storage.begin()?;
        if tx.meta(KEY_CHECK)?.is_some() {
            return Err(StorageError::AlreadyInitialised.into());
        }
        let keys = ServerKeys::create(keys, randomness)?;
        tx.set_meta(EPOCH, &draw::<{ Epoch::BYTES }>(randomness)?)?;
        tx.set_meta(KEY_CHECK, &keys.check_value(randomness)?)?;
        Ok(tx.commit()?)
    }

    /// Adds the programme of this file and says its id.
    ///
    /// # Errors
    /// [`SetupError`], with the line where the file is wrong.
    pub fn add_programme(&self, text: &str) -> Result<String, SetupError> {
        let programme = Programme::parse(text)?;
        let tx = self.storage.begin()?;
        if !tx.add_programme(&programme.id, programme.index, text)? {
            return Err(SetupError::ProgrammeExists);
        }
        tx.commit()?;
        Ok(programme.id)
    }

    /// The programme with this id.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn programme(&self, id: &str) -> Result<Programme, SetupError> {
        stored(self.storage.begin()?.programme(id)?)
    }

    /// Adds a clinician and makes their password, which is returned once. `iterations` is
    /// [`super::PASSWORD_ITERATIONS`] everywhere but in tests.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn add_clinician(
        &self,
        login: &str,
        role: ClinicianRole,
        iterations: u32,
    ) -> Result<String, SetupError> {
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
        if !(1..=64).contains(&login.len()) || !login.chars().all(known) {
            return Err(SetupError::LogInName);
        }
        let password = passwords::generate(&*self.randomness)?;
        let clinician = ClinicianRecord {
            login: login.to_owned(),
            role,
            password: passwords::hash(&*self.randomness, &password, iterations)?,
        };
        let tx = self.storage.begin()?;
        if !tx.add_clinician(&clinician)? {
            return Err(SetupError::ClinicianExists);
        }
        tx.commit()?;
        Ok(password)
    }
}

pub(super) fn stored(text: Option<String>) -> Result<Programme, SetupError> {
    let text = text.ok_or(SetupError::UnknownProgramme)?;
    Ok(Programme::parse(&text)?)
}
