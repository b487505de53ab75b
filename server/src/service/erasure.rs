//! Erasing a member because their phone asks for it.
//!
//! One transaction under the member's lock removes everything of theirs: questions, answers and photos, the stream, what was decided of
//! their operations, the consent ledger. What stays is that a device with this key took a place and was erased, for four
//! reasons: the place of the card stays taken, the same key gets no second one, nothing that was rescued from a phone brings the
//! member back, and a receipt whose reply was lost is given again. Survey answers stand apart without a member and stay.
//!
//! A receipt is signed anew each time it is asked for, with the instant of the erasure: nothing of it is kept.

use yorisoi_protocol::wire::{ApiErrorCode, Caller, ErasureReply, ErasureRequest};

use super::authenticate::{Signed, SignedRequest};
use super::{Failure, Service};
use crate::storage::ErasableRecord;

impl Service {
    /// Whether a device that has, or had, a member signed this request, and which.
    ///
    /// # Errors
    /// [`Failure`] with one of the signature codes or `unknown_device`.
    pub fn authenticate_erasing(
        &self,
        request: SignedRequest<'_>,
    ) -> Result<(Signed, ErasableRecord), Failure> {
        let authorization = self.current(request)?;
        let Caller::Device(id) = authorization.caller else {
            return Err(Failure::refused(ApiErrorCode::SignatureMissing));
        };
        let device = self.begin()?.erasable(id)?;
        let device = device.ok_or_else(|| Failure::refused(ApiErrorCode::UnknownDevice))?;
        super::authenticate::check(request, &authorization, &device.key)?;
        Ok((super::authenticate::signed(&authorization, id.as_bytes()), device))
    }

    /// Erases the member of `device`, once, and says so.
    ///
    /// # Errors
    /// [`Failure`]; then nothing was erased.
    pub fn erase(
        &self,
        signed: &Signed,
        device: &ErasableRecord,
        request: &ErasureRequest,
    ) -> Result<ErasureReply, Failure> {
        let now = self.now();
        let tx = self.begin()?;
        self.use_nonce(&*tx, signed, now)?;
        tx.lock_member(device.member)?;
        // Read again under the lock: the same request may have come before.
        let known = tx.erasable(device.id)?;
        let known = known.ok_or_else(|| Failure::refused(ApiErrorCode::UnknownDevice))?;
        let at = known.erased_at.unwrap_or(now);
        if known.erased_at.is_none() {
            tx.erase_member(known.member, at)?;
        }
        tx.commit()?;
        let receipt = self.keys.erasure_receipt(known.id, request.erasure, at);
        Ok(ErasureReply { answers: signed.nonce, receipt, time: now })
    }
}
