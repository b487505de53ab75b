//! What can happen to one request on its way.

use std::sync::Arc;

/// What becomes of a request and of its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mishap {
    /// Both pass.
    None,
    /// The server gets so many bytes of the request, head included, and the end of the connection; so does the device.
    CutRequest(usize),
    /// The server gets the request and replies; the device gets so many bytes of the reply and the end of the connection.
    CutReply(usize),
    /// The request waits before the server until [`FaultyProxy::let_go`](super::FaultyProxy::let_go).
    Held,
    /// The server is not asked; the device gets these bytes for a reply, and the end of the connection.
    Instead(Arc<[u8]>),
    /// The server is not asked; the device gets the last whole reply to a request of the same target once more. Where there
    /// was none yet, both pass.
    Replayed,
}

/// Decides about each request by its target, such as `POST /v1/sync`.
pub(super) type Plan = Box<dyn FnMut(&str) -> Mishap + Send>;
