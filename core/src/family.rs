//! What a person told this phone of their family, so that rules that ask for it can be answered here.
//!
//! Nothing of it is ever needed and nothing of it is sent: the server judges by what a card proves. It stands sealed with
//! the settings, and these types are the format of that row: a field may be added with a default, never renamed. It takes
//! no part in loss: what was told before stays, and goes on counting for what the family is entitled to.

use std::fmt;

use serde::{Deserialize, Serialize};
use yorisoi_protocol::age::MONTHS_MAX;
use yorisoi_protocol::eligibility::{DateFact, Facts, Residence};
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::{CivilDate, Programme};

/// The most children that are told of.
pub const CHILDREN_MAX: usize = 16;
/// How far ahead a move may be planned, in days.
const MOVE_AHEAD_DAYS: i64 = 366;
/// How far ahead of the phone a calendar elsewhere, or a clock, may be, in days.
const DATE_AHEAD_DAYS: i64 = 1;

/// All that was told. Each by itself, none of it needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyFacts {
    /// The birth dates of the children, each as far as told; twins are two entries. Empty where nothing was said, which is
    /// never taken to mean that there is no child.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<DateFact>,
    /// The day of the delivery, stillbirth and miscarriage included.
    #[serde(default = "not_told")]
    pub delivered: DateFact,
    /// Since when a child that somebody else gave birth to is cared for.
    #[serde(default = "not_told")]
    pub caregiver_since: DateFact,
    /// The day of moving out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_out: Option<MovedOut>,
}

/// Moving out of a municipality. Another one's programme is not concerned.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedOut {
    /// Which municipality.
    pub municipality: Municipality,
    /// The day of moving, which still counts as living there.
    pub day: CivilDate,
}

/// One thing that is told, told differently, or taken back.
#[derive(Clone, PartialEq, Eq)]
pub enum FamilyFact {
    /// The birth dates of all children; empty takes them back. At most [`CHILDREN_MAX`].
    Children(Vec<DateFact>),
    /// The day of the delivery; [`DateFact::NotTold`] takes it back.
    Delivered(DateFact),
    /// Since when a child is cared for in a parent's place; [`DateFact::NotTold`] takes it back.
    CaregiverSince(DateFact),
    /// The day of moving out of the municipality of the own programme; `None` takes it back.
    MovedOut(Option<CivilDate>),
}

/// A date that was told and cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// It has not come yet.
    #[error("the date has not come yet")]
    InFuture,
    /// It lies before every date a rule may ask for: twenty years back.
    #[error("the date lies more than twenty years back")]
    TooLongAgo,
}

impl Default for FamilyFacts {
    fn default() -> Self {
        Self {
            children: Vec::new(),
            delivered: DateFact::NotTold,
            caregiver_since: DateFact::NotTold,
            moved_out: None,
        }
    }
}

impl FamilyFacts {
    /// Whether nothing was told.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What the rules of this programme are asked with: what its card proves, and what was told.
    pub fn with_card(&self, programme: &Programme) -> Facts {
        let mut facts = programme.card_facts();
        if !self.children.is_empty() {
            facts.children.clone_from(&self.children);
        }
        facts.delivered = self.delivered;
        facts.caregiver_since = Some(self.caregiver_since);
        if let (Some(told), Residence::Known { municipality, moved_out }) =
            (&self.moved_out, &mut facts.residence)
            && told.municipality == *municipality
        {
            *moved_out = Some(told.day);
        }
        facts
    }
}

impl FamilyFact {
    /// Whether it can be. `today` is absent where the phone does not know it well enough to say what lies ahead.
    ///
    /// # Errors
    /// [`DateError`], of the first date that cannot be.
    pub(crate) fn check(&self, today: Option<CivilDate>) -> Result<(), DateError> {
        match self {
            Self::Children(children) => children.iter().try_for_each(|born| check_date(*born, today)),
            Self::Delivered(day) | Self::CaregiverSince(day) => check_date(*day, today),
            Self::MovedOut(None) => Ok(()),
            Self::MovedOut(Some(day)) => check_days([*day, *day], today, MOVE_AHEAD_DAYS),
        }
    }
}

/// Whether a date can be that of something that has happened; of a month, whether one of its days can.
///
/// # Errors
/// [`DateError`].
pub(crate) fn check_date(date: DateFact, today: Option<CivilDate>) -> Result<(), DateError> {
    date.days().map_or(Ok(()), |days| check_days(days, today, DATE_AHEAD_DAYS))
}

fn check_days([first, last]: [CivilDate; 2], today: Option<CivilDate>, ahead: i64) -> Result<(), DateError> {
    let Some(today) = today else {
        return Ok(());
    };
    if first > today.plus_days(ahead) {
        return Err(DateError::InFuture);
    }
    // No rule has a longer term, so what lies further back turns none.
    let long_ago = last.corresponding_day(MONTHS_MAX).unwrap_or_else(|| last.month_end_after(MONTHS_MAX));
    if long_ago < today { Err(DateError::TooLongAgo) } else { Ok(()) }
}

/// Only that it was told.
impl fmt::Debug for MovedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MovedOut")
    }
}

/// Its kind only.
impl fmt::Debug for FamilyFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Children(_) => "Children",
            Self::Delivered(_) => "Delivered",
            Self::CaregiverSince(_) => "CaregiverSince",
            Self::MovedOut(_) => "MovedOut",
        })
    }
}

fn not_told() -> DateFact {
    DateFact::NotTold
}
