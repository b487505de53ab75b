//! A network that fails on purpose: a proxy on the loopback that counts what passes and can lose a reply.
//!
//! It stands between a device and a server of plain HTTP/1.1. A lost reply is lost the worst way: the request goes
//! through whole, the server does its work and replies, and the device sees the connection end.

mod connection;
mod framing;
mod mishap;

pub use mishap::Mishap;

use mishap::Plan;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// A running proxy. It and its connections end when it is dropped.
pub struct FaultyProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What passed since the proxy was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Whole requests that came from the device.
    pub requests: u64,
    /// Replies that were passed back whole.
    pub replies: u64,
    /// Streams of events that were opened.
    pub streams: u64,
    /// Replies of the server that were lost on purpose.
    pub cut: u64,
    /// Requests for which no server could be reached.
    pub unreachable: u64,
    /// Bytes that came from the device, heads included.
    pub bytes_up: u64,
    /// Bytes that were passed back to it, heads included.
    pub bytes_down: u64,
}

struct Shared {
    server: Mutex<Option<SocketAddr>>,
    /// How many bytes of the next reply are passed before the connection ends; `None` for all.
    cut: Mutex<Option<usize>>,
    plan: Mutex<Option<Plan>>,
    let_go: Notify,
    last_reply: Mutex<Vec<u8>>,
    /// The last whole reply to each target, head included.
    replies: Mutex<HashMap<String, Arc<[u8]>>>,
    targets: Mutex<Vec<Target>>,
    traffic: watch::Sender<Traffic>,
}

/// Where a request went, and how much of a body it had.
struct Target {
    name: String,
    body_bytes: u64,
}

impl FaultyProxy {
    /// A proxy on a free port of the loopback, with no server behind it yet.
    ///
    /// # Errors
    /// [`io::Error`] if no port can be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            server: Mutex::default(),
            cut: Mutex::default(),
            plan: Mutex::default(),
            let_go: Notify::new(),
            last_reply: Mutex::default(),
            replies: Mutex::default(),
            targets: Mutex::default(),
            traffic: watch::Sender::new(Traffic::default()),
        });
        let accepting = tokio::spawn(connection::accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, accepting })
    }

    /// Where devices connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Puts a server behind the proxy. Where it cannot be reached, devices see their connection end.
    pub fn forward_to(&self, server: SocketAddr) {
        *lock(&self.shared.server) = Some(server);
    }

    /// Takes the server away: devices see their connection end.
    pub fn forward_to_nobody(&self) {
        *lock(&self.shared.server) = None;
    }

    /// Loses the next reply: the server receives the request whole and replies, the device gets the first `pass_bytes`
    /// bytes of the reply and the end of the connection.
    pub fn cut_next_reply(&self, pass_bytes: usize) {
        *lock(&self.shared.cut) = Some(pass_bytes);
    }

    /// Lets this decide from now on what becomes of each request, told its target, such as `POST /v1/sync`.
    pub fn fail(&self, plan: impl FnMut(&str) -> Mishap + Send + 'static) {
        *lock(&self.shared.plan) = Some(Box::new(plan));
    }

    /// Lets one request go that is held back, or the next one that will be.
    pub fn let_go(&self) {
        self.shared.let_go.notify_one();
    }

    /// What passed so far.
    pub fn traffic(&self) -> Traffic {
        *self.shared.traffic.borrow()
    }

    /// Waits until what passed is as wanted.
    pub async fn wait_for(&self, wanted: impl FnMut(&Traffic) -> bool) -> Traffic {
        let mut traffic = self.shared.traffic.subscribe();
        // The sender lives as long as this proxy; were it gone, the last value would still be true.
        let seen = traffic.wait_for(wanted).await.map(|traffic| *traffic);
        seen.unwrap_or_else(|_| self.traffic())
    }

    /// The body of the last whole reply of the server, passed back or lost, as sent.
    pub fn last_reply(&self) -> Vec<u8> {
        lock(&self.shared.last_reply).clone()
    }

    /// The requests from number `first` (from 0) on, such as `POST /v1/sync`.
    pub fn targets_since(&self, first: u64) -> Vec<String> {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        lock(&self.shared.targets).iter().skip(first).map(|target| target.name.clone()).collect()
    }

    /// How many bytes the bodies of all requests had whose target begins so, as the device sent them.
    pub fn body_bytes_to(&self, target: &str) -> u64 {
        let targets = lock(&self.shared.targets);
        targets.iter().filter(|sent| sent.name.starts_with(target)).map(|sent| sent.body_bytes).sum()
    }
}

impl Drop for FaultyProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    fn count(&self, count: impl FnOnce(&mut Traffic)) {
        self.traffic.send_modify(count);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing done under these locks can leave a half-made value behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
