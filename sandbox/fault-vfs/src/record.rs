//! What was done to the files of a directory, in order.

use std::collections::BTreeMap;
use std::ffi::c_int;

use rusqlite::ffi;

/// A file, whatever its name is or was.
pub(crate) type FileId = usize;

/// What SQLite keeps in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// The database.
    Database,
    /// The write-ahead log.
    Wal,
    /// A rollback journal, or another file beside the database.
    Journal,
    /// The directory, whose syncs make names durable.
    Directory,
}

impl FileKind {
    pub(crate) fn of(flags: c_int) -> Self {
        if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 {
            Self::Database
        } else if flags & ffi::SQLITE_OPEN_WAL != 0 {
            Self::Wal
        } else {
            Self::Journal
        }
    }
}

#[derive(Debug)]
pub(crate) enum Step {
    Create { file: FileId, name: String },
    Delete { name: String },
    Write { file: FileId, offset: usize, bytes: Vec<u8> },
    Truncate { file: FileId, size: usize },
    Sync { file: FileId },
    SyncFailed { file: FileId },
    SyncDirectory,
}

/// What stood there, and every step since.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The names at the beginning.
    pub(crate) first: BTreeMap<String, FileId>,
    /// The names now.
    pub(crate) names: BTreeMap<String, FileId>,
    /// Each file's bytes at the beginning; empty for one made since.
    pub(crate) files: Vec<Vec<u8>>,
    pub(crate) steps: Vec<Step>,
}

impl Record {
    /// A file that stood there at the beginning.
    pub(crate) fn stood(&mut self, name: String, bytes: Vec<u8>) {
        let file = self.files.len();
        self.files.push(bytes);
        self.first.insert(name.clone(), file);
        self.names.insert(name, file);
    }

    /// The file of this name; one that is not known is made.
    pub(crate) fn file(&mut self, name: &str) -> FileId {
        if let Some(file) = self.names.get(name) {
            return *file;
        }
        let file = self.files.len();
        self.files.push(Vec::new());
        self.names.insert(name.to_owned(), file);
        self.steps.push(Step::Create { file, name: name.to_owned() });
        file
    }

    pub(crate) fn deleted(&mut self, name: &str) {
        if self.names.remove(name).is_some() {
            self.steps.push(Step::Delete { name: name.to_owned() });
        }
    }
}
