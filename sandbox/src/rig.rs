//! A server and phones in one process, with a faulty network between them: what benchmarks and tests are set up on.
//!
//! The parts are the real ones: a server on a socket, database files on the disk, the shipped transport. Only keys and
//! clock are supplied as a phone would supply them. The clock stands still until it is set.

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use yorisoi_core::client::ConsentText;
use yorisoi_core::host::{Clock, ClockReading, KeyStore, KeyStoreError, NoNotices, SystemRandomness};
use yorisoi_core::transport::Authorities;
use yorisoi_core::{ClientConfig, Host, YorisoiClient};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_server::{Server, ServerConfig, Service};

use crate::programmes::FUCHU_2021;
use crate::{FaultyProxy, trust};

/// 2021-10-01 03:12 JST.
const NIGHT: i64 = 1_633_025_520_000;

/// Whatever went wrong while setting up.
pub type RigError = Box<dyn Error + Send + Sync>;

/// A running server with a proxy before it.
pub struct Rig {
    /// The network.
    pub proxy: FaultyProxy,
    /// The server's own side.
    pub service: Arc<Service>,
    /// The clock of server and phones.
    pub clock: Arc<RigClock>,
    server: SocketAddr,
    manifest: Vec<u8>,
    directory: TempDir,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Rig {
    /// Starts a server of programme `fuchu-2021`, at night in the middle of its window.
    ///
    /// # Errors
    /// [`RigError`].
    pub async fn start() -> Result<Self, RigError> {
        Self::start_with(&[FUCHU_2021], trust::manifest()?).await
    }

    /// Starts a server of the programmes with these texts, at the same time, before phones that go by this manifest.
    ///
    /// # Errors
    /// [`RigError`].
    pub async fn start_with(programmes: &[&str], manifest: Vec<u8>) -> Result<Self, RigError> {
        let directory = tempfile::tempdir()?;
        let clock = Arc::new(RigClock(AtomicI64::new(NIGHT)));
        let mut config = ServerConfig::new(directory.path().join("server"));
        config.clock = clock.clone();
        Service::init(&config.data, &config.keys, config.randomness.as_ref())?;
        let server = Server::bind(config).await?;
        let service = server.service();
        for text in programmes {
            service.add_programme(text)?;
        }
        if programmes.contains(&FUCHU_2021) {
            service.keep_rescue_key("fuchu-2021", trust::RESCUE_SECRET)?;
        }
        let proxy = FaultyProxy::start().await?;
        let address = server.local_addr();
        proxy.forward_to(address);
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let until = async { drop(stopped.await) };
            // A server that ends early shows as phones that reach nobody.
            drop(server.serve(until).await);
        });
        Ok(Self { proxy, service, clock, server: address, manifest, directory, stop: Some(stop), serving })
    }

    /// A new card.
    ///
    /// # Errors
    /// [`RigError`].
    pub fn card(&self) -> Result<String, RigError> {
        let cards = self.service.issue_cards("fuchu-2021", 1)?;
        cards.first().map(|card| card.grouped()).ok_or_else(|| "no card was issued".into())
    }

    /// Where the server itself listens: for who is no phone.
    pub fn server_address(&self) -> SocketAddr {
        self.server
    }

    /// Takes the network away from all phones: their requests reach no server until [`Rig::plug`].
    pub fn unplug(&self) {
        self.proxy.forward_to_nobody();
    }

    /// Gives the network back.
    pub fn plug(&self) {
        self.proxy.forward_to(self.server);
    }

    /// A phone with a database directory of this name.
    ///
    /// # Errors
    /// [`RigError`].
    pub fn phone(&self, name: &str) -> Result<YorisoiClient, RigError> {
        Ok(YorisoiClient::open(&self.config(name)?, self.host())?)
    }

    /// What a phone of this name is opened with.
    ///
    /// # Errors
    /// [`RigError`].
    pub fn config(&self, name: &str) -> Result<ClientConfig, RigError> {
        Ok(ClientConfig {
            directory: self.phone_directory(name),
            server: format!("http://{}", self.proxy.address()),
            authorities: Authorities::default(),
            roots: trust::roots()?,
            manifest: Some(self.manifest.clone()),
        })
    }

    /// Where the server listens, for what stands before it in place of the proxy.
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    /// What a phone supplies, with a key store of its own.
    pub fn host(&self) -> Host {
        Host {
            keys: Arc::new(RigKeys::default()),
            clock: self.clock.clone(),
            notices: Arc::new(NoNotices),
            randomness: Arc::new(SystemRandomness::default()),
        }
    }

    /// A phone that is enrolled and may ask.
    ///
    /// # Errors
    /// [`RigError`].
    pub async fn enrolled(&self, name: &str) -> Result<YorisoiClient, RigError> {
        self.enroll(self.phone(name)?).await
    }

    /// Enrolls a phone with a new card and lets it agree to the service.
    ///
    /// # Errors
    /// [`RigError`].
    pub async fn enroll(&self, phone: YorisoiClient) -> Result<YorisoiClient, RigError> {
        phone.enroll(&self.card()?).await?;
        let text = ConsentText { id: "service-ja-1".into(), language: "ja".into(), text: "…".into() };
        phone.decide_consent(Purpose::Service, ConsentState::Grant, &text)?;
        Ok(phone)
    }

    /// Where the phone of this name keeps its files.
    pub fn phone_directory(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    /// Where everything is kept until the rig is dropped.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Stops the server and waits for its end.
    ///
    /// # Errors
    /// [`RigError`] if it ended badly.
    pub async fn stop(mut self) -> Result<(), RigError> {
        drop(self.stop.take());
        (&mut self.serving).await?;
        Ok(())
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A clock that stands still until it is set.
pub struct RigClock(AtomicI64);

impl RigClock {
    /// A clock that shows this time.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.millis()))
    }

    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.millis(), Ordering::Relaxed);
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

impl yorisoi_server::Clock for RigClock {
    fn now(&self) -> Timestamp {
        self.time()
    }
}

impl Clock for RigClock {
    fn read(&self) -> ClockReading {
        let wall = self.time();
        ClockReading { wall, since_boot_millis: wall.millis(), boot: "rig".to_owned(), trusted: None }
    }
}

/// A key store that lasts as long as its phone.
#[derive(Default)]
pub struct RigKeys(Mutex<Option<Vec<u8>>>);

impl KeyStore for RigKeys {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.to_vec());
        Ok(())
    }
}
