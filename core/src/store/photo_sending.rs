//! How far photos have come on their way to the server.
//!
//! Each photo says so itself, in the record of its message; one more record names the messages that still have photos to send,
//! so that a sync with none finds that out with one look. A message enters it in the transaction that queues it, and leaves it
//! with its last photo.
//!
//! What the phone believes the server holds is never more than a place to go on from: the server says at each part where it is.

use serde::{Deserialize, Serialize};
use yorisoi_protocol::consent::{self, Purpose};
use yorisoi_protocol::ids::{ConsultationId, MessageId, OperationId, PhotoId};
use yorisoi_protocol::wire::{OperationBody, OperationHead};

use super::database::Durability;
use super::operations::{ACKNOWLEDGED, Enqueued, REFUSED};
use super::photos::PIECE;
use super::records::{Record, Records, blob};
use super::{Pause, Store, StoreError, StoredPhoto};

/// How far a photo has come that its message names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sending {
    /// It waits, or is on its way.
    Going(Going),
    /// The server holds all of it.
    Whole,
    /// It will not come: the server refused it for good, or it cannot be read here any more.
    Refused,
}

/// How far a photo has come that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Going {
    /// How many bytes of it the server said it holds.
    pub held: u64,
    /// Whether the server is to be asked that first: it may have lost some.
    #[serde(default)]
    pub ask: bool,
    /// How often it failed since a part of it arrived.
    #[serde(default)]
    pub troubles: u32,
    /// Whether it arrived whole once and was another than its message names.
    #[serde(default)]
    pub mismatched: bool,
}

/// A photo that may be sent now.
#[derive(Debug, Clone)]
pub struct PhotoToSend {
    /// Its message.
    pub message: MessageId,
    /// The consultation of that.
    pub consultation: ConsultationId,
    /// The photo.
    pub photo: StoredPhoto,
    /// How far it has come.
    pub going: Going,
}

/// The messages that have photos to send, the one queued first first.
#[derive(Default, Serialize, Deserialize)]
struct Queue {
    #[serde(default)]
    messages: Vec<Queued>,
    /// Whether the server may have lost any photo it ever held.
    #[serde(default)]
    anew: bool,
    /// Until when the server asked for patience with photos.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pause: Option<Pause>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Queued {
    seq: u64,
    message: MessageId,
    consultation: ConsultationId,
}

impl Store {
    /// The photos that may be sent now, those of the oldest message first: of messages that the server holds, and while the
    /// consent to photos is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn photos_to_send(&self) -> Result<Vec<PhotoToSend>, StoreError> {
        if self.read(|records| records.photo_queue())?.anew {
            self.ask_for_all_photos()?;
        }
        self.read(|records| {
            let mut photos = Vec::new();
            let queue = records.photo_queue()?;
            if queue.messages.is_empty() || !records.photos_consented()? {
                return Ok(photos);
            }
            for Queued { seq, message, consultation } in queue.messages {
                if records.state_of(seq)? != Some(ACKNOWLEDGED) {
                    continue;
                }
                for photo in records.photos(message)? {
                    if let Some(Sending::Going(going)) = photo.sending {
                        photos.push(PhotoToSend { message, consultation, photo, going });
                    }
                }
            }
            Ok(photos)
        })
    }

    /// How many photos of messages are still to be sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn photos_waiting(&self) -> Result<u32, StoreError> {
        self.read(|records| {
            let mut waiting = 0_u32;
            for Queued { message, .. } in records.photo_queue()?.messages {
                let going = records.photos(message)?;
                let going = going.iter().filter(|photo| matches!(photo.sending, Some(Sending::Going(_))));
                waiting = waiting.saturating_add(u32::try_from(going.count()).unwrap_or(u32::MAX));
            }
            Ok(waiting)
        })
    }

    /// The bytes of a photo from `offset` on, as many as go at once; none at its end.
    ///
    /// # Errors
    /// [`StoreError::NotConsented`] if the consent was taken back meanwhile, and others.
    pub fn photo_part(&self, photo: &StoredPhoto, offset: u64) -> Result<Vec<u8>, StoreError> {
        self.read(|records| {
            if !records.photos_consented()? {
                return Err(StoreError::NotConsented);
            }
            if offset >= photo.bytes {
                return Ok(Vec::new());
            }
            let (place, within) = (offset / PIECE as u64, offset % PIECE as u64);
            let place = u32::try_from(place).map_err(|_| StoreError::Damaged)?;
            let mut piece = records.piece(photo.id, place)?;
            let within = usize::try_from(within).map_err(|_| StoreError::Damaged)?;
            if within >= piece.len() {
                return Err(StoreError::Damaged);
            }
            piece.drain(..within);
            Ok(piece)
        })
    }

    /// Keeps how far a photo has come.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not there any more, and others.
    pub fn keep_sending(
        &self,
        message: MessageId,
        photo: PhotoId,
        sending: Sending,
    ) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            let mut photos = records.photos(message)?;
            let found = photos.iter_mut().find(|held| held.id == photo).ok_or(StoreError::NotFound)?;
            found.sending = Some(sending);
            records.put_record(Record::Photos(message.as_bytes()), &photos)?;
            if photos.iter().all(|photo| !matches!(photo.sending, Some(Sending::Going(_)))) {
                let mut queue = records.photo_queue()?;
                queue.messages.retain(|queued| queued.message != message);
                records.put_record(Record::PhotoQueue, &queue)?;
            }
            Ok(())
        })
    }

    /// Until when the server asked for patience with photos, if it did.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn photo_pause(&self) -> Result<Option<Pause>, StoreError> {
        Ok(self.read(|records| records.photo_queue())?.pause)
    }

    /// Keeps until when the server asked for patience with photos.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pause_photos(&self, pause: Pause) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            let queue = Queue { pause: Some(pause), ..records.photo_queue()? };
            records.put_record(Record::PhotoQueue, &queue)
        })
    }

    /// As an older library left them.
    #[cfg(test)]
    pub(crate) fn forget_photo_hashes(&self, draft: MessageId) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            let mut photos = records.photos(draft)?;
            photos.iter_mut().for_each(|photo| photo.sha256 = None);
            records.put_record(Record::Photos(draft.as_bytes()), &photos)
        })
    }

    /// Has the server asked again for every photo that was ever named to it. Looked for before the transaction that writes, so
    /// that a long history holds up nobody.
    fn ask_for_all_photos(&self) -> Result<(), StoreError> {
        let named = self.read(|records| records.messages_with_named_photos())?;
        self.write(Durability::Power, |records| {
            let mut queue = records.photo_queue()?;
            for queued in named {
                let mut photos = records.photos(queued.message)?;
                for photo in &mut photos {
                    let ask = Sending::Going(Going { ask: true, ..Going::default() });
                    photo.sending = photo.sending.map(|_| ask);
                }
                records.put_record(Record::Photos(queued.message.as_bytes()), &photos)?;
                if queue.messages.iter().all(|known| known.seq != queued.seq) {
                    queue.messages.push(queued);
                }
            }
            queue.messages.sort_by_key(|queued| queued.seq);
            queue.anew = false;
            records.put_record(Record::PhotoQueue, &queue)
        })
    }
}

impl Records<'_> {
    /// Lets the photos of a draft belong to the message it became, and those that it names wait for their turn.
    pub(super) fn hand_on_photos(
        &self,
        draft: MessageId,
        mut photos: Vec<StoredPhoto>,
        queued: &Enqueued,
        consultation: ConsultationId,
    ) -> Result<(), StoreError> {
        if photos.is_empty() {
            return Ok(());
        }
        let message = MessageId::from(queued.id);
        for photo in &mut photos {
            photo.sending = photo.sha256.map(|_| Sending::Going(Going::default()));
        }
        if photos.iter().any(|photo| photo.sending.is_some()) {
            let mut queue = self.photo_queue()?;
            queue.messages.push(Queued { seq: queued.seq, message, consultation });
            self.put_record(Record::PhotoQueue, &queue)?;
        }
        self.put_record(Record::Photos(message.as_bytes()), &photos)?;
        self.remove_record(Record::Photos(draft.as_bytes()))
    }

    /// Lets the photos of a message that the server refused stay here with it.
    pub(super) fn keep_photos_here(&self, message: MessageId) -> Result<(), StoreError> {
        let mut queue = self.photo_queue()?;
        let before = queue.messages.len();
        queue.messages.retain(|queued| queued.message != message);
        if queue.messages.len() == before {
            return Ok(());
        }
        let mut photos = self.photos(message)?;
        photos.iter_mut().for_each(|photo| photo.sending = None);
        self.put_record(Record::Photos(message.as_bytes()), &photos)?;
        self.put_record(Record::PhotoQueue, &queue)
    }

    /// Notes that the server may have lost any photo.
    pub(super) fn doubt_photos(&self) -> Result<(), StoreError> {
        let queue = Queue { anew: true, ..self.photo_queue()? };
        self.put_record(Record::PhotoQueue, &queue)
    }

    /// Whether there may be photos to send.
    pub(super) fn photos_may_wait(&self) -> Result<bool, StoreError> {
        let queue = self.photo_queue()?;
        Ok(queue.anew || !queue.messages.is_empty())
    }

    fn photo_queue(&self) -> Result<Queue, StoreError> {
        Ok(self.record(Record::PhotoQueue)?.unwrap_or_default())
    }

    fn photos_consented(&self) -> Result<bool, StoreError> {
        Ok(consent::granted(&self.consents()?, Purpose::Photo))
    }

    /// How far an operation has come; `None` if there is none.
    fn state_of(&self, seq: u64) -> Result<Option<i64>, StoreError> {
        let seq = i64::try_from(seq).map_err(|_| StoreError::Damaged)?;
        let mut statement = self.sql.prepare_cached("SELECT state FROM operation WHERE seq = ?1")?;
        let mut rows = statement.query([seq])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// Every message that was not refused and names photos, oldest first.
    fn messages_with_named_photos(&self) -> Result<Vec<Queued>, StoreError> {
        let mut statement =
            self.sql.prepare_cached("SELECT seq, id FROM operation WHERE state < ?1 ORDER BY seq")?;
        let mut rows = statement.query([REFUSED])?;
        let mut named = Vec::new();
        while let Some(row) = rows.next()? {
            let id: [u8; 16] = blob(row.get_ref(1)?)?.try_into().map_err(|_| StoreError::Damaged)?;
            if !self.has_record(Record::Photos(&id))? {
                continue;
            }
            let seq = u64::try_from(row.get::<_, i64>(0)?).map_err(|_| StoreError::Damaged)?;
            let stored = self.operation(seq)?.stored;
            let body = OperationHead::read(&stored.text).and_then(|head| head.body());
            let body = body.map_err(|_| StoreError::Damaged)?;
            let (OperationBody::Ask { consultation, .. } | OperationBody::FollowUp { consultation, .. }) =
                body
            else {
                continue;
            };
            if !body.photos().is_empty() {
                let message = MessageId::from(OperationId::from_bytes(id));
                named.push(Queued { seq, message, consultation });
            }
        }
        Ok(named)
    }
}
