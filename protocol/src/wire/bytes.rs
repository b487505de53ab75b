//! Bytes in JSON.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// Bytes of any length; base64url without padding (RFC 4648 section 5) on the wire.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WireBytes(pub Vec<u8>);

/// Text that is not base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not base64url")]
pub struct WireBytesError;

/// Their number only.
impl fmt::Debug for WireBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WireBytes({})", self.0.len())
    }
}

impl TryFrom<String> for WireBytes {
    type Error = WireBytesError;

    fn try_from(text: String) -> Result<Self, WireBytesError> {
        BASE64URL_NOPAD.decode(text.as_bytes()).map(Self).map_err(|_| WireBytesError)
    }
}

impl From<WireBytes> for String {
    fn from(bytes: WireBytes) -> Self {
        BASE64URL_NOPAD.encode(&bytes.0)
    }
}
