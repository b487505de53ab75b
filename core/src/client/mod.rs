//! [`YorisoiClient`]: the door for the app.
//!
//! One client owns one directory: one person on one phone. Local calls work without network and at any time; what they
//! write is on the disk when they return. Network calls are async and may be dropped at any await.

mod attempts;
mod calls;
mod consultations;
mod decisions;
mod enrollment;
mod erasure;
mod export;
mod family;
mod manifest;
mod photo_sending;
mod photos;
mod place;
mod ready_drafts;
mod rescue;
mod root_key;
mod safety;
mod survey;
mod suspension;
mod syncing;

pub use consultations::NewDraft;
pub use decisions::ConsentText;
pub use photos::PHOTOS_MOST;

pub use crate::sync::SyncBudget;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, Semaphore};
use yorisoi_protocol::manifest::Roots;
use yorisoi_protocol::time::{Anchor, TrustedTime};
use yorisoi_protocol::wire::PublicKey;
use yorisoi_protocol::{Programme, Timestamp};

use self::calls::Calls;
use self::manifest::{Known, Manifests};
use self::place::Place;
use crate::error::YorisoiError;
use crate::host::{Host, Notice};
use crate::store::{Store, StoreError, SyncTimes};
use crate::transport::{Authorities, HttpTransport, ServerAddress, Transport};
use crate::view::EligibilityView;

/// What the app decides before it opens the library.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// A directory of this person's own in this programme, by its absolute path, excluded from backups. The app chooses it by
    /// who opens the app, never by the server's address: another spelling of that would lead to a second, empty store. A second
    /// person, or a second programme, has a directory of its own; the key store may be the same.
    pub directory: PathBuf,
    /// The server's address, such as `https://soudan.example.jp`.
    pub server: String,
    /// Whose certificates prove that it is this server; Mozilla's list by default.
    pub authorities: Authorities,
    /// The public halves of the two root keys whose manifests are believed, each base64url of 32 bytes.
    pub roots: [String; 2],
    /// The manifest the app brings along, so that a first start without network knows its programmes and their safety
    /// contacts.
    pub manifest: Option<Vec<u8>>,
}

/// The library, opened.
pub struct YorisoiClient {
    store: Store,
    host: Host,
    transport: Arc<dyn Transport>,
    roots: Roots,
    known: Mutex<Manifests>,
    /// Read once, and anew when it changed.
    place: Mutex<Option<Arc<Place>>>,
    times: Mutex<SyncTimes>,
    skew: AtomicI64,
    /// Whether the last exchange with the server came to an end. Shown; beyond that only a suspect clock ever asks for it.
    online: AtomicBool,
    /// One sync at a time: a second one waits and then finds little to do.
    turn: Semaphore,
    /// One sender of photos at a time. No sync of texts waits for it.
    photo_turn: Semaphore,
    /// Wakes the sender of photos of the live channel.
    photos_wanted: Notify,
    calls: Calls,
    /// One export at a time: two to the same place would share a file.
    exporting: Mutex<()>,
}

impl YorisoiClient {
    /// Opens the library, with HTTP to the configured server.
    ///
    /// # Errors
    /// [`YorisoiError::Setting`], [`YorisoiError::Key`] or [`YorisoiError::Store`]. Nothing is deleted in any case.
    pub fn open(config: &ClientConfig, host: Host) -> Result<Self, YorisoiError> {
        let server =
            ServerAddress::parse(&config.server).ok_or(YorisoiError::Setting("the server's address"))?;
        let transport = HttpTransport::new(server, &config.authorities)?;
        Self::open_with(config, host, Arc::new(transport))
    }

    /// Opens the library with another transport, such as one that fails on purpose.
    ///
    /// # Errors
    /// As [`YorisoiClient::open`].
    pub fn open_with(
        config: &ClientConfig,
        host: Host,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, YorisoiError> {
        let root = |text: &String| {
            PublicKey::try_from(text.clone()).map_err(|_| YorisoiError::Setting("a root key"))
        };
        let [first, second] = &config.roots;
        let roots = Roots([root(first)?, root(second)?]);
        if first == second {
            return Err(YorisoiError::Setting("the same root key twice"));
        }
        if !config.directory.is_absolute() {
            // Where that lies depends on who started the process: the next start would find another database, or none.
            return Err(YorisoiError::Setting("the directory"));
        }
        let store = Store::open(&config.directory, &host)?;
        let times = store.sync_times()?;
        let skew = times.anchor.as_ref().map_or(0, |anchor| anchor.floor.since(anchor.wall));
        let (skew, times, turn) = (AtomicI64::new(skew), Mutex::new(times), Semaphore::new(1));
        if let Some(brought) = &config.manifest
            && !store.has_manifest()?
        {
            // Told at the first start, when somebody who can mend the app is looking.
            Known::read(brought, &roots)?;
            // Lost to a full disk, it is looked at again at the next start.
            store.keep_manifest(brought).ok();
        }
        let known = Manifests::Unread(config.manifest.clone());
        let (known, place, online) = (Mutex::new(known), Mutex::new(None), AtomicBool::new(false));
        Ok(Self {
            store,
            host,
            transport,
            roots,
            known,
            place,
            times,
            skew,
            online,
            turn,
            photo_turn: Semaphore::new(1),
            photos_wanted: Notify::new(),
            calls: Calls::default(),
            exporting: Mutex::default(),
        })
    }

    /// What time it is, and how far that can be relied on.
    pub fn time(&self) -> TrustedTime {
        let reading = self.host.clock.read();
        let times = self.times();
        let signed = self.known().map(|known| known.manifest.issued_at).max(times.signed);
        TrustedTime::judge(&reading, times.anchor.as_ref(), signed)
    }

    /// Whether a question may be asked now, by the card and by what was told of the family.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`], and the errors of the store.
    pub fn may_ask(&self) -> Result<EligibilityView, YorisoiError> {
        let (place, family) = (self.place()?, self.family()?);
        let programme = &place.programme;
        Ok(family.view(programme.use_at(&family.facts(programme), self.now())))
    }

    fn now(&self) -> Timestamp {
        self.time().now
    }

    /// Now, if that is known well enough to judge a new question by it.
    fn known_now(&self) -> Result<Timestamp, YorisoiError> {
        let TrustedTime { now, state } = self.time();
        let held_up = state.holds_up(self.online());
        if held_up { Err(YorisoiError::ClockSuspect) } else { Ok(now) }
    }

    fn times(&self) -> SyncTimes {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over the time of a reply that is believed.
    fn hear_time(&self, server: Timestamp, verified: Option<Timestamp>) -> Result<(), StoreError> {
        self.keep_times(self.heard(self.times(), server, verified))
    }

    /// What is known after such a reply.
    fn heard(&self, before: SyncTimes, server: Timestamp, verified: Option<Timestamp>) -> SyncTimes {
        let anchor = Some(Anchor::new(server, &self.host.clock.read(), before.anchor.as_ref()));
        self.note_online(true);
        SyncTimes { anchor, verified: verified.or(before.verified), ..before }
    }

    /// Notes whether the server was there. It is, whatever it said; it is not, if no whole reply came.
    fn exchanged<T>(&self, result: Result<T, impl Into<YorisoiError>>) -> Result<T, YorisoiError> {
        let result = result.map_err(Into::into);
        if let Err(YorisoiError::Network(_) | YorisoiError::NotBelieved(_)) = result {
            self.note_online(false);
        }
        result
    }

    /// Whatever it was that found the server there or not, whoever shows that is told when it changed.
    fn note_online(&self, online: bool) {
        if self.online.swap(online, Ordering::Relaxed) != online {
            self.tell(&[Notice::Sync]);
        }
    }

    fn online(&self) -> bool {
        self.online.load(Ordering::Relaxed)
    }

    fn keep_times(&self, times: SyncTimes) -> Result<(), StoreError> {
        self.store.keep_sync_times(&times)?;
        *self.times.lock().unwrap_or_else(PoisonError::into_inner) = times;
        Ok(())
    }

    /// The programme this device is in; before that the only one of the manifest, or its first.
    fn own_programme(&self) -> Option<Arc<Programme>> {
        let own = self.place().ok().map(|place| Arc::clone(&place.programme));
        own.or_else(|| self.known()?.programmes.first().map(Arc::clone))
    }

    /// Tells the app what changed, each thing once, however often one page changed it.
    fn tell(&self, notices: &[Notice]) {
        let mut told = HashSet::new();
        let notices: Vec<_> = notices.iter().copied().filter(|notice| told.insert(*notice)).collect();
        if !notices.is_empty() {
            self.host.notices.changed(&notices);
        }
    }
}

#[cfg(test)]
mod background_tests;
#[cfg(test)]
mod draft_choice_tests;
#[cfg(test)]
mod erasure_tests;
#[cfg(test)]
mod export_tests;
#[cfg(test)]
mod failing_operation_tests;
#[cfg(test)]
mod family_tests;
#[cfg(test)]
mod faulty_disk_tests;
#[cfg(test)]
mod life_tests;
#[cfg(test)]
mod manifest_tests;
#[cfg(test)]
mod notice_tests;
#[cfg(test)]
mod pause_tests;
#[cfg(test)]
mod people_tests;
#[cfg(test)]
mod photo_cut_tests;
#[cfg(test)]
mod photo_sending_tests;
#[cfg(test)]
mod photo_tests;
#[cfg(test)]
mod power_loss_tests;
#[cfg(test)]
mod reach_tests;
#[cfg(test)]
mod released_tests;
#[cfg(test)]
mod restored_server_tests;
#[cfg(test)]
mod search_tests;
#[cfg(test)]
mod separation_tests;
#[cfg(test)]
mod suspended_work_tests;
#[cfg(test)]
mod suspension_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod ticket_tests;
#[cfg(test)]
mod time_tests;
#[cfg(test)]
mod two_apps_tests;
#[cfg(test)]
mod unsure_log_tests;
