//! The connection that writes, what its commits survive, and when its log is folded in.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;
use super::database::{Durability, connect};

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
        Ok(Self { connection, durability: Durability::Power, log_pages, unsure })
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

/// Folds the log in as far as that goes without waiting. Whether nothing failed.
fn fold_now(writer: &Connection, how: &str) -> bool {
    let folded = writer.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(()));
    !matches!(folded.map_err(StoreError::from), Err(StoreError::Io | StoreError::Full))
}

fn log_stands(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
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
