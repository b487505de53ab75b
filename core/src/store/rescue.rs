//! Rescue: what waits, sealed a second time for the server alone, so that it outlives the phone's key.
//!
//! The envelope stands in `meta` as it is handed in; the key of its items stands sealed in a record. Where there is an
//! envelope, every operation that waits and every draft that is ready has an item of it: they are written in the transaction
//! of what they are of, all of them are written anew in that of another envelope, and they go when the server has decided, or
//! the draft is sent, changed or thrown away.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::params;
use serde::{Deserialize, Serialize};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ConsultationId, MessageId, OperationId};
use yorisoi_protocol::rescue::{ItemKey, ItemName, RescueEnvelope};
use yorisoi_protocol::signed::KeyId;
use yorisoi_protocol::wire::{EntryText, Operation, OperationBody};

use super::database::Durability;
use super::keys::{meta, put_meta};
use super::records::{Record, Records};
use super::{Draft, Store, StoreError};
use crate::vault::{Secret, Table};

/// The envelope's name in `meta`.
pub(super) const ENVELOPE: &str = "rescue";

/// What an envelope is for. Where any of it changes, another takes its place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueFor {
    /// The programme's key.
    pub key: KeyId,
    /// The programme's id.
    pub programme: String,
    /// The card of a place that is provisional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    is_for: RescueFor,
    items: Secret,
}

/// The envelope in force, opened: what stands in `meta`, what it is for, and the key of its items.
struct Opened {
    envelope: Vec<u8>,
    is_for: RescueFor,
    items: ItemKey,
}

/// The envelope that was used last. Another process may have put another in its place, so it is held against the file at
/// each use.
#[derive(Default)]
pub(super) struct RescueCache(Mutex<Option<Arc<Opened>>>);

impl RescueCache {
    /// Keeps nothing of the envelope that was.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Records<'_> {
    fn rescue(&self) -> Result<Option<Arc<Opened>>, StoreError> {
        let Some(envelope) = meta(self.sql, ENVELOPE)? else {
            return Ok(None);
        };
        let mut cached = self.rescue.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = cached.as_ref().filter(|opened| opened.envelope == envelope) {
            return Ok(Some(Arc::clone(opened)));
        }
        let Kept { is_for, items } = self.record(Record::Rescue)?.ok_or(StoreError::Damaged)?;
        let opened = Arc::new(Opened { envelope, is_for, items: ItemKey::from_bytes(*items.bytes()) });
        *cached = Some(Arc::clone(&opened));
        Ok(Some(opened))
    }

    /// The item of this text; `None` where there is no envelope.
    pub(super) fn rescue_item(
        &self,
        name: ItemName,
        text: &EntryText,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(opened) = self.rescue()? else {
            return Ok(None);
        };
        let nonce = crate::host::random(self.randomness).map_err(|_| StoreError::NoRandomness)?;
        let sealed = opened.items.seal(name, nonce, text.as_str().as_bytes());
        sealed.map(Some).map_err(|_| StoreError::Damaged)
    }

    /// Writes the item of a draft, or takes it away from one that is not ready.
    pub(super) fn put_draft_item(&self, id: &[u8; 16], draft: &Draft) -> Result<(), StoreError> {
        let item = match draft.ready {
            None => None,
            Some(at) => match self.as_operation(id, draft, at)? {
                Some(text) => self.rescue_item(ItemName::Draft(MessageId::from_bytes(*id)), &text)?,
                None => None,
            },
        };
        self.sql
            .prepare_cached("UPDATE draft SET rescue = ?2 WHERE id = ?1")?
            .execute(params![&id[..], item])?;
        Ok(())
    }

    /// What a draft would be if it were sent, without a number: it has the draft's id, so that handing it in twice is once.
    /// `None` for one that cannot be sent as it stands.
    fn as_operation(
        &self,
        id: &[u8; 16],
        draft: &Draft,
        at: Timestamp,
    ) -> Result<Option<EntryText>, StoreError> {
        // Photos do not outlive the key: what is rescued is text.
        let (text, begun, photos) = (draft.text.clone(), draft.begun, Vec::new());
        let body = match draft.consultation {
            Some(consultation) => OperationBody::FollowUp { consultation, text, begun, photos },
            None => {
                let id = crate::host::random(self.randomness).map_err(|_| StoreError::NoRandomness)?;
                let consultation = ConsultationId::from_bytes(id);
                let (service, subject) = (draft.service.clone().known(), draft.subject.clone().known());
                let (Some(service), Some(subject)) = (service, subject) else {
                    return Ok(None);
                };
                OperationBody::Ask { consultation, service, subject, text, begun, photos }
            }
        };
        let id = OperationId::from_bytes(*id);
        Ok(Some(EntryText::write(&Operation { id, seq: 0, at, body })?))
    }

    /// Writes the items of all that waits anew.
    fn seal_all_items(&self) -> Result<(), StoreError> {
        let mut waiting = Vec::new();
        self.visit_waiting(0, |seq, id, stored| {
            waiting.push((seq, id, stored.text));
            Ok(true)
        })?;
        for (seq, id, text) in waiting {
            let item = self.rescue_item(ItemName::Operation(id), &text)?;
            let seq = i64::try_from(seq).map_err(|_| StoreError::Damaged)?;
            self.sql
                .prepare_cached("UPDATE operation SET rescue = ?2 WHERE seq = ?1")?
                .execute(params![seq, item])?;
        }
        for row in self.page::<Draft>(Table::Draft, None, u32::MAX)? {
            self.put_draft_item(&row.id, &row.value)?;
        }
        Ok(())
    }
}

impl Store {
    /// What the envelope in force is for, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rescue_for(&self) -> Result<Option<RescueFor>, StoreError> {
        Ok(self.read(|records| records.rescue())?.map(|opened| opened.is_for.clone()))
    }

    /// Puts an envelope in force and seals all that waits under it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_rescue(
        &self,
        is_for: RescueFor,
        envelope: &RescueEnvelope,
        items: &ItemKey,
    ) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            let kept = Kept { is_for, items: Secret::from_bytes(*items.bytes()) };
            records.put_record(Record::Rescue, &kept)?;
            put_meta(records.sql, ENVELOPE, &serde_json::to_vec(envelope)?)?;
            records.seal_all_items()
        })
    }
}
