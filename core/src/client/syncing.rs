//! Sync and the live channel.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::wire::{Grant, LIVE_PATH, PublicKey};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::store::{Attempt, BeforeSync, Pause, StoreError};
use crate::sync::{Driver, Fault, LastSync, SyncBudget, Vouching, Way};
use crate::transport::server_events::HintReader;
use crate::transport::{Signer, TransportError};
use crate::view::{SyncEnd, SyncReport};

const RECONNECT_FIRST: Duration = Duration::from_secs(1);
const RECONNECT_MOST: Duration = Duration::from_secs(60);

impl YorisoiClient {
    /// Sends what waits, reads what is new, and compares what both ends hold; then sends what there is of photos. One at a
    /// time: a second call waits its turn, but for no photo. May be dropped at any await; nothing is lost or doubled. A
    /// server that asks for patience ends it ([`SyncEnd::AskedToWait`]), and until then nothing is sent
    /// ([`SyncEnd::TooEarly`]); that earlier syncs failed holds up none that a person asks for. Everything but photos is told
    /// by notices before the first photo goes, and the report is of that; how photos fare, [`YorisoiClient::photos`] says.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`], [`YorisoiError::Network`], [`YorisoiError::NotBelieved`],
    /// [`YorisoiError::ServerRefused`], [`YorisoiError::Sync`], and the errors of the store. What waits, waits on.
    pub async fn sync(&self) -> Result<SyncReport, YorisoiError> {
        self.sync_by(&Way::open(self.transport.as_ref())).await
    }

    /// The same for a call in the background, which has a few seconds of the system and perhaps an expensive network: begins
    /// no request once the budget is spent, and gives up the one under way then. Each page that was applied stays, so the next
    /// call goes on from there, whether or not the app was ended meanwhile.
    ///
    /// Nothing is sent while the server asks for patience, nor too soon after others failed: half a minute after the first,
    /// twice as long after each further one, at most an hour. The report says how it ended, and until when not to try again.
    ///
    /// # Errors
    /// [`YorisoiError::Setting`] for a budget outside 1 to 600 seconds, and as [`YorisoiClient::sync`].
    pub async fn sync_within(&self, budget: SyncBudget) -> Result<SyncReport, YorisoiError> {
        budget.check()?;
        self.sync_by(&Way::within(self.transport.as_ref(), self.host.clock.as_ref(), budget)).await
    }

    async fn sync_by(&self, way: &Way<'_>) -> Result<SyncReport, YorisoiError> {
        let (report, photos) = self.sync_texts(way).await?;
        if report.ended == SyncEnd::CaughtUp && photos {
            self.send_photos(way).await;
        }
        Ok(report)
    }

    /// Everything but photos, and whether there may be any to send.
    async fn sync_texts(&self, way: &Way<'_>) -> Result<(SyncReport, bool), YorisoiError> {
        // The semaphore is never closed; were it, syncing without a turn would still be safe.
        let Some(_turn) = way.while_open(self.turn.acquire()).await else {
            return Ok((SyncReport::begun(self.store.pending()?), false));
        };
        let before = self.before_sync()?;
        if let Some(report) = self.too_early(way, &before) {
            return Ok((report, false));
        }
        if before.chores {
            // Of another place than this one: its trouble is told where it is asked for.
            self.tell_server_of_erasures(way).await.ok();
        }
        let report = self.unless_erased(self.attempt(way, &before)).await?;
        // Photos go once the server holds their message: held before this sync, or since; or all are doubted, when it begins anew.
        let photos = before.photos || report.held > 0 || report.requests > 1;
        Ok((report, photos))
    }

    async fn attempt(&self, way: &Way<'_>, before: &BeforeSync) -> Result<SyncReport, YorisoiError> {
        let run = match self.sync_in_turn(way, before).await {
            // Before the first page, such as while the card was redeemed.
            Err(YorisoiError::Network(TransportError::TimedOut)) if way.spent() => {
                Ok(SyncReport { requests: 1, ..SyncReport::begun(self.store.pending()?) })
            }
            run => run,
        };
        self.note_attempt(&run)?;
        if run.is_ok() {
            self.tell(&[Notice::Sync]);
        }
        run
    }

    async fn sync_in_turn(&self, way: &Way<'_>, before: &BeforeSync) -> Result<SyncReport, YorisoiError> {
        if before.chores {
            // What a change of keys left to do, if there is any.
            self.store.seal_anew()?;
        }
        self.redeem_if_provisional(way).await?;
        self.seal_to_programme(&*self.place()?)?;
        let mut pending = before.pending;
        if before.chores {
            self.send_ready_drafts()?;
            pending = self.store.pending()?;
        }
        let (grant, signer) = self.granted()?;
        let heard = |time: Timestamp, notices: &[Notice]| -> Result<(), StoreError> {
            self.hear_page(time)?;
            self.tell(notices);
            Ok(())
        };
        let (store, exchange) = (&self.store, self.exchange(way));
        let last = match self.times().attempt {
            Some(Attempt { failures: 1.., arrived: true, .. }) => LastSync::Failed,
            Some(Attempt { failures: 1.., arrived: false, .. }) => LastSync::GotNowhere,
            _ => LastSync::WentWell,
        };
        let driver = Driver { store, exchange, way, pending, last, signer: &signer, heard: &heard };
        let vouching = Vouching { member: grant.member, receipt_keys: self.receipt_keys(grant.receipt_key) };
        let run = self.exchanged(driver.run(vouching).await);
        // A receipt that cannot be believed may be signed by a key that only a newer manifest names.
        let overdue = matches!(run, Err(YorisoiError::Sync(Fault::Receipt)));
        let caught_up = matches!(&run, Ok(report) if report.ended == SyncEnd::CaughtUp);
        if overdue || caught_up {
            self.refresh_manifest_if_due(overdue, way).await?;
        }
        let report = run?;
        if caught_up && !way.spent() {
            // Of another place than this one: its trouble is told where it is asked for.
            self.hand_in_all(way).await.ok();
        }
        Ok(report)
    }

    /// Follows the server's hints and syncs at each, until dropped. A lost connection is made again, less and less
    /// often, and not while the server asks for patience; a hint that is lost loses nothing, since every connection begins
    /// with one.
    ///
    /// # Errors
    /// Returns only with an error that trying again cannot mend, such as [`YorisoiError::NotEnrolled`].
    pub async fn live(&self) -> Result<(), YorisoiError> {
        // Side by side: an answer does not wait for a photo.
        let (texts, photos) = (pin!(self.live_texts()), pin!(self.live_photos()));
        select(texts, photos).await.factor_first().0
    }

    async fn live_photos(&self) -> Result<(), YorisoiError> {
        loop {
            self.photos_wanted.notified().await;
            self.send_photos(&Way::open(self.transport.as_ref())).await;
        }
    }

    async fn live_texts(&self) -> Result<(), YorisoiError> {
        let mut pause = RECONNECT_FIRST;
        loop {
            if let Some(seconds) = self.left_of(self.times().sync_pause.as_ref()) {
                tokio::time::sleep(Duration::from_secs(seconds.into())).await;
            }
            let asked = match self.unless_erased(self.follow_hints(&mut pause)).await {
                Err(error) if !error.retryable() => return Err(error),
                // Of the channel alone: a sync that is asked for goes on.
                Err(YorisoiError::ServerRefused { retry_after_seconds, .. }) => retry_after_seconds,
                _ => None,
            };
            let asked = Duration::from_secs(asked.unwrap_or(0).min(Pause::SECONDS_MOST).into());
            tokio::time::sleep(asked + self.jittered(pause)?).await;
            pause = (pause * 2).min(RECONNECT_MOST);
        }
    }

    async fn follow_hints(&self, pause: &mut Duration) -> Result<(), YorisoiError> {
        let (_, signer) = self.granted()?;
        let opened = self.exchange(self.transport.as_ref()).stream(LIVE_PATH, &signer).await;
        let mut stream = self.exchanged(opened)?;
        let mut reader = HintReader::default();
        while let Some(bytes) = stream.next().await? {
            // Of several hints only the last says where the stream is.
            let Some(hint) = reader.read(&bytes).pop() else {
                continue;
            };
            *pause = RECONNECT_FIRST;
            self.note_online(true);
            if self.store.progress()?.map(|progress| progress.cursor) != Some(hint.cursor) {
                let (report, _) = self.sync_texts(&Way::open(self.transport.as_ref())).await?;
                if report.ended != SyncEnd::CaughtUp {
                    // The next connection begins with a hint, once the server has had its patience.
                    return Ok(());
                }
            }
            self.photos_wanted.notify_one();
        }
        Ok(())
    }

    /// The keys of the manifest; that of the grant where no manifest names any.
    pub(super) fn receipt_keys(&self, granted: PublicKey) -> Vec<[u8; 32]> {
        let named = self.known().map(|known| known.manifest.receipt_keys.clone()).unwrap_or_default();
        let keys = if named.is_empty() { vec![granted] } else { named };
        keys.into_iter().map(|key| key.0).collect()
    }

    pub(super) fn granted(&self) -> Result<(Grant, Arc<Signer>), YorisoiError> {
        let place = self.place()?;
        let (grant, signer) = place.grant()?;
        Ok((grant.clone(), Arc::clone(signer)))
    }

    /// Half to the whole of the pause, so that phones cut off together do not come back together.
    pub(super) fn jittered(&self, pause: Duration) -> Result<Duration, StoreError> {
        let [byte] =
            crate::host::random::<1>(self.host.randomness.as_ref()).map_err(|_| StoreError::NoRandomness)?;
        Ok(pause / 2 + pause.mul_f64(f64::from(byte) / 512.0))
    }
}
