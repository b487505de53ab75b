//! Calls that fail on purpose.

use std::ffi::c_int;

use rusqlite::ffi;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No room is left: nothing can be made or written. Removing and syncing go on.
    Full,
    /// Making, writing, shortening, syncing or removing fails.
    Writing,
    /// Reading fails.
    Reading,
}

/// When it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// How many calls it could strike pass before it does.
    pub after: u64,
    /// Whether every such call from then on fails, or that one alone.
    pub lasting: bool,
}

/// What SQLite asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// A file is made.
    Make,
    Read,
    Write,
    Truncate,
    Sync,
    Delete,
    /// The index of the WAL grows.
    Index,
}

/// A fault with its count.
#[derive(Debug)]
pub(crate) struct Armed {
    fault: Fault,
    passed: u64,
}

impl Armed {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { fault, passed: 0 }
    }

    /// SQLite's code if this call is to fail.
    pub(crate) fn strikes(&mut self, call: Call) -> Option<c_int> {
        let code = code(self.fault.kind, call)?;
        let number = self.passed;
        self.passed = self.passed.saturating_add(1);
        let now = number == self.fault.after || (self.fault.lasting && number > self.fault.after);
        now.then_some(code)
    }
}

fn code(kind: FaultKind, call: Call) -> Option<c_int> {
    let code = match (kind, call) {
        (FaultKind::Reading, Call::Read) => ffi::SQLITE_IOERR_READ,
        (FaultKind::Reading, _) | (FaultKind::Full | FaultKind::Writing, Call::Read) => return None,
        (_, Call::Make) => ffi::SQLITE_CANTOPEN,
        (_, Call::Index) => ffi::SQLITE_IOERR_SHMSIZE,
        (FaultKind::Full, Call::Write) => ffi::SQLITE_FULL,
        (FaultKind::Full, Call::Truncate | Call::Sync | Call::Delete) => return None,
        (FaultKind::Writing, Call::Write) => ffi::SQLITE_IOERR_WRITE,
        (FaultKind::Writing, Call::Truncate) => ffi::SQLITE_IOERR_TRUNCATE,
        (FaultKind::Writing, Call::Sync) => ffi::SQLITE_IOERR_FSYNC,
        (FaultKind::Writing, Call::Delete) => ffi::SQLITE_IOERR_DELETE,
    };
    Some(code)
}
