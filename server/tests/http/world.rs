//! A server of its own for each test, in the year of the trial.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use std::net::SocketAddr;

use serde::Serialize;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_protocol::{CivilDate, Timestamp};
use yorisoi_server::desk_api::{LogIn, SESSIONS_PATH, Session};
use yorisoi_server::{Clock, Randomness, Server, ServerConfig, Service, SystemRandomness};

use crate::client::{Reply, send};

pub(crate) const FUCHU: &str = include_str!("../../../sandbox/programmes/fuchu-2021.json");
pub(crate) const PROGRAMME: &str = "fuchu-2021";

/// A clock that stands still.
pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) service: Arc<Service>,
    pub(crate) data: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _dir: tempfile::TempDir,
}

/// The first instant of a day, and so many seconds later.
pub(crate) fn on(day: &str, seconds: i64) -> Timestamp {
    CivilDate::parse(day).unwrap().starts_at().plus_millis(seconds * 1000)
}

impl World {
    /// A server with the programme of Fuchu, on 2 September 2021.
    pub(crate) fn new() -> Self {
        Self::with(FUCHU)
    }

    pub(crate) fn with(programme: &str) -> Self {
        Self::build(programme, |_| {}, None)
    }

    /// A server that works on so many requests at once.
    pub(crate) fn with_room(at_once: usize) -> Self {
        Self::build(FUCHU, |config| config.at_once = at_once, None)
    }

    /// A server whose random bytes come from here.
    pub(crate) fn drawing(randomness: Arc<dyn Randomness>) -> Self {
        Self::build(FUCHU, |config| config.randomness = randomness, None)
    }

    /// A server behind a proxy that names its clients in this header.
    pub(crate) fn behind_proxy(header: &str) -> Self {
        Self::build(FUCHU, |config| config.client_address_header = Some(header.to_owned()), None)
    }

    /// A server that waits so long for its readers, with room for so many bytes in the system for each connection.
    pub(crate) fn waiting(patience: Duration, send_buffer_bytes: u32) -> Self {
        Self::build(FUCHU, |config| config.patience = patience, Some(send_buffer_bytes))
    }

    fn build(programme: &str, set: impl FnOnce(&mut ServerConfig), send_buffer_bytes: Option<u32>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock(AtomicI64::new(0)));
        clock.set(on("2021-09-02", 0));
        let data = dir.path().join("data");
        let mut config = ServerConfig::new(&data);
        config.clock = clock.clone();
        set(&mut config);
        Service::init(&config.data, &config.keys, &SystemRandomness::default()).unwrap();
        let (address, service, stop, thread) = started(config, send_buffer_bytes);
        service.add_programme(programme).unwrap();
        Self { address, clock, service, data, stop: Some(stop), thread: Some(thread), _dir: dir }
    }

    /// The same server once more, as another process would be: what only the first one knew is gone.
    pub(crate) fn restart(&mut self) {
        self.end();
        let mut config = ServerConfig::new(&self.data);
        config.clock = self.clock.clone();
        let (address, service, stop, thread) = started(config, None);
        (self.address, self.service) = (address, service);
        (self.stop, self.thread) = (Some(stop), Some(thread));
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking());
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The code of a new card.
    pub(crate) fn card(&self) -> String {
        self.service.issue_cards(PROGRAMME, 1).unwrap()[0].compact()
    }

    /// A clinician who is logged in.
    pub(crate) fn clinician(&self, login: &str, role: ClinicianRole) -> Clinician<'_> {
        // One iteration: what is tested here is not how slow it is.
        let password = self.service.add_clinician(login, role, 1).unwrap();
        let log_in = LogIn { login: login.to_owned(), password };
        let session: Session = self.post(SESSIONS_PATH, &[], &log_in).json();
        assert_eq!(session.role, role);
        Clinician { world: self, bearer: format!("Bearer {}", session.token) }
    }

    pub(crate) fn post<T: Serialize>(&self, path: &str, headers: &[(&str, &str)], body: &T) -> Reply {
        let body = serde_json::to_vec(body).unwrap();
        send(self.address, "POST", path, headers, &body)
    }
}

type Started = (SocketAddr, Arc<Service>, oneshot::Sender<()>, JoinHandle<()>);

fn started(config: ServerConfig, send_buffer_bytes: Option<u32>) -> Started {
    let (tell, told) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async move {
            let server = match send_buffer_bytes {
                Some(bytes) => {
                    let socket = TcpSocket::new_v4().unwrap();
                    // The connections that it accepts have the same.
                    socket.set_send_buffer_size(bytes).unwrap();
                    socket.bind(config.listen).unwrap();
                    Server::over(config, socket.listen(16).unwrap()).unwrap()
                }
                None => Server::bind(config).await.unwrap(),
            };
            tell.send((server.local_addr(), server.service())).unwrap();
            let until = async {
                let _ = stopped.await;
            };
            server.serve(until).await.unwrap();
        });
    });
    let (address, service) = told.recv().unwrap();
    (address, service, stop, thread)
}

impl Drop for World {
    fn drop(&mut self) {
        self.end();
    }
}

pub(crate) struct Clinician<'a> {
    world: &'a World,
    bearer: String,
}

impl Clinician<'_> {
    pub(crate) fn get(&self, path: &str) -> Reply {
        let headers = [("authorization", self.bearer.as_str())];
        send(self.world.address, "GET", path, &headers, b"")
    }

    pub(crate) fn post<T: Serialize>(&self, path: &str, body: &T) -> Reply {
        self.world.post(path, &[("authorization", &self.bearer)], body)
    }
}
