//! Redeeming a card or a phrase.
//!
//! One transaction under the lock of the household's cards, or of the phrase, decides, so of two devices that race for the
//! last place exactly one has it. The order of judgement: a device that has a grant of this card gets the same again, at
//! any time and whatever became of the card, because it may only have missed the reply; then a card that was revoked or
//! replaced; then the window; then the places.
//!
//! Before anything but the first of these is said, the limits of [`super::redemption_limits`] and
//! [`super::address_limit`] are asked: whoever has to wait learns nothing about what was shown.
//!
//! Whatever the answer, the storage does the same work: the nonce is noted, one tag, one set of grants, one programme and
//! the limits are looked up, the attempt is noted, one durable commit. A new grant alone adds its rows, and the failure
//! that shuts a door its mark. Who has to wait is told so by the status already; for them all of it but noting the attempt
//! is done, whatever they showed. What a stranger can measure does not tell which codes exist.

use std::net::IpAddr;

use yorisoi_protocol::ids::{DeviceId, EnrollmentId, MemberId};
use yorisoi_protocol::phrase::SharedPhrase;
use yorisoi_protocol::wire::{
    ApiErrorCode, EnrollmentRefusal, EnrollmentReply, EnrollmentRequest, EnrollmentResult, Grant,
    PhraseRequest, PublicKey,
};
use yorisoi_protocol::{Eligibility, EnrollmentCode, Programme, Timestamp};

use super::authenticate::Signed;
use super::redemption_limits::Knock;
use super::{Failure, Service, Trouble};
use crate::keys::CodeTag;
use crate::randomness::draw;
use crate::storage::{CardRecord, CardStatus, Door, GrantRecord, Joined, PhraseRecord, Transaction, Way};

/// From here on every grant counts.
const EVER: Timestamp = Timestamp::EARLIEST;

/// What was looked for, and what is there.
struct Sought {
    /// Where was knocked.
    door: Door,
    /// The programme that was named, if it is one of this server's.
    programme: Option<String>,
    /// Whether it was well formed: if nothing is there, somebody guesses.
    well_formed: bool,
    /// What is there.
    found: Option<Found>,
}

/// What was found under a tag, and what the judgement turns on.
struct Found {
    /// See [`GrantRecord::source`].
    source: CodeTag,
    /// See [`GrantRecord::card`].
    card: Option<CodeTag>,
    programme: Programme,
    /// Why nobody joins any more, if so.
    closed: Option<EnrollmentRefusal>,
    /// How many may join, and what to say past it.
    places: (u32, EnrollmentRefusal),
    joined: Joined,
}

impl Service {
    /// Redeems a card or a phrase for the device that signed. `address` is where the request came from, if that is known.
    ///
    /// # Errors
    /// [`Failure`], among them `too_many`; a refused card is no failure but a result.
    pub fn enroll(
        &self,
        signed: &Signed,
        request: &EnrollmentRequest,
        address: Option<IpAddr>,
    ) -> Result<EnrollmentReply, Failure> {
        let tx = self.begin()?;
        self.use_nonce(&*tx, signed, self.now())?;
        self.redeem_limited(tx, signed, request, address)
    }

    /// Redeems within the limits, in a transaction that was begun for it.
    ///
    /// # Errors
    /// As [`Service::enroll`].
    pub(super) fn redeem_limited(
        &self,
        tx: Box<dyn Transaction + '_>,
        signed: &Signed,
        request: &EnrollmentRequest,
        address: Option<IpAddr>,
    ) -> Result<EnrollmentReply, Failure> {
        let (now, key) = (self.now(), request.device_key);
        let sought = match (&request.code, &request.phrase) {
            (Some(code), None) => self.find_card(&*tx, code, key)?,
            (None, Some(phrase)) => self.find_phrase(&*tx, phrase, key, now)?,
            _ => return Err(Failure::refused(ApiErrorCode::InvalidValue)),
        };
        let knock = Knock { install: self.keys.install_tag(&key), door: sought.door, at: now };
        let limited = knock.limited(&*tx)?;
        let wait = limited.wait(&knock).max(self.addresses.wait(address, now));
        let wait = wait.filter(|_| !sought.granted_before());
        let failed = wait.is_none() && sought.found.is_none() && sought.well_formed;
        let result = match &sought.found {
            Some(found) if wait.is_none() => self.redeem(&*tx, found, key, now)?,
            _ => EnrollmentResult::Refused(EnrollmentRefusal::UnknownCode),
        };
        let shut = wait.is_none() && knock.note(&*tx, &limited, failed)?;
        // Refused or not: a commit costs the same wait.
        tx.commit()?;
        if failed {
            self.addresses.failed(address, now);
        }
        if shut {
            let programme = sought.programme.as_deref().unwrap_or_default();
            tracing::warn!(programme, way = ?sought.door.way, "shut for ten minutes: too many failed to redeem");
        }
        match wait {
            Some(seconds) => Err(Failure::too_many(seconds)),
            None => Ok(EnrollmentReply { answers: signed.nonce, result, time: now, pad: String::new() }),
        }
    }

    fn find_card(&self, tx: &dyn Transaction, typed: &str, key: PublicKey) -> Result<Sought, Failure> {
        let code = EnrollmentCode::parse(typed).ok();
        // What is no code is looked up as well, under a tag that no code has.
        let tag = code.as_ref().map_or_else(|| self.keys.no_tag(), |code| self.keys.code_tag(code));
        let card = tx.lock_card(&tag)?;
        let household = card.as_ref().map_or(tag, |card| card.household);
        let joined = tx.joined(&household, &key.0, EVER)?;
        let index = code.as_ref().map_or(0, EnrollmentCode::programme_index);
        let programme = read(tx.programme_at(index)?).filter(|_| code.is_some());
        let sought = Sought::nothing(Way::Code, programme.as_ref(), code.is_some());
        let Some(card) = card else { return Ok(sought) };
        let programme = programme.filter(|programme| programme.id == card.programme);
        let programme = programme.ok_or(Trouble::Inconsistent("a programme"))?;
        Ok(Sought { found: Some(Found::card(&card, programme, joined)), ..sought })
    }

    fn find_phrase(
        &self,
        tx: &dyn Transaction,
        request: &PhraseRequest,
        key: PublicKey,
        now: Timestamp,
    ) -> Result<Sought, Failure> {
        let parsed = SharedPhrase::parse(&request.phrase).ok();
        let well_formed = parsed.is_some();
        let tag = parsed
            .map_or_else(|| self.keys.no_tag(), |phrase| self.keys.phrase_tag(&request.programme, &phrase));
        let phrase = tx.lock_phrase(&tag)?;
        let joined = tx.joined(&tag, &key.0, now.civil_date().starts_at())?;
        let programme = read(tx.programme(&request.programme)?);
        let sought = Sought::nothing(Way::Phrase, programme.as_ref(), well_formed);
        let phrase = phrase.filter(|phrase| phrase.programme == request.programme);
        let Some(phrase) = phrase else { return Ok(sought) };
        let programme = programme.ok_or(Trouble::Inconsistent("a programme"))?;
        Ok(Sought { found: Some(Found::phrase(&phrase, programme, joined)), ..sought })
    }

    fn redeem(
        &self,
        tx: &dyn Transaction,
        found: &Found,
        key: PublicKey,
        now: Timestamp,
    ) -> Result<EnrollmentResult, Failure> {
        if let Some(own) = &found.joined.own {
            return Ok(EnrollmentResult::Granted(self.grant(own)));
        }
        if let Some(refusal) = found.refusal(now) {
            return Ok(EnrollmentResult::Refused(refusal));
        }
        let shared = found.joined.enrollment.filter(|_| found.card.is_some());
        let grant = GrantRecord {
            source: found.source,
            card: found.card,
            programme: found.programme.id.clone(),
            device_key: key.0,
            device: DeviceId::from_bytes(draw(&*self.randomness)?),
            member: MemberId::from_bytes(draw(&*self.randomness)?),
            // Who knows the phrase of a town is of no household but their own.
            enrollment: match shared {
                Some(enrollment) => enrollment,
                None => EnrollmentId::from_bytes(draw(&*self.randomness)?),
            },
            granted_at: now,
        };
        if !tx.add_grant(&grant)? {
            // A random id that is taken: asking again draws another.
            return Err(Trouble::Inconsistent("a device").into());
        }
        Ok(EnrollmentResult::Granted(self.grant(&grant)))
    }

    fn grant(&self, record: &GrantRecord) -> Grant {
        Grant {
            device: record.device,
            member: record.member,
            enrollment: record.enrollment,
            programme: record.programme.clone(),
            receipt_key: self.keys.receipt_key(),
            trust: record.trust(),
            granted_at: record.granted_at,
        }
    }
}

impl Sought {
    fn nothing(way: Way, programme: Option<&Programme>, well_formed: bool) -> Self {
        Self {
            door: Door { way, index: programme.map(|programme| programme.index) },
            programme: programme.map(|programme| programme.id.clone()),
            well_formed,
            found: None,
        }
    }

    /// Whether the device has a grant of it already.
    fn granted_before(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.joined.own.is_some())
    }
}

impl Found {
    fn card(card: &CardRecord, programme: Programme, joined: Joined) -> Self {
        Self {
            source: card.household,
            card: Some(card.tag),
            closed: match card.status {
                CardStatus::Issued => None,
                CardStatus::Revoked => Some(EnrollmentRefusal::CardRevoked),
                CardStatus::Replaced { .. } => Some(EnrollmentRefusal::CardReplaced),
            },
            places: (u32::from(programme.members_per_card), EnrollmentRefusal::CardFull),
            programme,
            joined,
        }
    }

    fn phrase(phrase: &PhraseRecord, programme: Programme, joined: Joined) -> Self {
        Self {
            source: phrase.tag,
            card: None,
            closed: phrase.ended_at.map(|_| EnrollmentRefusal::CardRevoked),
            places: (phrase.joins_per_day, EnrollmentRefusal::TooManyToday),
            programme,
            joined,
        }
    }

    /// Why a device that has no grant yet gets none.
    fn refusal(&self, now: Timestamp) -> Option<EnrollmentRefusal> {
        let window = match self.programme.redeem_at(&self.programme.card_facts(), now).eligibility {
            Eligibility::NotYet { from } => Some(EnrollmentRefusal::NotYet { from }),
            Eligibility::Ended { since } => Some(EnrollmentRefusal::Ended { since }),
            // What turns on facts that a card does not prove refuses nobody.
            Eligibility::Eligible { .. } | Eligibility::Unknown { .. } => None,
        };
        let (places, past) = self.places;
        // The key of a member who was erased gets no second place.
        let taken = self.joined.members >= places || self.joined.erased;
        self.closed.or(window).or(taken.then_some(past))
    }
}

fn read(text: Option<String>) -> Option<Programme> {
    text.and_then(|text| Programme::parse(&text).ok())
}

#[cfg(test)]
#[path = "enrollment_tests.rs"]
mod tests;
