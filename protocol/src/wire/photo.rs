//! Photos of a message: named by its operation, and sent after it in parts.
//!
//! The text of an operation never changes, so size and hash of each photo stand in it from the beginning. A part is raw bytes
//! at an offset; the reply says how far the server has come, which is where the next part begins. Nothing of a photo ever waits
//! before a text.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::ids::{IdError, Nonce, PhotoId};

/// How many photos a message may have.
pub const PHOTOS_MOST: usize = 4;
/// The largest photo, in bytes.
pub const PHOTO_BYTES_MOST: u64 = 16 * 1024 * 1024;
/// The largest part of a photo, in bytes: what a cut costs at most.
pub const PHOTO_PART_BYTES: usize = 64 * 1024;

/// A photo as the operation of its message names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// Random; of no other photo.
    pub id: PhotoId,
    /// Its container.
    pub kind: PhotoKind,
    /// Its size: 1 to [`PHOTO_BYTES_MOST`].
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: PhotoHash,
}

/// Container of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoKind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl PhotoKind {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// SHA-256 of a photo; base64url on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhotoHash(pub [u8; 32]);

/// Who knows a picture finds it by its hash: none is printed by accident.
impl fmt::Debug for PhotoHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhotoHash")
    }
}

impl TryFrom<String> for PhotoHash {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(IdError { expected: 32 })
    }
}

impl From<PhotoHash> for String {
    fn from(hash: PhotoHash) -> Self {
        BASE64URL_NOPAD.encode(&hash.0)
    }
}

/// What is wrong with the photos that a message names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotosError {
    /// More than [`PHOTOS_MOST`].
    #[error("a message has at most {PHOTOS_MOST} photos")]
    TooMany,
    /// One is empty or larger than [`PHOTO_BYTES_MOST`].
    #[error("a photo has 1 to {PHOTO_BYTES_MOST} bytes")]
    Size,
    /// One is named twice.
    #[error("a photo is named twice")]
    Twice,
}

/// Whether a message may name these photos.
///
/// # Errors
/// [`PhotosError`].
pub fn check_photos(photos: &[Photo]) -> Result<(), PhotosError> {
    if photos.len() > PHOTOS_MOST {
        return Err(PhotosError::TooMany);
    }
    if photos.iter().any(|photo| photo.bytes == 0 || photo.bytes > PHOTO_BYTES_MOST) {
        return Err(PhotosError::Size);
    }
    let before = |place: usize| photos.iter().take(place);
    let twice = |(place, photo): (usize, &Photo)| before(place).any(|other| other.id == photo.id);
    if photos.iter().enumerate().any(twice) { Err(PhotosError::Twice) } else { Ok(()) }
}

/// `POST`: the part of a photo that begins at this offset, as raw bytes. An empty one asks how far the server has come.
pub fn photo_part_path(photo: PhotoId, offset: u64) -> String {
    format!("{}/{photo}/{offset}", super::PHOTOS_PATH)
}

/// The answer to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoReply {
    /// The nonce of the request it answers.
    #[serde(rename = "for")]
    pub answers: Nonce,
    /// The photo.
    pub photo: PhotoId,
    /// How many bytes of it the server holds for good, from the first on: where the next part begins. All of them: the photo is
    /// whole, and its hash was checked.
    pub held: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(id: u8, bytes: u64) -> Photo {
        Photo { id: PhotoId::from_bytes([id; 16]), kind: PhotoKind::Jpeg, bytes, sha256: PhotoHash([id; 32]) }
    }

    #[test]
    fn a_message_names_up_to_four_photos_each_once_and_of_a_size_that_travels() {
        let four: Vec<_> = (1..=4).map(|id| photo(id, PHOTO_BYTES_MOST)).collect();
        assert_eq!((check_photos(&[]), check_photos(&four)), (Ok(()), Ok(())));
        assert_eq!(check_photos(&[four, vec![photo(5, 1)]].concat()), Err(PhotosError::TooMany));
        for bytes in [0, PHOTO_BYTES_MOST + 1] {
            assert_eq!(check_photos(&[photo(1, bytes)]), Err(PhotosError::Size));
        }
        assert_eq!(check_photos(&[photo(1, 1), photo(2, 1), photo(1, 2)]), Err(PhotosError::Twice));
    }

    #[test]
    fn a_photo_reads_back_and_a_hash_of_another_length_does_not() {
        let named = photo(1, 5);
        let text = serde_json::to_string(&named).unwrap();
        assert_eq!(serde_json::from_str::<Photo>(&text).unwrap(), named);
        assert!(serde_json::from_str::<Photo>(&text.replace("AQE\"}", "AQ\"}")).is_err());
        assert!(serde_json::from_str::<Photo>(&text.replace("jpeg", "heic")).is_err());
    }
}
