//! What a person sees: which lines, in which order, and whether each answers now.
//!
//! | place | lines |
//! |---|---|
//! | 1 | 119 |
//! | 2 | in loss mode: the list's lines for grief |
//! | 3 | the other lines of the list |
//! | 4 | the compiled-in national lines the list does not have |
//!
//! The lines of a list that is old come last instead, each flagged: a number that may no longer answer never stands
//! before one that is known to. A number stands once.

use super::compiled_in::{emergency, fallbacks};
use super::contact::{ContactPurpose, SafetyContact};
use super::hours::HoursNow;
use super::pack::SafetyPack;
use crate::date::Timestamp;
use crate::loss::FamilyStatus;

/// A line to call, as it is shown now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownContact {
    /// The line.
    pub contact: SafetyContact,
    /// Whether it answers now.
    pub hours_now: HoursNow,
    /// Whether its list was not checked for too long: to be said beside the number.
    pub stale: bool,
}

/// The lines to show, first one first. Without a list, what is compiled in.
pub fn shown(pack: Option<&SafetyPack>, now: Timestamp, status: FamilyStatus) -> Vec<ShownContact> {
    let stale = pack.is_some_and(|pack| pack.is_stale(now));
    let listed = pack.map_or_else(Vec::new, |pack| listed(pack, now, status, stale));
    let known = |contact| ShownContact { contact, hours_now: HoursNow::ALWAYS, stale: false };
    let compiled_in: Vec<ShownContact> = fallbacks().into_iter().map(known).collect();
    let (sooner, later) = if stale { (compiled_in, listed) } else { (listed, compiled_in) };
    let mut shown = vec![known(emergency())];
    for next in sooner.into_iter().chain(later) {
        if !shown.iter().any(|before| before.contact.digits.same_line(&next.contact.digits)) {
            shown.push(next);
        }
    }
    shown
}

/// The lines of the list in its order, in loss mode those for grief first.
fn listed(pack: &SafetyPack, now: Timestamp, status: FamilyStatus, stale: bool) -> Vec<ShownContact> {
    let shown = |contact: &SafetyContact| ShownContact {
        hours_now: contact.hours_at(now, &pack.holidays),
        contact: contact.clone(),
        stale,
    };
    let first = |contact: &&SafetyContact| {
        status == FamilyStatus::LossDeclared && contact.purpose == ContactPurpose::Grief
    };
    let others = pack.contacts.iter().filter(|contact| !first(contact));
    pack.contacts.iter().filter(first).chain(others).map(shown).collect()
}
