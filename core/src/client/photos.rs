//! Photos of a draft and of the message it becomes.
//!
//! What is kept is the picture without what its file tells besides ([`crate::photo`]), sealed in the database. It stays there
//! with its message, whether or not it was sent.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use yorisoi_protocol::consent::{self, Purpose};
use yorisoi_protocol::ids::{MessageId, PhotoId};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::photo::PhotoError;
use crate::store::{Sending, StoredPhoto};
use crate::view::{PhotoSent, PhotoView};

pub use yorisoi_protocol::wire::PHOTOS_MOST;

impl YorisoiClient {
    /// Adds a photo to a draft: JPEG or PNG by content, at most 32 MiB as it comes and 16 MiB rewritten, without location and all
    /// other metadata, the pixels untouched. Streamed: a few hundred kilobytes of memory, whatever its size. Takes the time of reading and
    /// sealing the file; other calls go on meanwhile.
    ///
    /// # Errors
    /// [`YorisoiError::Photo`], [`YorisoiError::TooManyPhotos`], [`YorisoiError::NotFound`] for no such draft, and the errors of the
    /// store. Nothing of the photo is kept then.
    pub fn add_photo(&self, draft: MessageId, source: &mut dyn Read) -> Result<PhotoView, YorisoiError> {
        let stored = self.store.add_photo(draft, source)?;
        self.tell(&[Notice::Drafts]);
        Ok(view(stored, true))
    }

    /// Adds the photo in a file to a draft. The file stays.
    ///
    /// # Errors
    /// As [`YorisoiClient::add_photo`].
    pub fn add_photo_file(&self, draft: MessageId, path: &Path) -> Result<PhotoView, YorisoiError> {
        let source = File::open(path).map_err(|error| PhotoError::SourceFailed(error.kind()));
        self.add_photo(draft, &mut source.map_err(YorisoiError::Photo)?)
    }

    /// The photos of a draft or an own message, in the order in which they were added.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn photos(&self, owner: MessageId) -> Result<Vec<PhotoView>, YorisoiError> {
        let photos = self.store.photos(owner)?;
        let going = photos.iter().any(|photo| matches!(photo.sending, Some(Sending::Going(_))));
        let agreed = !going || consent::granted(&self.store.consents()?, Purpose::Photo);
        Ok(photos.into_iter().map(|photo| view(photo, agreed)).collect())
    }

    /// Writes a photo out, as it was kept. What the target got before an error is to be thrown away.
    ///
    /// # Errors
    /// [`YorisoiError::NotFound`], [`YorisoiError::Photo`] if the target fails, and the errors of the store.
    pub fn read_photo(
        &self,
        owner: MessageId,
        photo: PhotoId,
        target: &mut dyn Write,
    ) -> Result<(), YorisoiError> {
        Ok(self.store.read_photo(owner, photo, target)?)
    }

    /// Writes a photo into a new file, and removes it again if that fails. A file that is there already is not touched.
    ///
    /// # Errors
    /// As [`YorisoiClient::read_photo`].
    pub fn write_photo_file(
        &self,
        owner: MessageId,
        photo: PhotoId,
        path: &Path,
    ) -> Result<(), YorisoiError> {
        let failed = |error: std::io::Error| YorisoiError::Photo(PhotoError::TargetFailed(error.kind()));
        let mut target = File::create_new(path).map_err(failed)?;
        let written =
            self.read_photo(owner, photo, &mut target).and_then(|()| target.sync_all().map_err(failed));
        if written.is_err() {
            // Half a photo is none. If even this fails, the error is told all the same.
            std::fs::remove_file(path).ok();
        }
        written
    }

    /// Takes a photo from a draft.
    ///
    /// # Errors
    /// [`YorisoiError::NotFound`], and the errors of the store.
    pub fn remove_photo(&self, draft: MessageId, photo: PhotoId) -> Result<(), YorisoiError> {
        if !self.store.remove_photo(draft, photo)? {
            return Err(YorisoiError::NotFound);
        }
        self.tell(&[Notice::Drafts]);
        Ok(())
    }
}

/// `agreed`: whether the consent to photos is given.
fn view(stored: StoredPhoto, agreed: bool) -> PhotoView {
    let (kind, StoredPhoto { id, width, height, bytes, sending, .. }) = (stored.kind(), stored);
    let sent = match sending {
        None => PhotoSent::OnlyHere,
        Some(Sending::Going(_)) if !agreed => PhotoSent::ConsentNeeded,
        Some(Sending::Going(going)) => PhotoSent::Going { bytes: going.held },
        Some(Sending::Whole) => PhotoSent::Whole,
        Some(Sending::Refused) => PhotoSent::Refused,
    };
    PhotoView { id, kind, width, height, bytes, sent }
}
