//! What an operator sees of a running programme, and the one thing to do about it: open a door that guesses have shut.

use yorisoi_protocol::{Timestamp, Words};

use super::redemption_limits::DoorState;
use super::setup::stored;
use super::{Service, SetupError};
use crate::storage::{CardStatus, Door, ShutRecord};

/// A programme, its cards and its doors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgrammeState {
    /// Its id.
    pub programme: String,
    /// Its name.
    pub name: Words,
    /// When this was so.
    pub at: Timestamp,
    /// Whether a card may be redeemed now, in words.
    pub redeem: Words,
    /// The first instant at which no card may be redeemed any more.
    pub redeem_ends_at: Option<Timestamp>,
    /// Cards with which somebody may still join, as far as their places go.
    pub cards_issued: u64,
    /// Cards that were revoked.
    pub cards_revoked: u64,
    /// Cards that were replaced.
    pub cards_replaced: u64,
    /// Cards, of whichever state, with which somebody joined.
    pub cards_redeemed: u64,
    /// The door for codes, then the door for the phrase.
    pub doors: [DoorState; 2],
}

impl DoorState {
    /// Whether it is shut at `now`.
    pub fn is_shut(&self, now: Timestamp) -> bool {
        self.shut.is_some_and(|shut| now < shut.until)
    }
}

impl Service {
    /// How a programme stands.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn programme_state(&self, programme: &str) -> Result<ProgrammeState, SetupError> {
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        let now = self.now();
        let cards = tx.cards(&programme.id)?;
        let count = |counted: &dyn Fn(CardStatus, u32) -> bool| {
            cards.iter().filter(|(card, members)| counted(card.status, *members)).count() as u64
        };
        Ok(ProgrammeState {
            at: now,
            redeem: programme.redeem_at(&programme.card_facts(), now).eligibility.words(),
            redeem_ends_at: programme.redeem_ends_at(),
            cards_issued: count(&|status, _| status == CardStatus::Issued),
            cards_revoked: count(&|status, _| status == CardStatus::Revoked),
            cards_replaced: count(&|status, _| matches!(status, CardStatus::Replaced { .. })),
            cards_redeemed: count(&|_, members| members > 0),
            doors: self.doors(&*tx, programme.index)?,
            programme: programme.id,
            name: programme.name,
        })
    }

    /// Opens the doors of a programme that are shut, and forgets the failures that shut them. Gives the doors that were.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn reopen_programme(&self, programme: &str) -> Result<Vec<DoorState>, SetupError> {
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        let now = self.now();
        let mut reopened = Vec::new();
        for state in self.doors(&*tx, programme.index)? {
            if let Some(shut) = state.shut.filter(|_| state.is_shut(now)) {
                let door = Door { way: state.way, index: Some(programme.index) };
                tx.set_shut(door, ShutRecord { until: now, ..shut })?;
                reopened.push(state);
            }
        }
        tx.commit()?;
        Ok(reopened)
    }
}
