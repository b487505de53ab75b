//! What an export is made of: what is of one moment, and the way to the rest.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use serde::Serialize;
use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::loss::{FamilyStatus, Prompt};
use yorisoi_protocol::{Programme, Timestamp};

use super::failure::ExportFailure;
use crate::client::YorisoiClient;
use crate::error::YorisoiError;
use crate::photo::PhotoKind;
use crate::store::{Holdings, Store, StoreError, StoredPhoto};

pub(super) struct Contents<'a> {
    pub(super) store: &'a Store,
    pub(super) held: Holdings,
    pub(super) album: Album,
    pub(super) programme: Option<Arc<Programme>>,
    /// When the export was made.
    pub(super) made_at: Timestamp,
    /// When phone and server were last found to hold the same.
    pub(super) verified_at: Option<Timestamp>,
}

/// The photos, numbered.
pub(super) struct Album {
    photos: Vec<AlbumPhoto>,
    /// The places of a message's or draft's photos among them.
    owned: HashMap<MessageId, std::ops::Range<usize>>,
}

/// A photo under its neutral name.
#[derive(Serialize)]
pub(super) struct AlbumPhoto {
    pub(super) file: String,
    width: u32,
    height: u32,
    bytes: u64,
    #[serde(skip)]
    pub(super) number: usize,
    #[serde(skip)]
    owner: MessageId,
    #[serde(skip)]
    stored: StoredPhoto,
}

impl<'a> Contents<'a> {
    pub(super) fn now(client: &'a YorisoiClient) -> Result<Self, YorisoiError> {
        let programme = match client.place() {
            Ok(place) => Some(Arc::clone(&place.programme)),
            // A place whose programme no manifest and no record knows any more closes nothing here.
            Err(YorisoiError::NotEnrolled | YorisoiError::Setting(_)) => None,
            Err(error) => return Err(error),
        };
        let survey = programme.as_ref().and_then(|programme| programme.survey.as_ref());
        let mut held = client.store.holdings(survey.map(|survey| survey.id.as_str()))?;
        let album = Album::of(std::mem::take(&mut held.photos));
        let (made_at, verified_at) = (client.now(), client.times().verified);
        Ok(Self { store: &client.store, held, album, programme, made_at, verified_at })
    }

    /// Whether the page shows no ages and nothing that tells one. The text for machines holds everything.
    pub(super) fn hides_ages(&self) -> bool {
        FamilyStatus::from_loss_mode(self.held.settings.loss_mode).silences(Prompt::ChildAge)
    }

    pub(super) fn write_photo(
        &self,
        photo: &AlbumPhoto,
        target: &mut dyn Write,
    ) -> Result<(), ExportFailure> {
        match self.store.read_pieces(&photo.stored, target).map_err(ExportFailure::from) {
            Err(ExportFailure::Store(StoreError::Damaged))
                if !self.store.photos(photo.owner)?.iter().any(|held| held.id == photo.stored.id) =>
            {
                Err(StoreError::NotFound.into())
            }
            written => written,
        }
    }
}

impl Album {
    fn of(held: Vec<(MessageId, Vec<StoredPhoto>)>) -> Self {
        let (mut photos, mut owned) = (Vec::new(), HashMap::new());
        for (owner, of_owner) in held {
            let first = photos.len();
            for stored in of_owner {
                let number = photos.len() + 1;
                let ending = match stored.kind() {
                    PhotoKind::Jpeg => "jpg",
                    PhotoKind::Png => "png",
                };
                let (width, height, bytes) = (stored.width, stored.height, stored.bytes);
                let file = format!("photos/{number}.{ending}");
                photos.push(AlbumPhoto { file, width, height, bytes, number, owner, stored });
            }
            owned.insert(owner, first..photos.len());
        }
        Self { photos, owned }
    }

    pub(super) fn photos(&self) -> &[AlbumPhoto] {
        &self.photos
    }

    /// The photos of a message or a draft.
    pub(super) fn of_owner(&self, owner: MessageId) -> &[AlbumPhoto] {
        self.owned.get(&owner).and_then(|places| self.photos.get(places.clone())).unwrap_or_default()
    }
}
