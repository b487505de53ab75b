//! The network between phones and server: requests wait here until the world decides what becomes of them.

use std::future::Future;
use std::io::Read;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use yorisoi_core::transport::{Method, Opened, Request, Response, Transport, TransportError};
use yorisoi_protocol::wire::SYNC_PATH;

use crate::host::lock;

/// What came back.
pub(crate) type Came = Result<Response, TransportError>;

/// Where a reply is put.
pub(crate) type Slot = Arc<Mutex<Option<Came>>>;

/// A request that a phone sent.
pub(crate) struct Sent {
    pub(crate) phone: usize,
    pub(crate) request: Request,
    pub(crate) slot: Slot,
}

/// What was sent and not looked at yet.
#[derive(Default)]
pub(crate) struct Network {
    sent: Mutex<Vec<Sent>>,
    /// Whether one app ever had two syncs under way.
    crowded: AtomicBool,
}

impl Network {
    /// Takes what was sent since the last look.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut lock(&self.sent))
    }

    /// Whether one app ever had two syncs under way: a second one is to wait its turn.
    pub(crate) fn was_crowded(&self) -> bool {
        self.crowded.load(Ordering::Relaxed)
    }
}

/// The transport of one app of a phone, from its start to its end.
pub(crate) struct Line {
    phone: usize,
    network: Arc<Network>,
    /// Requests of syncs under way.
    syncing: AtomicUsize,
}

impl Line {
    pub(crate) fn new(phone: usize, network: Arc<Network>) -> Self {
        Self { phone, network, syncing: AtomicUsize::new(0) }
    }
}

/// A request of a sync, as long as somebody waits for its reply.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Transport for Line {
    async fn send(&self, request: Request) -> Came {
        let _under_way = (request.path == SYNC_PATH).then(|| {
            if self.syncing.fetch_add(1, Ordering::Relaxed) > 0 {
                self.network.crowded.store(true, Ordering::Relaxed);
            }
            UnderWay(&self.syncing)
        });
        let slot = Slot::default();
        lock(&self.network.sent).push(Sent { phone: self.phone, request, slot: Arc::clone(&slot) });
        Waiting(slot).await
    }

    async fn open(&self, _: Request) -> Result<Opened, TransportError> {
        Err(TransportError::Unreachable)
    }
}

/// Ready once something was put into the slot. The world looks at every phone after each event, so nobody is woken.
struct Waiting(Slot);

impl Future for Waiting {
    type Output = Came;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Came> {
        lock(&self.0).take().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The request as it stands on the wire.
pub(crate) fn on_the_wire(request: &Request) -> Option<http::Request<Vec<u8>>> {
    let mut wire = http::Request::builder().method(request.method.as_str()).uri(&*request.path);
    if let Some(authorization) = &request.authorization {
        wire = wire.header("authorization", authorization);
    }
    if let Some(held) = &request.held {
        wire = wire.header("if-none-match", held);
    }
    if request.method == Method::Post {
        wire = wire.header("content-type", "application/json");
    }
    if request.gzip {
        wire = wire.header("content-encoding", "gzip");
    }
    wire.body(request.body.clone()).ok()
}

/// The reply as the transport hands it over.
pub(crate) fn as_read(wire: http::Response<Vec<u8>>) -> Came {
    let header = |name: &str| wire.headers().get(name).and_then(|value| value.to_str().ok());
    let media_type = header("content-type").map(|text| text.split(';').next().unwrap_or(text).to_owned());
    let retry_after = header("retry-after").and_then(|text| text.parse().ok());
    let gzip = header("content-encoding") == Some("gzip");
    let (status, mut body) = (wire.status().as_u16(), Vec::new());
    if gzip {
        let inflated = flate2::read::GzDecoder::new(wire.body().as_slice()).read_to_end(&mut body);
        inflated.map_err(|_| TransportError::Interrupted)?;
    } else {
        body = wire.into_body();
    }
    Ok(Response { status, media_type, retry_after, body })
}
