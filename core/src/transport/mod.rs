//! HTTP as the device sees it: a request out, a whole reply or a typed failure back.
//!
//! The trait knows nothing of what bodies mean; [`exchange`] signs requests and decides what is believed.

mod authorities;
pub mod exchange;
mod gzip;
mod http;
pub(crate) mod server_events;
mod signer;
mod tls_provider;

pub use authorities::{Authorities, AuthorityError};
pub use http::{HttpTransport, ServerAddress};
pub use signer::Signer;

use std::borrow::Cow;
use std::fmt;

use async_trait::async_trait;

/// A request to the server.
#[derive(Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: Method,
    /// The path, such as `/v1/sync`.
    pub path: Cow<'static, str>,
    /// The `authorization` header; `None` where the address is open to everybody.
    pub authorization: Option<String>,
    /// The `if-none-match` header: what is held already.
    pub held: Option<String>,
    /// The body as sent.
    pub body: Vec<u8>,
    /// Whether the body is gzip.
    pub gzip: bool,
}

/// Without body and headers: a code or somebody's question may stand in them.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {}, {} bytes)", self.method.as_str(), self.path, self.body.len())
    }
}

/// The methods of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Sends a body.
    Post,
}

impl Method {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A reply that arrived whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its media type, without parameters.
    pub media_type: Option<String>,
    /// The seconds of its `retry-after`.
    pub retry_after: Option<u32>,
    /// Its body, inflated.
    pub body: Vec<u8>,
}

/// Without the body: an answer may stand in it.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no whole reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection: no network, the server is down, a name that does not resolve.
    #[error("the server cannot be reached")]
    Unreachable,
    /// A secure connection could not be made.
    #[error("no secure connection to the server")]
    Insecure,
    /// It took too long.
    #[error("the server took too long")]
    TimedOut,
    /// The connection ended before the reply was whole.
    #[error("the connection was cut")]
    Interrupted,
    /// The reply is larger than any reply of this protocol.
    #[error("the reply is too large")]
    TooLarge,
}

/// Carries requests. Implementations keep nothing between calls and log nothing of bodies or headers.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request and waits for its whole reply.
    ///
    /// # Errors
    /// [`TransportError`] if no whole reply came.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;

    /// Opens a stream of bytes that does not end by itself.
    ///
    /// # Errors
    /// [`TransportError`] if it cannot be opened.
    async fn open(&self, request: Request) -> Result<Opened, TransportError>;
}

/// What came of opening a stream.
pub enum Opened {
    /// It flows.
    Stream(Box<dyn ByteStream>),
    /// The server replied with something else.
    Reply(Response),
}

/// Bytes as they come.
#[async_trait]
pub trait ByteStream: Send {
    /// The next bytes; `None` when the stream ended.
    ///
    /// # Errors
    /// [`TransportError`] if it broke off.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, TransportError>;
}
