//! The transport of the shipped library: `reqwest` over rustls and `ring`.
//!
//! Only https, with certificates of the [`Authorities`] an app names; plain http to this machine's own loopback address is
//! for tests and the sandbox. No redirects, no cookies, no proxy from the environment, bounded time and size.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use reqwest::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, IF_NONE_MATCH, RETRY_AFTER,
};
use reqwest::{Client, Url};

use super::{Authorities, ByteStream, Method, Opened, Request, Response, Transport, TransportError, gzip};

/// The largest reply body, as sent and inflated.
const REPLY_MAX_BYTES: usize = 8 * 1024 * 1024;
const CONNECT_WITHIN: Duration = Duration::from_secs(15);
const REPLY_WITHIN: Duration = Duration::from_secs(60);
/// The server sends a heartbeat every 20 seconds.
const SILENCE_AT_MOST: Duration = Duration::from_secs(60);

/// Where a server lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress(Url);

impl ServerAddress {
    /// Reads an address such as `https://soudan.example.jp`; `None` if it is no address, carries a path, a query or a
    /// name and password, or is not https (http to a loopback address excepted).
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let nameless = url.username().is_empty() && url.password().is_none();
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        let safe = url.scheme() == "https" || (url.scheme() == "http" && loopback);
        (bare && nameless && safe && url.host_str().is_some()).then_some(Self(url))
    }
}

/// HTTP to one server.
pub struct HttpTransport {
    client: Client,
    server: ServerAddress,
}

impl HttpTransport {
    /// The transport to this server, whose certificate one of these must have signed.
    ///
    /// # Errors
    /// [`TransportError::Insecure`] if TLS cannot be set up.
    pub fn new(server: ServerAddress, authorities: &Authorities) -> Result<Self, TransportError> {
        let client = Client::builder()
            .tls_backend_preconfigured(authorities.tls()?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(SILENCE_AT_MOST)
            .build()
            .map_err(|_| TransportError::Insecure)?;
        Ok(Self { client, server })
    }

    async fn start(&self, request: Request) -> Result<reqwest::Response, TransportError> {
        let mut url = self.server.0.clone();
        url.set_path(&request.path);
        let mut builder = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url).body(request.body).timeout(REPLY_WITHIN),
        };
        let gzip = request.gzip.then(|| "gzip".to_owned());
        let headers =
            [(AUTHORIZATION, request.authorization), (IF_NONE_MATCH, request.held), (CONTENT_ENCODING, gzip)];
        for (name, value) in headers {
            builder = match value {
                Some(value) => builder.header(name, value),
                None => builder,
            };
        }
        builder.send().await.map_err(|error| failure(&error))
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        whole(self.start(request).await?).await
    }

    async fn open(&self, request: Request) -> Result<Opened, TransportError> {
        let response = self.start(request).await?;
        let events = media_type(response.headers()).as_deref() == Some("text/event-stream");
        if response.status().as_u16() == 200 && events {
            return Ok(Opened::Stream(Box::new(Body { response })));
        }
        whole(response).await.map(Opened::Reply)
    }
}

struct Body {
    response: reqwest::Response,
}

#[async_trait]
impl ByteStream for Body {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        let chunk = self.response.chunk().await.map_err(|error| failure(&error))?;
        Ok(chunk.map(|bytes| bytes.to_vec()))
    }
}

/// The reply with its body, once all of it is here.
async fn whole(response: reqwest::Response) -> Result<Response, TransportError> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk.map_err(|error| failure(&error))?);
        if body.len() > REPLY_MAX_BYTES {
            return Err(TransportError::TooLarge);
        }
    }
    let body = match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
        Some(b"gzip") => gzip::inflate(&body, REPLY_MAX_BYTES)?,
        _ => body,
    };
    let retry_after = text(&headers, &RETRY_AFTER).and_then(|value| value.parse().ok());
    Ok(Response { status, media_type: media_type(&headers), retry_after, body })
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, &CONTENT_TYPE)?;
    let bare = value.split(';').next().unwrap_or(value);
    Some(bare.trim().to_ascii_lowercase())
}

/// reqwest's own texts name addresses, so only the kind of failure goes on.
fn failure(error: &reqwest::Error) -> TransportError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<rustls::Error>() {
            return TransportError::Insecure;
        }
        // An error of I/O gives out as its source what lies beneath the error it wraps, never that error itself.
        cause = match inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => inner.source(),
        };
    }
    if error.is_connect() {
        TransportError::Unreachable
    } else if error.is_timeout() {
        TransportError::TimedOut
    } else {
        TransportError::Interrupted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secure_addresses_without_extras_are_taken() {
        for good in [
            "https://soudan.example.jp",
            "https://soudan.example.jp:8443/",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
        ] {
            assert!(ServerAddress::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "soudan.example.jp",
            "http://soudan.example.jp",
            "http://127.0.0.1.example.jp",
            "https://a:b@soudan.example.jp",
            "https://soudan.example.jp/v2",
            "https://soudan.example.jp?x",
            "ftp://127.0.0.1",
        ] {
            assert!(ServerAddress::parse(bad).is_none(), "{bad}");
        }
    }
}
