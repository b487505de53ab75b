//! [`YorisoiClient`]: the door for the app.
//!
//! One client owns one directory: one person on one phone. Local calls work without network and at any time; what they
//! write is on the disk when they return. Network calls are async and may be dropped at any await.

mod consultations;
mod decisions;
mod enrollment;
mod export;
mod syncing;

pub use consultations::NewDraft;
pub use decisions::ConsentText;

use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Semaphore;
use yorisoi_protocol::wire::Grant;
use yorisoi_protocol::{Decision, Programme, Timestamp};

use crate::error::YorisoiError;
use crate::host::{Host, Notice};
use crate::store::{Store, StoreError, SyncTimes};
use crate::time::{Anchor, TrustedTime};
use crate::transport::{HttpTransport, ServerAddress, Transport};
use crate::view::{EligibilityView, SafetyContacts};

/// What the app decides before it opens the library.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// A directory of this person's own, excluded from backups.
    pub directory: PathBuf,
    /// The server's address, such as `https://soudan.example.jp`.
    pub server: String,
    /// The programme files this app serves, as JSON.
    pub programmes: Vec<String>,
}

/// The library, opened.
pub struct YorisoiClient {
    store: Store,
    host: Host,
    transport: Arc<dyn Transport>,
    programmes: Vec<Programme>,
    /// Read once: a grant never changes.
    grant: OnceLock<Grant>,
    times: Mutex<SyncTimes>,
    skew: AtomicI64,
    /// One sync at a time: a second one waits and then finds little to do.
    turn: Semaphore,
}

impl YorisoiClient {
    /// Opens the library, with HTTP to the configured server.
    ///
    /// # Errors
    /// [`YorisoiError::Setting`], [`YorisoiError::Key`] or [`YorisoiError::Store`]. Nothing is deleted in any case.
    pub fn open(config: &ClientConfig, host: Host) -> Result<Self, YorisoiError> {
        let server =
            ServerAddress::parse(&config.server).ok_or(YorisoiError::Setting("the server's address"))?;
        let transport = HttpTransport::new(server)?;
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
        let parse =
            |text: &String| Programme::parse(text).map_err(|_| YorisoiError::Setting("a programme file"));
        let programmes = config.programmes.iter().map(parse).collect::<Result<_, _>>()?;
        let store = Store::open(&config.directory, &host)?;
        let times = store.sync_times()?;
        let skew = times.anchor.as_ref().map_or(0, |anchor| anchor.floor.since(anchor.wall));
        let (skew, times, turn) = (AtomicI64::new(skew), Mutex::new(times), Semaphore::new(1));
        Ok(Self { store, host, transport, programmes, grant: OnceLock::new(), times, skew, turn })
    }

    /// What time it is, and how far that can be relied on.
    pub fn time(&self) -> TrustedTime {
        let reading = self.host.clock.read();
        TrustedTime::judge(&reading, self.times().anchor.as_ref())
    }

    /// Numbers to call, with no network and before enrolling. 119 stands first, always.
    pub fn safety_contacts(&self) -> SafetyContacts {
        let programme = self.enrolled().ok().map(|(_, programme)| programme);
        let known = programme.or_else(|| self.programmes.first());
        known.map_or_else(|| vec![Programme::emergency()], Programme::safety_contacts)
    }

    /// Whether a question may be asked now.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`].
    pub fn may_ask(&self) -> Result<EligibilityView, YorisoiError> {
        let (_, programme) = self.enrolled()?;
        Ok(eligibility_view(programme.use_at(self.now())))
    }

    fn now(&self) -> Timestamp {
        self.time().now
    }

    fn times(&self) -> SyncTimes {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over the time of a reply that is believed.
    fn hear_time(&self, server: Timestamp, verified: Option<Timestamp>) -> Result<(), StoreError> {
        let reading = self.host.clock.read();
        let before = self.times();
        let anchor = Some(Anchor::new(server, &reading, before.anchor.as_ref()));
        let times = SyncTimes { anchor, verified: verified.or(before.verified) };
        self.store.keep_sync_times(&times)?;
        *self.times.lock().unwrap_or_else(PoisonError::into_inner) = times;
        Ok(())
    }

    /// The grant and the programme of an enrolled device.
    fn enrolled(&self) -> Result<(&Grant, &Programme), YorisoiError> {
        let grant = match self.grant.get() {
            Some(grant) => grant,
            None => {
                let granted = self.store.identity()?.and_then(|identity| identity.grant);
                let granted = granted.ok_or(YorisoiError::NotEnrolled)?;
                self.grant.get_or_init(|| granted)
            }
        };
        let programme = self.programmes.iter().find(|known| known.id == grant.programme);
        Ok((grant, programme.ok_or(YorisoiError::Setting("the programme of this enrollment is missing"))?))
    }

    fn tell(&self, notices: &[Notice]) {
        if !notices.is_empty() {
            self.host.notices.changed(notices);
        }
    }
}

fn eligibility_view(decision: Decision) -> EligibilityView {
    EligibilityView {
        words: decision.eligibility.words(),
        eligibility: decision.eligibility,
        path: decision.path,
    }
}

#[cfg(test)]
mod tests;
