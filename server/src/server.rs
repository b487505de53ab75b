//! A server on a socket: opened, bound, served, closed.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderName;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::clock::{Clock, SystemClock};
use crate::http::{AppState, ClientAddresses, router};
use crate::patient_listener::PatientListener;
use crate::randomness::{Randomness, SystemRandomness};
use crate::service::{Service, SetupError};

/// The keys' directory inside the data directory, where no other is named.
pub const KEYS_DIRECTORY: &str = "keys";
/// Requests worked on at once, where no other number is named: several full groups of the database's commits.
pub(crate) const AT_ONCE: usize = 256;
/// How long a client may take in next to nothing of what it is sent, where no other time is named.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a closing server waits for requests that are under way.
const CLOSING: Duration = Duration::from_secs(5);

/// What a server needs to know.
#[derive(Clone)]
pub struct ServerConfig {
    /// The directory of the database.
    pub data: PathBuf,
    /// The directory of the keys.
    pub keys: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The header in which the proxy before this server names the client; none where clients connect themselves. Without
    /// it, clients of a proxy on the same machine or network are not limited by address.
    pub client_address_header: Option<String>,
    /// How many requests are worked on at once. More are refused with status 429 and asked to come back.
    pub at_once: usize,
    /// How long a client may take in next to nothing of what it is sent before its connection is cut.
    pub patience: Duration,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Draws ids.
    pub randomness: Arc<dyn Randomness>,
}

/// A bound server.
pub struct Server {
    service: Arc<Service>,
    client_address_header: Option<HeaderName>,
    room: Arc<Semaphore>,
    patience: Duration,
    listener: TcpListener,
    address: SocketAddr,
}

/// Why a server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Its database or its keys.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The header of the client's address.
    #[error("this is no name of a header")]
    HeaderName,
    /// Its socket.
    #[error("the address cannot be listened on: {0}")]
    Socket(std::io::ErrorKind),
}

impl ServerConfig {
    /// A server over `data` with the keys beneath it, on a free port of the loopback, in real time.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        let data = data.into();
        Self {
            keys: data.join(KEYS_DIRECTORY),
            data,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            client_address_header: None,
            at_once: AT_ONCE,
            patience: PATIENCE,
            clock: Arc::new(SystemClock),
            randomness: Arc::new(SystemRandomness::default()),
        }
    }

    /// The rules over this database without a socket, for an operator's commands.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn open(&self) -> Result<Service, SetupError> {
        Service::open(&self.data, &self.keys, Arc::clone(&self.clock), Arc::clone(&self.randomness))
    }
}

impl Server {
    /// Opens the database and binds the socket. From here on connections are queued; [`Server::serve`] answers them.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn bind(config: ServerConfig) -> Result<Self, ServeError> {
        let listener = TcpListener::bind(config.listen).await;
        Self::over(config, listener.map_err(|error| ServeError::Socket(error.kind()))?)
    }

    /// Opens the database behind a socket that listens already, whatever address the configuration names.
    ///
    /// # Errors
    /// [`ServeError`].
    pub fn over(config: ServerConfig, listener: TcpListener) -> Result<Self, ServeError> {
        let header = config.client_address_header.as_deref().map(str::parse).transpose();
        let client_address_header = header.map_err(|_| ServeError::HeaderName)?;
        let service = Arc::new(config.open()?);
        let address = listener.local_addr().map_err(|error| ServeError::Socket(error.kind()))?;
        let (room, patience) = (Arc::new(Semaphore::new(config.at_once)), config.patience);
        Ok(Self { service, client_address_header, room, patience, listener, address })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The rules behind it.
    pub fn service(&self) -> Arc<Service> {
        Arc::clone(&self.service)
    }

    /// Serves until `until` is over and then until what is under way is done, for a few seconds at most.
    ///
    /// # Errors
    /// [`ServeError::Socket`].
    pub async fn serve(self, until: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
        let (close, closing) = watch::channel(false);
        let state = AppState {
            service: self.service,
            client_addresses: Arc::new(ClientAddresses::new(self.client_address_header)),
            closing: closing.clone(),
            room: self.room,
        };
        // Tapped for nothing but that requests then carry the address they came from.
        let listener = PatientListener { listener: self.listener, patience: self.patience }.tap_io(|_| {});
        let closed = |mut closing: watch::Receiver<bool>| async move {
            let _ = closing.wait_for(|closing| *closing).await;
        };
        let serving =
            axum::serve(listener, router(state).into_make_service_with_connect_info::<SocketAddr>())
                .with_graceful_shutdown(closed(closing.clone()))
                .into_future();
        tokio::spawn(async move {
            until.await;
            close.send_replace(true);
        });
        let patience = async {
            closed(closing).await;
            tokio::time::sleep(CLOSING).await;
        };
        tokio::select! {
            served = serving => served.map_err(|error| ServeError::Socket(error.kind())),
            () = patience => Ok(()),
        }
    }
}
