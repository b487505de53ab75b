//! What goes wrong with phones and server, beside the network.

use std::sync::atomic::Ordering;

use yorisoi_fault_vfs::{Fault, FaultKind};
use yorisoi_protocol::Timestamp;

use crate::Broken;
use crate::toll::Trouble;
use crate::world::{Event, SECOND, World};

impl World {
    pub(crate) fn strike(&mut self) -> Result<(), Broken> {
        if !self.troubled {
            return Ok(());
        }
        let after = self.millis(1, 6);
        self.schedule(after, Event::Strike);
        let number = self.chance.below(self.phones.len());
        let (lasts, passed) = (self.millis(1, 8), self.chance.below(30) as u64);
        match self.chance.below(14) {
            0 => {
                let end = self.phone(number)?.watch.position();
                self.power_off(number, end)?;
            }
            1 => {
                let phone = self.phone(number)?;
                if let Some(client) = &phone.client {
                    client.suspend();
                    phone.suspended = true;
                    self.toll.count(Trouble::PhoneSuspended);
                }
            }
            2 => self.phone(number)?.spoil(fault(FaultKind::Full, passed, true)),
            3 => self.phone(number)?.spoil(fault(FaultKind::Writing, passed, false)),
            4 => {
                let end = self.phone(number)?.watch.position();
                self.phone(number)?.supplies.keys.locked.store(true, Ordering::Relaxed);
                self.power_off(number, end)?;
                self.toll.count(Trouble::KeysLocked);
            }
            5 => {
                let hours = i64::try_from(self.chance.below(72)).unwrap_or(0) - 36;
                let clock = &self.phone(number)?.supplies.clock;
                clock.turned_millis.store(hours * 3600 * SECOND, Ordering::Relaxed);
                self.toll.count(Trouble::ClockTurned);
            }
            6 => self.server.spoil(fault(FaultKind::Full, passed, true)),
            7 => {
                let end = self.server.watch.position();
                self.server_off(end)?;
            }
            8 => self.server.keep()?,
            9 if self.chance.below(3) == 0 => {
                if self.server.restore()? {
                    self.restored = true;
                    self.toll.count(Trouble::ServerRestored);
                    self.older_cards()?;
                }
            }
            10 => {
                let bit = self.chance.below(62);
                if self.phone(number)?.flip_a_bit(bit)? {
                    self.toll.count(Trouble::BitFlipped);
                }
            }
            11 => self.server.spoil(fault(FaultKind::Writing, passed, false)),
            12 => self.replace_card(number)?,
            _ => return Ok(()),
        }
        self.schedule(lasts, Event::Heal(number));
        self.schedule(lasts, Event::HealServer);
        Ok(())
    }

    pub(crate) fn heal(&mut self, number: usize) -> Result<(), Broken> {
        let phone = self.phone(number)?;
        let failed = phone.watch.failed() > phone.counted;
        phone.counted = phone.watch.failed();
        phone.watch.heal();
        let spoiled = phone.spoiled.take();
        phone.supplies.keys.locked.store(false, Ordering::Relaxed);
        if phone.suspended {
            phone.suspended = false;
            if let Some(client) = &phone.client {
                client.resume().map_err(|error| format!("does not resume: {}", error.code()))?;
            }
        }
        if failed {
            let full = spoiled == Some(FaultKind::Full);
            self.toll.count(if full { Trouble::PhoneDiskFull } else { Trouble::PhoneDiskFailing });
        }
        Ok(())
    }

    /// A phone's card is lost, and its owner gets another. Who joined with the old one goes on as before.
    fn replace_card(&mut self, number: usize) -> Result<(), Broken> {
        let card = self.phone(number)?.card()?;
        let other = self.server.replace_card(&card)?;
        self.phone(number)?.owed_a_card = other.is_none();
        if let Some(other) = other {
            self.phone(number)?.cards.push(other);
            self.toll.count(Trouble::CardReplaced);
        }
        Ok(())
    }

    /// The operator does again what was cut short. A card that was made and never shown is gone: then another is issued.
    fn settle_cards(&mut self) -> Result<(), Broken> {
        for number in 0..self.phones.len() {
            if self.phone(number)?.owed_a_card {
                let card = self.phone(number)?.card()?;
                let other = self.server.replace_card(&card)?;
                let other = other.map_or_else(|| self.server.card(), Ok)?;
                self.phone(number)?.cards.push(other);
            }
        }
        Ok(())
    }

    /// A server that was set back knows nothing of the newest cards: the ones before are good again.
    fn older_cards(&mut self) -> Result<(), Broken> {
        for number in 0..self.phones.len() {
            loop {
                let card = self.phone(number)?.card()?;
                if self.server.knows_card(&card)? {
                    break;
                }
                let phone = self.phone(number)?;
                phone.cards.pop();
                // It may have been revoked by then, with none in its place.
                phone.owed_a_card = true;
            }
        }
        Ok(())
    }

    pub(crate) fn heal_server(&mut self) {
        if self.server.watch.failed() > 0 {
            match self.server.spoiled {
                Some(FaultKind::Full) => self.toll.count(Trouble::ServerDiskFull),
                Some(_) => self.toll.count(Trouble::ServerDiskFailing),
                None => {}
            }
        }
        self.server.spoiled = None;
        self.server.watch.heal();
    }

    /// Nothing goes wrong from now on, and what is under way comes to its end within three seconds.
    pub(crate) fn heal_all(&mut self) -> Result<(), Broken> {
        self.troubled = false;
        self.healed = Some(Timestamp::from_millis(self.time.millis()));
        for number in 0..self.phones.len() {
            self.heal(number)?;
        }
        self.heal_server();
        self.settle_cards()?;
        let soon = self.time.millis() + 3 * SECOND;
        let late = self.events.split_off(&(soon, 0));
        for event in late.into_values() {
            let after = self.millis(0, 3);
            if matches!(event, Event::Arrive(..) | Event::Reply(..)) {
                self.schedule(after, event);
            }
        }
        for number in 0..self.phones.len() {
            self.schedule(0, Event::Sync(number));
        }
        Ok(())
    }
}

fn fault(kind: FaultKind, after: u64, lasting: bool) -> Fault {
    Fault { kind, after, lasting }
}
