//! What time it is, for every rule of the server.
//!
//! No other part of the server reads a clock. [`FileClock`] exists for the tour and for tests, which live in another
//! year; a real server never uses it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use yorisoi_protocol::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// A clock that reads milliseconds since 1970, as decimal text, from a file at every call.
#[derive(Debug)]
pub struct FileClock {
    file: PathBuf,
    last_good: AtomicI64,
}

/// Why a clock file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the clock file holds no time: milliseconds since 1970 in decimal were expected")]
pub struct ClockError;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // Before 1970 the machine's clock is so wrong that no request can be judged: every one is stale at 0.
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }
}

impl FileClock {
    /// A clock over this file.
    ///
    /// # Errors
    /// [`ClockError`] if the file holds no time now; later trouble leaves the clock at the last time it read.
    pub fn open(file: &Path) -> Result<Self, ClockError> {
        let first = read(file).ok_or(ClockError)?;
        Ok(Self { file: file.to_owned(), last_good: AtomicI64::new(first) })
    }
}

impl Clock for FileClock {
    fn now(&self) -> Timestamp {
        if let Some(millis) = read(&self.file) {
            self.last_good.store(millis, Ordering::Relaxed);
        }
        Timestamp::from_millis(self.last_good.load(Ordering::Relaxed))
    }
}

fn read(file: &Path) -> Option<i64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_clock_file_leaves_the_last_good_time() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("clock");
        assert!(FileClock::open(&file).is_err());
        std::fs::write(&file, "1627830000000\n").unwrap();
        let clock = FileClock::open(&file).unwrap();
        assert_eq!(clock.now().millis(), 1_627_830_000_000);
        std::fs::write(&file, "").unwrap();
        assert_eq!(clock.now().millis(), 1_627_830_000_000);
        std::fs::write(&file, "1627830000001").unwrap();
        assert_eq!(clock.now().millis(), 1_627_830_000_001);
    }
}
