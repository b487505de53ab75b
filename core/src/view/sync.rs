//! What the app shows of sync: what one did, and how far it has come.

use yorisoi_protocol::{Timestamp, Words};

use crate::error::{ASKED_TO_WAIT, BUDGET_SPENT, CAUGHT_UP, CUT_SHORT, of_attempt};

/// What one sync did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncReport {
    /// Requests made, parts of photos not counted.
    pub requests: u32,
    /// Replies that were believed and applied: each is one step that stays.
    pub answered: u32,
    /// Operations the server now holds.
    pub held: u32,
    /// Operations the server refused.
    pub refused: u32,
    /// Changes received, those of a repeated page included.
    pub received: u32,
    /// Operations still waiting.
    pub pending: u64,
    /// When phone and server were found to hold the same; `None` if this sync did not get so far.
    pub verified_at: Option<Timestamp>,
    /// After how many seconds the server asks to be tried again.
    pub retry_after_seconds: Option<u32>,
    /// How it ended.
    pub ended: SyncEnd,
}

impl SyncReport {
    /// Of a sync that has done nothing yet, while so many operations wait.
    pub(crate) fn begun(pending: u64) -> Self {
        Self {
            requests: 0,
            answered: 0,
            held: 0,
            refused: 0,
            received: 0,
            pending,
            verified_at: None,
            retry_after_seconds: None,
            ended: SyncEnd::BudgetSpent,
        }
    }
}

/// How a sync ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncEnd {
    /// Phone and server were found to hold the same.
    CaughtUp,
    /// The time was over. What was applied stays; the next sync goes on from there.
    BudgetSpent,
    /// The server asked for patience. What it took before stays.
    AskedToWait,
    /// Nothing was asked of the server: it is too early.
    TooEarly(SyncPause),
}

/// Until when not to try again, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncPause {
    /// The first instant at which a sync is worth asking for, by the phone's present time.
    pub not_before: Timestamp,
    /// Why.
    pub why: PauseReason,
}

/// Why a sync waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// The server asked for it. Every sync waits.
    AskedByServer,
    /// Others failed before. A sync in the background waits; one that the person asks for does not.
    FailedBefore,
}

/// How far sync has come, readable offline.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub verified_at: Option<Timestamp>,
    /// Whether the server was there when it was last asked; false before it was. To be shown, and no more: whoever syncs asks anew.
    pub online: bool,
    /// The digest of what this phone holds of the stream.
    pub digest: String,
    /// The last attempt; `None` before the first.
    pub last_attempt: Option<SyncAttempt>,
    /// Until when not to try again; `None` if it may be tried now.
    pub pause: Option<SyncPause>,
}

/// An attempt to sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncAttempt {
    /// When it ended, by the phone's time then.
    pub at: Timestamp,
    /// What came of it, as a stable code: one of [`SyncAttempt::endings`], or the code of an error. `docs/errors.md` lists
    /// them all.
    pub outcome: String,
    /// The same in words.
    pub words: Words,
    /// How many failed in a row, this one included where it did; 0 after one that came to its end.
    pub failures: u32,
}

impl SyncAttempt {
    /// What may come of an attempt that met no error, each as its code and in words: phone and server hold the same; the
    /// budget was spent; the server asked for patience; it is under way, or the app ended after part of it.
    pub fn endings() -> [(&'static str, Words); 4] {
        [CAUGHT_UP, BUDGET_SPENT, ASKED_TO_WAIT, CUT_SHORT].map(|code| (code, of_attempt(code)))
    }
}
