//! What a Yorisoi device and a Yorisoi server must agree on.
//!
//! Codes on cards, civil dates, programmes and their rules, the survey, consent, and every type that crosses the
//! wire. All of it is pure: no input or output, no clock, no randomness, no async. Whoever calls passes the time
//! and the random bytes in, so every rule here can be tested as a table.
//!
//! The wire itself is described for people in `docs/protocol.md`; its examples are tests of this crate.

pub mod code;
pub mod consent;
pub mod date;
pub mod digest;
pub mod eligibility;
mod gf32;
pub mod ids;
pub mod municipality;
pub mod programme;
pub mod question;
pub mod survey;
pub mod typed_text;
pub mod wire;
pub mod words;

pub use code::{CodeError, EnrollmentCode};
pub use date::{CivilDate, Timestamp};
pub use eligibility::{Decision, Eligibility};
pub use programme::Programme;
pub use words::Words;
