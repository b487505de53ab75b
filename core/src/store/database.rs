//! Connections: one writer, a fixed set of readers, each opened when it is first needed, and none at all while suspended.
//!
//! Nothing outside [`crate::store`] sees a connection. A transaction lives inside one closure and never across an await.
//! A suspended database has no connection, hence no lock and no open file: iOS kills an app that is suspended with one.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::StoreError;
use super::upgrade::{self, Upgrade};
use super::writer::{Writer, fold_whole};

const READERS: usize = 2;
/// How long to wait for another process, such as a notification extension, before saying [`StoreError::Busy`].
pub(super) const BUSY_WAIT: Duration =
    if cfg!(test) { Duration::from_secs(1) } else { Duration::from_secs(5) };
/// How often to look whether the other process is done.
const BUSY_LOOK: Duration = Duration::from_millis(2);
const HEADER: &[u8; 16] = b"SQLite format 3\0";
const VERSION_OFFSET: usize = 60;

/// What a write must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Loss of power. Synced to the disk before the call returns.
    Power,
    /// The end of the process: how a sync went, which the next one tells again. For nothing that changes more than one page: should a
    /// sync fail later, what stands in the log since the one before is sure no more, and while it is folded in because of that the
    /// power may go off. One page is then older or newer; several would not fit together.
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
    path: PathBuf,
    /// Before the writer, so that they are closed before it: only the last to close, if it may write, folds the WAL in.
    readers: [Mutex<Option<Connection>>; READERS],
    writer: Mutex<Option<Writer>>,
}

/// What a transaction that writes does.
enum Step<'a> {
    Within(&'a Connection),
    Committed,
}

impl Database {
    /// A file that was looked at and is up to date. The connection goes on as a reader.
    pub(super) fn over(path: &Path, looked: Connection) -> Self {
        let connections = Connections::none(path);
        *lock(&connections.readers[0]) = Some(looked);
        Self::with(path, connections)
    }

    /// Makes the file, or brings an older one up to date.
    pub(super) fn bring_up(path: &Path, upgrade: &mut Upgrade<'_>) -> Result<Self, StoreError> {
        let connections = Connections::none(path);
        let mut writer = Writer::connect(path)?;
        upgrade.run(&mut writer.connection)?;
        *lock(&connections.writer) = Some(writer);
        Ok(Self::with(path, connections))
    }

    fn with(path: &Path, connections: Connections) -> Self {
        Self {
            path: path.to_owned(),
            connections: RwLock::new(Some(connections)),
            suspending: AtomicBool::default(),
            #[cfg(test)]
            power_safe: std::sync::atomic::AtomicU64::default(),
            #[cfg(test)]
            waiting: AtomicBool::default(),
        }
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
            let looked = look(&self.path)?;
            looked.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0))?;
            let none = Connections::none(&self.path);
            *lock(&none.readers[0]) = Some(looked);
            *connections = Some(none);
        }
        self.suspending.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// The directory of the file.
    pub(super) fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Runs `work` in a transaction that sees one moment of the database.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let open = self.connections();
        let connections = open.as_ref().ok_or(StoreError::Suspended)?;
        let mut reader = connections.reader();
        let reader = match reader.as_mut() {
            Some(reader) => reader,
            None => reader.insert(look(&connections.path)?),
        };
        at_one_moment(reader, work)
    }

    /// Runs `work` in a transaction and commits it. An error leaves everything as it was.
    pub(super) fn write<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_then(durability, work, |_| ())
    }

    /// The same, and lets `committed` know what was committed before anybody else writes.
    pub(super) fn write_then<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
        committed: impl FnOnce(&T),
    ) -> Result<T, StoreError> {
        let (mut work, mut committed, mut done) = (Some(work), Some(committed), None);
        self.write_untyped(durability, &mut |step| {
            match step {
                Step::Within(sql) => done = work.take().map(|work| work(sql)).transpose()?,
                Step::Committed => {
                    if let (Some(committed), Some(done)) = (committed.take(), &done) {
                        committed(done);
                    }
                }
            }
            Ok(())
        })?;
        // Where nothing went wrong, `work` ran.
        done.ok_or(StoreError::Damaged)
    }

    /// All of it but the types: this code is large, and would stand in the library once for each.
    fn write_untyped(
        &self,
        durability: Durability,
        steps: &mut dyn FnMut(Step<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let open = self.connections();
        let connections = open.as_ref().ok_or(StoreError::Suspended)?;
        let mut writer = lock(&connections.writer);
        let writer = match writer.as_mut() {
            Some(writer) => writer,
            None => writer.insert(Writer::connect(&connections.path)?),
        };
        self.make_sure(writer)?;
        let connection = writer.with(durability)?;
        let done = self.begin(connection).and_then(|transaction| {
            steps(Step::Within(&transaction))?;
            transaction.commit()?;
            steps(Step::Committed)
        });
        if matches!(done, Err(StoreError::Io)) || !writer.fold_if_long() {
            writer.fold_after_failure();
        } else if done.is_ok() && durability == Durability::Power {
            // Another process may have failed meanwhile, and what was just written stand behind its hole.
            self.make_sure(writer)?;
        }
        #[cfg(test)]
        if done.is_ok() && durability == Durability::Power {
            self.power_safe.fetch_add(1, Ordering::Relaxed);
        }
        done
    }

    /// Takes the one place to write, which another process may hold. SQLite's own way of waiting could not be called off.
    fn begin<'a>(&self, connection: &'a Connection) -> Result<Transaction<'a>, StoreError> {
        self.patiently(|| Ok(Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?))
    }

    /// Folds the log in and lets nothing of it stand. Waits for those that read here, and for other processes so long and no
    /// longer.
    pub(super) fn fold(&self) -> Result<(), StoreError> {
        self.alone(|writer| self.fold_with(writer))
    }

    /// Lets nothing of what was removed stand in the files: folds the log in, writes the file anew without what was freed, and
    /// folds that in.
    pub(super) fn sweep(&self) -> Result<(), StoreError> {
        self.alone(|writer| {
            self.fold_with(writer)?;
            self.patiently(|| Ok(writer.execute_batch("VACUUM")?))?;
            self.fold_with(writer)
        })
    }

    fn alone<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut open = self.connections.write().unwrap_or_else(PoisonError::into_inner);
        let connections = open.as_mut().ok_or(StoreError::Suspended)?;
        connections.readers = Default::default();
        let mut writer = lock(&connections.writer);
        match writer.as_mut() {
            Some(writer) => work(&writer.connection),
            None => work(&writer.insert(Writer::connect(&self.path)?).connection),
        }
    }

    /// Where a sync may have failed over what stands in the log, folds all of it in.
    fn make_sure(&self, writer: &mut Writer) -> Result<(), StoreError> {
        if writer.is_unsure() {
            self.fold_with(&writer.connection)?;
            writer.is_sure();
        }
        Ok(())
    }

    fn fold_with(&self, writer: &Connection) -> Result<(), StoreError> {
        self.patiently(|| fold_whole(writer))
    }

    /// Tries again while another process is in the way.
    fn patiently<T>(&self, mut work: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let since = Instant::now();
        loop {
            match work() {
                Err(StoreError::Busy) if self.suspending.load(Ordering::SeqCst) => {
                    return Err(StoreError::Suspended);
                }
                Err(StoreError::Busy) if since.elapsed() < BUSY_WAIT => {
                    #[cfg(test)]
                    self.waiting.store(true, Ordering::SeqCst);
                    std::thread::sleep(BUSY_LOOK);
                }
                done => return done,
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
        let mut writer = lock(&open.as_ref().unwrap().writer);
        let writer = writer.get_or_insert_with(|| Writer::connect(&self.path).unwrap());
        writer.connection.pragma_update(None, "max_page_count", pages).unwrap();
    }
}

/// Runs `work` in a transaction that only reads.
pub(super) fn at_one_moment<T>(
    reader: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let moment = Moment::begin(reader)?;
    work(moment.0)
}

/// A transaction that only reads, and ends when it is dropped. Its statements stay prepared: lists are short, and preparing
/// these would cost as much as reading one.
struct Moment<'a>(&'a Connection);

impl<'a> Moment<'a> {
    fn begin(reader: &'a Connection) -> Result<Self, StoreError> {
        reader.prepare_cached("BEGIN DEFERRED")?.execute([])?;
        Ok(Self(reader))
    }
}

impl Drop for Moment<'_> {
    fn drop(&mut self) {
        // It changed nothing; where even this fails, the next one says so.
        let ended = self.0.prepare_cached("ROLLBACK").and_then(|mut end| end.execute([]));
        drop(ended);
    }
}

impl Connections {
    fn none(path: &Path) -> Self {
        Self { path: path.to_owned(), readers: Default::default(), writer: Mutex::default() }
    }

    /// A reader nobody uses, one that is open before one that is not; or the one to wait for.
    fn reader(&self) -> MutexGuard<'_, Option<Connection>> {
        let mut free: Vec<_> = self.readers.iter().filter_map(|reader| reader.try_lock().ok()).collect();
        let open = free.iter().position(|reader| reader.is_some()).unwrap_or(0);
        if open < free.len() { free.swap_remove(open) } else { lock(&self.readers[0]) }
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

/// Makes what was done to names in a directory survive a loss of power.
pub(super) fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    std::fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(|_| StoreError::Io)
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
            let (found, known) = (u32::from_be_bytes(*version), upgrade::NEWEST);
            if found > known { Err(StoreError::Newer { found, known }) } else { Ok(true) }
        }
        _ => Err(StoreError::Damaged),
    }
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Else SQLite plans some statements anew whenever other values are bound to them, in case they are rare ones.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// A panic inside a transaction rolled it back, so the connection behind a poisoned lock is sound.
fn lock<T>(connection: &Mutex<Option<T>>) -> MutexGuard<'_, Option<T>> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}
