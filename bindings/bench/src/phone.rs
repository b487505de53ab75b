//! The phone: a key that is handed over, clocks that stand still, an ear that counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use yorisoi_core::host::{Clock, ClockReading, KeyStore, KeyStoreError, Notice, Notices, SystemRandomness};
use yorisoi_core::transport::Authorities;
use yorisoi_core::{ClientConfig, Host, YorisoiClient};
use yorisoi_protocol::Timestamp;

use crate::Failure;

/// 2021-10-01 03:12 JST, within the sandbox's programmes.
const NIGHT: i64 = 1_633_025_520_000;
/// Nobody listens there: no task needs a network.
const NO_SERVER: &str = "https://127.0.0.1:1";
const ROOTS: &str = include_str!("../../../sandbox/manifest/roots.txt");
const MANIFEST: &[u8] = include_bytes!("../../../sandbox/manifest/sandbox.cose");

/// A key store that lasts as long as the process.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Option<Vec<u8>>>);

impl Keys {
    pub(crate) fn with(key: Vec<u8>) -> Self {
        Self(Mutex::new(Some(key)))
    }

    pub(crate) fn key(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl KeyStore for Keys {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        Ok(self.key())
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.to_vec());
        Ok(())
    }
}

struct StandingClock;

impl Clock for StandingClock {
    fn read(&self) -> ClockReading {
        ClockReading {
            wall: Timestamp::from_millis(NIGHT),
            since_boot_millis: 60_000,
            boot: "boot-1".to_owned(),
            trusted: None,
        }
    }
}

/// How many notices of the family were told.
#[derive(Default)]
pub(crate) struct Heard(AtomicU64);

impl Heard {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Notices for Heard {
    fn changed(&self, changes: &[Notice]) {
        let family = changes.iter().filter(|change| matches!(change, Notice::Family)).count();
        self.0.fetch_add(family as u64, Ordering::Relaxed);
    }
}

/// Opens the library in this directory.
pub(crate) fn open(directory: &str, keys: Arc<Keys>, heard: Arc<Heard>) -> Result<YorisoiClient, Failure> {
    let roots: Vec<String> = ROOTS.lines().map(str::to_owned).collect();
    let config = ClientConfig {
        directory: directory.into(),
        server: NO_SERVER.to_owned(),
        authorities: Authorities::default(),
        roots: roots.try_into().map_err(|_| "the sandbox has not two roots")?,
        manifest: Some(MANIFEST.to_vec()),
    };
    let randomness = Arc::new(SystemRandomness::default());
    let host = Host { keys, clock: Arc::new(StandingClock), notices: heard, randomness };
    Ok(YorisoiClient::open(&config, host)?)
}
