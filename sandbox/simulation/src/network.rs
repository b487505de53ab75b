//! The network between phones and server: requests wait here until the world decides what becomes of them.

use std::future::Future;
use std::io::Read;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use yorisoi_core::transport::{Method, Opened, Request, Response, Transport, TransportError};

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
pub(crate) struct Network(Mutex<Vec<Sent>>);

impl Network {
    /// Takes what was sent since the last look.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut lock(&self.0))
    }
}

/// The transport of one phone.
pub(crate) struct Line {
    pub(crate) phone: usize,
    pub(crate) network: Arc<Network>,
}

#[async_trait]
impl Transport for Line {
    async fn send(&self, request: Request) -> Came {
        let slot = Slot::default();
        lock(&self.network.0).push(Sent { phone: self.phone, request, slot: Arc::clone(&slot) });
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
