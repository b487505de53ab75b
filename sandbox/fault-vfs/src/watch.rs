//! A directory that is watched: the record of its files, and what goes wrong with them.

use std::ffi::c_int;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::ffi;

use crate::chance::Chance;
use crate::fault::{Armed, Call, Fault};
use crate::image::{Crash, Loss, after_crash};
use crate::record::{FileId, FileKind, Record, Step};
use crate::shim;

/// The directories watched in this process.
static WATCHED: Mutex<Vec<Arc<Watched>>> = Mutex::new(Vec::new());

/// Watches a directory until dropped. Files that SQLite opened meanwhile stay watched until they are closed.
pub struct Watch(Arc<Watched>);

impl Watch {
    /// Watches a directory that exists. What stands in it counts as synced. Open databases in it only afterwards, by the
    /// default file system.
    ///
    /// # Errors
    /// Those of reading the directory.
    pub fn over(directory: &Path) -> io::Result<Self> {
        shim::install();
        let directory = directory.canonicalize()?;
        let mut record = Record::default();
        for entry in std::fs::read_dir(&directory)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_file() && !name.ends_with("-shm") {
                record.stood(name, std::fs::read(entry.path())?);
            }
        }
        let watched = Arc::new(Watched { directory, state: Mutex::new(State::new(record)) });
        lock(&WATCHED).push(Arc::clone(&watched));
        Ok(Self(watched))
    }

    /// How many steps were done to the files so far.
    pub fn position(&self) -> usize {
        lock(&self.0.state).record.steps.len()
    }

    /// Every piece that was ever written to a file, in order: whatever a loss of power leaves is made of these.
    pub fn each_write(&self, mut visit: impl FnMut(&[u8])) {
        for step in &lock(&self.0.state).record.steps {
            if let Step::Write { bytes, .. } = step {
                visit(bytes);
            }
        }
    }

    /// Writes to the directory `into` what stands here if the power goes off before step `at`.
    ///
    /// # Errors
    /// Those of writing the files.
    pub fn crash(&self, at: usize, loss: Loss, chance: &mut Chance, into: &Path) -> io::Result<Crash> {
        let (files, crash) = after_crash(&lock(&self.0.state).record, at, loss, chance);
        for (name, bytes) in files {
            std::fs::write(into.join(name), bytes)?;
        }
        Ok(crash)
    }

    /// Lets this go wrong, in place of what was to go wrong before.
    pub fn fail(&self, fault: Fault) {
        lock(&self.0.state).armed = Some(Armed::new(fault));
    }

    /// Lets nothing go wrong any more.
    pub fn heal(&self) {
        lock(&self.0.state).armed = None;
    }

    /// How many calls were made to fail.
    pub fn failed(&self) -> u64 {
        lock(&self.0.state).failed
    }

    /// From now on, syncs of this kind are said to be done and are not.
    pub fn lie(&self, kind: FileKind) {
        lock(&self.0.state).lies.push(kind);
    }

    /// How many syncs were said to be done and were not.
    pub fn lied(&self) -> u64 {
        lock(&self.0.state).lied
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        lock(&WATCHED).retain(|watched| !Arc::ptr_eq(watched, &self.0));
    }
}

/// The directory with its record.
pub(crate) struct Watched {
    directory: PathBuf,
    state: Mutex<State>,
}

struct State {
    record: Record,
    armed: Option<Armed>,
    failed: u64,
    lies: Vec<FileKind>,
    lied: u64,
}

impl State {
    fn new(record: Record) -> Self {
        Self { record, armed: None, failed: 0, lies: Vec::new(), lied: 0 }
    }

    fn strikes(&mut self, call: Call) -> Option<c_int> {
        let code = self.armed.as_mut()?.strikes(call)?;
        self.failed += 1;
        Some(code)
    }

    fn synced(&mut self, kind: FileKind, step: Step) {
        if self.lies.contains(&kind) {
            self.lied += 1;
        } else {
            self.record.steps.push(step);
        }
    }
}

/// A file of a watched directory, as one connection has it open.
pub(crate) struct OpenFile {
    watched: Arc<Watched>,
    file: FileId,
    kind: FileKind,
    /// Whether the next sync syncs the directory as well, as SQLite does for a log or journal it may have made.
    directory_due: AtomicBool,
}

/// What one call does to the real file: SQLite's code.
type Doing<'a> = &'a dyn Fn() -> c_int;

impl Watched {
    /// Who watches the directory of this file.
    pub(crate) fn of(path: &Path) -> Option<Arc<Self>> {
        let directory = path.parent()?;
        lock(&WATCHED).iter().find(|watched| watched.directory == directory).map(Arc::clone)
    }

    pub(crate) fn open(
        self: Arc<Self>,
        path: &Path,
        flags: c_int,
        open: Doing<'_>,
    ) -> Result<OpenFile, c_int> {
        let mut state = lock(&self.state);
        if !path.exists() && flags & ffi::SQLITE_OPEN_CREATE != 0 {
            done(state.strikes(Call::Make).unwrap_or(ffi::SQLITE_OK))?;
        }
        done(open())?;
        let (file, kind) = (state.record.file(&name(path)), FileKind::of(flags));
        let due = flags & ffi::SQLITE_OPEN_CREATE != 0 && kind != FileKind::Database;
        drop(state);
        Ok(OpenFile { watched: self, file, kind, directory_due: AtomicBool::new(due) })
    }

    pub(crate) fn delete(&self, path: &Path, sync_directory: bool, delete: Doing<'_>) -> c_int {
        let mut state = lock(&self.state);
        if let Some(code) = state.strikes(Call::Delete) {
            return code;
        }
        let code = delete();
        if code == ffi::SQLITE_OK {
            state.record.deleted(&name(path));
            if sync_directory {
                state.synced(FileKind::Directory, Step::SyncDirectory);
            }
        }
        code
    }
}

impl OpenFile {
    pub(crate) fn read(&self, read: Doing<'_>) -> c_int {
        let failing = lock(&self.watched.state).strikes(Call::Read);
        failing.unwrap_or_else(read)
    }

    /// A write that fails for want of room, or otherwise, may have written its first half.
    pub(crate) fn write(&self, offset: usize, bytes: &[u8], write: &dyn Fn(&[u8]) -> c_int) -> c_int {
        let mut state = lock(&self.watched.state);
        let failing = state.strikes(Call::Write);
        let bytes = if failing.is_some() { bytes.split_at(bytes.len() / 2).0 } else { bytes };
        let code = write(bytes);
        if code == ffi::SQLITE_OK {
            state.record.steps.push(Step::Write { file: self.file, offset, bytes: bytes.to_owned() });
        }
        failing.unwrap_or(code)
    }

    pub(crate) fn truncate(&self, size: usize, truncate: Doing<'_>) -> c_int {
        let mut state = lock(&self.watched.state);
        if let Some(code) = state.strikes(Call::Truncate) {
            return code;
        }
        let code = truncate();
        if code == ffi::SQLITE_OK {
            state.record.steps.push(Step::Truncate { file: self.file, size });
        }
        code
    }

    /// Nothing is really synced: the machine that runs the test does not lose its power.
    pub(crate) fn sync(&self) -> c_int {
        let mut state = lock(&self.watched.state);
        if let Some(code) = state.strikes(Call::Sync) {
            state.record.steps.push(Step::SyncFailed { file: self.file });
            return code;
        }
        state.synced(self.kind, Step::Sync { file: self.file });
        if self.directory_due.swap(false, Ordering::Relaxed) {
            state.synced(FileKind::Directory, Step::SyncDirectory);
        }
        ffi::SQLITE_OK
    }

    pub(crate) fn grow_index(&self, grow: Doing<'_>) -> c_int {
        let failing = lock(&self.watched.state).strikes(Call::Index);
        failing.unwrap_or_else(grow)
    }
}

fn done(code: c_int) -> Result<(), c_int> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A test that panicked while it held the lock left the record as whole as it was.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
