//! Connections: one writer, a fixed set of readers, migrations, and none at all while suspended.
//!
//! Nothing outside [`crate::store`] sees a connection. A transaction lives inside one closure and never across an await.
//! A suspended database has no connection, hence no lock and no open file: iOS kills an app that is suspended with one.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::StoreError;

/// Schemas in order; the database's `user_version` says how many have run.
const MIGRATIONS: [&str; 1] = [include_str!("schema/001_initial.sql")];
const READERS: usize = 2;
/// How long to wait for another process, such as a notification extension, before saying [`StoreError::Busy`].
const BUSY_WAIT: Duration = if cfg!(test) { Duration::from_secs(1) } else { Duration::from_secs(5) };
/// How often to look whether the other process is done.
const BUSY_LOOK: Duration = Duration::from_millis(2);
const HEADER: &[u8; 16] = b"SQLite format 3\0";
const VERSION_OFFSET: usize = 60;

/// What a write must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Loss of power: what a person did. Synced to the disk before the call returns.
    Power,
    /// The end of the process: what the server can tell again.
    Process,
}

pub(super) struct Database {
    path: PathBuf,
    /// `None` while suspended. Every transaction holds it shared, so that suspending waits for those that run.
    connections: RwLock<Option<Connections>>,
    /// Tells whoever waits for another process to wait no longer.
    suspending: AtomicBool,
    #[cfg(test)]
    power_safe: std::sync::atomic::AtomicU64,
    #[cfg(test)]
    waiting: AtomicBool,
}

struct Connections {
    /// Before the writer, so that they are closed before it: only the last to close, if it may write, folds the WAL in.
    readers: Vec<Mutex<Connection>>,
    writer: Mutex<Connection>,
}

impl Database {
    /// The newest version of the schema known here.
    pub(super) fn known_version() -> u32 {
        u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
    }

    /// Opens or creates the file and brings its schema up to date.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            path: path.to_owned(),
            connections: RwLock::new(Some(Connections::open(path)?)),
            suspending: AtomicBool::default(),
            #[cfg(test)]
            power_safe: std::sync::atomic::AtomicU64::default(),
            #[cfg(test)]
            waiting: AtomicBool::default(),
        })
    }

    /// Waits for the transactions that run, then closes the file. A database that is suspended already stays so.
    pub(super) fn suspend(&self) {
        self.suspending.store(true, Ordering::SeqCst);
        // Taken out under the lock and closed under it: when the lock is free again, no file is open.
        let mut connections = self.connections.write().unwrap_or_else(PoisonError::into_inner);
        drop(connections.take());
    }

    /// Opens the file again. One that is not suspended stays as it is; one that cannot be opened stays suspended.
    pub(super) fn resume(&self) -> Result<(), StoreError> {
        let mut connections = self.connections.write().unwrap_or_else(PoisonError::into_inner);
        if connections.is_none() {
            // A file that went away meanwhile is not made anew: an empty one would pass for this person's.
            if !stands_at(&self.path)? {
                return Err(StoreError::Damaged);
            }
            *connections = Some(Connections::open(&self.path)?);
        }
        self.suspending.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Runs `work` in a transaction that sees one moment of the database.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let open = self.connections();
        let connections = open.as_ref().ok_or(StoreError::Suspended)?;
        let mut connection = connections.reader()?;
        let transaction = connection.transaction()?;
        work(&transaction)
    }

    /// Runs `work` in a transaction and commits it. An error leaves everything as it was.
    pub(super) fn write<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let open = self.connections();
        let connections = open.as_ref().ok_or(StoreError::Suspended)?;
        let connection = lock(&connections.writer);
        let synchronous = match durability {
            Durability::Power => "PRAGMA synchronous = FULL",
            Durability::Process => "PRAGMA synchronous = NORMAL",
        };
        connection.prepare_cached(synchronous)?.raw_execute()?;
        let transaction = self.begin(&connection)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        #[cfg(test)]
        if durability == Durability::Power {
            self.power_safe.fetch_add(1, Ordering::Relaxed);
        }
        Ok(done)
    }

    /// Takes the one place to write, which another process may hold. SQLite's own way of waiting could not be called off.
    fn begin<'a>(&self, connection: &'a Connection) -> Result<Transaction<'a>, StoreError> {
        let since = Instant::now();
        loop {
            let begun = Transaction::new_unchecked(connection, TransactionBehavior::Immediate);
            match begun.map_err(StoreError::from) {
                Err(StoreError::Busy) if self.suspending.load(Ordering::SeqCst) => {
                    return Err(StoreError::Suspended);
                }
                Err(StoreError::Busy) if since.elapsed() < BUSY_WAIT => {
                    #[cfg(test)]
                    self.waiting.store(true, Ordering::SeqCst);
                    std::thread::sleep(BUSY_LOOK);
                }
                begun => return begun,
            }
        }
    }

    fn connections(&self) -> RwLockReadGuard<'_, Option<Connections>> {
        self.connections.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many commits were made power-safe.
    #[cfg(test)]
    pub(super) fn power_safe_commits(&self) -> u64 {
        self.power_safe.load(Ordering::Relaxed)
    }

    /// Whether a call ever waited for another process.
    #[cfg(test)]
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Lets the disk be full.
    #[cfg(test)]
    pub(super) fn limit_pages(&self, pages: u32) {
        let open = self.connections();
        lock(&open.as_ref().unwrap().writer).pragma_update(None, "max_page_count", pages).unwrap();
    }
}

impl Connections {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let mut writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.pragma_update(None, "synchronous", "FULL")?;
        // On Apple's systems only these make a sync reach the disk; elsewhere they change nothing.
        writer.pragma_update(None, "fullfsync", true)?;
        writer.pragma_update(None, "checkpoint_fullfsync", true)?;
        writer.pragma_update(None, "journal_size_limit", 4 * 1024 * 1024)?;
        migrate(&mut writer)?;
        writer.busy_timeout(Duration::ZERO)?;
        let reader = || connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map(Mutex::new);
        let readers = (0..READERS).map(|_| reader()).collect::<Result<_, _>>()?;
        Ok(Self { readers, writer: Mutex::new(writer) })
    }

    fn reader(&self) -> Result<MutexGuard<'_, Connection>, StoreError> {
        if let Some(free) = self.readers.iter().find_map(|reader| reader.try_lock().ok()) {
            return Ok(free);
        }
        self.readers.first().map(lock).ok_or(StoreError::Io)
    }
}

/// A connection that changes nothing, for looking at a file before trusting it.
pub(super) fn look(path: &Path) -> Result<Connection, StoreError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Lets SQLite take back the making of a file that the power cut short. A journal stands beside a database of ours only until
/// its log begins. Until it is taken back, the header may be torn, and a connection that only reads could not open the file.
pub(super) fn take_back_half_made(path: &Path) -> Result<(), StoreError> {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    if !std::fs::metadata(journal).is_ok_and(|journal| journal.len() > 0) {
        return Ok(());
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?)
}

/// What stands at a path, told without SQLite, so that a file that cannot be read is not touched.
pub(super) fn stands_at(path: &Path) -> Result<bool, StoreError> {
    use std::io::Read;
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(_) => return Err(StoreError::Io),
    };
    let mut header = Vec::with_capacity(100);
    file.by_ref().take(100).read_to_end(&mut header).map_err(|_| StoreError::Io)?;
    if header.is_empty() {
        return Ok(false);
    }
    let version = header.get(VERSION_OFFSET..).and_then(|rest| rest.first_chunk::<4>());
    match version {
        Some(version) if header.starts_with(HEADER) => {
            let (found, known) = (u32::from_be_bytes(*version), Database::known_version());
            if found > known { Err(StoreError::Newer { found, known }) } else { Ok(true) }
        }
        _ => Err(StoreError::Damaged),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "mmap_size", 0)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = Database::known_version();
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    let steps = MIGRATIONS.iter().zip(1u32..).filter(|(_, version)| *version > found);
    for (step, version) in steps {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    if found < known {
        // Moves the version into the file's header, where an older library looks before it touches anything.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

/// A panic inside a transaction rolled it back, so the connection behind a poisoned lock is sound.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}
