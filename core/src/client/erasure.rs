//! Erasing everything, with or without network, and the server's word that it did the same.
//!
//! [`YorisoiClient::erase`] is one call and needs nobody: when it returns, nothing of the person stands in the files of this
//! directory, and nothing that was under way brings any of it back (`calls`). The table of what happens in which order, and what
//! a cut leaves, is in `core/src/store/erasure.rs`. The client then is one that is not enrolled; a device that joins again has
//! another key and is another member.
//!
//! Where the server knew the place, one thing outlives: the device's id, its key and its programme, sealed, until the next
//! [`YorisoiClient::sync`] or [`YorisoiClient::finish_erasures`] told the server. It erases the member and gives a signed
//! receipt, which takes the key's place and is the person's to show, to keep, or to be rid of: the next
//! [`YorisoiClient::erase`] takes receipts along.

use std::sync::PoisonError;

use yorisoi_protocol::wire::{
    ApiErrorCode, Caller, ERASURES_PATH, ErasureReceipt, ErasureReply, ErasureRequest,
};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::store::{Erasure, StoreError, SyncTimes};
use crate::transport::{Signer, Transport};
use crate::view::{ErasureState, ErasureView};

impl YorisoiClient {
    /// Erases everything this phone holds of the person: offline, at any time, for good. What is under way ends with
    /// [`YorisoiError::NotEnrolled`]. The manifest stays, and with it the safety contacts.
    ///
    /// # Errors
    /// The errors of the store. [`StoreError::Busy`] while a call of this process or another process does not let go in time;
    /// [`YorisoiClient::enrollment`] then says whether everything is erased already and only remains are left in the files.
    /// Calling it again goes on, and so does the next opening. A key store that fails stops nothing.
    pub fn erase(&self) -> Result<(), YorisoiError> {
        let at = self.now();
        {
            let mut alone = self.calls.alone().ok_or(StoreError::Busy)?;
            self.store.empty(at)?;
            alone.begin_anew();
            self.forget_place();
            *self.times.lock().unwrap_or_else(PoisonError::into_inner) = SyncTimes::default();
        }
        let ended = self.store.end_erasure(self.host.keys.as_ref());
        self.tell(&[
            Notice::Erasure,
            Notice::Consents,
            Notice::Enrollment,
            Notice::Drafts,
            Notice::Family,
            Notice::Survey,
            Notice::Sync,
        ]);
        Ok(ended?)
    }

    /// Erasures that the server is still to be told of, and those it confirmed since the last one, oldest first.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn erasures(&self) -> Result<Vec<ErasureView>, YorisoiError> {
        Ok(self.store.erasures()?.into_iter().map(view).collect())
    }

    /// Tells the server what was erased here, so that it erases the same, and keeps its receipt. Needs no place in a programme.
    /// May be dropped at any await and called again: the server erases once and gives the same receipt.
    ///
    /// # Errors
    /// The errors of the network and the store. What the server was not told waits on.
    pub async fn finish_erasures(&self) -> Result<Vec<ErasureView>, YorisoiError> {
        let _turn = self.turn.acquire().await;
        self.tell_server_of_erasures(self.transport.as_ref()).await?;
        self.erasures()
    }

    /// Tells the server, under the turn of a sync.
    pub(super) async fn tell_server_of_erasures(&self, way: &dyn Transport) -> Result<(), YorisoiError> {
        for erasure in self.store.erasures()? {
            let Some(signer) = signer(&erasure) else {
                continue;
            };
            let receipt = self.ask_to_erase(&erasure, &signer, way).await?;
            if self.store.keep_erased(erasure.id, receipt.as_ref())? {
                self.tell(&[Notice::Erasure]);
            }
        }
        Ok(())
    }

    /// The server's receipt; `None` if it knows nothing of the device.
    async fn ask_to_erase(
        &self,
        erasure: &Erasure,
        signer: &Signer,
        way: &dyn Transport,
    ) -> Result<Option<ErasureReceipt>, YorisoiError> {
        let body = serde_json::to_vec(&ErasureRequest { erasure: erasure.id }).map_err(StoreError::from)?;
        let exchanged = self.exchange(way).post::<ErasureReply>(ERASURES_PATH, signer, body).await;
        let (nonce, reply) = match self.exchanged(exchanged) {
            Err(YorisoiError::ServerRefused { code: ApiErrorCode::UnknownDevice, .. }) => return Ok(None),
            exchanged => exchanged?,
        };
        if reply.answers != nonce {
            return Err(YorisoiError::NotBelieved("it answers another request"));
        }
        let keys = self.receipt_keys(erasure.receipt_key);
        if !keys.iter().any(|key| reply.receipt.vouches(key, erasure.device, erasure.id)) {
            return Err(YorisoiError::NotBelieved("the receipt is not the server's"));
        }
        self.hear_time(reply.time, None)?;
        Ok(Some(reply.receipt))
    }
}

/// The signature of the device that was; `None` once the server has answered.
fn signer(erasure: &Erasure) -> Option<Signer> {
    Signer::new(erasure.seed.as_ref()?.bytes(), Caller::Device(erasure.device))
}

fn view(erasure: Erasure) -> ErasureView {
    let state = match (erasure.seed, erasure.receipt) {
        (Some(_), _) => ErasureState::Waiting,
        (None, Some(receipt)) => ErasureState::Confirmed(receipt),
        (None, None) => ErasureState::NotKnown,
    };
    ErasureView { programme: erasure.programme, asked_at: erasure.asked_at, state }
}
