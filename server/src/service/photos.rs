//! Photos of messages: taken in part by part, and shown to the clinician who has the consultation.
//!
//! A photo is announced by the operation of its message, which says how large it is and what its bytes hash to. A part is
//! sealed for its photo and its place. It is durable before it is acknowledged; the last one only if the whole is the photo
//! that was announced, which is found out in the transaction that would store it: at most 16 MiB are read there, once.

use ring::digest::{Context, SHA256};
use yorisoi_protocol::ids::{ConsultationId, MessageId, PhotoId};
use yorisoi_protocol::wire::{ApiErrorCode, Operation, PHOTO_PART_BYTES, Photo, PhotoKind, PhotoReply};

use super::authenticate::Signed;
use super::{Failure, Service, Trouble};
use crate::storage::{DeviceRecord, PhotoRecord, SessionRecord, Transaction};

/// What sealed parts are bound to, beside their photo and their place.
const TABLE: &str = "photo_part";

impl Service {
    /// Takes in the part of a photo that begins at `offset`.
    ///
    /// # Errors
    /// [`Failure`]: `too_large`, `unknown_photo`, `photo_too_long`; nothing was stored then. `photo_mismatch` for the last part
    /// of what is not the photo that was announced; what was held of it is gone then.
    pub fn take_photo_part(
        &self,
        signed: &Signed,
        device: &DeviceRecord,
        (photo, offset): (PhotoId, u64),
        part: &[u8],
    ) -> Result<PhotoReply, Failure> {
        if part.len() > PHOTO_PART_BYTES {
            return Err(Failure::refused(ApiErrorCode::TooLarge));
        }
        let tx = self.begin()?;
        self.use_nonce(&*tx, signed, self.now())?;
        tx.lock_member(device.member)?;
        // Read under the lock: the member may have been erased meanwhile.
        let found = tx.photo(photo)?.filter(|found| found.device == device.id);
        let found = found.ok_or_else(|| Failure::refused(ApiErrorCode::UnknownPhoto))?;
        let reply = |held| PhotoReply { answers: signed.nonce, photo, held };
        if offset != found.held || part.is_empty() {
            tx.commit()?;
            return Ok(reply(found.held));
        }
        let announced = self.announced(&*tx, &found)?;
        let held = offset.saturating_add(part.len() as u64);
        if held > announced.bytes {
            return Err(Failure::refused(ApiErrorCode::PhotoTooLong));
        }
        if held == announced.bytes && !self.completes(&*tx, &announced, part)? {
            tx.drop_parts(photo)?;
            tx.commit()?;
            return Err(Failure::refused(ApiErrorCode::PhotoMismatch));
        }
        let sealed = self.keys.sealing().seal(&*self.randomness, TABLE, &part_id(photo, offset), part)?;
        if !tx.append_part(photo, offset, part.len(), &sealed)? {
            return Err(Trouble::Inconsistent("a photo").into());
        }
        tx.commit()?;
        Ok(reply(held))
    }

    /// A whole photo of a consultation that this clinician has taken.
    ///
    /// # Errors
    /// [`Failure`]: `not_found`, also for a photo that is not there in full yet, `not_allowed`, `conflict` if this clinician
    /// has not taken the consultation.
    pub fn photo(
        &self,
        clinician: &SessionRecord,
        consultation: ConsultationId,
        photo: PhotoId,
    ) -> Result<(PhotoKind, Vec<u8>), Failure> {
        let tx = self.begin()?;
        super::desk::own(&*tx, clinician, consultation)?;
        let not_found = || Failure::refused(ApiErrorCode::NotFound);
        let found = tx.photo(photo)?.ok_or_else(not_found)?;
        if !tx.messages(consultation)?.iter().any(|message| message.id == found.message) {
            return Err(not_found());
        }
        let announced = self.announced(&*tx, &found)?;
        if found.held != announced.bytes {
            return Err(not_found());
        }
        let mut whole = Vec::with_capacity(usize::try_from(found.held).unwrap_or(0));
        self.each_part(&*tx, photo, found.held, |part| whole.extend_from_slice(part))?;
        Ok((announced.kind, whole))
    }

    /// How much is here of each photo that a message names.
    pub(super) fn photos_of(
        &self,
        tx: &dyn Transaction,
        message: MessageId,
        named: &[Photo],
    ) -> Result<Vec<u64>, Failure> {
        let held = |photo: &Photo| {
            let found = tx.photo(photo.id)?.filter(|found| found.message == message);
            found.map(|found| found.held).ok_or_else(|| Trouble::Inconsistent("a photo").into())
        };
        named.iter().map(held).collect()
    }

    /// The photo as its message names it.
    fn announced(&self, tx: &dyn Transaction, photo: &PhotoRecord) -> Result<Photo, Failure> {
        let broken = || Failure::from(Trouble::Inconsistent("a photo"));
        let sealed = tx.entry(photo.message.as_bytes())?.and_then(|entry| entry.sealed).ok_or_else(broken)?;
        let operation: Operation =
            self.open_entry(photo.message.as_bytes(), &sealed)?.read().map_err(|_| broken())?;
        operation.body.photos().iter().find(|named| named.id == photo.id).copied().ok_or_else(broken)
    }

    /// Whether what is held and this last part are the photo that was announced.
    fn completes(&self, tx: &dyn Transaction, announced: &Photo, last: &[u8]) -> Result<bool, Failure> {
        let mut hash = Context::new(&SHA256);
        let before = announced.bytes.saturating_sub(last.len() as u64);
        self.each_part(tx, announced.id, before, |part| hash.update(part))?;
        hash.update(last);
        Ok(hash.finish().as_ref() == announced.sha256.0)
    }

    /// Opens part after part up to `end`, one at a time.
    fn each_part(
        &self,
        tx: &dyn Transaction,
        photo: PhotoId,
        end: u64,
        mut visit: impl FnMut(&[u8]),
    ) -> Result<(), Failure> {
        let mut offset = 0;
        while offset < end {
            let sealed = tx.part(photo, offset)?.ok_or(Trouble::Inconsistent("a photo"))?;
            let part = self.keys.sealing().open(TABLE, &part_id(photo, offset), &sealed)?;
            if part.is_empty() {
                return Err(Trouble::Inconsistent("a photo").into());
            }
            visit(&part);
            offset = offset.saturating_add(part.len() as u64);
        }
        Ok(())
    }
}

/// What a part is sealed for.
fn part_id(photo: PhotoId, offset: u64) -> Vec<u8> {
    [&photo.as_bytes()[..], &offset.to_be_bytes()].concat()
}
