//! Redeeming a card.
//!
//! One transaction under the card's lock decides, so of two devices that race for the last place exactly one has it.
//! A device that asks again gets the same grant, also after the deadline: it may only have missed the reply.

use yorisoi_protocol::ids::{DeviceId, EnrollmentId, MemberId};
use yorisoi_protocol::wire::{
    EnrollmentRefusal, EnrollmentReply, EnrollmentRequest, EnrollmentResult, Grant,
};
use yorisoi_protocol::{Eligibility, EnrollmentCode, Programme, Timestamp};

use super::authenticate::Signed;
use super::{Failure, Service, Trouble, programme};
use crate::randomness::draw;
use crate::storage::{CardRecord, GrantRecord, Transaction};

impl Service {
    /// Redeems a card for the device that signed.
    ///
    /// # Errors
    /// [`Failure`]; a refused card is no failure but a result.
    pub fn enroll(&self, signed: &Signed, request: &EnrollmentRequest) -> Result<EnrollmentReply, Failure> {
        let now = self.now();
        let tx = self.begin()?;
        self.use_nonce(&*tx, signed, now)?;
        let result = self.redeem(&*tx, request, now)?;
        // Refused or not, the same work is done: what a stranger can measure does not tell which codes exist.
        tx.commit()?;
        Ok(EnrollmentReply { answers: signed.nonce, result, time: now, pad: String::new() })
    }

    fn redeem(
        &self,
        tx: &dyn Transaction,
        request: &EnrollmentRequest,
        now: Timestamp,
    ) -> Result<EnrollmentResult, Failure> {
        let code = EnrollmentCode::parse(&request.code).ok();
        let card = match code {
            Some(code) => tx.lock_card(&self.keys.code_tag(&code))?,
            None => None,
        };
        let Some(card) = card else {
            return Ok(EnrollmentResult::Refused(EnrollmentRefusal::UnknownCode));
        };
        let grants = tx.grants(&card.tag)?;
        let key = request.device_key.0;
        if let Some(own) = grants.iter().find(|grant| grant.device_key == key) {
            return Ok(EnrollmentResult::Granted(self.grant(own, &card)));
        }
        let programme = programme(tx, &card.programme)?;
        if let Some(refusal) = refusal(&programme, grants.len(), now) {
            return Ok(EnrollmentResult::Refused(refusal));
        }
        let enrollment = match grants.first() {
            Some(first) => first.enrollment,
            None => EnrollmentId::from_bytes(draw(&*self.randomness)?),
        };
        let grant = GrantRecord {
            tag: card.tag,
            device_key: key,
            device: DeviceId::from_bytes(draw(&*self.randomness)?),
            member: MemberId::from_bytes(draw(&*self.randomness)?),
            enrollment,
            granted_at: now,
        };
        if !tx.add_grant(&grant)? {
            // A random id that is taken: asking again draws another.
            return Err(Trouble::Inconsistent("a device").into());
        }
        Ok(EnrollmentResult::Granted(self.grant(&grant, &card)))
    }

    fn grant(&self, record: &GrantRecord, card: &CardRecord) -> Grant {
        Grant {
            device: record.device,
            member: record.member,
            enrollment: record.enrollment,
            programme: card.programme.clone(),
            receipt_key: self.keys.receipt_key(),
            granted_at: record.granted_at,
        }
    }
}

fn refusal(programme: &Programme, members: usize, now: Timestamp) -> Option<EnrollmentRefusal> {
    match programme.redeem_at(now).eligibility {
        Eligibility::NotYet { from } => Some(EnrollmentRefusal::NotYet { from }),
        Eligibility::Ended { since } => Some(EnrollmentRefusal::Ended { since }),
        Eligibility::Eligible { .. } if members >= usize::from(programme.members_per_card) => {
            Some(EnrollmentRefusal::CardFull)
        }
        Eligibility::Eligible { .. } => None,
    }
}
