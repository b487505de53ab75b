//! The world: what happens when, one thing after another.

use std::collections::BTreeMap;
use std::sync::Arc;

use yorisoi_core::transport::Response;
use yorisoi_core::view::ConsultationView;
use yorisoi_fault_vfs::{Chance, Loss};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::ChangeId;

use crate::Broken;
use crate::host::{TrueTime, lock};
use crate::network::{Came, Network, Sent, Slot};
use crate::phone::{Phone, Said};
use crate::server::Server;
use crate::toll::{Toll, Trouble};

pub(crate) const SECOND: i64 = 1000;

/// Something that happens at a time.
pub(crate) enum Event {
    /// An owner does something.
    Owner(usize),
    /// A phone syncs, or goes on.
    Sync(usize),
    /// A request arrives.
    Arrive(Sent, Fate),
    /// A reply arrives.
    Reply(usize, Slot, Came),
    /// A clinician looks at the desk.
    Clinician,
    /// Something goes wrong.
    Strike,
    /// A phone's trouble is over.
    Heal(usize),
    /// The server's trouble is over.
    HealServer,
}

/// What becomes of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    Lost,
    Cut,
    Replayed,
    /// The phone has its reply already, or gave up.
    Nobody,
}

pub(crate) struct World {
    pub(crate) chance: Chance,
    pub(crate) time: Arc<TrueTime>,
    pub(crate) network: Arc<Network>,
    pub(crate) server: Server,
    pub(crate) phones: Vec<Phone>,
    pub(crate) events: BTreeMap<(i64, u64), Event>,
    pub(crate) events_made: u64,
    pub(crate) toll: Toll,
    /// Whether things go wrong.
    pub(crate) troubled: bool,
    pub(crate) last_replies: Vec<Option<Response>>,
    /// What the clinician said, and the server acknowledged.
    pub(crate) answers: Vec<String>,
    pub(crate) restored: bool,
    /// When everything was healed.
    pub(crate) healed: Option<Timestamp>,
    /// Which phones were verified with nothing waiting, since the healing.
    pub(crate) quiet: Vec<bool>,
    pub(crate) texts: u64,
    /// A digest of all that happened.
    pub(crate) trace: u64,
}

impl World {
    pub(crate) fn new(
        chance: Chance,
        time: Arc<TrueTime>,
        network: Arc<Network>,
        server: Server,
        phones: Vec<Phone>,
    ) -> Self {
        let count = phones.len();
        Self {
            chance,
            time,
            network,
            server,
            phones,
            events: BTreeMap::new(),
            events_made: 0,
            toll: Toll::default(),
            troubled: true,
            last_replies: vec![None; count],
            answers: Vec::new(),
            restored: false,
            healed: None,
            quiet: vec![false; count],
            texts: 0,
            trace: 0xcbf2_9ce4_8422_2325,
        }
    }

    /// A number of milliseconds from `from` up to, not including, `to` seconds.
    pub(crate) fn millis(&mut self, from: i64, to: i64) -> i64 {
        let span = usize::try_from((to - from) * SECOND).unwrap_or(0);
        from * SECOND + i64::try_from(self.chance.below(span)).unwrap_or(0)
    }

    /// Once in so many times, and never once everything is healed.
    pub(crate) fn strikes(&mut self, once_in: usize) -> bool {
        self.troubled && self.chance.below(once_in) == 0
    }

    pub(crate) fn loss(&mut self) -> Loss {
        let which = self.chance.below(Loss::ALL.len());
        Loss::ALL.get(which).copied().unwrap_or(Loss::Nothing)
    }

    fn text(&mut self, who: &str) -> String {
        self.texts += 1;
        let filler = "眠れない夜が続いています。".repeat(1 + self.chance.below(30));
        format!("{who} {} {filler}", self.texts)
    }

    pub(crate) fn schedule(&mut self, after: i64, event: Event) {
        self.events_made += 1;
        self.events.insert((self.time.millis() + after.max(0), self.events_made), event);
    }

    pub(crate) fn note(&mut self, what: u64) {
        for byte in what.to_le_bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Lets happen what happens until then, or until `enough` says so.
    pub(crate) async fn run(&mut self, until: i64, enough: impl Fn(&Self) -> bool) -> Result<(), Broken> {
        while !enough(self) {
            let Some(next) =
                self.events.first_key_value().map(|(key, _)| *key).filter(|(at, _)| *at <= until)
            else {
                self.time.set(until);
                return Ok(());
            };
            let Some(event) = self.events.remove(&next) else {
                continue;
            };
            self.time.set(next.0);
            self.note(next.0.cast_unsigned());
            self.happen(event).await?;
        }
        Ok(())
    }

    async fn happen(&mut self, event: Event) -> Result<(), Broken> {
        match event {
            Event::Owner(phone) => self.owner(phone),
            Event::Sync(phone) => self.sync(phone),
            Event::Arrive(sent, fate) => self.arrive(sent, fate).await,
            Event::Reply(phone, slot, came) => {
                *lock(&slot) = Some(came);
                self.look(phone)
            }
            Event::Clinician => self.clinician().await,
            Event::Strike => self.strike(),
            Event::Heal(phone) => self.heal(phone),
            Event::HealServer => {
                self.heal_server();
                Ok(())
            }
        }
    }

    pub(crate) fn phone(&mut self, number: usize) -> Result<&mut Phone, Broken> {
        self.phones.get_mut(number).ok_or_else(|| "no such phone".to_owned())
    }

    fn owner(&mut self, number: usize) -> Result<(), Broken> {
        if !self.troubled {
            return Ok(());
        }
        let after = self.millis(1, 8);
        self.schedule(after, Event::Owner(number));
        let (what, which, text) = (self.chance.below(10), self.chance.number(), self.text("親"));
        let phone = self.phone(number)?;
        let (before, said) = (phone.watch.position(), phone.messages.len());
        phone.act(what, which, &text)?;
        let after = phone.watch.position();
        if self.strikes(20) {
            let at = before + self.chance.below(after - before + 1);
            if at < after {
                let phone = self.phone(number)?;
                phone.messages.iter_mut().skip(said).for_each(|message| message.said = Said::InDoubt);
            }
            self.power_off(number, at)?;
        }
        self.carry();
        Ok(())
    }

    pub(crate) fn power_off(&mut self, number: usize, at: usize) -> Result<(), Broken> {
        let loss = self.loss();
        let trouble = if loss == Loss::Nothing { Trouble::PhoneKilled } else { Trouble::PhonePowerLost };
        self.toll.count(trouble);
        self.note(at as u64);
        let mut chance = Chance::new(self.chance.number());
        self.phone(number)?.crash(at, loss, &mut chance)
    }

    fn sync(&mut self, number: usize) -> Result<(), Broken> {
        let after = if self.troubled { self.millis(1, 5) } else { self.millis(0, 2) };
        self.schedule(after, Event::Sync(number));
        let (twice, drops, elsewhere) = (self.strikes(5), self.strikes(20), self.chance.coin());
        let phone = self.phone(number)?;
        if phone.client.is_none() {
            phone.open()?;
        }
        let waiting = phone.syncs.len();
        if drops && waiting > 0 {
            drop(phone.syncs.remove(0));
            self.toll.count(Trouble::SyncDropped);
        } else if waiting == 0 {
            phone.begin_sync()?;
        } else if twice && waiting == 1 && elsewhere {
            phone.begin_sync_elsewhere()?;
            self.toll.count(Trouble::TwoProcesses);
        } else if twice && waiting == 1 {
            phone.begin_sync()?;
            self.toll.count(Trouble::TwoSyncs);
        }
        self.look(number)
    }

    /// Lets a phone's syncs go on, with its power going off in the middle at times.
    pub(crate) fn look(&mut self, number: usize) -> Result<(), Broken> {
        let (troubled, healed) = (self.troubled, self.healed);
        let phone = self.phone(number)?;
        let before = phone.watch.position();
        let reports = phone.look()?;
        let after = phone.watch.position();
        let unknown = std::mem::take(&mut phone.unknown);
        let refused = reports.iter().map(|report| u64::from(report.refused)).sum();
        if !troubled {
            let verified = reports.iter().any(|report| report.verified_at >= healed);
            let quiet = verified && !phone.something_waits()?;
            if let Some(known) = self.quiet.get_mut(number) {
                *known |= quiet;
            }
        }
        if self.network.was_crowded() {
            return Err(format!("phone {number}: two syncs of one app are under way"));
        }
        for (trouble, count) in [(Trouble::DeviceUnknown, unknown), (Trouble::WorkRefused, refused)] {
            (0..count).for_each(|_: u64| self.toll.count(trouble));
        }
        if after > before && self.strikes(30) {
            let at = before + self.chance.below(after - before + 1);
            // What it sent only after its last write was never sent.
            drop(self.network.sent());
            self.power_off(number, at)?;
        }
        self.carry();
        Ok(())
    }

    pub(crate) fn server_off(&mut self, at: usize) -> Result<(), Broken> {
        let loss = self.loss();
        let trouble = if loss == Loss::Nothing { Trouble::ServerKilled } else { Trouble::ServerPowerLost };
        self.toll.count(trouble);
        let mut chance = Chance::new(self.chance.number());
        self.server.crash(at, loss, &mut chance)
    }

    async fn clinician(&mut self) -> Result<(), Broken> {
        if !self.troubled {
            return Ok(());
        }
        let after = self.millis(2, 10);
        self.schedule(after, Event::Clinician);
        let Some(token) = self.server.log_in().await? else {
            return Ok(());
        };
        let queue = self.server.queue(&token).await?;
        let which = self.chance.below(queue.len());
        let Some(&id) = queue.get(which) else {
            return Ok(());
        };
        if !self.server.take(&token, id).await? || self.chance.coin() {
            return Ok(());
        }
        let (text, answer) = (self.text("助産師"), self.change_id());
        if self.server.say(&token, id, answer, &text).await? {
            self.answers.push(text);
        }
        Ok(())
    }

    fn change_id(&mut self) -> ChangeId {
        let half = |chance: &mut Chance| chance.number().to_le_bytes();
        let (first, second) = (half(&mut self.chance), half(&mut self.chance));
        let mut bytes = [0; 16];
        let parts = bytes.iter_mut().zip(first.into_iter().chain(second));
        parts.for_each(|(place, byte)| *place = byte);
        ChangeId::from_bytes(bytes)
    }
}

/// Consultations of a phone, all of them.
pub(crate) fn consultations(phone: &Phone) -> Result<Vec<ConsultationView>, Broken> {
    let Some(client) = &phone.client else {
        return Ok(Vec::new());
    };
    let page =
        client.consultations(None, 500).map_err(|error| format!("cannot be listed: {}", error.code()))?;
    Ok(page.consultations)
}
