//! What an operator does: make a database, add programmes, issue cards, add clinicians.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use yorisoi_protocol::ids::Epoch;
use yorisoi_protocol::programme::ProgrammeError;
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_protocol::{EnrollmentCode, Programme};

use super::{Service, passwords};
use crate::keys::{KeyError, ServerKeys};
use crate::randomness::{Randomness, RandomnessError, draw};
use crate::storage::{CardRecord, ClinicianRecord, SqliteStorage, Storage, StorageError};

/// The database's name in its directory.
pub const DATABASE_FILE: &str = "yorisoi.db";
const EPOCH: &str = "epoch";
const KEY_CHECK: &str = "key_check";
/// Cards that one command prints at most.
const CARDS_MAX: u32 = 100_000;

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
    /// Not a name to log in with.
    #[error("a log-in name has 1 to 64 lower-case letters, digits, dots, hyphens and underscores")]
    LogInName,
    /// The log-in name is taken.
    #[error("a clinician with this log-in name exists already")]
    ClinicianExists,
    /// The directory of the database cannot be made.
    #[error("the data directory cannot be made: {0}")]
    Directory(std::io::ErrorKind),
}

/// One card in a list. The code is known to nobody but its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardState {
    /// Its number within the programme.
    pub number: u32,
    /// The printing it came with.
    pub batch: u32,
    /// How many persons joined with it.
    pub members: u32,
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

    /// Issues `count` cards. Their codes are returned once and kept nowhere.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn issue_cards(&self, programme: &str, count: u32) -> Result<Vec<EnrollmentCode>, SetupError> {
        if !(1..=CARDS_MAX).contains(&count) {
            return Err(SetupError::CardCount);
        }
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        let (last, batch) = tx.last_card(&programme.id)?;
        let mut codes = Vec::new();
        while codes.len() < count as usize {
            let random = u64::from_be_bytes(draw(&*self.randomness)?);
            let code = EnrollmentCode::issue(programme.index, random).ok_or(SetupError::UnknownProgramme)?;
            let card = CardRecord {
                tag: self.keys.code_tag(&code),
                programme: programme.id.clone(),
                number: last + codes.len() as u32 + 1,
                batch: batch + 1,
                issued_at: self.now(),
            };
            // A code that exists already is drawn again.
            if tx.add_card(&card)? {
                codes.push(code);
            }
        }
        tx.commit()?;
        Ok(codes)
    }

    /// The cards of a programme.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn cards(&self, programme: &str) -> Result<Vec<CardState>, SetupError> {
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        let state = |(card, members): (CardRecord, u32)| CardState {
            number: card.number,
            batch: card.batch,
            members,
        };
        Ok(tx.cards(&programme.id)?.into_iter().map(state).collect())
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
