//! The device library for Swift and Kotlin.
//!
//! Thin: it translates types, carries calls to a runtime of its own, and holds nothing but handles. What calls do and
//! which errors they give stands in `yorisoi-core`. Local calls are async as well, since they write to the disk: none of
//! them keeps the caller's thread. Dropping a call at any await loses nothing; a write that has begun is finished.

mod app_code;
mod client;
mod consultations;
mod enrollment;
mod erasure;
mod error;
mod family;
mod host;
mod live;
mod notices;
mod rescue;
mod runtime;
mod safety;
mod sync;
mod types;
mod views;

pub use client::YorisoiClient;
pub use consultations::*;
pub use enrollment::{CardKind, CardView, EnrollmentState, EnrollmentView, ManifestView, Trust};
pub use error::{ErrorDetails, YorisoiError, closed_details};
pub use family::{DateFact, FamilyFact, FamilyFacts};
pub use host::{Clock, ClockReading, HostFailure, KeyStore, KeyStoreFailure, Notice, Notices};
pub use live::LiveSession;
pub use safety::*;
pub use sync::*;
pub use types::*;
pub use views::*;

uniffi::setup_scaffolding!();
