//! How often redeeming may fail before the next attempt has to wait.
//!
//! A phone finds a mistyped code by itself, so what is well formed and yet no card is a guess, or a card of another
//! server. Three limits hold guesses down; `docs/security.md` computes what they leave:
//! - a device is heard again an hour after the first of its last ten failures (five with phrases, which are typed without
//!   check symbols but may be guessed by anybody who lives there). Making another key is easy, so this limit is for
//!   accidents and bad loops;
//! - a programme's cards, and its phrase, are shut for ten minutes when more than sixty attempts failed within ten. This
//!   is the limit that holds. It shuts out parents with a new card as well, who are told when to try again; so it lies far
//!   above accidents, and an operator sees it and can open the door again;
//! - a neighbourhood of the network is limited in [`super::address_limit`].
//!
//! The first two are in the database: all server processes agree, and a restart forgets nothing. Who has a grant already
//! gets it again at any time. Who was told to wait is not noted: that attempt counts nowhere, and a loop that goes on
//! asking would fill the table.

use yorisoi_protocol::Timestamp;

use super::{Failure, Service};
use crate::storage::{AttemptRecord, Door, OwnFailures, ShutRecord, StorageError, Transaction, Way};

/// How far the limit of a device looks back, in milliseconds. No attempt is remembered for longer.
const INSTALL_WINDOW_MS: i64 = 60 * 60 * 1000;
/// Failures with codes that a device may have within [`INSTALL_WINDOW_MS`].
const CODE_FAILURES: u32 = 10;
/// Failures with phrases that a device may have within [`INSTALL_WINDOW_MS`].
const PHRASE_FAILURES: u32 = 5;
/// How far the limit of a door looks back, in milliseconds.
const DOOR_WINDOW_MS: i64 = 10 * 60 * 1000;
/// Failures that a door takes within [`DOOR_WINDOW_MS`]; one more shuts it.
const DOOR_FAILURES: u32 = 60;
/// For how long a door is shut, in milliseconds.
const DOOR_SHUT_MS: i64 = 10 * 60 * 1000;

/// Who redeems, where and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Knock {
    /// What the device's key is known by here.
    pub(super) install: [u8; 32],
    /// Where.
    pub(super) door: Door,
    /// When.
    pub(super) at: Timestamp,
}

/// What limits a knock at its time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limited {
    own: OwnFailures,
    door_failures: u32,
    shut: Option<ShutRecord>,
}

/// A door as an operator sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoorState {
    /// What is shown there.
    pub way: Way,
    /// Attempts that failed within the last hour.
    pub failures: u32,
    /// When it was last shut, if ever: still, if `until` lies ahead.
    pub shut: Option<ShutRecord>,
}

impl Knock {
    /// What limits this knock. The same reads for every knock.
    pub(super) fn limited(&self, tx: &dyn Transaction) -> Result<Limited, Failure> {
        let own = tx.own_failures(&self.install, self.door.way, self.at.plus_millis(-INSTALL_WINDOW_MS))?;
        let shut = tx.shut(self.door)?;
        // A door that an operator opened starts anew.
        let opened = shut.map_or(Timestamp::EARLIEST, |shut| shut.until);
        let after = self.at.plus_millis(-DOOR_WINDOW_MS).max(opened);
        Ok(Limited { own, door_failures: tx.door_failures(self.door, after)?, shut })
    }

    /// Notes this knock, which was heard. Says whether it was the failure too much for its door, which is shut from now on.
    pub(super) fn note(
        &self,
        tx: &dyn Transaction,
        limited: &Limited,
        failed: bool,
    ) -> Result<bool, Failure> {
        let attempt = AttemptRecord { install: self.install, door: self.door, at: self.at, failed };
        tx.note_attempt(&attempt, self.at.plus_millis(-INSTALL_WINDOW_MS))?;
        let shuts = failed && self.door.index.is_some() && limited.door_failures >= DOOR_FAILURES;
        if shuts {
            let until = self.at.plus_millis(DOOR_SHUT_MS);
            tx.set_shut(self.door, ShutRecord { since: self.at, until })?;
        }
        Ok(shuts)
    }
}

impl Limited {
    /// Seconds until `knock` is heard; `None` if it is heard now.
    pub(super) fn wait(&self, knock: &Knock) -> Option<u32> {
        let allowed = match knock.door.way {
            Way::Code => CODE_FAILURES,
            Way::Phrase => PHRASE_FAILURES,
        };
        let own = self.own.first.filter(|_| self.own.count >= allowed);
        let own = own.and_then(|first| seconds(first.plus_millis(INSTALL_WINDOW_MS), knock.at));
        let door = self.shut.and_then(|shut| seconds(shut.until, knock.at));
        own.max(door)
    }
}

impl Service {
    /// The doors of the programme with this index.
    pub(super) fn doors(&self, tx: &dyn Transaction, index: u16) -> Result<[DoorState; 2], StorageError> {
        let after = self.now().plus_millis(-INSTALL_WINDOW_MS);
        let state = |way| {
            let door = Door { way, index: Some(index) };
            Ok(DoorState { way, failures: tx.door_failures(door, after)?, shut: tx.shut(door)? })
        };
        Ok([state(Way::Code)?, state(Way::Phrase)?])
    }
}

/// Whole seconds from `now` to `until`, rounded up; `None` once it is reached.
fn seconds(until: Timestamp, now: Timestamp) -> Option<u32> {
    let left = until.since(now);
    (left > 0).then(|| u32::try_from((left + 999) / 1000).unwrap_or(u32::MAX))
}
