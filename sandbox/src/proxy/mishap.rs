//! What can happen to one request on its way.

/// What becomes of a request and of its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Both pass.
    None,
    /// The server gets so many bytes of the request, head included, and the end of the connection; so does the device.
    CutRequest(usize),
    /// The server gets the request and replies; the device gets so many bytes of the reply and the end of the connection.
    CutReply(usize),
    /// The request waits before the server until [`FaultyProxy::let_go`](super::FaultyProxy::let_go).
    Held,
}

/// Decides about each request by its target, such as `POST /v1/sync`.
pub(super) type Plan = Box<dyn FnMut(&str) -> Mishap + Send>;
