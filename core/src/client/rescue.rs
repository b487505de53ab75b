//! Work that outlives the phone's key: sealed to the programme as well, set aside with its file, and handed in.
//!
//! When the key is gone ([`KeyTrouble::Missing`](crate::store::KeyTrouble::Missing)) or is another database's
//! ([`KeyTrouble::Foreign`](crate::store::KeyTrouble::Foreign)), the history in the file cannot be read on this phone any more.
//! The app says so, and where the person wants to go on it calls [`YorisoiClient::start_over`]: the file is set aside, not
//! deleted, and a new one begins. What waited in the old one is then handed in by [`YorisoiClient::hand_in_set_aside`] or the
//! next sync: nobody needs to join anew for that. Each item is taken in once, however often it is handed in. Answers go to the
//! place it was asked from.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use yorisoi_protocol::rescue::{RescueEnvelope, RescueTerms};
use yorisoi_protocol::signed::KeyId;
use yorisoi_protocol::wire::{
    ApiErrorCode, Caller, RESCUES_PATH, RescueOutcome, RescueReply, RescueRequest, RescueResult,
};

use super::place::{Place, PlaceKind};
use super::{ClientConfig, YorisoiClient};
use crate::error::YorisoiError;
use crate::host::Host;
use crate::store::{AsideBatch, AsideCounts, KeyTrouble, RescueFor, StoreError, SyncTimes, set_aside};
use crate::transport::{HttpTransport, ServerAddress, Signer, Transport};
use crate::view::SetAsideView;

/// Items in one request, and bytes of them before they are written as text: far below the server's limits.
const BATCH: (usize, usize) = (50, 128 * 1024);

impl YorisoiClient {
    /// Opens the library where its key is gone or is another database's: sets that database aside and begins a new one. Only
    /// after the person was told that the history is lost to this phone. A key that fits opens as always, and nothing is set
    /// aside; a key store that is locked or failing is an error, and everything stays.
    ///
    /// # Errors
    /// As [`YorisoiClient::open`]; [`YorisoiError::Store`] with [`StoreError::Busy`] while another process has the database
    /// open. Nothing is deleted in any case.
    pub fn start_over(config: &ClientConfig, host: Host) -> Result<Self, YorisoiError> {
        let server =
            ServerAddress::parse(&config.server).ok_or(YorisoiError::Setting("the server's address"))?;
        let transport = HttpTransport::new(server, &config.authorities)?;
        Self::start_over_with(config, host, Arc::new(transport))
    }

    /// Starts over with another transport.
    ///
    /// # Errors
    /// As [`YorisoiClient::start_over`].
    pub fn start_over_with(
        config: &ClientConfig,
        host: Host,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, YorisoiError> {
        match Self::open_with(config, host.clone(), Arc::clone(&transport)) {
            Err(YorisoiError::Key(KeyTrouble::Missing | KeyTrouble::Foreign)) => {
                set_aside(&config.directory)?;
                Self::open_with(config, host, transport)
            }
            opened => opened,
        }
    }

    /// What stands aside, and how far handing it in has come.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn set_aside(&self) -> Result<Vec<SetAsideView>, YorisoiError> {
        let view = |number| {
            let counts = self.store.aside_counts(number)?;
            let damaged = counts.is_none();
            let AsideCounts { waiting, held, refused, lost } = counts.unwrap_or_default();
            Ok(SetAsideView { number, waiting, held, refused, lost, damaged })
        };
        self.store.aside().into_iter().map(view).collect()
    }

    /// Hands in what waits in the databases that stand aside. Needs no place in a programme. May be dropped at any await and
    /// called again: what the server has is not taken in twice.
    ///
    /// # Errors
    /// [`YorisoiError::RescueRefused`], and the errors of the network and the store; [`YorisoiError::ServerRefused`] without a
    /// request while the server asks for patience. What waits, waits on.
    pub async fn hand_in_set_aside(&self) -> Result<Vec<SetAsideView>, YorisoiError> {
        let _turn = self.turn.acquire().await;
        self.unless_erased(self.hand_in_all(self.transport.as_ref())).await?;
        self.set_aside()
    }

    /// Deletes a database that stands aside, with what was not handed in of it. Only when the person says so.
    ///
    /// # Errors
    /// [`YorisoiError::NotFound`], and the errors of the store.
    pub fn discard_set_aside(&self, number: u32) -> Result<(), YorisoiError> {
        if self.store.discard_aside(number)? { Ok(()) } else { Err(YorisoiError::NotFound) }
    }

    /// Hands in what stands aside, under the turn of a sync. A file that cannot be handed in holds up no other; a server that
    /// asks for patience is asked for none of them until then, whether or not the app was started anew meanwhile.
    pub(super) async fn hand_in_all(&self, way: &dyn Transport) -> Result<(), YorisoiError> {
        let mut all = Ok(());
        for number in self.store.aside_to_hand_in() {
            let handed_in = self.hand_in_file(number, way).await;
            all = all.and(handed_in);
        }
        all
    }

    async fn hand_in_file(&self, number: u32, way: &dyn Transport) -> Result<(), YorisoiError> {
        let (most, bytes) = BATCH;
        while let Some(batch) = self.store.aside_batch(number, most, bytes)? {
            if let Some(seconds) = self.left_of(self.times().hand_in_pause.as_ref()) {
                let retry_after_seconds = Some(seconds);
                return Err(YorisoiError::ServerRefused { code: ApiErrorCode::TooMany, retry_after_seconds });
            }
            let outcomes = self.hand_in(batch, way).await;
            if let Err(YorisoiError::ServerRefused { retry_after_seconds: Some(seconds), .. }) = outcomes {
                let hand_in_pause = Some(self.pause_of(seconds));
                self.keep_times(SyncTimes { hand_in_pause, ..self.times() })?;
            }
            self.store.keep_aside_outcomes(number, &outcomes?)?;
        }
        Ok(())
    }

    async fn hand_in(
        &self,
        batch: AsideBatch,
        way: &dyn Transport,
    ) -> Result<Vec<RescueOutcome>, YorisoiError> {
        let identity = self.store.make_identity()?;
        let signer = Signer::new(identity.seed.bytes(), Caller::New).ok_or(YorisoiError::NotEnrolled)?;
        let names: Vec<_> = batch.items.iter().map(|item| item.name).collect();
        let AsideBatch { envelope, items } = batch;
        let request = RescueRequest { device_key: signer.public_key(), envelope, items };
        let body = serde_json::to_vec(&request).map_err(StoreError::from)?;
        let exchanged = self.exchange(way).post::<RescueReply>(RESCUES_PATH, &signer, body).await;
        let (nonce, reply) = self.exchanged(exchanged)?;
        if reply.answers != nonce {
            return Err(YorisoiError::NotBelieved("it answers another request"));
        }
        self.hear_time(reply.time, None)?;
        match reply.result {
            // What is not named one by one is not acknowledged.
            RescueResult::Taken(outcomes) if outcomes.iter().map(|outcome| outcome.name).eq(names) => {
                Ok(outcomes)
            }
            RescueResult::Taken(_) => Err(YorisoiError::NotBelieved("it decides about other items")),
            RescueResult::Refused(refusal) => Err(YorisoiError::RescueRefused(refusal)),
        }
    }

    /// Sees to it that what waits is sealed to the key of the programme, as the manifest now names it. A place that has none,
    /// or one that cannot be used, goes without.
    pub(super) fn seal_to_programme(&self, place: &Place) -> Result<(), YorisoiError> {
        if place.sealed_to_programme.load(Ordering::Relaxed) {
            return Ok(());
        }
        let programme = place.programme.id.clone();
        let key = self.known().and_then(|known| known.manifest.rescue_key(&programme).copied());
        if let Some(key) = key {
            let code = match &place.kind {
                PlaceKind::Granted(..) => None,
                PlaceKind::Provisional(provisional) => Some(provisional.code.clone()),
            };
            let is_for = RescueFor { key: KeyId::of(&key), programme, code };
            if self.store.rescue_for()?.as_ref() != Some(&is_for) {
                let identity = self.store.identity()?.ok_or(YorisoiError::NotEnrolled)?;
                let signer =
                    Signer::new(identity.seed.bytes(), Caller::New).ok_or(YorisoiError::NotEnrolled)?;
                let RescueFor { programme, code, .. } = is_for.clone();
                let terms = RescueTerms { programme, device: signer.public_key(), code };
                let seed = crate::host::random(self.host.randomness.as_ref());
                let seed = seed.map_err(|_| StoreError::NoRandomness)?;
                if let Ok((envelope, items)) =
                    RescueEnvelope::seal(&key, seed, terms, |text| signer.sign_text(text))
                {
                    self.store.keep_rescue(is_for, &envelope, &items)?;
                }
            }
        }
        place.sealed_to_programme.store(true, Ordering::Relaxed);
        Ok(())
    }
}
