//! A municipality's list of lines to call, with the day on which somebody last checked it.

use serde::{Deserialize, Serialize};

use super::contact::SafetyContact;
use crate::date::{CivilDate, Timestamp};

/// For how many days after `verified_on` a list counts as checked.
pub const VERIFIED_FOR_DAYS: i64 = 90;
const CONTACTS_MAX: usize = 32;
const HOLIDAYS_MAX: usize = 200;

/// Lines to call and the holidays their hours turn on. The order is the municipality's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafetyPack {
    /// The day on which numbers and hours were last checked.
    pub verified_on: CivilDate,
    /// The lines, in the order in which they are shown. 119 is compiled in and need not stand here.
    pub contacts: Vec<SafetyContact>,
    /// Days on which the rows named `holiday` hold: national holidays, and what the lines treat alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<CivilDate>,
}

impl SafetyPack {
    /// Whether the list was checked more than [`VERIFIED_FOR_DAYS`] days ago. A phone whose clock is behind may see a day
    /// to come; that list is not old.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.verified_on.plus_days(VERIFIED_FOR_DAYS) < now.civil_date()
    }

    /// What no type of a field refuses already.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.contacts.len() > CONTACTS_MAX {
            return Err("at most 32 contacts");
        }
        if self.holidays.len() > HOLIDAYS_MAX {
            return Err("at most 200 holidays");
        }
        if !self.holidays.is_sorted_by(|earlier, later| earlier < later) {
            return Err("holidays stand in order, each once");
        }
        self.contacts.iter().try_for_each(SafetyContact::check)
    }
}
