//! What the crate's own tests are made of: a host whose clock and key store do as they are told, and a server in memory
//! that can be told to fail.

mod fault;
mod manifest;
mod photos;
mod server;

pub(crate) use fault::Fault;
pub(crate) use manifest::{Signed, day, roots, ticket};
pub(crate) use server::FakeServer;
use server::public;

use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::{ConsentState, Purpose};

use crate::client::{ClientConfig, ConsentText, YorisoiClient};
use crate::host::{
    Clock, ClockReading, Host, KeyStore, KeyStoreError, Notice, Notices, Randomness, SystemRandomness,
};
use crate::transport::Authorities;

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

/// A clock that stands still until it is set, on a phone whose owner may turn it and restart the phone.
pub(crate) struct ManualClock {
    /// What time it really is, in seconds.
    pub(crate) seconds: Mutex<i64>,
    /// By how many seconds the owner turned the clock on the wall.
    pub(crate) turned: Mutex<i64>,
    /// How often the phone was started again.
    pub(crate) restarts: Mutex<u32>,
    /// When it was started last, in seconds.
    pub(crate) started: Mutex<i64>,
}

impl ManualClock {
    pub(crate) fn pass(&self, seconds: i64) {
        *self.seconds.lock().unwrap() += seconds;
    }
}

impl Clock for ManualClock {
    fn read(&self) -> ClockReading {
        let seconds = *self.seconds.lock().unwrap();
        ClockReading {
            wall: Timestamp::from_seconds(seconds + *self.turned.lock().unwrap()),
            since_boot_millis: (seconds - *self.started.lock().unwrap()) * 1000,
            boot: self.restarts.lock().unwrap().to_string(),
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

/// Lets a future come as far as it gets by itself.
pub(crate) fn begun<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A phone with its parts within reach.
pub(crate) struct Phone {
    pub(crate) keys: Arc<MemoryKeys>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) notices: Arc<HeardNotices>,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) randomness: Arc<dyn Randomness>,
}

impl Phone {
    pub(crate) fn new() -> Self {
        Self {
            keys: Arc::new(MemoryKeys::default()),
            clock: Arc::new(ManualClock {
                seconds: Mutex::new(NIGHT),
                turned: Mutex::new(0),
                restarts: Mutex::new(0),
                started: Mutex::new(NIGHT - 3600),
            }),
            notices: Arc::new(HeardNotices::default()),
            directory: tempfile::tempdir().unwrap(),
            randomness: Arc::new(SystemRandomness::default()),
        }
    }

    pub(crate) fn host(&self) -> Host {
        Host {
            keys: self.keys.clone(),
            clock: self.clock.clone(),
            notices: self.notices.clone(),
            randomness: self.randomness.clone(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn set(&self, day_and_time: &str) {
        let (day, time) = day_and_time.split_once(' ').unwrap();
        let midnight = yorisoi_protocol::CivilDate::parse(day).unwrap().starts_at().seconds();
        let parts: Vec<i64> = time.split(':').map(|part| part.parse().unwrap()).collect();
        *self.clock.seconds.lock().unwrap() = midnight + parts[0] * 3600 + parts[1] * 60 + parts[2];
    }

    /// The owner turns the clock on the wall by so many hours from the truth.
    pub(crate) fn turn_clock(&self, hours: i64) {
        *self.clock.turned.lock().unwrap() = hours * 3600;
    }

    pub(crate) fn restart(&self) {
        *self.clock.restarts.lock().unwrap() += 1;
        *self.clock.started.lock().unwrap() = *self.clock.seconds.lock().unwrap();
    }

    pub(crate) fn open(&self, server: &Arc<FakeServer>) -> YorisoiClient {
        self.open_with(server, &Signed::version(1))
    }

    /// An app that brings this manifest along.
    pub(crate) fn open_with(&self, server: &Arc<FakeServer>, manifest: &Signed) -> YorisoiClient {
        let config = self.config(Some(manifest.sign()));
        YorisoiClient::open_with(&config, self.host(), server.clone()).unwrap()
    }

    pub(crate) fn config(&self, manifest: Option<Vec<u8>>) -> ClientConfig {
        let (directory, server) = (self.path().to_owned(), "https://soudan.example.jp".to_owned());
        ClientConfig { directory, server, authorities: Authorities::default(), roots: roots(), manifest }
    }

    /// An app that reaches the server some other way.
    pub(crate) fn open_over(&self, transport: Arc<dyn crate::transport::Transport>) -> YorisoiClient {
        self.try_open_over(transport).unwrap()
    }

    /// The same on a disk that may fail.
    pub(crate) fn try_open_over(
        &self,
        transport: Arc<dyn crate::transport::Transport>,
    ) -> Result<YorisoiClient, crate::YorisoiError> {
        let config = self.config(Some(Signed::version(1).sign()));
        YorisoiClient::open_with(&config, self.host(), transport)
    }

    /// The same phone after the power went off: its key and its clock, and what stands in this directory.
    pub(crate) fn after_crash(&self, directory: tempfile::TempDir) -> Self {
        let (keys, clock, randomness) = (self.keys.clone(), self.clock.clone(), self.randomness.clone());
        Self { keys, clock, notices: Arc::default(), directory, randomness }
    }

    /// An app that brings no manifest along.
    pub(crate) fn open_bare(&self, server: &Arc<FakeServer>) -> YorisoiClient {
        YorisoiClient::open_with(&self.config(None), self.host(), server.clone()).unwrap()
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
