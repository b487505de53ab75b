//! What stands before a server in production: ends TLS, passes plain bytes on.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::Identity;

/// A running front. It and its connections end when it is dropped.
pub struct TlsFront {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl TlsFront {
    /// A front on a free port of the loopback. Where the server behind it cannot be reached, a connection ends once TLS
    /// stands.
    ///
    /// # Errors
    /// [`io::Error`] if no port can be had.
    pub async fn start(identity: &Identity, server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, identity.clone(), server));
        Ok(Self { address, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, identity: Identity, server: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((device, _)) = listener.accept().await {
        let identity = identity.clone();
        // However a connection ends, both ends see that it ended, which is all there is to tell.
        connections.spawn(async move { drop(serve(device, &identity, server).await) });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(device: TcpStream, identity: &Identity, server: SocketAddr) -> io::Result<()> {
    device.set_nodelay(true)?;
    let mut device = identity.acceptor.accept(device).await?;
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut device, &mut server).await.map(drop)
}
