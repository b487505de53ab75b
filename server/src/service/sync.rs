//! One round trip of a device: its operations in order, then what is new for it, in one transaction.
//!
//! A device's numbers have no gaps. A number that was taken before is answered with what was decided then; the next
//! number is judged and uses up the number, refused or not, so that a refusal never blocks what follows; a number
//! beyond the next means that something is missing, and the whole request is refused with nothing stored.

use yorisoi_protocol::digest::EntryHash;
use yorisoi_protocol::ids::DeviceId;
use yorisoi_protocol::wire::{
    ApiErrorCode, EntryText, Held, Limits, OperationBody, OperationHead, OperationRefusal, Outcome,
    OutcomeResult, Receipts, RefusalCode, SyncReply, SyncRequest,
};
use yorisoi_protocol::{Programme, Timestamp};

use super::authenticate::{Signed, known};
use super::judge::{Case, Verdict};
use super::streams::{NewEntry, Stream};
use super::{Failure, Service, Trouble, programme};
use crate::hints::News;
use crate::storage::{DeviceRecord, Head, OperationRecord, Origin, Transaction};

/// A device's operations while they are taken up.
pub(super) struct Push<'a> {
    pub(super) service: &'a Service,
    pub(super) tx: &'a dyn Transaction,
    pub(super) device: DeviceRecord,
    pub(super) programme: Programme,
    pub(super) now: Timestamp,
    /// Whether the programme can be used now.
    open: bool,
    stream: Stream<'a>,
}

impl Service {
    /// Takes up what `device` sends and tells it what is new.
    ///
    /// # Errors
    /// [`Failure`]; then nothing was stored.
    pub fn sync(
        &self,
        signed: &Signed,
        device: DeviceId,
        request: &SyncRequest,
    ) -> Result<SyncReply, Failure> {
        if request.operations.len() > Limits::V1.operations {
            return Err(Failure::refused(ApiErrorCode::TooLarge));
        }
        let writes = !request.operations.is_empty() || self.readers.is_in_doubt();
        let synced = self.sync_once(signed, device, request);
        match &synced {
            Err(Failure::Unavailable(_)) => self.readers.doubt(true),
            Ok(_) if writes => self.readers.doubt(false),
            _ => {}
        }
        synced
    }

    fn sync_once(
        &self,
        signed: &Signed,
        device: DeviceId,
        request: &SyncRequest,
    ) -> Result<SyncReply, Failure> {
        let operations = heads(&request.operations)?;
        let now = self.now();
        let tx = self.begin()?;
        let device = known(&*tx, device)?;
        match operations.is_empty() {
            true => self.use_nonce_of_reader(&*tx, signed, now)?,
            false => self.use_nonce(&*tx, signed, now)?,
        }
        tx.lock_member(device.member)?;
        let (outcomes, receipts, grown) = match operations.is_empty() {
            true => (Vec::new(), Receipts::of(device.member), None),
            false => self.push(&*tx, &device, &operations, now)?,
        };
        let head = match grown {
            Some(head) => head,
            None => tx.head(device.member)?,
        };
        let page = self.pull(&*tx, &device, head.position, request.cursor)?;
        tx.commit()?;
        if grown.is_some() {
            let news = News { position: head.position, origin: Some(device.id) };
            self.hints.grew(device.member, news);
        }
        Ok(SyncReply {
            answers: signed.nonce,
            outcomes,
            // What is committed is signed, and outside of the transaction, in which everybody else waits.
            receipt: self.keys.sign_receipts(&receipts),
            changes: page.changes,
            more: page.more,
            cursor: page.cursor,
            digest: head.digest,
            time: now,
        })
    }

    /// What became of each, what is held, and how far the stream has grown, if it has.
    fn push(
        &self,
        tx: &dyn Transaction,
        device: &DeviceRecord,
        operations: &[(OperationHead, &EntryText)],
        now: Timestamp,
    ) -> Result<(Vec<Outcome>, Receipts, Option<Head>), Failure> {
        let mut push = Push::of(self, tx, device.id, now)?;
        let mut receipts = Receipts::of(push.device.member);
        let mut outcomes = Vec::with_capacity(operations.len());
        for (head, text) in operations {
            let hash = text.hash();
            let result = push.take_up(head, text, &hash)?;
            if let Some(held) = result.held() {
                receipts.add(head.id, &hash, held);
            }
            outcomes.push(Outcome::of(head.id, result));
        }
        Ok((outcomes, receipts, push.end()?))
    }
}

impl<'a> Push<'a> {
    /// Of a device whose member is locked.
    pub(super) fn of(
        service: &'a Service,
        tx: &'a dyn Transaction,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        // Read again under the lock: another request of the same device may have come first.
        let device = known(tx, device)?;
        let programme = programme(tx, &device.programme)?;
        let stream = Stream::of(service, tx, device.member)?;
        let open = programme.use_at(&programme.card_facts(), now).eligibility;
        Ok(Self { service, tx, device, open: !open.refused(), programme, now, stream })
    }

    /// Writes down how far the device and its member's stream have come, once for all that was taken up: without this nothing
    /// was. How far the stream has grown, if it has.
    pub(super) fn end(self) -> Result<Option<Head>, Failure> {
        let Self { tx, device, stream, .. } = self;
        tx.set_last_seq(device.id, device.last_seq)?;
        stream.has_grown().then(|| stream.end()).transpose()
    }

    pub(super) fn take_up(
        &mut self,
        head: &OperationHead,
        text: &EntryText,
        hash: &EntryHash,
    ) -> Result<OutcomeResult, Failure> {
        let next = self.device.last_seq + 1;
        if head.seq < next {
            return self.again(head, hash);
        }
        if head.seq > next {
            return Err(Failure::sequence_gap(next));
        }
        self.device.last_seq = next;
        if self.tx.is_taken(head.id)? {
            // The id's row is taken, so no outcome is kept; a number without one is answered the same way again.
            return Ok(other_bytes());
        }
        match self.judge(head)? {
            Judged::Refused(refusal) => self.refuse(head, hash, refusal),
            Judged::Accepted(body, due) => self.accept(head, text, hash, &body, due),
        }
    }

    /// A number that was taken before: the reply was lost, or something else was sent under it.
    fn again(&self, head: &OperationHead, hash: &EntryHash) -> Result<OutcomeResult, Failure> {
        let as_it_was = |known: &OperationRecord| {
            known.device == self.device.id && known.seq == head.seq && known.hash == *hash
        };
        let Some(known) = self.tx.operation(head.id)?.filter(as_it_was) else {
            return Ok(other_bytes());
        };
        outcome_again(&known)
    }

    fn judge(&self, head: &OperationHead) -> Result<Judged, Failure> {
        let Ok(body) = head.body() else {
            let refusal = OperationRefusal { code: RefusalCode::UnknownOperation, at: None };
            return Ok(Judged::Refused(refusal));
        };
        Ok(match self.service.judge(&self.case(head), &body)? {
            Verdict::Refuse(refusal) => Judged::Refused(refusal),
            Verdict::Accept { due } => Judged::Accepted(body, due),
        })
    }

    fn case(&self, head: &OperationHead) -> Case<'_> {
        Case {
            tx: self.tx,
            member: self.device.member,
            device: self.device.id,
            programme: &self.programme,
            open: self.open,
            at: head.at,
            now: self.now,
        }
    }

    fn refuse(
        &self,
        head: &OperationHead,
        hash: &EntryHash,
        refusal: OperationRefusal,
    ) -> Result<OutcomeResult, Failure> {
        let result = OutcomeResult::Refused(refusal);
        let (device, outcome) = (self.device.id, written(&result)?);
        let record = OperationRecord { id: head.id, device, seq: head.seq, hash: *hash, outcome };
        match self.tx.add_refused(&record)? {
            true => Ok(result),
            false => Err(Trouble::Inconsistent("an operation").into()),
        }
    }

    fn accept(
        &mut self,
        head: &OperationHead,
        text: &EntryText,
        hash: &EntryHash,
        body: &OperationBody,
        due: Option<Timestamp>,
    ) -> Result<OutcomeResult, Failure> {
        let message = self.service.message(&self.case(head), body, due)?;
        let result = OutcomeResult::Applied(Held { at: self.now, due });
        let origin = Origin { device: self.device.id, seq: head.seq, outcome: written(&result)? };
        let (id, keep) = (head.id.as_bytes(), kept_with_member(body));
        self.stream.append(NewEntry { id, hash, text, origin: Some(origin), message, keep })?;
        self.service.apply(&self.case(head), head.id, body)?;
        Ok(result)
    }
}

/// What came of looking at an operation for the first time.
enum Judged {
    Accepted(OperationBody, Option<Timestamp>),
    Refused(OperationRefusal),
}

fn written(result: &OutcomeResult) -> Result<String, Failure> {
    serde_json::to_string(result).map_err(|_| Trouble::Inconsistent("an outcome").into())
}

/// What was decided about an operation before.
pub(super) fn outcome_again(known: &OperationRecord) -> Result<OutcomeResult, Failure> {
    match serde_json::from_str(&known.outcome) {
        Ok(OutcomeResult::Applied(held)) => Ok(OutcomeResult::Duplicate(held)),
        Ok(other) => Ok(other),
        Err(_) => Err(Trouble::Inconsistent("an outcome").into()),
    }
}

/// An operation without a readable head has no name to refuse it by; and no device numbers from 0.
fn heads(operations: &[EntryText]) -> Result<Vec<(OperationHead, &EntryText)>, Failure> {
    let head = |text| {
        OperationHead::read(text)
            .ok()
            .filter(|head| head.seq > 0)
            .map(|head| (head, text))
            .ok_or_else(|| Failure::refused(ApiErrorCode::Malformed))
    };
    operations.iter().map(head).collect()
}

fn other_bytes() -> OutcomeResult {
    OutcomeResult::Refused(OperationRefusal { code: RefusalCode::OtherBytes, at: None })
}

/// Whether the text of an operation is kept in the member's stream. A survey's answers are kept apart from the member;
/// of that operation only the hash stays.
fn kept_with_member(body: &OperationBody) -> bool {
    !matches!(body, OperationBody::Survey { .. })
}
