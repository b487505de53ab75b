//! Taking in what was rescued from a phone whose key is gone.
//!
//! It is taken in as if the phone itself had sent it: the same numbers, the same judgement, the same streams, so what was
//! sent before is known again, and handing in twice changes nothing. Answers go to the place of the phone that wrote; whoever
//! hands in is told what became of each item, and no word of it.
//!
//! A draft has no number yet. It takes the next one of its device, after all that the device numbered itself: a device whose
//! file was set aside numbers no more.

use std::net::IpAddr;

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::OperationId;
use yorisoi_protocol::rescue::{ItemKey, ItemName, RescueTerms};
use yorisoi_protocol::wire::{
    ApiErrorCode, EnrollmentRequest, EnrollmentResult, EntryText, Limits, OperationHead, OutcomeResult,
    RescueItem, RescueItemResult, RescueOutcome, RescueRefusal, RescueReply, RescueRequest, RescueResult,
};

use super::authenticate::Signed;
use super::sync::Push;
use super::{Failure, Service, Trouble};
use crate::hints::News;
use crate::keys::KeyError;
use crate::storage::DeviceRecord;

/// The highest number of an operation: no phone ever gets there, and one that says so leaves room for drafts all the same.
const NUMBER_MOST: u64 = 1 << 48;

/// What is to be taken up, and of which device.
struct Opened {
    device: DeviceRecord,
    items: ItemKey,
}

impl Service {
    /// Takes in what was rescued. `address` is where the request came from, if that is known.
    ///
    /// # Errors
    /// [`Failure`], among them `too_many` where a card has to be redeemed first; then nothing was taken in.
    pub fn rescue(
        &self,
        signed: &Signed,
        request: &RescueRequest,
        address: Option<IpAddr>,
    ) -> Result<RescueReply, Failure> {
        if request.items.len() > Limits::V1.operations {
            return Err(Failure::refused(ApiErrorCode::TooLarge));
        }
        let now = self.now();
        let tx = self.begin()?;
        self.use_nonce(&*tx, signed, now)?;
        tx.commit()?;
        let result = match self.open_envelope(signed, request, address)? {
            Ok(opened) => RescueResult::Taken(self.take_in(&opened, &request.items, now)?),
            Err(refusal) => RescueResult::Refused(refusal),
        };
        Ok(RescueReply { answers: signed.nonce, result, time: now })
    }

    fn open_envelope(
        &self,
        signed: &Signed,
        request: &RescueRequest,
        address: Option<IpAddr>,
    ) -> Result<Result<Opened, RescueRefusal>, Failure> {
        let key = match self.rescue_key_files.load(request.envelope.key) {
            Ok(key) => key,
            Err(KeyError::Missing { .. }) => return Ok(Err(RescueRefusal::UnknownKey)),
            Err(_) => return Err(Trouble::Inconsistent("a rescue key").into()),
        };
        let Ok((terms, items)) = key.open(&request.envelope) else {
            return Ok(Err(RescueRefusal::Unreadable));
        };
        if let Some(device) = self.rescued_device(&terms)? {
            return Ok(Ok(Opened { device, items }));
        }
        // The place was provisional: the card is redeemed first, by the rules and within the limits of redeeming.
        let Some(code) = terms.code.clone() else {
            return Ok(Err(RescueRefusal::UnknownDevice));
        };
        let redeem = EnrollmentRequest { code: Some(code), phrase: None, device_key: terms.device };
        let redeemed = self.redeem_limited(self.begin()?, signed, &redeem, address)?;
        if let EnrollmentResult::Refused(refusal) = redeemed.result {
            return Ok(Err(RescueRefusal::Card(refusal)));
        }
        let device = self.rescued_device(&terms)?;
        Ok(device.map(|device| Opened { device, items }).ok_or(RescueRefusal::UnknownDevice))
    }

    fn rescued_device(&self, terms: &RescueTerms) -> Result<Option<DeviceRecord>, Failure> {
        Ok(self.begin()?.device_of_key(&terms.programme, &terms.device.0)?)
    }

    fn take_in(
        &self,
        opened: &Opened,
        items: &[RescueItem],
        now: Timestamp,
    ) -> Result<Vec<RescueOutcome>, Failure> {
        let tx = self.begin()?;
        tx.lock_member(opened.device.member)?;
        // The phone itself may have come first, with a key that was not lost after all.
        let mut push = Push::of(self, &*tx, opened.device.id, now)?;
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            let result = push.rescue(&opened.items, item)?;
            outcomes.push(RescueOutcome { name: item.name, result });
        }
        let grown = push.end()?;
        tx.commit()?;
        if let Some(head) = grown {
            self.hints.grew(opened.device.member, News { position: head.position, origin: None });
        }
        Ok(outcomes)
    }
}

impl Push<'_> {
    fn rescue(&mut self, key: &ItemKey, item: &RescueItem) -> Result<RescueItemResult, Failure> {
        let Some((text, mut head)) = opened(key, item) else {
            return Ok(RescueItemResult::Unreadable);
        };
        let result = match item.name {
            ItemName::Operation(_) => {
                // What stood between does not open any more. A phone that sends in order is asked for it; here nobody has it,
                // and what comes after must not wait for it.
                self.device.last_seq = self.device.last_seq.max(head.seq - 1);
                self.take_up(&head, &text, &text.hash())?
            }
            ItemName::Draft(_) => match self.tx.operation(head.id)? {
                Some(known) if known.device == self.device.id => super::sync::outcome_again(&known)?,
                Some(_) => return Ok(RescueItemResult::Unreadable),
                None => {
                    head.seq = self.device.last_seq + 1;
                    self.take_up(&head, &text, &text.hash())?
                }
            },
        };
        Ok(match result {
            OutcomeResult::Applied(_) => RescueItemResult::Held,
            OutcomeResult::Duplicate(_) => RescueItemResult::HeldBefore,
            OutcomeResult::Refused(refusal) => RescueItemResult::Refused(refusal),
            // Nothing here asks anybody to wait for a single item.
            OutcomeResult::RetryAfter { .. } => return Err(Trouble::Inconsistent("an outcome").into()),
        })
    }
}

/// The text of an item and its head, if it is what its name says.
fn opened(key: &ItemKey, item: &RescueItem) -> Option<(EntryText, OperationHead)> {
    let text = key.open(item.name, &item.sealed.0).ok()?;
    let text = EntryText::from_text(String::from_utf8(text).ok()?).ok()?;
    let head = OperationHead::read(&text).ok()?;
    let as_named = match item.name {
        ItemName::Operation(id) => head.id == id && (1..=NUMBER_MOST).contains(&head.seq),
        ItemName::Draft(id) => head.id == OperationId::from_bytes(*id.as_bytes()) && head.seq == 0,
    };
    as_named.then_some((text, head))
}
