//! A client that says exactly what it is told, over one connection per request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde::de::DeserializeOwned;
use yorisoi_protocol::wire::{ApiError, ApiErrorBody};

/// Only ends a test that would hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A reply, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Bytes of the request and the reply together, bodies and heads.
    pub(crate) bytes: usize,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, 200, "{text}");
        match self.header("content-encoding") {
            Some("gzip") => serde_json::from_reader(flate2::read::GzDecoder::new(&self.body[..])).unwrap(),
            _ => serde_json::from_slice(&self.body).unwrap(),
        }
    }

    /// The refusal, whose status must be the one of its code.
    pub(crate) fn refusal(&self) -> ApiErrorBody {
        let error: ApiError = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(self.status, error.error.code.status());
        error.error
    }
}

pub(crate) fn open(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (TcpStream, usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if method == "POST" {
        head += &format!("content-length: {}\r\n", body.len());
    }
    head += "\r\n";
    // A server may answer and close before it read everything.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    (stream, head.len() + body.len())
}

pub(crate) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    reply_of(open(address, method, path, headers, body))
}

/// Waits for the reply to what was sent.
pub(crate) fn reply_of((mut stream, sent): (TcpStream, usize)) -> Reply {
    let head = head(&mut stream);
    let text = String::from_utf8(head.clone()).unwrap();
    let mut lines = text.trim_end().split("\r\n");
    let status: u16 = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    // What was not modified has no body and may leave its length out (RFC 9110 section 8.6).
    assert!(length.is_some() || status == 304);
    let length = length.map_or("0", |(_, length)| length);
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    Reply { status, headers, bytes: sent + head.len() + body.len(), body }
}

/// Reads up to and with the empty line.
pub(crate) fn head(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    head
}
