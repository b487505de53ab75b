//! How a device signs a request.
//!
//! `authorization: Yorisoi <device>.<seconds>.<nonce>.<signature>`: the device's id, or `new` where it has none yet; the
//! device's time as decimal seconds since 1970, without leading zeros; six random bytes; and an Ed25519 signature (RFC 8032) over
//! [`signed_text`]. Bytes are base64url without padding. The server refuses a time too far from its own and a nonce it
//! has seen within that tolerance.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;

use crate::decimal;
use crate::digest::sha256;
use crate::ids::{DeviceId, Nonce};

const SCHEME: &str = "Yorisoi ";

/// Who makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A device that has no id yet; its key stands in the body.
    New,
    /// An enrolled device.
    Device(DeviceId),
}

/// The value of a request's `authorization` header, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authorization {
    /// Who makes the request.
    pub caller: Caller,
    /// When, in seconds since 1970, by the device's clock.
    pub seconds: i64,
    /// Names the request.
    pub nonce: Nonce,
    /// Ed25519 over [`signed_text`].
    pub signature: [u8; 64],
}

impl Authorization {
    /// Reads a header value; `None` if it has another shape.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.strip_prefix(SCHEME)?.split('.');
        let caller = match parts.next()? {
            "new" => Caller::New,
            device => Caller::Device(DeviceId::parse(device).ok()?),
        };
        let seconds = seconds(parts.next()?)?;
        let nonce = Nonce::parse(parts.next()?).ok()?;
        let signature = BASE64URL_NOPAD.decode(parts.next()?.as_bytes()).ok()?.try_into().ok()?;
        parts.next().is_none().then_some(Self { caller, seconds, nonce, signature })
    }
}

impl fmt::Display for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nonce) = (self.seconds, self.nonce);
        write!(f, "{SCHEME}{}.{seconds}.{nonce}.{}", self.caller, BASE64URL_NOPAD.encode(&self.signature))
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::Device(id) => id.fmt(f),
        }
    }
}

/// At most twelve digits, in their only spelling.
fn seconds(text: &str) -> Option<i64> {
    decimal::parse(text, 12)?.try_into().ok()
}

/// What a request's signature is over: seven lines, the last without a line end.
///
/// `body` is the body as sent, after compression; empty for a `GET`.
pub fn signed_text(
    method: &str,
    path: &str,
    caller: Caller,
    seconds: i64,
    nonce: Nonce,
    body: &[u8],
) -> String {
    let hash = BASE64URL_NOPAD.encode(&sha256(body));
    format!("yorisoi/request/1\n{method}\n{path}\n{caller}\n{seconds}\n{nonce}\n{hash}")
}
