//! Sync: a state machine that decides, and a driver that does.
//!
//! The [`engine`] takes events and gives instructions; it has no clock, randomness, thread, socket or async. The
//! [`driver`] collects, sends and applies as it is told. Dropping the driver at any await loses nothing: what was sent
//! is sent again and recognised, what was applied was applied with its cursor. How long it may go on, and what it may move
//! meanwhile, is the [`way`]'s.

mod ahead;
mod driver;
mod engine;
mod events;
mod plan;
mod request_body;
#[cfg(test)]
mod transcript_tests;
pub mod transitions;
mod way;

pub use driver::{Driver, Heard, LastSync, SyncError};
pub use engine::{Engine, Vouching};
pub use events::{Event, Fault, Instruction};
pub use plan::{Concern, Incoming, Plan, Settled, Settlement};
pub use way::{SyncBudget, Way};
