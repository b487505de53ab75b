//! What the crate's own tests are made of: a host whose clock and key store do as they are told, and a server in memory
//! that can be told to fail.

mod server;

pub(crate) use server::{FakeServer, Fault};

use std::path::Path;
use std::sync::{Arc, Mutex};

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::{ConsentState, Purpose};

use crate::client::{ClientConfig, ConsentText, YorisoiClient};
use crate::host::{Clock, ClockReading, Host, KeyStore, KeyStoreError, Notice, Notices, SystemRandomness};

pub(crate) const FUCHU: &str = include_str!("../../../sandbox/programmes/fuchu-2021.json");
/// 2021-10-01 03:12 JST.
pub(crate) const NIGHT: i64 = 1_633_025_520;

/// A key store in memory that can be told to fail.
#[derive(Default)]
pub(crate) struct MemoryKeys {
    pub(crate) key: Mutex<Option<Vec<u8>>>,
    pub(crate) failure: Mutex<Option<KeyStoreError>>,
    /// Pretends to save.
    pub(crate) forgets: bool,
}

impl KeyStore for MemoryKeys {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        match *self.failure.lock().unwrap() {
            Some(failure) => Err(failure),
            None => Ok(self.key.lock().unwrap().clone()),
        }
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        if let Some(failure) = *self.failure.lock().unwrap() {
            return Err(failure);
        }
        if !self.forgets {
            *self.key.lock().unwrap() = Some(key.to_vec());
        }
        Ok(())
    }
}

/// A clock that stands still until it is set.
pub(crate) struct ManualClock(pub(crate) Mutex<i64>);

impl Clock for ManualClock {
    fn read(&self) -> ClockReading {
        let seconds = *self.0.lock().unwrap();
        ClockReading {
            wall: Timestamp::from_seconds(seconds),
            since_boot_millis: seconds * 1000,
            boot: "boot".to_owned(),
            trusted: None,
        }
    }
}

/// Remembers what it was told.
#[derive(Default)]
pub(crate) struct HeardNotices(pub(crate) Mutex<Vec<Notice>>);

impl Notices for HeardNotices {
    fn changed(&self, changes: &[Notice]) {
        self.0.lock().unwrap().extend_from_slice(changes);
    }
}

/// A phone with its parts within reach.
pub(crate) struct Phone {
    pub(crate) keys: Arc<MemoryKeys>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) notices: Arc<HeardNotices>,
    pub(crate) directory: tempfile::TempDir,
}

impl Phone {
    pub(crate) fn new() -> Self {
        Self {
            keys: Arc::new(MemoryKeys::default()),
            clock: Arc::new(ManualClock(Mutex::new(NIGHT))),
            notices: Arc::new(HeardNotices::default()),
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn host(&self) -> Host {
        Host {
            keys: self.keys.clone(),
            clock: self.clock.clone(),
            notices: self.notices.clone(),
            randomness: Arc::new(SystemRandomness::default()),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn set(&self, day_and_time: &str) {
        let (day, time) = day_and_time.split_once(' ').unwrap();
        let midnight = yorisoi_protocol::CivilDate::parse(day).unwrap().starts_at().seconds();
        let parts: Vec<i64> = time.split(':').map(|part| part.parse().unwrap()).collect();
        *self.clock.0.lock().unwrap() = midnight + parts[0] * 3600 + parts[1] * 60 + parts[2];
    }

    pub(crate) fn open(&self, server: &Arc<FakeServer>) -> YorisoiClient {
        let config = ClientConfig {
            directory: self.path().to_owned(),
            server: "https://soudan.example.jp".to_owned(),
            programmes: vec![FUCHU.to_owned()],
        };
        YorisoiClient::open_with(&config, self.host(), server.clone()).unwrap()
    }

    /// An enrolled phone that agreed to the service.
    pub(crate) async fn enrolled(&self, server: &Arc<FakeServer>) -> YorisoiClient {
        let client = self.open(server);
        client.enroll(&server.card()).await.unwrap();
        let text = ConsentText { id: "service-ja-1".into(), language: "ja".into(), text: "…".into() };
        client.decide_consent(Purpose::Service, ConsentState::Grant, &text).unwrap();
        client
    }
}
