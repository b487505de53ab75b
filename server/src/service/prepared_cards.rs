//! Cards that are drawn, printed, and only then issued.
//!
//! A printed card exists outside the database, so issuing comes last: [`Service::prepare_cards`] draws codes and
//! numbers and changes nothing, the caller prints them, and [`Service::issue_prepared`] issues exactly these or none.
//! No transaction is open while a sheet is made.

use yorisoi_protocol::{EnrollmentCode, Programme, Timestamp};

use super::setup::stored;
use super::{Service, SetupError};
use crate::randomness::draw;
use crate::storage::CardRecord;

/// Cards on one printing at most: the codes are drawn and kept in memory until the sheet is made.
pub const PRINTED_CARDS_MAX: u32 = 2_000;

/// Cards that nobody can redeem yet. Holds codes, so it has no `Debug`.
pub struct PreparedCards {
    /// Their programme.
    pub programme: Programme,
    /// When they count as issued.
    pub issued_at: Timestamp,
    /// The cards, by number.
    pub cards: Vec<PreparedCard>,
    batch: u32,
}

/// One of them.
pub struct PreparedCard {
    /// Its number within the programme.
    pub number: u32,
    /// Its code.
    pub code: EnrollmentCode,
}

impl Service {
    /// Draws `count` cards without issuing them.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn prepare_cards(&self, programme: &str, count: u32) -> Result<PreparedCards, SetupError> {
        if !(1..=PRINTED_CARDS_MAX).contains(&count) {
            return Err(SetupError::PrintedCardCount);
        }
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        let (last, batch) = tx.last_card(&programme.id)?;
        drop(tx);
        let mut cards = Vec::new();
        for number in (last + 1..).take(count as usize) {
            let random = u64::from_be_bytes(draw(&*self.randomness)?);
            let code = EnrollmentCode::issue(programme.index, random).ok_or(SetupError::UnknownProgramme)?;
            cards.push(PreparedCard { number, code });
        }
        Ok(PreparedCards { programme, issued_at: self.now(), cards, batch: batch + 1 })
    }

    /// Issues the prepared cards: all of them, with the numbers and codes they were prepared with, or none.
    ///
    /// # Errors
    /// [`SetupError::CardsMoved`] if other cards of the programme were issued meanwhile, so that these numbers are
    /// taken, or if a code exists already (once in 2^50 draws); [`SetupError`] otherwise.
    pub fn issue_prepared(&self, prepared: &PreparedCards) -> Result<(), SetupError> {
        let tx = self.storage.begin()?;
        for card in &prepared.cards {
            let tag = self.keys.code_tag(&card.code);
            let issued_at = prepared.issued_at;
            let record = CardRecord {
                issued_at,
                status_at: issued_at,
                ..self.new_card(&prepared.programme, tag, card.number, prepared.batch)
            };
            // A number or a code that is taken; dropping the transaction takes back the cards before it.
            if !tx.add_card(&record)? {
                return Err(SetupError::CardsMoved);
            }
        }
        Ok(tx.commit()?)
    }
}
