//! May this be done now, and why: rules as data, evaluated purely.
//!
//! Every [`Rule`] is, for given [`Facts`], a timeline: a function of time that is true, false or unknown, constant on
//! half-open stretches. `all`, `any` and `not` work on it instant by instant, in Kleene's three-valued logic. The answer
//! at an instant is read off the timeline: [`Eligibility::Eligible`] until it stops being true, [`Eligibility::NotYet`]
//! until it stops being false, [`Eligibility::Ended`] where it stays false, and otherwise [`Eligibility::Unknown`] with
//! every fact that is missing. So no answer can contradict its own date.
//!
//! An answer names the rule that decided, so that a support desk can read it aloud. What is not known is asked for and
//! never a refusal ([`Eligibility::refused`]); the death of a child ends nothing, for no rule asks for a living one.
//!
//! Nothing is built beside the answer: a timeline is asked, instant by instant, at the few where it can turn.

mod answer;
mod decide;
mod facts;
mod move_out;
mod rule;
mod timeline;
mod words;

pub use answer::{Decision, Eligibility};
pub use facts::{DateFact, DateFactError, Facts, Missing, Residence};
pub use move_out::MoveOut;
pub use rule::{RULE_DEPTH_MAX, RULE_NODES_MAX, Rule};

pub(crate) use decide::{Bound, Case};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
