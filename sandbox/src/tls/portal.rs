//! A captive portal: whoever asks anything gets its page.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::Identity;

/// More than a head of this protocol has.
const HEAD_MAX_BYTES: usize = 64 * 1024;
const HTML: &str =
    "<!DOCTYPE html><title>Wi-Fi</title><p>利用規約に同意してください / Please agree to the terms of use</p>";

/// What a portal answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// Status 200 and a page for a browser.
    Terms,
    /// Status 302 to such a page elsewhere.
    Redirect,
}

/// A running portal. It and its connections end when it is dropped.
pub struct Portal {
    address: SocketAddr,
    /// Connections that came, and pages that were given out.
    seen: watch::Sender<[u64; 2]>,
    accepting: JoinHandle<()>,
}

impl Portal {
    /// A portal on a free port of the loopback: with TLS and this certificate, or with plain HTTP.
    ///
    /// # Errors
    /// [`io::Error`] if no port can be had.
    pub async fn start(identity: Option<&Identity>, page: Page) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let seen = watch::Sender::new([0, 0]);
        let accepting = tokio::spawn(accept(listener, identity.cloned(), page, seen.clone()));
        Ok(Self { address, seen, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that came.
    pub fn connections(&self) -> u64 {
        let [connections, _] = *self.seen.borrow();
        connections
    }

    /// Pages that were given out.
    pub fn pages(&self) -> u64 {
        let [_, pages] = *self.seen.borrow();
        pages
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    identity: Option<Identity>,
    page: Page,
    seen: watch::Sender<[u64; 2]>,
) {
    let mut connections = JoinSet::new();
    while let Ok((device, _)) = listener.accept().await {
        seen.send_modify(|[connections, _]| *connections += 1);
        let (identity, seen) = (identity.clone(), seen.clone());
        // A device that does not believe the certificate ends the connection: nothing to tell.
        connections.spawn(async move { drop(serve(device, identity, page, &seen).await) });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(
    device: TcpStream,
    identity: Option<Identity>,
    page: Page,
    seen: &watch::Sender<[u64; 2]>,
) -> io::Result<()> {
    match identity {
        Some(identity) => answer(identity.acceptor.accept(device).await?, page, seen).await,
        None => answer(device, page, seen).await,
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    mut device: S,
    page: Page,
    seen: &watch::Sender<[u64; 2]>,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") && head.len() < HEAD_MAX_BYTES {
        if device.read_buf(&mut head).await? == 0 {
            break;
        }
        // What is no text is a handshake: a portal of plain HTTP answers that with its page as well.
        if head.first().is_some_and(|first| !first.is_ascii_uppercase()) {
            break;
        }
    }
    // Counted first: who has read the page finds it counted.
    seen.send_modify(|[_, pages]| *pages += 1);
    device.write_all(text(page).as_bytes()).await?;
    device.shutdown().await?;
    // What the device still says is read, or the system would take the page back with a reset.
    tokio::io::copy(&mut device, &mut tokio::io::sink()).await.map(drop)
}

fn text(page: Page) -> String {
    let (status, location) = match page {
        Page::Terms => ("200 OK", ""),
        Page::Redirect => ("302 Found", "location: http://portal.invalid/\r\n"),
    };
    let length = HTML.len();
    format!(
        "HTTP/1.1 {status}\r\n{location}content-type: text/html; charset=utf-8\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{HTML}"
    )
}
