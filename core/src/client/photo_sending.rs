//! Photos on their way to the server, part by part, after the texts.
//!
//! They have a turn of their own: a sync of texts that is asked for meanwhile waits for none of them. Progress is kept after
//! each part that the server acknowledged, so whatever cuts this (the network, the budget, the app being suspended or ended,
//! the future being dropped) costs at most the part that was under way. One part is in memory at a time.
//!
//! | what happened | this photo | the others |
//! |---|---|---|
//! | the server refuses it for good, or it cannot be read here | is shown as refused | go on |
//! | it arrived whole and was another | begins anew, once | wait for it |
//! | no whole reply, an unbelievable one, a server in trouble | waits for the next sync; after three times it comes after the others | go on, unless the next one fails as well |
//! | nobody can be reached, the server asks for patience, it knows no photos or no such device, the time is over | waits | wait |

use yorisoi_protocol::ids::PhotoId;
use yorisoi_protocol::wire::{ApiErrorCode, PHOTO_PART_BYTES, PhotoReply, photo_part_path};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::store::{Going, PhotoToSend, Sending, StoreError};
use crate::sync::Way;
use crate::transport::{Signer, TransportError};

/// After so many troubles in a row a photo is tried after the others.
const PATIENCE: u32 = 3;
/// So many photos in a row have trouble before it is taken for the network's.
const TROUBLED_MOST: u32 = 2;
/// So many replies in a row may leave a photo where it was. A server that lost some needs one.
const STANDING_STILL_MOST: u32 = 2;

/// What the server says of a photo.
enum Said {
    /// It holds so many bytes.
    Held(u64),
    /// It will not have it.
    Refused,
    /// It had all of it, and it was another.
    Mismatch,
}

/// Why a photo is not sent on now.
enum Halt {
    /// It, or the way, has trouble.
    Trouble,
    /// None is to be sent now.
    All(YorisoiError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::All(error.into())
    }
}

impl YorisoiClient {
    /// Sends what there is of photos, once phone and server hold the same texts. Trouble with them is shown with them and fails
    /// nothing.
    pub(super) async fn send_photos(&self, way: &Way<'_>) {
        self.unless_erased(self.send_all_photos(way)).await.ok();
    }

    async fn send_all_photos(&self, way: &Way<'_>) -> Result<(), YorisoiError> {
        if way.texts_only() {
            return Ok(());
        }
        // Who has the turn looks for more after each photo.
        let Ok(_turn) = self.photo_turn.try_acquire() else {
            return Ok(());
        };
        let (mut tried, mut troubled) = (Vec::new(), 0);
        while let Some(next) = self.next_photo(&tried)? {
            tried.push(next.photo.id);
            let signer = self.granted()?.1;
            match self.send_photo(&next, way, &signer).await {
                Ok(()) => troubled = 0,
                Err(Halt::Trouble) => {
                    troubled += 1;
                    if troubled >= TROUBLED_MOST {
                        break;
                    }
                }
                Err(Halt::All(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// The oldest photo that was not tried yet; one with trouble after trouble comes after the others.
    fn next_photo(&self, tried: &[PhotoId]) -> Result<Option<PhotoToSend>, YorisoiError> {
        let pause = self.store.photo_pause()?;
        if self.left_of(pause.as_ref()).is_some() {
            return Ok(None);
        }
        let photos = self.store.photos_to_send()?.into_iter();
        let photos = photos.filter(|photo| !tried.contains(&photo.photo.id));
        Ok(photos.min_by_key(|photo| photo.going.troubles / PATIENCE))
    }

    /// Sends what is missing of one photo.
    async fn send_photo(&self, sent: &PhotoToSend, way: &Way<'_>, signer: &Signer) -> Result<(), Halt> {
        let (mut going, mut standing_still) = (sent.going, 0);
        // Twice as many as it has, for a server that goes back and forth.
        for _ in 0..sent.photo.bytes / PHOTO_PART_BYTES as u64 * 2 + 8 {
            if way.spent() {
                return Err(Halt::All(TransportError::TimedOut.into()));
            }
            let from = if going.ask { sent.photo.bytes } else { going.held };
            let part = match self.store.photo_part(&sent.photo, from) {
                Err(StoreError::Damaged) => return self.end_photo(sent, Sending::Refused),
                part => part?,
            };
            let asked = part.is_empty();
            let said = match self.send_part(sent, going.held, part, way, signer).await {
                Ok(said) => said,
                Err(error) => return self.trouble(sent, going, error, way),
            };
            let (held, mismatched) = match said {
                Said::Held(held) if held == sent.photo.bytes => return self.end_photo(sent, Sending::Whole),
                Said::Held(held) => (held, going.mismatched),
                Said::Mismatch if !going.mismatched => (0, true),
                Said::Refused | Said::Mismatch => return self.end_photo(sent, Sending::Refused),
            };
            let forward = held > going.held;
            let troubles = if forward { 0 } else { going.troubles };
            standing_still = if forward || asked { 0 } else { standing_still + 1 };
            going = Going { held, ask: false, troubles, mismatched };
            if standing_still > STANDING_STILL_MOST {
                break;
            }
            self.keep(sent, going)?;
        }
        self.keep_trouble(sent, going)
    }

    async fn send_part(
        &self,
        sent: &PhotoToSend,
        offset: u64,
        part: Vec<u8>,
        way: &Way<'_>,
        signer: &Signer,
    ) -> Result<Said, YorisoiError> {
        let (photo, bytes) = (sent.photo.id, sent.photo.bytes);
        let path = photo_part_path(photo, offset);
        let reply = self.exchange(way).post_bytes::<PhotoReply>(path, signer, part).await;
        match self.exchanged(reply) {
            Ok((nonce, reply)) if reply.answers != nonce => {
                Err(YorisoiError::NotBelieved("it answers another request"))
            }
            Ok((_, reply)) if reply.photo != photo || reply.held > bytes => {
                Err(YorisoiError::NotBelieved("it speaks of another photo"))
            }
            Ok((_, reply)) => Ok(Said::Held(reply.held)),
            Err(YorisoiError::ServerRefused { code, .. }) if final_for_a_photo(code) => Ok(Said::Refused),
            Err(YorisoiError::ServerRefused { code: ApiErrorCode::PhotoMismatch, .. }) => Ok(Said::Mismatch),
            Err(error) => Err(error),
        }
    }

    /// What trouble with a part means.
    fn trouble(
        &self,
        sent: &PhotoToSend,
        going: Going,
        error: YorisoiError,
        way: &Way<'_>,
    ) -> Result<(), Halt> {
        if let YorisoiError::ServerRefused { retry_after_seconds: Some(seconds), .. } = error {
            self.store.pause_photos(self.pause_of(seconds))?;
            return Err(Halt::All(error));
        }
        let of_this_photo = match &error {
            YorisoiError::Network(TransportError::TimedOut) => !way.spent(),
            YorisoiError::Network(error) => {
                !matches!(error, TransportError::Unreachable | TransportError::Insecure)
            }
            YorisoiError::NotBelieved(_) => true,
            YorisoiError::ServerRefused { code, .. } => {
                matches!(code, ApiErrorCode::Unavailable | ApiErrorCode::Malformed | ApiErrorCode::Other)
            }
            _ => false,
        };
        if of_this_photo { self.keep_trouble(sent, going) } else { Err(Halt::All(error)) }
    }

    fn keep_trouble(&self, sent: &PhotoToSend, going: Going) -> Result<(), Halt> {
        self.keep(sent, Going { troubles: going.troubles.saturating_add(1), ..going })?;
        Err(Halt::Trouble)
    }

    fn keep(&self, sent: &PhotoToSend, going: Going) -> Result<(), Halt> {
        Ok(self.store.keep_sending(sent.message, sent.photo.id, Sending::Going(going))?)
    }

    fn end_photo(&self, sent: &PhotoToSend, sending: Sending) -> Result<(), Halt> {
        self.store.keep_sending(sent.message, sent.photo.id, sending)?;
        self.tell(&[Notice::Consultation(sent.consultation)]);
        Ok(())
    }
}

/// Whether sending the photo again can lead to nothing else. A server that lost its data is offered all of them again.
fn final_for_a_photo(code: ApiErrorCode) -> bool {
    matches!(
        code,
        ApiErrorCode::UnknownPhoto
            | ApiErrorCode::PhotoTooLong
            | ApiErrorCode::TooLarge
            | ApiErrorCode::InvalidValue
    )
}
