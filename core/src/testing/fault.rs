//! What the server in memory can be told to do wrong.

use yorisoi_protocol::Timestamp;

/// What goes wrong with one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The request does not arrive.
    Down,
    /// The server does it, the reply is lost.
    ReplyLost,
    /// The request hangs for ever; the caller gives up.
    Hangs,
    /// Somebody else answers with this status, media type and body.
    Page(u16, &'static str, String),
    /// The reply's body ends after this many bytes.
    CutAt(usize),
    /// The reply names another request.
    AnotherRequest,
    /// The reply settles an operation that was not sent.
    Stranger,
    /// Receipts are signed by another key.
    ForeignKey,
    /// The cursor goes back.
    CursorBack,
    /// The digest is off by an entry.
    DigestOff,
    /// The server asks for so many seconds of patience.
    Patience(u32),
    /// The server asks for so many seconds of patience with the first operation.
    Later(u32),
    /// So many bytes of the photo are said to be held.
    Held(u64),
    /// The last byte of what arrives is another.
    Spoilt,
    /// The request's time is said to be too far off; the server's time is this.
    Stale(Timestamp),
}
