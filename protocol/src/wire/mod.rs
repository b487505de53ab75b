//! What crosses the wire between a device and a server, version 1. `docs/protocol.md` is its reference.
//!
//! JSON in both directions; a body marked `content-encoding: gzip` is gzip, and both ends must read that. A reader
//! ignores fields it does not know, so that either end may be newer.

mod authorization;
mod bytes;
mod change;
mod enrollment;
mod entry;
mod erasure;
mod operation;
mod photo;
mod receipt;
mod refusal;
mod rescue;
mod sync;

pub use authorization::{Authorization, Caller, signed_text};
pub use bytes::{WireBytes, WireBytesError};
pub use change::{Change, ChangeBody};
pub use enrollment::{
    ENROLLMENT_REPLY_BYTES, EnrollmentReply, EnrollmentRequest, EnrollmentResult, EnrollmentWait, Grant,
    PhraseRequest, PublicKey, Trust,
};
pub use entry::EntryText;
pub use erasure::{ErasureReceipt, ErasureReply, ErasureRequest, erasure_text};
pub use operation::{Operation, OperationBody, OperationError, OperationHead};
pub use photo::{
    PHOTO_BYTES_MOST, PHOTO_PART_BYTES, PHOTOS_MOST, Photo, PhotoHash, PhotoKind, PhotoReply, PhotosError,
    check_photos, photo_part_path,
};
pub use receipt::{
    Among, Held, Receipt, ReceiptKeyId, ReceiptSignature, Receipts, SignedReceipts, receipt_text,
};
pub use refusal::{ApiError, ApiErrorBody, ApiErrorCode, EnrollmentRefusal, OperationRefusal, RefusalCode};
pub use rescue::{
    RescueItem, RescueItemResult, RescueOutcome, RescueRefusal, RescueReply, RescueRequest, RescueResult,
};
pub use sync::{Cursor, CursorError, Hint, Outcome, OutcomeResult, SyncReply, SyncRequest};

use serde::{Deserialize, Serialize};

/// `POST`: redeems a card.
pub const ENROLLMENTS_PATH: &str = "/v1/enrollments";
/// `POST`: hands in what was rescued from a database whose key is gone.
pub const RESCUES_PATH: &str = "/v1/rescues";
/// `POST`: erases the member whose device signs.
pub const ERASURES_PATH: &str = "/v1/erasures";
/// `POST`: pushes operations and pulls changes.
pub const SYNC_PATH: &str = "/v1/sync";
/// Under it, `POST`: parts of photos, see [`photo_part_path`].
pub const PHOTOS_PATH: &str = "/v1/photos";
/// `GET`: server-sent events that hint at news.
pub const LIVE_PATH: &str = "/v1/live";
/// `GET`: the limits of a server, for clients that ask before they send.
pub const LIMITS_PATH: &str = "/v1/limits";
/// `GET`: the manifest, open to everybody, as it was signed.
pub const MANIFEST_PATH: &str = "/v1/manifest";
/// The media type of a manifest (RFC 9052 section 2), without its parameter `cose-type="cose-sign1"`.
pub const MANIFEST_MEDIA_TYPE: &str = "application/cose";
/// The media type of every body but those of [`LIVE_PATH`] and [`MANIFEST_PATH`].
pub const MEDIA_TYPE: &str = "application/json";
/// Bodies of this many bytes and more are sent as gzip where that makes them shorter.
pub const GZIP_FROM_BYTES: usize = 256;

/// What a server accepts at most. Published at [`LIMITS_PATH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of a request body, before and after inflating.
    pub request_bytes: usize,
    /// Operations in one request.
    pub operations: usize,
    /// Bytes of the changes in one reply; a single larger change still travels, alone.
    pub page_bytes: usize,
    /// Characters of a message's text.
    pub text_chars: usize,
    /// Photos of a message; 0 for a server that takes none.
    #[serde(default)]
    pub photos: usize,
    /// Bytes of a photo.
    #[serde(default)]
    pub photo_bytes: u64,
    /// Bytes of a part of a photo.
    #[serde(default)]
    pub photo_part_bytes: usize,
    /// How far a request's time may lie from the server's, in seconds, either way.
    pub clock_tolerance_seconds: i64,
}

impl Limits {
    /// The limits of this version.
    pub const V1: Self = Self {
        request_bytes: 512 * 1024,
        operations: 1000,
        page_bytes: 128 * 1024,
        text_chars: crate::question::TEXT_MAX_CHARS,
        photos: PHOTOS_MOST,
        photo_bytes: PHOTO_BYTES_MOST,
        photo_part_bytes: PHOTO_PART_BYTES,
        clock_tolerance_seconds: 300,
    };
}

#[cfg(test)]
mod tests;
