//! Sync and the live channel.

use std::time::Duration;

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::wire::{Caller, Grant, LIVE_PATH, PublicKey};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::store::StoreError;
use crate::sync::{Driver, Fault, Vouching};
use crate::transport::Signer;
use crate::transport::server_events::HintReader;
use crate::view::{SyncReport, SyncState};

const RECONNECT_FIRST: Duration = Duration::from_secs(1);
const RECONNECT_MOST: Duration = Duration::from_secs(60);

impl YorisoiClient {
    /// Sends what waits, reads what is new, and compares what both ends hold. One at a time: a second call waits its
    /// turn. May be dropped at any await; nothing is lost or doubled.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`], [`YorisoiError::Network`], [`YorisoiError::NotBelieved`],
    /// [`YorisoiError::ServerRefused`], [`YorisoiError::Sync`], and the errors of the store. What waits, waits on.
    pub async fn sync(&self) -> Result<SyncReport, YorisoiError> {
        // The semaphore is never closed; were it, syncing without a turn would still be safe.
        let _turn = self.turn.acquire().await;
        // Of another place than this one: its trouble is told where it is asked for.
        self.tell_server_of_erasures().await.ok();
        self.unless_erased(self.sync_in_turn()).await
    }

    async fn sync_in_turn(&self) -> Result<SyncReport, YorisoiError> {
        // What a change of keys left to do, if there is any.
        self.store.seal_anew()?;
        self.redeem_if_provisional().await?;
        self.seal_to_programme(&*self.place()?)?;
        self.send_ready_drafts()?;
        let (grant, signer) = self.granted()?;
        let heard = |time: Timestamp, notices: &[Notice]| -> Result<(), StoreError> {
            self.hear_time(time, None)?;
            self.tell(notices);
            Ok(())
        };
        let driver = Driver { store: &self.store, exchange: self.exchange(), signer: &signer, heard: &heard };
        let vouching = Vouching { member: grant.member, receipt_keys: self.receipt_keys(grant.receipt_key) };
        let run = self.exchanged(driver.run(vouching).await);
        // A receipt that cannot be believed may be signed by a key that only a newer manifest names.
        let overdue = matches!(run, Err(YorisoiError::Sync(Fault::Receipt)));
        if overdue || run.is_ok() {
            self.refresh_manifest_if_due(overdue).await?;
        }
        let report = run?;
        // Of another place than this one: its trouble is told where it is asked for.
        self.hand_in_all().await.ok();
        if let Some(at) = report.verified_at {
            self.hear_time(at, Some(at))?;
        }
        self.tell(&[Notice::Sync]);
        Ok(report)
    }

    /// How far sync has come, without network.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn sync_state(&self) -> Result<SyncState, YorisoiError> {
        let digest = self.store.progress()?.map(|progress| progress.digest).unwrap_or_default();
        Ok(SyncState {
            pending: self.store.pending()?,
            verified_at: self.times().verified,
            digest: digest.to_string(),
        })
    }

    /// Follows the server's hints and syncs at each, until dropped. A lost connection is made again, less and less
    /// often; a hint that is lost loses nothing, since every connection begins with one.
    ///
    /// # Errors
    /// Returns only with an error that trying again cannot mend, such as [`YorisoiError::NotEnrolled`].
    pub async fn live(&self) -> Result<(), YorisoiError> {
        let mut pause = RECONNECT_FIRST;
        loop {
            match self.unless_erased(self.follow_hints(&mut pause)).await {
                Err(error) if !error.retryable() => return Err(error),
                _ => {}
            }
            tokio::time::sleep(self.jittered(pause)?).await;
            pause = (pause * 2).min(RECONNECT_MOST);
        }
    }

    async fn follow_hints(&self, pause: &mut Duration) -> Result<(), YorisoiError> {
        let (_, signer) = self.granted()?;
        let mut stream = self.exchange().stream(LIVE_PATH, &signer).await?;
        let mut reader = HintReader::default();
        while let Some(bytes) = stream.next().await? {
            // Of several hints only the last says where the stream is.
            let Some(hint) = reader.read(&bytes).pop() else {
                continue;
            };
            *pause = RECONNECT_FIRST;
            if self.store.progress()?.map(|progress| progress.cursor) != Some(hint.cursor) {
                self.sync().await?;
            }
        }
        Ok(())
    }

    /// The keys of the manifest; that of the grant where no manifest names any.
    pub(super) fn receipt_keys(&self, granted: PublicKey) -> Vec<[u8; 32]> {
        let named = self.known().map(|known| known.manifest.receipt_keys.clone()).unwrap_or_default();
        let keys = if named.is_empty() { vec![granted] } else { named };
        keys.into_iter().map(|key| key.0).collect()
    }

    fn granted(&self) -> Result<(Grant, Signer), YorisoiError> {
        let grant = self.place()?.grant()?.clone();
        let identity = self.store.identity()?.ok_or(YorisoiError::NotEnrolled)?;
        let signer = Signer::new(identity.seed.bytes(), Caller::Device(grant.device))
            .ok_or(YorisoiError::NotEnrolled)?;
        Ok((grant, signer))
    }

    /// Half to the whole of the pause, so that phones cut off together do not come back together.
    fn jittered(&self, pause: Duration) -> Result<Duration, StoreError> {
        let [byte] =
            crate::host::random::<1>(self.host.randomness.as_ref()).map_err(|_| StoreError::NoRandomness)?;
        Ok(pause / 2 + pause.mul_f64(f64::from(byte) / 512.0))
    }
}
