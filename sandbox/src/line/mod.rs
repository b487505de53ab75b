//! A line that fails on purpose: passes raw bytes between a device and whatever stands behind it, TLS or not, and loses
//! the connection, falls silent, is slow or leads elsewhere, as it is told.
//!
//! [`crate::FaultyProxy`] knows requests and replies; this knows only bytes, so that it fails in the middle of a handshake
//! and of a record. Every fault is counted when it strikes, so that one that never strikes is noticed.

mod connection;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running line. It and its connections end when it is dropped.
pub struct FaultyLine {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the device.
    Up,
    /// To the device.
    Down,
}

/// What happens once, to the connection that is under way then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strike {
    /// Both ends see the connection closed.
    Close,
    /// Both ends see it reset.
    Reset,
    /// Nothing passes in this direction for so long, though nobody sees an end; then all that waited does.
    Stall(Duration),
}

/// How the line is at all times, until it is told otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weather {
    /// How much later whatever is sent arrives.
    pub latency: Duration,
    /// How many bytes pass in a second, each way of each connection; `None` for as many as there are.
    pub bytes_per_second: Option<u32>,
}

/// What passed and what struck since the line was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Connections that devices opened.
    pub connections: u64,
    /// Those that led nowhere: nothing stood behind the line.
    pub nowhere: u64,
    /// Those that ended because the line was led elsewhere.
    pub led_away: u64,
    /// Those that were closed or reset while the device was sending.
    pub cut_up: u64,
    /// Those that were closed or reset while the device was receiving.
    pub cut_down: u64,
    /// Those of both that were reset.
    pub reset: u64,
    /// Times of silence.
    pub stalls: u64,
    /// Pieces that arrived later.
    pub delayed: u64,
    /// Pieces that were passed slowly.
    pub slowed: u64,
    /// Bytes from devices.
    pub bytes_up: u64,
    /// Bytes to devices.
    pub bytes_down: u64,
}

/// A strike that waits for its byte.
#[derive(Debug, Clone, Copy)]
struct Armed {
    direction: Direction,
    left: u64,
    strike: Strike,
}

struct Shared {
    /// Where the line leads; who is told that it changed ends its connection.
    leads_to: watch::Sender<Option<SocketAddr>>,
    weather: Mutex<Weather>,
    armed: Mutex<Vec<Armed>>,
    passed: watch::Sender<Passed>,
}

impl FaultyLine {
    /// A line from a free port of the loopback that leads nowhere yet.
    ///
    /// # Errors
    /// [`io::Error`] if no port can be had.
    pub async fn open() -> io::Result<Self> {
        Self::open_at(0).await
    }

    /// The same from this port of the loopback.
    ///
    /// # Errors
    /// [`io::Error`] if it is taken.
    pub async fn open_at(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            leads_to: watch::Sender::new(None),
            weather: Mutex::default(),
            armed: Mutex::default(),
            passed: watch::Sender::new(Passed::default()),
        });
        let accepting = tokio::spawn(connection::accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, accepting })
    }

    /// Where devices connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads to this place from now on, or nowhere. Connections that are open end, as for a phone that changes its network.
    pub fn lead_to(&self, place: Option<SocketAddr>) {
        self.shared.leads_to.send_replace(place);
    }

    /// Where it leads.
    pub fn leads_to(&self) -> Option<SocketAddr> {
        *self.shared.leads_to.borrow()
    }

    /// Sets the weather.
    pub fn weather(&self, weather: Weather) {
        *lock(&self.shared.weather) = weather;
    }

    /// Lets this strike once, when so many more bytes have passed in that direction, on whatever connection that is. With 0
    /// the next byte does not pass. Several may wait.
    pub fn strike(&self, direction: Direction, after_bytes: u64, strike: Strike) {
        lock(&self.shared.armed).push(Armed { direction, left: after_bytes, strike });
    }

    /// Calm weather, and nothing strikes any more. A silence that has begun lasts its time.
    pub fn heal(&self) {
        lock(&self.shared.armed).clear();
        self.weather(Weather::default());
    }

    /// What passed so far.
    pub fn passed(&self) -> Passed {
        *self.shared.passed.borrow()
    }

    /// Waits until what passed is as wanted.
    pub async fn wait_for(&self, wanted: impl FnMut(&Passed) -> bool) -> Passed {
        let mut passed = self.shared.passed.subscribe();
        // The sender lives as long as this line; were it gone, the last value would still be true.
        let seen = passed.wait_for(wanted).await.map(|passed| *passed);
        seen.unwrap_or_else(|_| self.passed())
    }
}

impl Drop for FaultyLine {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    fn count(&self, count: impl FnOnce(&mut Passed)) {
        self.passed.send_modify(count);
    }

    /// How many of `bytes` pass before something strikes, and what.
    fn next(&self, direction: Direction, bytes: usize) -> (usize, Option<Strike>) {
        let mut armed = lock(&self.armed);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let first = armed
            .iter()
            .enumerate()
            .filter(|(_, armed)| armed.direction == direction && armed.left <= bytes)
            .min_by_key(|(_, armed)| armed.left)
            .map(|(index, _)| index);
        let struck = first.map(|index| armed.swap_remove(index));
        let pass = struck.map_or(bytes, |struck| struck.left);
        for waiting in armed.iter_mut().filter(|armed| armed.direction == direction) {
            waiting.left -= pass;
        }
        (usize::try_from(pass).unwrap_or(usize::MAX), struck.map(|struck| struck.strike))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing done under these locks can leave a half-made value behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
