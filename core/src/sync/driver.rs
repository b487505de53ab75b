//! Does what the engine says: the store, the network, the clock of the server.

use yorisoi_protocol::wire::{ApiErrorCode, SYNC_PATH, SyncReply, SyncRequest};
use yorisoi_protocol::{Timestamp, question::TEXT_MAX_CHARS, wire::Limits};

use super::{Engine, Event, Fault, Instruction, Plan, Settlement, Vouching, Way};
use crate::host::Notice;
use crate::store::{Store, StoreError};
use crate::transport::exchange::{Exchange, ExchangeError};
use crate::transport::{Signer, TransportError};
use crate::view::{SyncEnd, SyncReport};

/// Bytes of operations in one request: far below the server's limit, and room for one text of the greatest length, each
/// character written as an escape of twelve bytes.
const BATCH_BYTES: usize = TEXT_MAX_CHARS * 12 + 4096;
/// In how many syncs a server may fail at an operation, while it answers without it.
const FAILED_MOST: u32 = 3;
/// A page always brings the device forward, so this only stops a server that sends empty pages for ever.
const REQUESTS_AT_MOST: u32 = 100_000;

/// Why a sync ended early. What was applied before stays applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// The phone's own store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The network or the server.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The reply, or what came of it.
    #[error("the sync could not be carried through: {0:?}")]
    Fault(Fault),
}

/// Is told the server's time of every believed reply, and what changed.
pub type Heard<'a> = dyn Fn(Timestamp, &[Notice]) -> Result<(), StoreError> + Send + Sync + 'a;

/// What one sync works with.
pub struct Driver<'a> {
    /// The phone's store.
    pub store: &'a Store,
    /// The way to the server.
    pub exchange: Exchange<'a>,
    /// The same way, to see whether its time is over.
    pub way: &'a Way<'a>,
    /// Whether the sync before failed.
    pub failed_before: bool,
    /// The device's signature.
    pub signer: &'a Signer,
    /// Listens.
    pub heard: &'a Heard<'a>,
}

impl Driver<'_> {
    /// Runs one sync to its end, or as far as the time of the way goes. Safe to drop at any await.
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn run(&self, vouching: Vouching) -> Result<SyncReport, SyncError> {
        let mut engine = Engine::new(vouching, self.failed_before);
        let mut report = SyncReport::begun(self.store.pending()?);
        let mut instruction = engine.step(Event::Asked);
        loop {
            let event = match instruction {
                Instruction::Collect => self.collect()?,
                Instruction::Send(request) => self.send(&request, &mut report).await?,
                Instruction::Apply(plan) => self.apply(&plan, &mut report)?,
                Instruction::OfferAgain(epoch) => {
                    self.store.offer_again(epoch)?;
                    Event::Restarted
                }
                Instruction::ReadAgain(epoch) => {
                    self.store.read_again(epoch)?;
                    Event::Restarted
                }
                Instruction::Doubt { seq, code, at } => self.doubt(seq, code, at)?,
                Instruction::Verified(at) => {
                    report.verified_at = Some(at);
                    report.ended = SyncEnd::CaughtUp;
                    return Ok(report);
                }
                Instruction::Wait { seconds } => {
                    report.retry_after_seconds = Some(seconds);
                    report.ended = SyncEnd::AskedToWait;
                    return Ok(report);
                }
                Instruction::Rest => {
                    report.ended = SyncEnd::BudgetSpent;
                    return Ok(report);
                }
                Instruction::Fail(fault) => return Err(SyncError::Fault(fault)),
            };
            instruction = engine.step(event);
        }
    }

    fn collect(&self) -> Result<Event, SyncError> {
        if self.way.spent() {
            return Ok(Event::Spent);
        }
        let operations = self.store.collect(Limits::V1.operations, BATCH_BYTES)?;
        let cursor = self.store.progress()?.map(|progress| progress.cursor);
        Ok(Event::Collected { operations, cursor })
    }

    async fn send(&self, request: &SyncRequest, report: &mut SyncReport) -> Result<Event, SyncError> {
        if report.requests >= REQUESTS_AT_MOST {
            return Err(SyncError::Fault(Fault::NoProgress));
        }
        report.requests += 1;
        let body = serde_json::to_vec(request).map_err(StoreError::from)?;
        let exchanged = self.exchange.post::<SyncReply>(SYNC_PATH, self.signer, body).await;
        match exchanged {
            Ok((nonce, reply)) => Ok(Event::Replied { nonce, reply }),
            Err(ExchangeError::Refused { body, retry_after: None }) => {
                Ok(Event::ServerRefused { code: body.code, expected: body.expected })
            }
            Err(ExchangeError::Transport(TransportError::TimedOut)) if self.way.spent() => Ok(Event::Spent),
            Err(error) => Err(error.into()),
        }
    }

    fn doubt(&self, seq: u64, code: ApiErrorCode, at: Timestamp) -> Result<Event, SyncError> {
        // What the server cannot do now it may do later; what it cannot read it never will.
        let passing = matches!(code, ApiErrorCode::Unavailable | ApiErrorCode::Other);
        let (given_up, notices) = self.store.doubt(seq, if passing { FAILED_MOST } else { 1 })?;
        (self.heard)(at, &notices)?;
        Ok(Event::Doubted { given_up })
    }

    fn apply(&self, plan: &Plan, report: &mut SyncReport) -> Result<Event, SyncError> {
        let applied = self.store.apply(plan)?;
        let held = plan.settled.iter().filter(|settled| matches!(settled.settlement, Settlement::Held(_)));
        let held = u32::try_from(held.count()).unwrap_or(u32::MAX);
        let settled = u32::try_from(plan.settled.len()).unwrap_or(u32::MAX);
        report.held = report.held.saturating_add(held);
        report.refused = report.refused.saturating_add(settled.saturating_sub(held));
        report.received =
            report.received.saturating_add(u32::try_from(plan.changes.len()).unwrap_or(u32::MAX));
        report.answered += 1;
        report.pending = applied.pending;
        (self.heard)(plan.time, &applied.notices)?;
        Ok(Event::Applied { digest: applied.digest, pending: applied.pending })
    }
}
