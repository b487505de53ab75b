//! Photos in the database: rewritten, sealed in pieces, streamed in and out.
//!
//! A photo belongs to a draft, and to the message it becomes. How far it has come on its way to the server is
//! [`photo_sending`](super::photo_sending)'s. It is taken in piece by piece, each in a transaction of its own,
//! so that neither the whole photo is ever in memory nor anybody waits for it; it is there once its record says so. What was cut
//! short before that are pieces nobody names, and the next photo that is taken in sweeps them away.
//!
//! A piece is sealed for its photo and its place, all of one size but the last; the record says how many there are, so none can be
//! left out, doubled or put elsewhere.

use std::io::{Read, Write};
use std::sync::PoisonError;

use ring::digest::{Context, SHA256};
use rusqlite::params;
use serde::{Deserialize, Serialize};
use yorisoi_protocol::ids::{MessageId, PhotoId};
use yorisoi_protocol::wire::{PHOTO_PART_BYTES, PHOTOS_MOST, Photo, PhotoHash};

use super::database::Durability;
use super::records::{Record, Records, blob};
use super::{Sending, Store, StoreError};
use crate::photo::{self, PhotoError, PhotoKind};
use crate::vault::{Place, Table};

/// Bytes of a photo in one piece. A file keeps this size; a piece goes to the server as one part.
pub(super) const PIECE: usize = 64 * 1024;
const _: () = assert!(PIECE <= PHOTO_PART_BYTES);

/// A photo that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPhoto {
    /// Its id, random.
    pub id: PhotoId,
    /// Whether it is a PNG; otherwise it is a JPEG.
    png: bool,
    /// Pixels in a row, before orientation.
    pub width: u32,
    /// Rows, before orientation.
    pub height: u32,
    /// Its size.
    pub bytes: u64,
    pieces: u32,
    /// SHA-256 of its bytes. Older libraries kept none with a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<PhotoHash>,
    /// How far it has come; absent while its message does not name it: of a draft, and of a message that older libraries
    /// queued or the server refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending: Option<Sending>,
}

impl StoredPhoto {
    /// Its container.
    pub fn kind(&self) -> PhotoKind {
        if self.png { PhotoKind::Png } else { PhotoKind::Jpeg }
    }

    /// As its message names it.
    pub(super) fn named(&self) -> Option<Photo> {
        let (id, kind, bytes) = (self.id, self.kind(), self.bytes);
        self.sha256.map(|sha256| Photo { id, kind, bytes, sha256 })
    }
}

/// Why a photo was not taken in or given out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhotoFailure {
    /// The photo itself.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are as many as there may be.
    #[error("there are {most} photos already")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
}

impl Store {
    /// Takes in a photo for a draft that has fewer than [`PHOTOS_MOST`]: without its metadata, sealed, power-safe.
    ///
    /// # Errors
    /// [`PhotoFailure`]; [`StoreError::NotFound`] if there is no such draft. Nothing of the photo is kept then.
    pub fn add_photo(&self, draft: MessageId, source: &mut dyn Read) -> Result<StoredPhoto, PhotoFailure> {
        // One at a time: the next one sweeps away what nobody names.
        let _turn = self.photo_turn.lock().unwrap_or_else(PoisonError::into_inner);
        let held = self.read(|records| records.open_draft_photos(draft))?;
        if held.len() >= PHOTOS_MOST {
            return Err(PhotoFailure::TooMany { most: PHOTOS_MOST });
        }
        self.write(Durability::Power, |records| {
            records.sql.execute("DELETE FROM photo_piece WHERE whole = 0", [])?;
            Ok(())
        })?;
        let id = crate::host::random(self.randomness.as_ref()).map_err(|_| StoreError::NoRandomness)?;
        let id = PhotoId::from_bytes(id);
        let mut pieces = Pieces::new(self, id);
        let written = photo::rewrite(source, &mut pieces);
        let written = written.map_err(PhotoFailure::from).and_then(|facts| {
            pieces.end()?;
            let (width, height, bytes) = (facts.width, facts.height, facts.bytes);
            let png = facts.kind == PhotoKind::Png;
            let (sha256, sending) = (Some(pieces.hash()), None);
            let stored = StoredPhoto { id, png, width, height, bytes, pieces: pieces.count, sha256, sending };
            self.write(Durability::Power, |records| {
                let mut photos = records.open_draft_photos(draft)?;
                photos.push(stored.clone());
                let whole = "UPDATE photo_piece SET whole = 1 WHERE id = ?1";
                records.sql.prepare_cached(whole)?.execute([&id.as_bytes()[..]])?;
                records.put_record(Record::Photos(draft.as_bytes()), &photos)
            })?;
            Ok(stored)
        });
        written.map_err(|failure| {
            let failure = pieces.failed.take().map_or(failure, PhotoFailure::Store);
            // What this leaves behind on a full disk, the next one sweeps away.
            self.write(Durability::Power, |records| records.remove_pieces(id)).ok();
            failure
        })
    }

    /// The photos of a draft or an own message, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn photos(&self, owner: MessageId) -> Result<Vec<StoredPhoto>, StoreError> {
        self.read(|records| records.photos(owner))
    }

    /// Writes a photo out, piece by piece.
    ///
    /// # Errors
    /// [`PhotoFailure`]; [`StoreError::NotFound`] if the owner has no such photo.
    pub fn read_photo(
        &self,
        owner: MessageId,
        photo: PhotoId,
        target: &mut dyn Write,
    ) -> Result<(), PhotoFailure> {
        let photo = self.photos(owner)?.into_iter().find(|held| held.id == photo);
        self.read_pieces(&photo.ok_or(StoreError::NotFound)?, target)
    }

    /// Writes out a photo that was looked up before, whoever owns it by now.
    pub(crate) fn read_pieces(
        &self,
        photo: &StoredPhoto,
        target: &mut dyn Write,
    ) -> Result<(), PhotoFailure> {
        let mut left = photo.bytes;
        for place in 0..photo.pieces {
            let piece = self.read(|records| records.piece(photo.id, place))?;
            left = left.checked_sub(piece.len() as u64).ok_or(StoreError::Damaged)?;
            target.write_all(&piece).map_err(|error| PhotoError::TargetFailed(error.kind()))?;
        }
        if left == 0 { Ok(()) } else { Err(StoreError::Damaged.into()) }
    }

    /// Takes a photo from a draft. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove_photo(&self, draft: MessageId, photo: PhotoId) -> Result<bool, StoreError> {
        self.write(Durability::Power, |records| {
            let mut photos = records.open_draft_photos(draft)?;
            let before = photos.len();
            photos.retain(|held| held.id != photo);
            if photos.len() == before {
                return Ok(false);
            }
            records.remove_pieces(photo)?;
            records.put_record(Record::Photos(draft.as_bytes()), &photos)?;
            Ok(true)
        })
    }
}

impl Records<'_> {
    pub(super) fn photos(&self, owner: MessageId) -> Result<Vec<StoredPhoto>, StoreError> {
        Ok(self.record(Record::Photos(owner.as_bytes()))?.unwrap_or_default())
    }

    /// The photos of a draft, which is there.
    fn open_draft_photos(&self, draft: MessageId) -> Result<Vec<StoredPhoto>, StoreError> {
        let there =
            self.sql.prepare_cached("SELECT 1 FROM draft WHERE id = ?1")?.exists([&draft.as_bytes()[..]])?;
        if there { self.photos(draft) } else { Err(StoreError::NotFound) }
    }

    /// The photos of a draft, ready to be named. One that cannot be read any more stays on this phone unnamed: no text waits
    /// for a photo.
    pub(super) fn photos_to_name(&self, draft: MessageId) -> Result<Vec<StoredPhoto>, StoreError> {
        let mut photos = self.photos(draft)?;
        for photo in photos.iter_mut().filter(|photo| photo.sha256.is_none()) {
            photo.sha256 = match self.hash_of(photo) {
                Err(StoreError::Damaged) => None,
                hash => Some(hash?),
            };
        }
        Ok(photos)
    }

    fn hash_of(&self, photo: &StoredPhoto) -> Result<PhotoHash, StoreError> {
        let mut hash = Context::new(&SHA256);
        for place in 0..photo.pieces {
            hash.update(&self.piece(photo.id, place)?);
        }
        Ok(finished(hash))
    }

    /// Removes the photos of a draft that is thrown away.
    pub(super) fn remove_photos(&self, draft: MessageId) -> Result<(), StoreError> {
        for photo in self.photos(draft)? {
            self.remove_pieces(photo.id)?;
        }
        self.remove_record(Record::Photos(draft.as_bytes()))
    }

    fn remove_pieces(&self, photo: PhotoId) -> Result<(), StoreError> {
        self.sql.prepare_cached("DELETE FROM photo_piece WHERE id = ?1")?.execute([&photo.as_bytes()[..]])?;
        Ok(())
    }

    pub(super) fn piece(&self, photo: PhotoId, place: u32) -> Result<Vec<u8>, StoreError> {
        let read = "SELECT sealed FROM photo_piece WHERE id = ?1 AND place = ?2";
        let mut statement = self.sql.prepare_cached(read)?;
        let mut rows = statement.query(params![&photo.as_bytes()[..], place])?;
        let row = rows.next()?.ok_or(StoreError::Damaged)?;
        Ok(self.vault.open(piece_place(&photo, place), blob(row.get_ref(0)?)?)?)
    }
}

fn finished(hash: Context) -> PhotoHash {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash.finish().as_ref());
    PhotoHash(bytes)
}

/// A piece is written once; its place is its version.
fn piece_place(photo: &PhotoId, place: u32) -> Place<'_> {
    Place { table: Table::PhotoPiece, row: photo.as_bytes(), version: i64::from(place) }
}

/// Where a photo that is taken in is written to.
struct Pieces<'a> {
    store: &'a Store,
    id: PhotoId,
    count: u32,
    hash: Context,
    waiting: Vec<u8>,
    /// Why the store did not take a piece: `Write` has no way to say it.
    failed: Option<StoreError>,
}

impl<'a> Pieces<'a> {
    fn new(store: &'a Store, id: PhotoId) -> Self {
        let (hash, waiting) = (Context::new(&SHA256), Vec::with_capacity(PIECE));
        Self { store, id, count: 0, hash, waiting, failed: None }
    }

    /// SHA-256 of all that was written.
    fn hash(&self) -> PhotoHash {
        finished(self.hash.clone())
    }

    fn seal(&mut self) -> Result<(), StoreError> {
        let (id, place) = (self.id, self.count);
        self.store.write(Durability::Power, |records| {
            let sealed = records.seal_bytes(piece_place(&id, place), &self.waiting)?;
            let insert = "INSERT INTO photo_piece (id, place, whole, sealed) VALUES (?1, ?2, 0, ?3)";
            records.sql.prepare_cached(insert)?.execute(params![&id.as_bytes()[..], place, sealed])?;
            Ok(())
        })?;
        self.waiting.clear();
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    fn end(&mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() { Ok(()) } else { self.seal() }
    }
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.waiting.len() >= PIECE {
            self.seal().map_err(|error| {
                self.failed = Some(error);
                std::io::Error::other("the store")
            })?;
        }
        let taken = bytes.get(..PIECE - self.waiting.len()).unwrap_or(bytes);
        self.waiting.extend_from_slice(taken);
        self.hash.update(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
