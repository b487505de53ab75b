//! The device side of Yorisoi.
//!
//! A parent writes without network, the phone keeps what was written sealed and power-safe, and sync carries it to the
//! server exactly once and brings the answers back. [`YorisoiClient`] is the door; behind it stand
//!
//! - [`vault`]: the root key of the host, a subkey per table, sealed values;
//! - [`store`]: SQLite with everything personal sealed, the outbox in the same transaction as the change it carries;
//! - [`sync`]: a state machine without clock, randomness or input and output, and the driver that serves it;
//! - [`transport`]: HTTP, believed only where it is whole;
//! - [`photo`]: a photo without what its file tells besides the picture.
//!
//! What only a platform can do, the host supplies: [`host`]. The crate knows nothing of the languages it is bound to.
//!
//! Local calls block for a write to disk or less; run them off the main thread. Network calls are async, need a tokio
//! runtime with time and I/O, and may be dropped at any await: no lock or transaction lives across one.

pub mod client;
#[cfg(test)]
mod debug_tests;
pub mod error;
pub mod family;
pub mod host;
pub mod photo;
pub mod store;
pub mod sync;
#[cfg(test)]
pub(crate) mod testing;
pub mod transport;
pub mod vault;
pub mod view;

pub use client::{ClientConfig, YorisoiClient};
pub use error::{ErrorKind, YorisoiError};
pub use host::Host;
