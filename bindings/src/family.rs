//! What a person tells the phone of their family, as Swift and Kotlin see it. Nothing of it is needed or sent.

use yorisoi_core::family as core;
use yorisoi_protocol::CivilDate;
use yorisoi_protocol::eligibility as protocol;

use crate::error::YorisoiError;

/// A date, as far as it is told.
#[derive(uniffi::Enum)]
pub enum DateFact {
    /// The day.
    Known {
        /// As `YYYY-MM-DD`.
        day: String,
    },
    /// Only the month.
    Month {
        /// The year, 1 to 9999.
        year: i32,
        /// The month, 1 to 12.
        month: u32,
    },
    /// Nothing.
    NotTold,
}

/// All that was told. Each by itself, none of it needed.
#[derive(uniffi::Record)]
pub struct FamilyFacts {
    /// The birth dates of the children, twins as two; empty where nothing was said, and always in loss mode.
    pub children: Vec<DateFact>,
    /// The day of the delivery, stillbirth and miscarriage included.
    pub delivered: DateFact,
    /// Since when a child that somebody else gave birth to is cared for.
    pub caregiver_since: DateFact,
    /// The day of moving out of the programme's municipality as `YYYY-MM-DD`; absent where that was not said.
    pub moved_out: Option<String>,
}

/// One thing that is told, told differently, or taken back.
#[derive(uniffi::Enum)]
pub enum FamilyFact {
    /// The birth dates of all children; none takes them back.
    Children {
        /// Each as far as it is told.
        born: Vec<DateFact>,
    },
    /// The day of the delivery.
    Delivered {
        /// `NotTold` takes it back.
        day: DateFact,
    },
    /// Since when a child is cared for in a parent's place.
    CaregiverSince {
        /// `NotTold` takes it back.
        day: DateFact,
    },
    /// The day of moving out of the municipality of the own programme.
    MovedOut {
        /// As `YYYY-MM-DD`; absent to take it back.
        day: Option<String>,
    },
}

impl From<protocol::DateFact> for DateFact {
    fn from(date: protocol::DateFact) -> Self {
        match date {
            protocol::DateFact::Known(day) => Self::Known { day: day.to_string() },
            protocol::DateFact::Month { year, month } => Self::Month { year, month },
            protocol::DateFact::NotTold => Self::NotTold,
        }
    }
}

impl TryFrom<DateFact> for protocol::DateFact {
    type Error = YorisoiError;

    fn try_from(date: DateFact) -> Result<Self, YorisoiError> {
        Ok(match date {
            DateFact::Known { day } => Self::Known(civil_date(&day)?),
            DateFact::Month { year, month } => Self::Month { year, month },
            DateFact::NotTold => Self::NotTold,
        })
    }
}

impl From<core::FamilyFacts> for FamilyFacts {
    fn from(told: core::FamilyFacts) -> Self {
        Self {
            children: told.children.into_iter().map(DateFact::from).collect(),
            delivered: told.delivered.into(),
            caregiver_since: told.caregiver_since.into(),
            moved_out: told.moved_out.map(|moved| moved.day.to_string()),
        }
    }
}

impl TryFrom<FamilyFact> for core::FamilyFact {
    type Error = YorisoiError;

    fn try_from(fact: FamilyFact) -> Result<Self, YorisoiError> {
        Ok(match fact {
            FamilyFact::Children { born } => {
                Self::Children(born.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
            }
            FamilyFact::Delivered { day } => Self::Delivered(day.try_into()?),
            FamilyFact::CaregiverSince { day } => Self::CaregiverSince(day.try_into()?),
            FamilyFact::MovedOut { day } => Self::MovedOut(day.map(|day| civil_date(&day)).transpose()?),
        })
    }
}

/// A date picker gives no other form.
fn civil_date(text: &str) -> Result<CivilDate, YorisoiError> {
    CivilDate::parse(text).ok_or_else(|| YorisoiError::setting("a date"))
}
