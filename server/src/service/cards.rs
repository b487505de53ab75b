//! What an operator does with cards: issue them, list them, revoke one, replace one.
//!
//! A code is known here for as long as it takes to print it. Revoking or replacing a card keeps others from joining with
//! it; whoever joined goes on as before, because a lost card is no reason to lose a family.

use yorisoi_protocol::{EnrollmentCode, Programme, Timestamp};

use super::setup::stored;
use super::{Service, SetupError};
use crate::keys::CodeTag;
use crate::randomness::draw;
use crate::storage::{CardRecord, CardStatus, Transaction};

/// Cards that one command prints at most.
pub(super) const CARDS_MAX: u32 = 100_000;

/// One card in a list. The code is known to nobody but its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardState {
    /// Its number within the programme.
    pub number: u32,
    /// The printing it came with.
    pub batch: u32,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// What became of it.
    pub status: CardStatus,
    /// How many persons joined with it.
    pub members: u32,
}

impl From<(CardRecord, u32)> for CardState {
    fn from((card, members): (CardRecord, u32)) -> Self {
        Self {
            number: card.number,
            batch: card.batch,
            issued_at: card.issued_at,
            status: card.status,
            members,
        }
    }
}

impl Service {
    /// Issues `count` cards. Their codes are returned once and kept nowhere.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn issue_cards(&self, programme: &str, count: u32) -> Result<Vec<EnrollmentCode>, SetupError> {
        if !(1..=CARDS_MAX).contains(&count) {
            return Err(SetupError::CardCount);
        }
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        let (last, batch) = tx.last_card(&programme.id)?;
        let issue = |place| {
            let card = |tag| self.new_card(&programme, tag, last + place, batch + 1);
            self.print_card(&*tx, &programme, card)
        };
        let codes = (1..=count).map(issue).collect::<Result<_, _>>()?;
        tx.commit()?;
        Ok(codes)
    }

    /// The cards of a programme.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn cards(&self, programme: &str) -> Result<Vec<CardState>, SetupError> {
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        Ok(tx.cards(&programme.id)?.into_iter().map(CardState::from).collect())
    }

    /// What this server knows of the card with this code, if it issued one; never to whom it went. For support, at a
    /// command line: all cards of the programme are read.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn card_status(&self, code: &EnrollmentCode) -> Result<Option<CardState>, SetupError> {
        let tx = self.storage.begin()?;
        let Some(card) = tx.lock_card(&self.keys.code_tag(code))? else {
            return Ok(None);
        };
        let mut cards = tx.cards(&card.programme)?.into_iter();
        Ok(cards.find(|(other, _)| other.number == card.number).map(CardState::from))
    }

    /// The number of the card with this code, typed in any way that a phone accepts.
    ///
    /// # Errors
    /// [`SetupError::CodeUnreadable`], [`SetupError::UnknownCard`] and others.
    pub fn card_number(&self, programme: &str, typed: &str) -> Result<u32, SetupError> {
        let code = EnrollmentCode::parse(typed).map_err(|_| SetupError::CodeUnreadable)?;
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        let card = tx.lock_card(&self.keys.code_tag(&code))?.filter(|card| card.programme == programme.id);
        card.map(|card| card.number).ok_or(SetupError::UnknownCard)
    }

    /// Revokes the card whose code was typed, and lists it for the next manifest. Gives its number.
    ///
    /// # Errors
    /// As [`Service::card_number`] and [`Service::revoke_card`].
    pub fn revoke_card_at_hand(&self, programme: &str, typed: &str) -> Result<u32, SetupError> {
        let number = self.card_number(programme, typed)?;
        self.revoke_card(programme, number)?;
        let code = EnrollmentCode::parse(typed).map_err(|_| SetupError::CodeUnreadable)?;
        self.list_as_revoked(&code)?;
        Ok(number)
    }

    /// Revokes a card: nobody joins with it any more. A card that was revoked before stays as it is.
    ///
    /// # Errors
    /// [`SetupError::UnknownCard`], [`SetupError::CardReplaced`] and others.
    pub fn revoke_card(&self, programme: &str, number: u32) -> Result<(), SetupError> {
        let tx = self.storage.begin()?;
        let card = numbered(&*tx, programme, number)?;
        match card.status {
            CardStatus::Issued => tx.set_card_status(&card.tag, CardStatus::Revoked, self.now())?,
            CardStatus::Revoked => {}
            CardStatus::Replaced { by } => return Err(SetupError::CardReplaced { by }),
        }
        Ok(tx.commit()?)
    }

    /// Issues a card in the place of this one, and gives its code. The household, its members and the places left are the
    /// same with either card; but nobody joins with the old one any more. A revoked card can be replaced too.
    ///
    /// # Errors
    /// [`SetupError::UnknownCard`], [`SetupError::CardReplaced`] and others.
    pub fn replace_card(&self, programme: &str, number: u32) -> Result<EnrollmentCode, SetupError> {
        let tx = self.storage.begin()?;
        let old = numbered(&*tx, programme, number)?;
        if let CardStatus::Replaced { by } = old.status {
            return Err(SetupError::CardReplaced { by });
        }
        let programme = stored(tx.programme(programme)?)?;
        let (last, batch) = tx.last_card(&programme.id)?;
        let code = self.print_card(&*tx, &programme, |tag| CardRecord {
            household: old.household,
            ..self.new_card(&programme, tag, last + 1, batch + 1)
        })?;
        tx.set_card_status(&old.tag, CardStatus::Replaced { by: last + 1 }, self.now())?;
        tx.commit()?;
        Ok(code)
    }

    pub(super) fn new_card(
        &self,
        programme: &Programme,
        tag: CodeTag,
        number: u32,
        batch: u32,
    ) -> CardRecord {
        let now = self.now();
        CardRecord {
            tag,
            programme: programme.id.clone(),
            number,
            batch,
            issued_at: now,
            household: tag,
            status: CardStatus::Issued,
            status_at: now,
        }
    }

    /// Draws a code and adds the card that `card` makes of its tag.
    fn print_card(
        &self,
        tx: &dyn Transaction,
        programme: &Programme,
        card: impl Fn(CodeTag) -> CardRecord,
    ) -> Result<EnrollmentCode, SetupError> {
        loop {
            let random = u64::from_be_bytes(draw(&*self.randomness)?);
            let code = EnrollmentCode::issue(programme.index, random).ok_or(SetupError::UnknownProgramme)?;
            // A code that exists already is drawn again.
            if tx.add_card(&card(self.keys.code_tag(&code)))? {
                return Ok(code);
            }
        }
    }
}

fn numbered(tx: &dyn Transaction, programme: &str, number: u32) -> Result<CardRecord, SetupError> {
    let programme = stored(tx.programme(programme)?)?;
    let tag = tx.numbered_card(&programme.id, number)?.ok_or(SetupError::UnknownCard)?;
    tx.lock_card(&tag)?.ok_or(SetupError::UnknownCard)
}
