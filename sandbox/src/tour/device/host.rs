//! What this process supplies to the library in place of a phone: a key in a file, a clock in a file, an ear that
//! writes lines.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use yorisoi_core::Host;
use yorisoi_core::host::{Clock, ClockReading, KeyStore, KeyStoreError, Notice, Notices, SystemRandomness};
use yorisoi_protocol::Timestamp;

use super::mouth::Mouth;
use super::reply::Event;

/// 2021-07-31 12:00 JST: when this phone was switched on. Its two clocks never drift apart.
const BOOTED_AT_MILLIS: i64 = 1_627_700_400_000;
const KEY_BYTES: u64 = 32;

/// A host made of two files and an output.
pub(super) fn new(key: PathBuf, clock: PathBuf, mouth: Arc<Mouth>) -> Host {
    Host {
        keys: Arc::new(KeyFile(key)),
        clock: Arc::new(ClockFile { file: clock, last_good: AtomicI64::new(BOOTED_AT_MILLIS) }),
        notices: mouth,
        randomness: Arc::new(SystemRandomness::default()),
    }
}

/// The root key in a file that only its owner may read. A phone has a keystore for this.
struct KeyFile(PathBuf);

impl KeyStore for KeyFile {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        match fs::read(&self.0) {
            Ok(key) if u64::try_from(key.len()) == Ok(KEY_BYTES) => Ok(Some(key)),
            // A torn file is not the absence of a key.
            Ok(_) => Err(KeyStoreError::Failing),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(_) => Err(KeyStoreError::Failing),
        }
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        let write = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.0)?;
            file.write_all(key)?;
            file.sync_all()
        };
        write().map_err(|_: std::io::Error| KeyStoreError::Failing)
    }
}

/// The story's clock: milliseconds since 1970 in decimal, the file the server reads as well.
struct ClockFile {
    file: PathBuf,
    last_good: AtomicI64,
}

impl Clock for ClockFile {
    fn read(&self) -> ClockReading {
        let read = fs::read_to_string(&self.file).ok();
        if let Some(millis) = read.and_then(|text| text.trim().parse().ok()) {
            self.last_good.store(millis, Ordering::Relaxed);
        }
        let millis = self.last_good.load(Ordering::Relaxed);
        ClockReading {
            wall: Timestamp::from_millis(millis),
            since_boot_millis: millis - BOOTED_AT_MILLIS,
            boot: "boot-1".to_owned(),
            trusted: None,
        }
    }
}

impl Notices for Mouth {
    fn changed(&self, changes: &[Notice]) {
        for change in changes {
            self.tell(match change {
                Notice::Consents => Event::Consents,
                Notice::Consultation(id) => Event::Consultation(*id),
                Notice::Drafts => Event::Drafts,
                Notice::Enrollment => Event::Enrollment,
                Notice::Erasure => Event::Erasure,
                Notice::Family => Event::Family,
                Notice::Manifest => Event::Manifest,
                Notice::Survey => Event::Survey,
                Notice::Sync => Event::Sync,
            });
        }
    }
}
