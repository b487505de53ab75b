//! Sync: what one gets, what it did, and how far it has come.

use std::sync::Arc;

use tokio::sync::watch;
use yorisoi_core::sync as core_sync;
use yorisoi_core::view as core;

use crate::client::YorisoiClient;
use crate::error::YorisoiError;
use crate::live::LiveSession;
use crate::types::{Moment, Words};

#[uniffi::export]
impl YorisoiClient {
    /// Sends what waits, reads what is new, and compares what both ends hold; then sends what there is of photos. A server that
    /// asks for patience ends it, and until then nothing is sent: the report says until when. That earlier ones failed holds up
    /// none that a person asks for. What changed is told before the photos go; how they fare, `photos` says.
    pub async fn sync(&self) -> Result<SyncReport, YorisoiError> {
        self.threads.remote(|client| async move { Ok(client.sync().await?.into()) }).await
    }

    /// The same for a task in the background: ends within the budget, and what was applied stays, so that the next goes on
    /// from there. Nothing is sent while the server asks for patience, nor too soon after others failed; the report says until
    /// when. A budget outside 1 to 600 seconds is `setting_invalid`.
    pub async fn sync_within(&self, budget: SyncBudget) -> Result<SyncReport, YorisoiError> {
        let budget = budget.into();
        self.threads.remote(move |client| async move { Ok(client.sync_within(budget).await?.into()) }).await
    }

    /// How far sync has come, how the last attempt went, and what waits: without network, and after a restart.
    pub async fn sync_state(&self) -> Result<SyncState, YorisoiError> {
        self.threads.local(|client| Ok(client.sync_state()?.into())).await
    }

    /// Follows the server's hints and syncs at each, until the session is stopped or let go, or ends by itself: see
    /// `LiveSession.ended`.
    pub fn start_live(&self) -> Arc<LiveSession> {
        let (fail, failed) = watch::channel(None);
        let running = self.threads.start(|client| async move {
            if let Err(error) = client.live().await {
                fail.send_replace(Some(error.into()));
            }
        });
        Arc::new(LiveSession::new(running, failed))
    }
}

/// What the system gives a sync in the background.
#[derive(uniffi::Record)]
pub struct SyncBudget {
    /// How long it may take, in seconds: 1 to 600. Leave a second of what the system gives for what comes after.
    pub seconds: u32,
    /// Whether the network costs by what is moved. Then nothing beyond texts is moved.
    pub metered: bool,
    /// Whether the phone saves power. Then nothing beyond texts is moved.
    pub low_power: bool,
}

impl From<SyncBudget> for core_sync::SyncBudget {
    fn from(budget: SyncBudget) -> Self {
        let SyncBudget { seconds, metered, low_power } = budget;
        Self { seconds, metered, low_power }
    }
}

/// What one sync did.
#[derive(uniffi::Record)]
pub struct SyncReport {
    /// Requests made, parts of photos not counted.
    pub requests: u32,
    /// Replies that were believed and applied: each is one step that stays.
    pub answered: u32,
    /// Operations the server now holds.
    pub held: u32,
    /// Operations the server refused.
    pub refused: u32,
    /// Changes received.
    pub received: u32,
    /// Operations still waiting.
    pub pending: u64,
    /// When phone and server were found to hold the same; absent if this sync did not get so far.
    pub verified_at: Option<Moment>,
    /// After how many seconds the server asks to be tried again.
    pub retry_after_seconds: Option<u32>,
    /// How it ended.
    pub ended: SyncEnd,
}

impl From<core::SyncReport> for SyncReport {
    fn from(report: core::SyncReport) -> Self {
        let core::SyncReport { requests, answered, held, refused, received, pending, .. } = report;
        let (verified_at, ended) = (report.verified_at.map(Moment::from), report.ended.into());
        let retry_after_seconds = report.retry_after_seconds;
        Self { requests, answered, held, refused, received, pending, verified_at, retry_after_seconds, ended }
    }
}

/// How a sync ended that did not fail.
#[derive(uniffi::Enum)]
pub enum SyncEnd {
    /// Phone and server were found to hold the same.
    CaughtUp,
    /// The time was over. What was applied stays; the next sync goes on from there.
    BudgetSpent,
    /// The server asked for patience. What it took before stays.
    AskedToWait,
    /// Nothing was asked of the server: it is too early.
    TooEarly {
        /// Until when, and why.
        pause: SyncPause,
    },
}

impl From<core::SyncEnd> for SyncEnd {
    fn from(end: core::SyncEnd) -> Self {
        match end {
            core::SyncEnd::CaughtUp => Self::CaughtUp,
            core::SyncEnd::BudgetSpent => Self::BudgetSpent,
            core::SyncEnd::AskedToWait => Self::AskedToWait,
            core::SyncEnd::TooEarly(pause) => Self::TooEarly { pause: pause.into() },
        }
    }
}

/// Until when not to try again, and why.
#[derive(uniffi::Record)]
pub struct SyncPause {
    /// The first instant at which a sync is worth asking for, by the phone's present time. Hand it to the system's scheduler.
    pub not_before: Moment,
    /// Why.
    pub why: PauseReason,
}

impl From<core::SyncPause> for SyncPause {
    fn from(pause: core::SyncPause) -> Self {
        let why = match pause.why {
            core::PauseReason::AskedByServer => PauseReason::AskedByServer,
            core::PauseReason::FailedBefore => PauseReason::FailedBefore,
        };
        Self { not_before: pause.not_before.into(), why }
    }
}

/// Why a sync waits.
#[derive(uniffi::Enum)]
pub enum PauseReason {
    /// The server asked for it. Every sync waits.
    AskedByServer,
    /// Others failed before. A sync in the background waits; one that the person asks for does not.
    FailedBefore,
}

/// How far sync has come, readable offline.
#[derive(uniffi::Record)]
pub struct SyncState {
    /// Operations not settled yet.
    pub pending: u64,
    /// Drafts marked as ready that are not sent yet.
    pub ready_drafts: u32,
    /// Items of databases set aside that are not handed in yet.
    pub set_aside: u32,
    /// Photos of messages that the server does not hold in full yet.
    pub photos: u32,
    /// When phone and server were last found to hold the same.
    pub verified_at: Option<Moment>,
    /// Whether the server was there when it was last asked; false before it was. To be shown, and no more: whoever syncs asks anew.
    pub online: bool,
    /// The digest of what this phone holds of the stream.
    pub digest: String,
    /// The last attempt; absent before the first.
    pub last_attempt: Option<SyncAttempt>,
    /// Until when not to try again; absent if it may be tried now.
    pub pause: Option<SyncPause>,
}

impl From<core::SyncState> for SyncState {
    fn from(state: core::SyncState) -> Self {
        let core::SyncState { pending, ready_drafts, set_aside, photos, digest, .. } = state;
        Self {
            pending,
            ready_drafts,
            set_aside,
            photos,
            verified_at: state.verified_at.map(Moment::from),
            online: state.online,
            digest,
            last_attempt: state.last_attempt.map(SyncAttempt::from),
            pause: state.pause.map(SyncPause::from),
        }
    }
}

/// An attempt to sync.
#[derive(uniffi::Record)]
pub struct SyncAttempt {
    /// When it ended, by the phone's time then.
    pub at: Moment,
    /// What came of it, as a stable code: `caught_up`, `budget_spent`, `asked_to_wait`, `cut_short`, or the code of an error.
    pub outcome: String,
    /// The same in words.
    pub words: Words,
    /// How many failed in a row, this one included where it did; 0 after one that came to its end.
    pub failures: u32,
}

impl From<core::SyncAttempt> for SyncAttempt {
    fn from(attempt: core::SyncAttempt) -> Self {
        let core::SyncAttempt { at, outcome, words, failures } = attempt;
        Self { at: at.into(), outcome, words: words.into(), failures }
    }
}
