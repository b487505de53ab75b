//! What the server in memory does with photos, and what it remembers of them.

use std::collections::HashMap;

use yorisoi_protocol::digest::sha256;
use yorisoi_protocol::ids::{Nonce, PhotoId};
use yorisoi_protocol::wire::{ApiErrorCode, OperationHead, PHOTO_PART_BYTES, PHOTOS_PATH, Photo, PhotoReply};

use super::fault::Fault;
use super::server::{FakeServer, signed};
use crate::transport::Request;

/// A part as it arrived: of which photo, from which byte on, how many bytes.
pub(crate) type Part = (PhotoId, u64, usize);

/// The photos of a server.
#[derive(Clone, Default)]
pub(super) struct Photos {
    held: HashMap<PhotoId, Vec<u8>>,
    parts: Vec<Part>,
}

impl Photos {
    /// Takes in a part of a photo that one of these messages names.
    fn take(
        &mut self,
        (photo, offset): (PhotoId, u64),
        part: &[u8],
        named: Option<&Photo>,
        nonce: Nonce,
    ) -> Result<PhotoReply, ApiErrorCode> {
        self.parts.push((photo, offset, part.len()));
        if part.len() > PHOTO_PART_BYTES {
            return Err(ApiErrorCode::TooLarge);
        }
        let named = named.ok_or(ApiErrorCode::UnknownPhoto)?;
        let held = self.held.entry(photo).or_default();
        if offset == held.len() as u64 && !part.is_empty() {
            if offset + part.len() as u64 > named.bytes {
                return Err(ApiErrorCode::PhotoTooLong);
            }
            held.extend_from_slice(part);
            if held.len() as u64 == named.bytes && sha256(held) != named.sha256.0 {
                held.clear();
                return Err(ApiErrorCode::PhotoMismatch);
            }
        }
        Ok(PhotoReply { answers: nonce, photo, held: held.len() as u64 })
    }
}

impl FakeServer {
    /// What it holds of a photo.
    pub(crate) fn photo(&self, photo: PhotoId) -> Vec<u8> {
        self.state.lock().unwrap().photos.held.get(&photo).cloned().unwrap_or_default()
    }

    /// The parts of photos that arrived, in their order.
    pub(crate) fn parts(&self) -> Vec<Part> {
        self.state.lock().unwrap().photos.parts.clone()
    }

    /// Loses what it held of a photo from this byte on, and tells nobody.
    pub(crate) fn lose_photo(&self, photo: PhotoId, from: usize) {
        self.state.lock().unwrap().photos.held.get_mut(&photo).unwrap().truncate(from);
    }

    pub(super) fn take_part(
        &self,
        part: (PhotoId, u64),
        request: &Request,
        fault: Option<&Fault>,
    ) -> Result<Vec<u8>, ApiErrorCode> {
        assert!(!request.gzip);
        let (nonce, mut body) = (signed(request).nonce, request.body.clone());
        if let (Some(Fault::Spoilt), Some(last)) = (fault, body.last_mut()) {
            *last ^= 1;
        }
        let mut state = self.state.lock().unwrap();
        let bodies = state
            .operations
            .iter()
            .filter_map(|(_, _, text)| OperationHead::read(text.as_ref().ok()?).unwrap().body().ok());
        let named: Vec<Photo> = bodies.flat_map(|body| body.photos().to_vec()).collect();
        let named = named.iter().find(|named| named.id == part.0);
        let mut reply = state.photos.take(part, &body, named, nonce)?;
        match fault {
            Some(Fault::Held(held)) => reply.held = *held,
            Some(Fault::AnotherRequest) => reply.answers = Nonce::from_bytes([0; 6]),
            Some(Fault::Stranger) => reply.photo = PhotoId::from_bytes([0; 16]),
            _ => {}
        }
        Ok(serde_json::to_vec(&reply).unwrap())
    }
}

/// Which part an address names, if it is one of a part.
pub(super) fn part_of(path: &str) -> Option<(PhotoId, u64)> {
    let (photo, offset) = path.strip_prefix(PHOTOS_PATH)?.strip_prefix('/')?.split_once('/')?;
    Some((PhotoId::parse(photo).unwrap(), offset.parse().unwrap()))
}
