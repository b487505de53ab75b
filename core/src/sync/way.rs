//! The way to the server that one sync has: for how long, and for what.
//!
//! A sync in the background gets a few seconds of the system and perhaps an expensive network. Its budget becomes a [`Way`],
//! which is handed down to whatever the sync does. Every request goes through it: none is begun once the time is over, and one
//! under way is given up at that moment.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::error::YorisoiError;
use crate::host::Clock;
use crate::transport::{Opened, Request, Response, Transport, TransportError};

/// What the system gives a sync in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncBudget {
    /// How long it may take, in seconds: 1 to 600. Leave a second of what the system gives for what comes after.
    pub seconds: u32,
    /// Whether the network costs by what is moved. Then nothing beyond texts is moved.
    pub metered: bool,
    /// Whether the phone saves power. Then nothing beyond texts is moved.
    pub low_power: bool,
}

impl SyncBudget {
    /// The longest budget, in seconds.
    pub const SECONDS_MOST: u32 = 600;

    /// # Errors
    /// [`YorisoiError::Setting`] for a time that is none or too long.
    pub(crate) fn check(self) -> Result<(), YorisoiError> {
        if (1..=Self::SECONDS_MOST).contains(&self.seconds) {
            Ok(())
        } else {
            Err(YorisoiError::Setting("a budget of 1 to 600 seconds"))
        }
    }
}

/// The way to the server, as long as the time lasts.
pub struct Way<'a> {
    transport: &'a dyn Transport,
    limit: Option<Limit<'a>>,
}

/// How long a way is open.
struct Limit<'a> {
    budget: SyncBudget,
    clock: &'a dyn Clock,
    /// By the clock that counts since the start of the phone, which goes on while the app is frozen.
    since_boot_millis: i64,
    /// By the clock of this process: a host's clock that stands still lets no sync go on for ever.
    begun: Instant,
    /// Something was given up: the time is over, though the two clocks may differ by a moment.
    over: AtomicBool,
}

impl<'a> Way<'a> {
    /// A way that stays open: the person waits for it.
    pub fn open(transport: &'a dyn Transport) -> Self {
        Self { transport, limit: None }
    }

    /// A way that is open from now on, as long as the budget lasts.
    pub fn within(transport: &'a dyn Transport, clock: &'a dyn Clock, budget: SyncBudget) -> Self {
        let since_boot_millis = clock.read().since_boot_millis;
        let (begun, over) = (Instant::now(), AtomicBool::new(false));
        Self { transport, limit: Some(Limit { budget, clock, since_boot_millis, begun, over }) }
    }

    /// Whether nobody waits for it.
    pub fn in_background(&self) -> bool {
        self.limit.is_some()
    }

    /// Whether it is for texts alone: operations, changes, what stands aside. A manifest that is not overdue waits for another
    /// way, and so do photos: whoever moves anything that is no text asks this first.
    pub fn texts_only(&self) -> bool {
        self.limit.as_ref().is_some_and(|limit| limit.budget.metered || limit.budget.low_power)
    }

    /// Whether its time is over.
    pub fn spent(&self) -> bool {
        self.limit.as_ref().is_some_and(|limit| limit.left().is_zero())
    }

    /// Does this while the time lasts; `None` if it was over first.
    pub async fn while_open<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let Some(limit) = &self.limit else {
            return Some(work.await);
        };
        let left = limit.left();
        let done = if left.is_zero() { None } else { tokio::time::timeout(left, work).await.ok() };
        if done.is_none() {
            limit.over.store(true, Ordering::Relaxed);
        }
        done
    }
}

impl Limit<'_> {
    fn left(&self) -> Duration {
        if self.over.load(Ordering::Relaxed) {
            return Duration::ZERO;
        }
        let passed = self.clock.read().since_boot_millis.saturating_sub(self.since_boot_millis);
        let passed = Duration::from_millis(u64::try_from(passed).unwrap_or(0));
        let lasts = Duration::from_secs(u64::from(self.budget.seconds));
        lasts.saturating_sub(passed.max(self.begun.elapsed()))
    }
}

/// A request that finds the time over, or is cut by its end, took too long.
#[async_trait]
impl Transport for Way<'_> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.while_open(self.transport.send(request)).await.unwrap_or(Err(TransportError::TimedOut))
    }

    async fn open(&self, request: Request) -> Result<Opened, TransportError> {
        self.while_open(self.transport.open(request)).await.unwrap_or(Err(TransportError::TimedOut))
    }
}
