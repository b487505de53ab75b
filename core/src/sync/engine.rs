//! The state machine of one sync.
//!
//! ```text
//! Idle ── Asked ──▶ Collecting ── Collected ──▶ Awaiting ── Replied ──▶ Applying ── Applied ──▶ Collecting (more to do)
//!                       ▲  │                        │  │                   │                 └─▶ Done (verified, waiting)
//!                       │  └─ Spent ────────────────┼──┴─ Spent ───────────┼─▶ Done (resting)
//!                       │                           ├─ refusal ────────────┼─▶ Done (fault, waiting)
//!                       ├──── Restarted ◀── Restarting ◀─ other epoch, gap ┴─ digests differ
//!                       └──── Doubted ◀──── Doubting ◀─ the server failed at one operation, and took a request without it
//! ```
//!
//! The whole of it is a table, held against this code by a test: [`super::transitions`]. Time enters as the event
//! [`Event::Spent`] alone: whoever drives the engine has the clock.
//!
//! While a reply is applied the next request may be under way, if nothing of it depends on that: further pages, and operations
//! that wait behind those that were all decided. Its reply is looked at afterwards.
//!
//! A reply is applied only if it names the request, mentions nothing that was not sent, carries receipts signed by the
//! server's key for this member, and does not turn the cursor back: that means what another epoch means.

use std::fmt;

use serde::Deserialize;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::{EntryHash, StreamDigest};
use yorisoi_protocol::ids::{ChangeId, Epoch, MemberId, Nonce, OperationId};
use yorisoi_protocol::wire::{
    ApiErrorCode, Cursor, EntryText, Outcome, OutcomeResult, ReceiptSignature, Receipts, SignedReceipts,
    SyncReply, SyncRequest,
};

use super::transitions::PhaseKind;
use super::{Concern, Event, Fault, Incoming, Instruction, Plan, Settled, Settlement};
use crate::store::Outgoing;

/// Whose receipts are believed.
#[derive(Clone)]
pub struct Vouching {
    /// For whom.
    pub member: MemberId,
    /// By whom: any of these keys.
    pub receipt_keys: Vec<[u8; 32]>,
}

/// Without the keys.
impl fmt::Debug for Vouching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vouching").field("member", &self.member).finish_non_exhaustive()
    }
}

/// What the engine remembers of a reply while it is applied.
#[derive(Debug)]
struct Open {
    more: bool,
    wait: Option<u32>,
    epoch: Epoch,
    digest: StreamDigest,
    time: Timestamp,
    /// What the next request, which is under way, has in it.
    ahead: Option<(Vec<Sent>, Cursor)>,
}

/// What is remembered of an operation that was sent.
#[derive(Debug)]
struct Sent {
    seq: u64,
    id: OperationId,
    hash: EntryHash,
    concern: Option<Concern>,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Collecting,
    Awaiting { sent: Vec<Sent>, cursor: Option<Cursor> },
    Applying(Open),
    Doubting(ApiErrorCode),
    Restarting,
    Done,
}

/// One sync from being asked for to its end.
#[derive(Debug)]
pub struct Engine {
    vouching: Vouching,
    phase: Phase,
    read_again: bool,
    offered: Offered,
    /// Whether the syncs before failed: once may be chance, and a server in trouble is not asked more for it.
    failed_before: bool,
    /// How many operations a request may have: fewer and fewer where the server fails at one of them.
    most: usize,
    /// The operation that the server failed at alone, and how. The next request goes without any, to see whether it fails at everything.
    suspect: Option<(u64, ApiErrorCode)>,
}

/// Why everything was offered again in this sync: once for each, since a second time would go round for ever.
#[derive(Debug, Default)]
struct Offered {
    /// The server expected an earlier number.
    gap: bool,
    /// The server is of another life: a reply that tells so can come after a gap, which tells nothing of it.
    life: bool,
    /// The digests differed.
    differed: bool,
}

impl Engine {
    /// A sync that has not begun. `failed_before`: whether the one before failed.
    pub fn new(vouching: Vouching, failed_before: bool) -> Self {
        let (phase, offered) = (Phase::Idle, Offered::default());
        Self { vouching, phase, read_again: false, offered, failed_before, most: usize::MAX, suspect: None }
    }

    /// Takes an event and says what to do next.
    pub fn step(&mut self, event: Event) -> Instruction {
        match (std::mem::replace(&mut self.phase, Phase::Done), event) {
            (Phase::Idle, Event::Asked) | (Phase::Restarting, Event::Restarted) => self.collect(),
            (Phase::Collecting, Event::Collected { operations, cursor }) => self.send(operations, cursor),
            (Phase::Awaiting { sent, cursor }, Event::Replied { nonce, reply, next }) => {
                self.replied(&sent, cursor, (nonce, reply), next).unwrap_or_else(Instruction::Fail)
            }
            (Phase::Awaiting { sent, cursor }, Event::ServerRefused { code, expected }) => {
                self.refused(&sent, cursor, code, expected)
            }
            (Phase::Awaiting { .. }, Event::AskedToWait { seconds }) => Instruction::Wait { seconds },
            (Phase::Applying(open), Event::Applied { digest, pending }) => {
                self.applied(open, digest, pending)
            }
            (Phase::Doubting(_), Event::Doubted { given_up: true }) => {
                self.most = usize::MAX;
                self.collect()
            }
            (Phase::Doubting(code), Event::Doubted { given_up: false }) => {
                Instruction::Fail(Fault::Server(code))
            }
            // What was sent is sent again and recognised.
            (Phase::Collecting | Phase::Awaiting { .. }, Event::Spent) => Instruction::Rest,
            _ => Instruction::Fail(Fault::OutOfTurn),
        }
    }

    /// Where it stands.
    pub fn phase(&self) -> PhaseKind {
        match self.phase {
            Phase::Idle => PhaseKind::Idle,
            Phase::Collecting => PhaseKind::Collecting,
            Phase::Awaiting { .. } => PhaseKind::Awaiting,
            Phase::Applying(_) => PhaseKind::Applying,
            Phase::Doubting(_) => PhaseKind::Doubting,
            Phase::Restarting => PhaseKind::Restarting,
            Phase::Done => PhaseKind::Done,
        }
    }

    fn collect(&mut self) -> Instruction {
        self.phase = Phase::Collecting;
        Instruction::Collect
    }

    fn send(&mut self, mut outgoing: Vec<Outgoing>, cursor: Option<Cursor>) -> Instruction {
        outgoing.truncate(if self.suspect.is_some() { 0 } else { self.most });
        let (sent, operations) = parted(outgoing);
        self.phase = Phase::Awaiting { sent, cursor };
        Instruction::Send(SyncRequest { cursor, operations })
    }

    fn replied(
        &mut self,
        sent: &[Sent],
        cursor: Option<Cursor>,
        (nonce, reply): (Nonce, SyncReply),
        next: Vec<Outgoing>,
    ) -> Result<Instruction, Fault> {
        if reply.answers != nonce {
            return Err(Fault::AnotherRequest);
        }
        let another_life =
            |read: Cursor| read.epoch != reply.cursor.epoch || reply.cursor.position < read.position;
        if cursor.is_some_and(another_life) {
            // The server was restored, and within an epoch nobody told it so: a reply that answers this request is no old one.
            // What it says of this request is said again once the stream begins anew.
            let before = std::mem::replace(&mut self.offered.life, true);
            return Ok(self.offer_again(before, Some(reply.cursor.epoch)));
        }
        let wait = reply.outcomes.iter().find_map(|outcome| match outcome.result {
            OutcomeResult::RetryAfter { seconds } => Some(seconds),
            _ => None,
        });
        let (settled, receipts) = self.settled(sent, &reply.outcomes, reply.receipt.as_ref())?;
        if settled.is_empty() && !sent.is_empty() && wait.is_none() && !reply.more {
            return Err(Fault::NoProgress);
        }
        let changes = reply.changes.into_iter().map(incoming).collect::<Result<_, _>>()?;
        let SyncReply { more, cursor, digest, time, .. } = reply;
        let decided = settled.len() == sent.len() && wait.is_none();
        let next = if decided { self.next(sent, more, next) } else { None };
        let (next, operations) = next.map(parted).unzip();
        let ahead = operations.map(|operations| SyncRequest { cursor: Some(cursor), operations });
        let next = next.map(|next| (next, cursor));
        let open = Open { more, wait, epoch: cursor.epoch, digest, time, ahead: next };
        self.phase = Phase::Applying(open);
        Ok(Instruction::Apply { plan: Plan { settled, receipts, changes, cursor, time }, ahead })
    }

    /// What the next request has in it, if it need not wait until this reply is applied. Where the server is in trouble nothing
    /// is sent ahead.
    fn next(&self, sent: &[Sent], more: bool, next: Vec<Outgoing>) -> Option<Vec<Outgoing>> {
        if self.suspect.is_some() || self.most < usize::MAX {
            return None;
        }
        let follows = sent.last().zip(next.first()).is_some_and(|(last, next)| last.seq + 1 == next.seq);
        let next = if follows { next } else { Vec::new() };
        (more || !next.is_empty()).then_some(next)
    }

    fn settled(
        &self,
        sent: &[Sent],
        outcomes: &[Outcome],
        signed: Option<&ReceiptSignature>,
    ) -> Result<(Vec<Settled>, Option<SignedReceipts>), Fault> {
        if outcomes.len() > sent.len() {
            return Err(Fault::UnknownOperation);
        }
        let Vouching { member, receipt_keys } = &self.vouching;
        let mut receipts = Receipts::of(*member);
        let mut settled = Vec::with_capacity(outcomes.len());
        for (outgoing, outcome) in sent.iter().zip(outcomes) {
            let Sent { seq, id, hash, concern } = *outgoing;
            if !outcome.is_of(id) {
                return Err(Fault::UnknownOperation);
            }
            let settlement = match &outcome.result {
                OutcomeResult::Applied(held) | OutcomeResult::Duplicate(held) => {
                    receipts.add(id, &hash, *held);
                    Settlement::Held(*held)
                }
                OutcomeResult::Refused(refusal) => Settlement::Refused(refusal.clone()),
                OutcomeResult::RetryAfter { .. } => break,
            };
            settled.push(Settled { seq, id, hash, concern, settlement });
        }
        let signed = match (receipts.is_empty(), signed) {
            (true, _) => None,
            (false, Some(signed)) => Some(receipts.verified(receipt_keys, signed).ok_or(Fault::Receipt)?),
            (false, None) => return Err(Fault::Receipt),
        };
        Ok((settled, signed))
    }

    fn refused(
        &mut self,
        sent: &[Sent],
        cursor: Option<Cursor>,
        code: ApiErrorCode,
        expected: Option<u64>,
    ) -> Instruction {
        // The server expects an earlier number: it lost operations that this device still owns.
        let lost = sent.first().zip(expected).is_some_and(|(first, expected)| expected < first.seq);
        match code {
            ApiErrorCode::SequenceGap if lost => {
                let before = std::mem::replace(&mut self.offered.gap, true);
                self.offer_again(before, cursor.map(|cursor| cursor.epoch))
            }
            code if !self.may_be_of_one(code) => Instruction::Fail(Fault::Server(code)),
            _ => match sent {
                [] => Instruction::Fail(Fault::Server(code)),
                [alone] => {
                    self.suspect = Some((alone.seq, code));
                    self.collect()
                }
                several => {
                    self.most = several.len() / 2;
                    self.collect()
                }
            },
        }
    }

    /// Whether a request can be refused so because of one operation in it.
    fn may_be_of_one(&self, code: ApiErrorCode) -> bool {
        match code {
            ApiErrorCode::Malformed | ApiErrorCode::TooLarge | ApiErrorCode::InvalidValue => true,
            ApiErrorCode::Unavailable | ApiErrorCode::Other => self.failed_before,
            _ => false,
        }
    }

    fn applied(&mut self, open: Open, digest: StreamDigest, pending: u64) -> Instruction {
        if let Some((sent, cursor)) = open.ahead {
            self.phase = Phase::Awaiting { sent, cursor: Some(cursor) };
            return Instruction::Await;
        }
        if let Some((seq, code)) = self.suspect.take() {
            self.phase = Phase::Doubting(code);
            return Instruction::Doubt { seq, code, at: open.time };
        }
        if open.more {
            return self.collect();
        }
        if let Some(seconds) = open.wait {
            return Instruction::Wait { seconds };
        }
        if pending > 0 {
            return self.collect();
        }
        if digest == open.digest {
            return Instruction::Verified(open.time);
        }
        self.differ(open.epoch)
    }

    /// Phone and server do not hold the same. Reading again mends what the phone lacks; what the server lacks it is offered.
    fn differ(&mut self, epoch: Epoch) -> Instruction {
        let Offered { gap, life, differed } = self.offered;
        let before = gap || life || differed;
        if self.read_again || before {
            self.offered.differed = true;
            return self.offer_again(before, Some(epoch));
        }
        self.read_again = true;
        self.phase = Phase::Restarting;
        Instruction::ReadAgain(epoch)
    }

    fn offer_again(&mut self, before: bool, epoch: Option<Epoch>) -> Instruction {
        if before {
            return Instruction::Fail(Fault::Diverged);
        }
        self.phase = Phase::Restarting;
        Instruction::OfferAgain(epoch)
    }
}

/// What is remembered, and what is sent.
fn parted(operations: Vec<Outgoing>) -> (Vec<Sent>, Vec<EntryText>) {
    let part = |Outgoing { seq, id, text, hash, concern }| (Sent { seq, id, hash, concern }, text);
    operations.into_iter().map(part).unzip()
}

fn incoming(text: EntryText) -> Result<Incoming, Fault> {
    #[derive(Deserialize)]
    struct Head {
        id: ChangeId,
    }
    let head: Head = text.read().map_err(|_| Fault::NamelessChange)?;
    Ok(Incoming { id: head.id, change: text.read().ok(), text })
}

#[cfg(test)]
#[path = "engine_tests.rs"]
pub(super) mod tests;
