//! Where a message of HTTP/1.1 ends: just enough to count whole requests and to hold back whole replies.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HEAD_MAX_BYTES: usize = 64 * 1024;
const BODY_MAX_BYTES: usize = 16 * 1024 * 1024;

/// One end of a connection, read message by message.
pub(super) struct Framed {
    stream: TcpStream,
    read: Vec<u8>,
}

/// The head of a message, with the empty line that ends it.
pub(super) struct Head {
    pub(super) bytes: Vec<u8>,
    /// How long the body is; `None` where the head does not say.
    pub(super) body_bytes: Option<usize>,
}

impl Framed {
    pub(super) fn new(stream: TcpStream) -> Self {
        // A hint is a few bytes that somebody waits for; without this it is only slower.
        let _ = stream.set_nodelay(true);
        let read = Vec::new();
        Self { stream, read }
    }

    /// The next head; `None` if the connection ended before it began. May be dropped and called again.
    pub(super) async fn head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let rest = self.read.split_off(end + 4);
                return Head::new(std::mem::replace(&mut self.read, rest)).map(Some);
            }
            if self.read.len() > HEAD_MAX_BYTES {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return match self.read.is_empty() {
                    true => Ok(None),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
        }
    }

    /// The next so many bytes.
    pub(super) async fn body(&mut self, bytes: usize) -> io::Result<Vec<u8>> {
        if bytes > BODY_MAX_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        while self.read.len() < bytes {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.read.split_off(bytes);
        Ok(std::mem::replace(&mut self.read, rest))
    }

    /// Whatever comes next; empty at the end of the connection. May be dropped and called again.
    pub(super) async fn some(&mut self) -> io::Result<Vec<u8>> {
        if self.read.is_empty() {
            self.stream.read_buf(&mut self.read).await?;
        }
        Ok(std::mem::take(&mut self.read))
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Returns when the other end closed the connection or said something unasked.
    pub(super) async fn stirred(&self) {
        let _ = self.stream.peek(&mut [0]).await;
    }
}

impl Head {
    fn new(bytes: Vec<u8>) -> io::Result<Self> {
        let text = std::str::from_utf8(&bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        let header = |name: &str| {
            text.lines().skip(1).find_map(|line| {
                let (found, value) = line.split_once(':')?;
                found.eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        let body_bytes = match header("content-length") {
            Some(length) => Some(length.parse().map_err(|_| io::ErrorKind::InvalidData)?),
            // These have no body, whatever their head says of it (RFC 9110 sections 15.3.5 and 15.4.5).
            None if text.starts_with("HTTP/1.1 204") || text.starts_with("HTTP/1.1 304") => Some(0),
            None => None,
        };
        Ok(Self { bytes, body_bytes })
    }

    /// The first line's first two words: `POST /v1/sync` of a request.
    pub(super) fn target(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let line = text.lines().next().unwrap_or_default();
        line.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }
}
