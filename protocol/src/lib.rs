//! What a Yorisoi device and a Yorisoi server must agree on.
//!
//! Codes on cards, civil dates, programmes and their rules, the survey, consent, and every type that crosses the
//! wire. All of it is pure: no input or output, no clock, no randomness, no async. Whoever calls passes the time
//! and the random bytes in, so every rule here can be tested as a table.
//!
//! The wire itself is described for people in `docs/protocol.md`; its examples are tests of this crate.

pub mod age;
pub mod card_text;
pub mod carriage;
pub mod cbor;
pub mod code;
pub mod consent;
pub mod date;
pub mod decimal;
pub mod digest;
pub mod eligibility;
pub mod foreign;
mod gf32;
pub mod gzip;
pub mod ids;
pub mod loss;
pub mod manifest;
pub mod merkle;
pub mod municipality;
pub mod operator_file;
pub mod padding;
pub mod phrase;
pub mod programme;
pub mod question;
pub mod red_flags;
pub mod rescue;
pub mod rule_set;
pub mod safety;
pub mod signed;
mod spoken;
pub mod survey;
pub mod ticket;
pub mod time;
pub mod typed_text;
pub mod wire;
pub mod words;

pub use card_text::CardInput;
pub use code::{CodeError, EnrollmentCode};
pub use date::{CivilDate, Timestamp};
pub use eligibility::{Decision, Eligibility, Facts};
pub use manifest::Manifest;
pub use operator_file::FileError;
pub use phrase::SharedPhrase;
pub use programme::Programme;
pub use rule_set::RuleSet;
pub use ticket::Ticket;
pub use words::Words;
