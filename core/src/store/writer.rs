//! The connection that writes, what its commits survive, and when its log is folded in.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;
use super::database::{Durability, connect};

/// What the name of a database ends in beside which a log stands that may have a hole. The file is empty.
const UNSURE: &str = "-unsure";
/// A log of so many pages is folded in.
const LONG_LOG: i32 = 1000;

/// The connection that writes.
pub(super) struct Writer {
    pub(super) connection: Connection,
    /// What its next commit survives. SQLite sets it while it prepares, so that saying it again costs a statement.
    durability: Durability,
    /// Pages in the log after the last commit.
    log_pages: Arc<AtomicI32>,
    /// Whether a sync may have failed over what stands in the log. A sync that failed made nothing durable, and no later one
    /// makes up for it: the system may have dropped the pages and marked them clean. What is written after a hole in the log
    /// is lost with it, so before anything more is acknowledged all of it is folded into the file.
    pub(super) unsure: bool,
    /// Tells other processes of the same: it stands beside the file as long as nobody folded the log in.
    mark: PathBuf,
}

impl Writer {
    pub(super) fn connect(path: &Path) -> Result<Self, StoreError> {
        let mut connection = connect_to_write(path)?;
        let log_pages = Arc::new(AtomicI32::new(0));
        let pages = Arc::clone(&log_pages);
        // In the place of SQLite's own folding, which would not say that it failed.
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, count| {
            pages.store(count, Ordering::Relaxed);
            Ok(())
        }))?;
        // What another process left in the log may have a hole.
        let unsure = log_stands(path) && !fold_now(&connection, "TRUNCATE");
        Ok(Self { connection, durability: Durability::Power, log_pages, unsure, mark: beside(path, UNSURE) })
    }

    /// Whether a sync may have failed over what stands in the log, here or in another process.
    pub(super) fn is_unsure(&self) -> bool {
        self.unsure || self.mark.exists()
    }

    /// All of the log was folded in since.
    pub(super) fn is_sure(&mut self) {
        self.unsure = false;
        // One that cannot be removed costs a folding more.
        std::fs::remove_file(&self.mark).ok();
    }

    /// A sync failed: folds the log in at once, before another process adds to it. Where that fails too, or somebody reads, whoever
    /// writes next does it first.
    pub(super) fn fold_after_failure(&mut self) {
        self.unsure = fold_whole(&self.connection).is_err();
        if self.unsure {
            // Where even this fails, this process still knows.
            std::fs::File::create(&self.mark).ok();
        }
    }

    /// Folds a long log in, as far as those that read allow. Whether nothing failed.
    pub(super) fn fold_if_long(&self) -> bool {
        self.log_pages.load(Ordering::Relaxed) < LONG_LOG || fold_now(&self.connection, "PASSIVE")
    }

    pub(super) fn with(&mut self, durability: Durability) -> Result<&Connection, StoreError> {
        if self.durability != durability {
            let synchronous = match durability {
                Durability::Power => "FULL",
                Durability::Process => "NORMAL",
            };
            self.connection.pragma_update(None, "synchronous", synchronous)?;
            self.durability = durability;
        }
        Ok(&self.connection)
    }
}

/// Folds all of the log in, and lets nothing of it stand; [`StoreError::Busy`] while somebody reads or writes.
pub(super) fn fold_whole(writer: &Connection) -> Result<(), StoreError> {
    let busy = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))?;
    if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
}

/// Folds the log in as far as that goes without waiting. Whether nothing failed.
fn fold_now(writer: &Connection, how: &str) -> bool {
    let folded = writer.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(()));
    !matches!(folded.map_err(StoreError::from), Err(StoreError::Io | StoreError::Full))
}

fn log_stands(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn connect_to_write(path: &Path) -> Result<Connection, StoreError> {
    let writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    writer.pragma_update(None, "journal_mode", "WAL")?;
    // On Apple's systems only these make a sync reach the disk; elsewhere they change nothing.
    writer.pragma_update(None, "fullfsync", true)?;
    writer.pragma_update(None, "checkpoint_fullfsync", true)?;
    writer.pragma_update(None, "synchronous", "FULL")?;
    // What is freed is overwritten: a ring of keys that was given up must not lie about.
    writer.pragma_update(None, "secure_delete", true)?;
    writer.pragma_update(None, "journal_size_limit", 4 * 1024 * 1024)?;
    writer.busy_timeout(Duration::ZERO)?;
    Ok(writer)
}
