//! The manifest: what a municipality's phones may believe with no network, signed by a root key.
//!
//! Keys of tickets and receipts, programmes with their rules, revoked cards, the smallest version of this library that
//! may go on. [`Manifest::verify`] believes only the roots that are built into the app; [`Manifest::follows`] refuses to
//! go back; [`Manifest::standing`] says when it is too old to be the whole truth. Fetching and keeping it is the
//! device's business, storing and serving it the server's; the root key is on neither.

mod draft;
mod error;
mod roots;
mod sdk_version;
mod standing;
mod succession;
mod verified;

pub use draft::{MANIFEST_FORMAT, ManifestDraft};
pub use error::ManifestError;
pub use roots::Roots;
pub use sdk_version::{SdkVersion, SdkVersionError};
pub use standing::ManifestStanding;
pub use succession::{Held, Succession};
pub use verified::{MANIFEST_MAX_BYTES, MANIFEST_PAYLOAD_MAX_BYTES, Manifest, manifest_etag};
