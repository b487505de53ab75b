//! One signed request and the reply to it, believed only if it is one.
//!
//! A reply is believed if its status is 200, its media type is JSON, it is whole, it parses as what was asked for, and it
//! names the request it answers. A captive portal's page, an empty 200 and a cut body all fail here. A phone whose clock
//! is off is told the server's time once and signs again by it.

use std::borrow::Cow;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::de::DeserializeOwned;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::Nonce;
use yorisoi_protocol::wire::{ApiError, ApiErrorBody, ApiErrorCode, MEDIA_TYPE};

use super::{ByteStream, Method, Opened, Request, Response, Signer, Transport, TransportError, gzip};
use crate::host::Randomness;

/// Why there is no reply to believe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Nothing whole came back.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The server refused the request as a whole.
    #[error("the server refused the request: {:?}", body.code)]
    Refused {
        /// What it said.
        body: ApiErrorBody,
        /// After how many seconds to try again, if it said.
        retry_after: Option<u32>,
    },
    /// Something came back that is no reply of this protocol.
    #[error("the reply cannot be believed: {0}")]
    NotBelieved(&'static str),
    /// The platform gave no random bytes.
    #[error("the platform gave no random bytes")]
    NoRandomness,
}

/// What a request is made with.
pub struct Exchange<'a> {
    /// Carries it.
    pub transport: &'a dyn Transport,
    /// Names it.
    pub randomness: &'a dyn Randomness,
    /// By how many milliseconds the server's time differs from the clock on the wall, as far as is known.
    pub skew: &'a AtomicI64,
    /// The clock on the wall, not the trusted time: that one is held up by the server's last time, and a difference from
    /// something that stands still for a while and then runs on would be learned over and over.
    pub wall: Timestamp,
}

/// A body as it is sent. Nothing prints it: somebody's question may stand in it.
#[derive(Clone)]
pub struct Body {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether they are gzip.
    pub gzip: bool,
}

impl Exchange<'_> {
    /// Posts a body and reads the reply, which must be a `T`.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &'static str,
        signer: &Signer,
        body: Vec<u8>,
    ) -> Result<(Nonce, T), ExchangeError> {
        self.post_body(path.into(), signer, gzip::compress(body)).await
    }

    /// Posts bytes as they are and reads the reply, which must be a `T`.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn post_bytes<T: DeserializeOwned>(
        &self,
        path: String,
        signer: &Signer,
        bytes: Vec<u8>,
    ) -> Result<(Nonce, T), ExchangeError> {
        self.post_body(path.into(), signer, Body { bytes, gzip: false }).await
    }

    /// Posts a body that is written already and reads the reply, which must be a `T`.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn post_body<T: DeserializeOwned>(
        &self,
        path: Cow<'static, str>,
        signer: &Signer,
        Body { bytes: body, gzip }: Body,
    ) -> Result<(Nonce, T), ExchangeError> {
        let (nonce, response) = self.post_and_wait(path, signer, body, gzip).await?;
        Ok((nonce, believed(&response)?))
    }

    /// All of a request but what its reply is read as: it stands in the library once, not once for each kind of reply.
    async fn post_and_wait(
        &self,
        path: Cow<'static, str>,
        signer: &Signer,
        body: Vec<u8>,
        gzip: bool,
    ) -> Result<(Nonce, Response), ExchangeError> {
        let send = |(nonce, authorization)| {
            let request = Request {
                method: Method::Post,
                path: path.clone(),
                authorization: Some(authorization),
                held: None,
                body: body.clone(),
                gzip,
            };
            async move { Ok::<_, ExchangeError>((nonce, self.transport.send(request).await?)) }
        };
        let (mut nonce, mut response) = send(self.sign(Method::Post, &path, signer, &body)?).await?;
        if self.learn_time(&response) {
            (nonce, response) = send(self.sign(Method::Post, &path, signer, &body)?).await?;
        }
        Ok((nonce, response))
    }

    /// Opens a stream.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn stream(
        &self,
        path: &'static str,
        signer: &Signer,
    ) -> Result<Box<dyn ByteStream>, ExchangeError> {
        let mut tries = 0;
        loop {
            let (_, authorization) = self.sign(Method::Get, path, signer, &[])?;
            let request = Request {
                method: Method::Get,
                path: path.into(),
                authorization: Some(authorization),
                held: None,
                body: Vec::new(),
                gzip: false,
            };
            tries += 1;
            match self.transport.open(request).await? {
                Opened::Stream(stream) => return Ok(stream),
                Opened::Reply(response) if tries == 1 && self.learn_time(&response) => {}
                Opened::Reply(response) => {
                    believed::<serde::de::IgnoredAny>(&response)?;
                    return Err(ExchangeError::NotBelieved("not a stream of events"));
                }
            }
        }
    }

    /// Fetches what is open to everybody and vouches for itself by a signature inside; `None` if it is what is held.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn fetch(
        &self,
        path: &'static str,
        held: Option<String>,
        media_type: &str,
    ) -> Result<Option<Vec<u8>>, ExchangeError> {
        let conditional = held.is_some();
        let request = Request {
            method: Method::Get,
            path: path.into(),
            authorization: None,
            held,
            body: Vec::new(),
            gzip: false,
        };
        let response = self.transport.send(request).await?;
        match response.status {
            200 if response.media_type.as_deref() == Some(media_type) => Ok(Some(response.body)),
            304 if conditional => Ok(None),
            200 => Err(ExchangeError::NotBelieved("another media type")),
            _ => Err(refused(&response)),
        }
    }

    fn sign(
        &self,
        method: Method,
        path: &str,
        signer: &Signer,
        body: &[u8],
    ) -> Result<(Nonce, String), ExchangeError> {
        let nonce = crate::host::random(self.randomness).map_err(|_| ExchangeError::NoRandomness)?;
        let nonce = Nonce::from_bytes(nonce);
        let seconds = self.wall.plus_millis(self.skew.load(Ordering::Relaxed)).seconds().max(0);
        Ok((nonce, signer.sign(method, path, seconds, nonce, body)))
    }

    /// Whether the reply says that the phone's clock is off, and by how much. The time is used for signing alone: it is
    /// not vouched for.
    fn learn_time(&self, response: &Response) -> bool {
        let Some(ApiErrorBody { code: ApiErrorCode::SignatureStale, time: Some(time), .. }) =
            refusal(response)
        else {
            return false;
        };
        self.skew.store(time.since(self.wall), Ordering::Relaxed);
        true
    }
}

fn believed<T: DeserializeOwned>(response: &Response) -> Result<T, ExchangeError> {
    if response.status != 200 {
        return Err(refused(response));
    }
    if response.media_type.as_deref() != Some(MEDIA_TYPE) {
        return Err(ExchangeError::NotBelieved("not JSON"));
    }
    serde_json::from_slice(&response.body)
        .map_err(|_| ExchangeError::NotBelieved("not a whole reply of this protocol"))
}

fn refused(response: &Response) -> ExchangeError {
    let refused = |body| ExchangeError::Refused { body, retry_after: response.retry_after };
    let refusal = refusal(response).or_else(|| busy(response));
    refusal.map_or(ExchangeError::NotBelieved("not a status of this protocol"), refused)
}

/// What something before the server says that is overloaded or down: a status and when to come back, in whatever words
/// (RFC 9110 section 10.2.3, RFC 6585 section 4). To wait is all that is believed of it, and asks for nothing more.
fn busy(response: &Response) -> Option<ApiErrorBody> {
    response.retry_after?;
    let code = match response.status {
        429 => ApiErrorCode::TooMany,
        503 => ApiErrorCode::Unavailable,
        _ => return None,
    };
    Some(ApiErrorBody { code, time: None, expected: None })
}

fn refusal(response: &Response) -> Option<ApiErrorBody> {
    let json = response.status >= 400 && response.media_type.as_deref() == Some(MEDIA_TYPE);
    let error: Option<ApiError> = json.then(|| serde_json::from_slice(&response.body).ok())?;
    error.map(|error| error.error)
}
