//! A database whose key is gone, set aside: out of the way of a new one, and read for what was sealed to the programme.
//!
//! Setting aside is a rename of one file, after SQLite folded its log in and nobody else has it open: the rows stay as they
//! are. Nothing here ever deletes such a file but what the host asks for: [`Store::discard_aside`], and
//! erasing everything.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use yorisoi_protocol::decimal;
use yorisoi_protocol::ids::{MessageId, OperationId};
use yorisoi_protocol::rescue::{ItemName, RescueEnvelope};
use yorisoi_protocol::wire::{RescueItem, RescueItemResult, RescueOutcome, WireBytes};

use super::database::{self, Durability};
use super::keys::meta;
use super::records::{Record, blob};
use super::rescue::ENVELOPE;
use super::{DATABASE_FILE, Store, StoreError};

/// How many files may stand aside.
const MOST: u32 = 99;
const BEFORE_NUMBER: &str = "yorisoi.aside-";
const BEHIND_NUMBER: &str = ".db";
/// The first schema with items.
const WITH_ITEMS: u32 = 3;

/// What became of the items of one file.
#[derive(Default, Serialize, Deserialize)]
struct Decided(Vec<RescueOutcome>);

/// How far handing in a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AsideCounts {
    /// Items the server has not decided about.
    pub waiting: u32,
    /// Items the server holds.
    pub held: u32,
    /// Items the server refused.
    pub refused: u32,
    /// What waited in it and was not sealed for the server, or does not open there.
    pub lost: u32,
}

/// What is handed in at once.
pub struct AsideBatch {
    /// The envelope of its items.
    pub envelope: RescueEnvelope,
    /// Operations in the order of their numbers, then drafts.
    pub items: Vec<RescueItem>,
}

/// Sets the database of this directory aside.
///
/// # Errors
/// [`StoreError::Busy`] while another process has it open, [`StoreError::NotFound`] if there is none, and others. It then
/// stands where it stood.
pub(crate) fn set_aside(directory: &Path) -> Result<(), StoreError> {
    let path = directory.join(DATABASE_FILE);
    database::take_back_half_made(&path)?;
    if !database::stands_at(&path)? {
        return Err(StoreError::NotFound);
    }
    let aside = (1..=MOST).map(|number| file(directory, number)).find(|path| !path.exists());
    let aside = aside.ok_or(StoreError::Full)?;
    let connection = database::connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Leaving the log behind takes the file for itself, and fails while anybody else has it open.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let mode: String = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("delete") {
        return Err(StoreError::Busy);
    }
    std::fs::rename(&path, &aside).map_err(|_| StoreError::Io)?;
    database::sync_directory(directory)
}

impl Store {
    /// The numbers of the files that stand aside beside this one.
    pub fn aside(&self) -> Vec<u32> {
        let names = std::fs::read_dir(self.database.directory()).into_iter().flatten().flatten();
        let number = |entry: std::fs::DirEntry| number_of(entry.file_name().to_str()?);
        let mut numbers: Vec<u32> = names.filter_map(number).collect();
        numbers.retain(|number| self.aside_file(*number).is_file());
        numbers.sort_unstable();
        numbers
    }

    /// The same for each sync, without a look at the directory where nothing stood aside at the one before: while this database is
    /// open nobody can set it aside.
    pub fn aside_to_hand_in(&self) -> Vec<u32> {
        if self.nothing_aside.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let numbers = self.aside();
        self.nothing_aside.store(numbers.is_empty(), Ordering::Relaxed);
        numbers
    }

    /// How far handing in a file has come; `None` for a file that is damaged.
    ///
    /// # Errors
    /// [`StoreError`] of this database.
    pub fn aside_counts(&self, number: u32) -> Result<Option<AsideCounts>, StoreError> {
        self.read(|records| {
            let decided: Decided = records.record(Record::Aside(number))?.unwrap_or_default();
            let found = Aside::open(&self.aside_file(number)).and_then(|aside| aside.found());
            let Found { sealed, unsealed } = match found {
                Err(StoreError::Damaged) => return Ok(None),
                found => found?,
            };
            let mut counts = AsideCounts { lost: unsealed, ..AsideCounts::default() };
            for outcome in &decided.0 {
                match outcome.result {
                    RescueItemResult::Held | RescueItemResult::HeldBefore => counts.held += 1,
                    RescueItemResult::Refused(_) => counts.refused += 1,
                    RescueItemResult::Unreadable => counts.lost += 1,
                }
            }
            let decided = u32::try_from(decided.0.len()).unwrap_or(u32::MAX);
            counts.waiting = sealed.saturating_sub(decided);
            Ok(Some(counts))
        })
    }

    /// The next items to hand in, within both limits but at least one; `None` if nothing is left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn aside_batch(
        &self,
        number: u32,
        most: usize,
        bytes: usize,
    ) -> Result<Option<AsideBatch>, StoreError> {
        self.read(|records| {
            let decided: Decided = records.record(Record::Aside(number))?.unwrap_or_default();
            let decided: HashSet<ItemName> = decided.0.iter().map(|outcome| outcome.name).collect();
            Aside::open(&self.aside_file(number))?.batch(&decided, most, bytes)
        })
    }

    /// Keeps what the server decided.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_aside_outcomes(&self, number: u32, outcomes: &[RescueOutcome]) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            let mut decided: Decided = records.record(Record::Aside(number))?.unwrap_or_default();
            for outcome in outcomes {
                if decided.0.iter().all(|before| before.name != outcome.name) {
                    decided.0.push(outcome.clone());
                }
            }
            records.put_record(Record::Aside(number), &decided)
        })
    }

    /// Deletes a file that stands aside. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn discard_aside(&self, number: u32) -> Result<bool, StoreError> {
        let file = self.aside_file(number);
        if !file.is_file() {
            return Ok(false);
        }
        std::fs::remove_file(&file).map_err(|_| StoreError::Io)?;
        self.write(Durability::Power, |records| records.remove_record(Record::Aside(number)))?;
        Ok(true)
    }

    /// Deletes every file that stands aside, whatever waits in it: its person is erased.
    pub(super) fn delete_aside(&self) -> Result<(), StoreError> {
        let deleted = self
            .aside()
            .into_iter()
            .map(|number| super::erasure::overwrite_and_delete(&self.aside_file(number)));
        let deleted = deleted.collect::<Vec<_>>().into_iter().collect();
        database::sync_directory(self.database.directory())?;
        deleted
    }

    fn aside_file(&self, number: u32) -> PathBuf {
        file(self.database.directory(), number)
    }
}

fn file(directory: &Path, number: u32) -> PathBuf {
    directory.join(format!("{BEFORE_NUMBER}{number}{BEHIND_NUMBER}"))
}

/// The number in the name of a file that stands aside.
fn number_of(name: &str) -> Option<u32> {
    let number = name.strip_prefix(BEFORE_NUMBER)?.strip_suffix(BEHIND_NUMBER)?;
    decimal::parse(number, 2).and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

/// How many items there are, and how many operations wait without one.
struct Found {
    sealed: u32,
    unsealed: u32,
}

/// A file that stands aside, read without its key.
struct Aside {
    connection: Connection,
    items: bool,
}

impl Aside {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = database::look(path)?;
        let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        Ok(Self { connection, items: version >= WITH_ITEMS })
    }

    fn found(&self) -> Result<Found, StoreError> {
        if !self.items {
            return Ok(Found {
                sealed: 0,
                unsealed: self.count("SELECT count(*) FROM operation WHERE state < 2")?,
            });
        }
        let sealed = self.count(
            "SELECT (SELECT count(*) FROM operation WHERE state < 2 AND rescue IS NOT NULL)
                  + (SELECT count(*) FROM draft WHERE rescue IS NOT NULL)",
        )?;
        let unsealed = self.count("SELECT count(*) FROM operation WHERE state < 2 AND rescue IS NULL")?;
        Ok(Found { sealed, unsealed })
    }

    fn count(&self, sql: &str) -> Result<u32, StoreError> {
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    fn batch(
        &self,
        decided: &HashSet<ItemName>,
        most: usize,
        bytes: usize,
    ) -> Result<Option<AsideBatch>, StoreError> {
        let Some(envelope) = meta(&self.connection, ENVELOPE)?.filter(|_| self.items) else {
            return Ok(None);
        };
        let envelope = serde_json::from_slice(&envelope)?;
        let mut batch = AsideBatch { envelope, items: Vec::new() };
        let mut size = 0;
        let mut take = |name: ItemName, sealed: &[u8]| {
            if decided.contains(&name) {
                return true;
            }
            size += sealed.len();
            if batch.items.len() >= most || (size > bytes && !batch.items.is_empty()) {
                return false;
            }
            batch.items.push(RescueItem { name, sealed: WireBytes(sealed.to_vec()) });
            true
        };
        let operation = |id| ItemName::Operation(OperationId::from_bytes(id));
        let draft = |id| ItemName::Draft(MessageId::from_bytes(id));
        let operations =
            "SELECT id, rescue FROM operation WHERE state < 2 AND rescue IS NOT NULL ORDER BY seq";
        let drafts = "SELECT id, rescue FROM draft WHERE rescue IS NOT NULL ORDER BY rowid";
        if self.each(operations, |id, sealed| take(operation(id), sealed))? {
            self.each(drafts, |id, sealed| take(draft(id), sealed))?;
        }
        Ok((!batch.items.is_empty()).then_some(batch))
    }

    /// Visits rows until `visit` says stop. Whether it never did.
    fn each(&self, sql: &str, mut visit: impl FnMut([u8; 16], &[u8]) -> bool) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = blob(row.get_ref(0)?)?.try_into().map_err(|_| StoreError::Damaged)?;
            if !visit(id, blob(row.get_ref(1)?)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
