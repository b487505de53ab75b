//! Reading a request: bounded in bytes and in time, and kept as sent, because the signature is over what was sent.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderMap, HeaderName};
use flate2::read::GzDecoder;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use yorisoi_protocol::wire::{ApiErrorCode, Limits};

use crate::service::{Failure, SignedRequest};

/// A request that has not come in full by then is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of a body over the limit is still read: a client that gets its answer while it writes may never read it.
const DRAINED_BYTES: usize = 8 * 1024 * 1024;

/// A request as it came.
pub(super) struct Received {
    method: String,
    path: String,
    authorization: Option<String>,
    encoding: Encoding,
    sent: Vec<u8>,
}

enum Encoding {
    Plain,
    Gzip,
    Unknown,
}

impl Received {
    pub(super) async fn read(request: Request) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let sent = tokio::time::timeout(PATIENCE, sent(body))
            .await
            .map_err(|_| Failure::refused(ApiErrorCode::Malformed))??;
        Ok(Self {
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            authorization: text(&parts.headers, AUTHORIZATION).map(str::to_owned),
            encoding: match text(&parts.headers, CONTENT_ENCODING) {
                None | Some("identity") => Encoding::Plain,
                Some("gzip") => Encoding::Gzip,
                Some(_) => Encoding::Unknown,
            },
            sent,
        })
    }

    /// What a device's signature is over.
    pub(super) fn signed(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: &self.method,
            path: &self.path,
            authorization: self.authorization.as_deref(),
            body: &self.sent,
        }
    }

    /// The token of a clinician's log-in.
    pub(super) fn token(&self) -> Option<&str> {
        self.authorization.as_deref()?.strip_prefix("Bearer ")
    }

    /// The body itself, which is what it is: never compressed.
    pub(super) fn raw(&self) -> Result<&[u8], Failure> {
        match self.encoding {
            Encoding::Plain => Ok(&self.sent),
            Encoding::Gzip | Encoding::Unknown => Err(Failure::refused(ApiErrorCode::Malformed)),
        }
    }

    /// What the body says.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let malformed = || Failure::refused(ApiErrorCode::Malformed);
        match self.encoding {
            Encoding::Plain => serde_json::from_slice(&self.sent).map_err(|_| malformed()),
            Encoding::Gzip => serde_json::from_slice(&inflate(&self.sent)?).map_err(|_| malformed()),
            Encoding::Unknown => Err(malformed()),
        }
    }
}

async fn sent(body: Body) -> Result<Vec<u8>, Failure> {
    let mut stream = body.into_data_stream();
    let (mut bytes, mut length) = (Vec::new(), 0usize);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Failure::refused(ApiErrorCode::Malformed))?;
        length = length.saturating_add(chunk.len());
        match length {
            0..=REQUEST_BYTES => bytes.extend_from_slice(&chunk),
            _ if length <= DRAINED_BYTES => bytes = Vec::new(),
            _ => break,
        }
    }
    match length {
        0..=REQUEST_BYTES => Ok(bytes),
        _ => Err(Failure::refused(ApiErrorCode::TooLarge)),
    }
}

const REQUEST_BYTES: usize = Limits::V1.request_bytes;

/// Stops one byte past the limit, however much the rest would be.
fn inflate(sent: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut plain = Vec::new();
    GzDecoder::new(sent)
        .take(REQUEST_BYTES as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| Failure::refused(ApiErrorCode::Malformed))?;
    match plain.len() {
        0..=REQUEST_BYTES => Ok(plain),
        _ => Err(Failure::refused(ApiErrorCode::TooLarge)),
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
