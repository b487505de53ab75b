//! Group commit: requests that come while the disk is busy share its next sync.
//!
//! Each piece of work is a savepoint in one transaction of SQLite, and is told that it is committed only once all of that
//! transaction is on the disk. Whoever finds nobody waiting behind it commits for all; so a server with one request at a time
//! commits each by itself, at once, and the busier it is the more share a sync. What a piece of work read of others in its group
//! is on the disk before its own reply goes out, for it waits for the same commit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::failed;
use crate::storage::StorageError;

/// A group is committed at the latest with so many pieces of work in it.
const MOST: usize = 64;

/// The connection, and who is before it.
pub(super) struct Shared {
    turn: Mutex<Turn>,
    over: Condvar,
    /// Who wants a turn and has none.
    waiting: AtomicUsize,
}

/// What the turn gives.
pub(super) struct Turn {
    pub(super) connection: Connection,
    /// The number of the present group, or of the last one.
    group: u64,
    /// Whether its transaction is open.
    open: bool,
    /// Pieces of work of it that are done and wait for the disk.
    done: usize,
    /// Groups that came to nothing, each with how many have yet to hear of it.
    lost: BTreeMap<u64, (StorageError, usize)>,
    /// How many groups were committed.
    commits: u64,
}

impl Shared {
    pub(super) fn new(connection: Connection) -> Self {
        let lost = BTreeMap::new();
        let turn = Turn { connection, group: 0, open: false, done: 0, lost, commits: 0 };
        Self { turn: Mutex::new(turn), over: Condvar::new(), waiting: AtomicUsize::new(0) }
    }

    /// Begins a piece of work, in the open group or a new one.
    pub(super) fn begin(&self) -> Result<Work<'_>, StorageError> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        // A panic in another piece of work has rolled it back while unwinding; the connection itself is sound.
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        if !turn.open {
            turn.run("BEGIN IMMEDIATE")?;
            (turn.open, turn.done) = (true, 0);
            turn.group += 1;
        }
        let seen = turn.done > 0;
        let begun = turn.run("SAVEPOINT work");
        let work = Work { shared: self, group: turn.group, turn: Some(turn), seen, open: begun.is_ok() };
        begun.map(|()| work)
    }

    /// How many groups were committed so far.
    #[cfg(test)]
    pub(super) fn commits(&self) -> u64 {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner).commits
    }

    /// How many want a turn.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Gives the turn on. With nobody behind, or enough in the group, it is committed here; else it is waited for if
    /// `until_over`.
    fn leave<'a>(
        &self,
        mut turn: MutexGuard<'a, Turn>,
        group: u64,
        until_over: bool,
    ) -> MutexGuard<'a, Turn> {
        if turn.open && turn.connection.is_autocommit() {
            // SQLite took back the whole transaction, such as on a full disk.
            turn.lose(StorageError::Failed { code: rusqlite::ffi::SQLITE_ABORT_ROLLBACK });
            self.over.notify_all();
        } else if turn.open && (self.waiting.load(Ordering::SeqCst) == 0 || turn.done >= MOST) {
            turn.commit();
            self.over.notify_all();
        }
        let pending = |turn: &mut Turn| until_over && turn.open && turn.group == group;
        self.over.wait_while(turn, pending).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Runs a statement that begins or ends something. It stays prepared: most pieces of work are shorter than preparing these.
    fn run(&self, statement: &str) -> Result<(), StorageError> {
        let run = self.connection.prepare_cached(statement).and_then(|mut statement| statement.execute([]));
        run.map(drop).map_err(failed)
    }

    fn commit(&mut self) {
        match self.run("COMMIT") {
            Ok(()) => (self.open, self.commits) = (false, self.commits + 1),
            Err(error) => {
                // Where even this fails SQLite has rolled back by itself, or does when the file is next opened.
                let _ = self.run("ROLLBACK");
                self.lose(error);
            }
        }
    }

    fn lose(&mut self, error: StorageError) {
        self.open = false;
        if self.done > 0 {
            self.lost.insert(self.group, (error, self.done));
        }
    }

    /// What became of a group, told once to each that is in it.
    fn hear(&mut self, group: u64) -> Result<(), StorageError> {
        let Some((error, left)) = self.lost.get_mut(&group) else {
            return Ok(());
        };
        let error = error.clone();
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.lost.remove(&group);
        }
        Err(error)
    }
}

/// One piece of work while it has the turn.
pub(super) struct Work<'a> {
    shared: &'a Shared,
    group: u64,
    /// Given on at its end.
    turn: Option<MutexGuard<'a, Turn>>,
    /// Whether others had done something in this group before.
    seen: bool,
    open: bool,
}

impl Work<'_> {
    pub(super) fn connection(&self) -> Result<&Connection, StorageError> {
        let turn = self.turn.as_ref().ok_or(StorageError::Failed { code: rusqlite::ffi::SQLITE_MISUSE })?;
        Ok(&turn.connection)
    }

    /// Waits until all of it is on the disk.
    pub(super) fn commit(mut self) -> Result<(), StorageError> {
        let Some(mut turn) = self.turn.take() else {
            return Ok(());
        };
        if let Err(error) = turn.run("RELEASE work") {
            self.turn = Some(turn);
            return Err(error);
        }
        self.open = false;
        turn.done += 1;
        self.shared.leave(turn, self.group, true).hear(self.group)
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let Some(turn) = self.turn.take() else {
            return;
        };
        if self.open {
            // Fails only where SQLite took back the whole transaction already.
            let _ = turn.run("ROLLBACK TO work").and_then(|()| turn.run("RELEASE work"));
        }
        // Who read what others did must not speak of it before it is on the disk.
        drop(self.shared.leave(turn, self.group, self.seen));
    }
}
