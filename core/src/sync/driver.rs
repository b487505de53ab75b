//! Does what the engine says: the store, the network, the clock of the server.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use tokio::time::Instant;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::Nonce;
use yorisoi_protocol::wire::{ApiErrorCode, SYNC_PATH, SyncReply, SyncRequest};

use super::ahead::Ahead;
use super::request_body::RequestBody;
use super::{Engine, Event, Fault, Instruction, Plan, Settlement, Vouching, Way};
use crate::host::Notice;
use crate::store::{Store, StoreError};
use crate::transport::exchange::{Exchange, ExchangeError};
use crate::transport::{Signer, TransportError};
use crate::view::{SyncEnd, SyncReport};

/// In how many syncs a server may fail at an operation, while it answers without it.
const FAILED_MOST: u32 = 3;
/// A page always brings the device forward, so this only stops a server that sends empty pages for ever.
const REQUESTS_AT_MOST: u32 = 100_000;

/// How often a request is moved on before this phone turns to its own work. The first moves hand it to the connection, which
/// writes it; one that needs a new connection, or does not fit into it, gets out when the reply is waited for.
const SET_OFF_POLLS: usize = 3;

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

/// Is told the server's time of every believed reply that brought anything, and what changed.
pub type Heard<'a> = dyn Fn(Timestamp, &[Notice]) -> Result<(), StoreError> + Send + Sync + 'a;

/// How the sync before this one went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastSync {
    /// It came to its end, or there was none.
    WentWell,
    /// It failed after something had arrived.
    Failed,
    /// It failed before anything arrived.
    GotNowhere,
}

/// What one sync works with.
pub struct Driver<'a> {
    /// The phone's store.
    pub store: &'a Store,
    /// The way to the server.
    pub exchange: Exchange<'a>,
    /// The same way, to see whether its time is over.
    pub way: &'a Way<'a>,
    /// How many operations wait.
    pub pending: u64,
    /// How the sync before went.
    pub last: LastSync,
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
        let mut engine = Engine::new(vouching, self.last != LastSync::WentWell);
        let mut report = SyncReport::begun(self.pending);
        let (mut ahead, mut under_way) = (Ahead::new(self.last), None);
        let mut instruction = engine.step(Event::Asked);
        loop {
            let event = match instruction {
                Instruction::Collect => self.collect(&mut ahead)?,
                Instruction::Send(request) => {
                    let exchange = self.set_off(&request, &mut ahead, &mut report).await?;
                    self.replied(exchange, &mut ahead).await?
                }
                Instruction::Apply { plan, ahead: next } => {
                    under_way = match next {
                        // The time is over: what came is applied, and no other request begun.
                        Some(_) if self.way.spent() => None,
                        Some(request) => Some(self.set_off(&request, &mut ahead, &mut report).await?),
                        None => None,
                    };
                    self.apply(&plan, &mut report)?
                }
                Instruction::Await => match under_way.take() {
                    Some(exchange) => self.replied(exchange, &mut ahead).await?,
                    None => Event::Spent,
                },
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

    fn collect(&self, ahead: &mut Ahead) -> Result<Event, SyncError> {
        if self.way.spent() {
            return Ok(Event::Spent);
        }
        let (operations, cursor) = ahead.anew(self.store)?;
        Ok(Event::Collected { operations, cursor })
    }

    /// Begins a request, and lets it get out of this phone.
    async fn set_off(
        &self,
        request: &SyncRequest,
        ahead: &mut Ahead,
        report: &mut SyncReport,
    ) -> Result<UnderWay<'_>, SyncError> {
        if report.requests >= REQUESTS_AT_MOST {
            return Err(SyncError::Fault(Fault::NoProgress));
        }
        report.requests += 1;
        // The engine may take fewer than were collected.
        let written = ahead.body().filter(|body| body.operations() == request.operations.len());
        let written = written.unwrap_or_else(|| RequestBody::of(request.operations.iter()));
        let body = written.end(request.cursor);
        let begun = Instant::now();
        let mut exchange: Exchanging<'_> =
            Box::pin(self.exchange.post_body::<SyncReply>(SYNC_PATH.into(), self.signer, body));
        for _ in 0..SET_OFF_POLLS {
            if let Poll::Ready(exchanged) = moved_on(&mut exchange).await {
                return Ok(UnderWay { begun, exchange: Ok(exchanged) });
            }
        }
        Ok(UnderWay { begun, exchange: Err(exchange) })
    }

    /// Waits for the reply, and meanwhile looks at what is to be sent next.
    async fn replied(&self, exchange: UnderWay<'_>, ahead: &mut Ahead) -> Result<Event, SyncError> {
        let UnderWay { begun, exchange } = exchange;
        ahead.at_least_one(self.store)?;
        let exchanged = match exchange {
            Ok(exchanged) => exchanged,
            Err(mut exchange) => loop {
                if !ahead.has_room() {
                    break exchange.await;
                }
                if let Poll::Ready(exchanged) = moved_on(&mut exchange).await {
                    break exchanged;
                }
                ahead.further(self.store)?;
            },
        };
        ahead.took(begun.elapsed());
        let next = ahead.next();
        match exchanged {
            Ok((nonce, reply)) => Ok(Event::Replied { nonce, reply, next }),
            Err(ExchangeError::Refused { retry_after: Some(seconds), .. }) => {
                Ok(Event::AskedToWait { seconds })
            }
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
        if applied.written {
            (self.heard)(plan.time, &applied.notices)?;
        }
        Ok(Event::Applied { digest: applied.digest, pending: applied.pending })
    }
}

type Exchanged = Result<(Nonce, SyncReply), ExchangeError>;
type Exchanging<'a> = Pin<Box<dyn Future<Output = Exchanged> + Send + 'a>>;

/// A request on its way, or already at its end.
struct UnderWay<'a> {
    begun: Instant,
    exchange: Result<Exchanged, Exchanging<'a>>,
}

/// Moves a request on by one step, and lets everybody else do one.
async fn moved_on(exchange: &mut Exchanging<'_>) -> Poll<Exchanged> {
    let mut stepped = false;
    poll_fn(|context| {
        if stepped {
            return Poll::Ready(Poll::Pending);
        }
        stepped = true;
        match exchange.as_mut().poll(context) {
            Poll::Ready(exchanged) => Poll::Ready(Poll::Ready(exchanged)),
            Poll::Pending => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    })
    .await
}
