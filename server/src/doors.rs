//! The doors without a socket: for whoever carries requests itself, such as a simulation of the network.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use axum::{BoxError, Router};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

use crate::http::{AppState, ClientAddresses, router};
use crate::server::AT_ONCE;
use crate::service::Service;

/// More than any reply has.
const REPLY_BYTES: usize = 16 * 1024 * 1024;

/// All that a server answers, from reading a request to writing the reply.
pub struct Doors {
    router: Router,
    /// Streams without an end go on until it is dropped.
    _open: watch::Sender<bool>,
}

impl Doors {
    /// The doors of this service. Its clients seem to come from the loopback, as from behind a proxy.
    pub fn of(service: Arc<Service>) -> Self {
        let (open, closing) = watch::channel(false);
        let client_addresses = Arc::new(ClientAddresses::new(None));
        let router =
            router(AppState { service, client_addresses, closing, room: Arc::new(Semaphore::new(AT_ONCE)) });
        Self { router, _open: open }
    }

    /// Answers one request as a server on a socket would. Needs a Tokio runtime.
    ///
    /// # Errors
    /// That of reading the reply, which has ended by itself for every address but `/v1/live`.
    pub async fn answer(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, BoxError> {
        let mut request = request.map(Body::from);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 0))));
        let response = self.router.clone().oneshot(request).await?;
        let (parts, body) = response.into_parts();
        Ok(Response::from_parts(parts, to_bytes(body, REPLY_BYTES).await?.to_vec()))
    }
}
