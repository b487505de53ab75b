//! What a programme does when a household moves out of its municipality.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::facts::Missing;
use crate::date::CivilDate;

/// The longest grace after moving out, in days.
const GRACE_DAYS_MAX: u32 = 366;

/// Until when a household that moved out may go on. The day of moving itself always counts. Staying with one's parents
/// for the birth (里帰り) is no moving out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum MoveOut {
    /// Until the end of the day of moving.
    EndOnDate,
    /// Until the end of its month.
    EndOfMonth,
    /// As if it had stayed.
    RunToProgrammeEnd,
    /// For this many days after it, at most 366.
    GraceDays(u32),
    /// The city has not decided; it is to be asked.
    #[serde(rename = "UNDECIDED_ASK_CITY")]
    Undecided,
    /// A policy this version does not know.
    Newer,
}

/// How long a policy lets a household go on.
pub(super) enum Stay {
    /// Up to and including this day.
    Until(CivilDate),
    /// As if it had stayed.
    Whole,
    /// Up to and including the day of moving; what comes then turns on this.
    Unclear(Missing),
}

impl MoveOut {
    pub(super) fn stay(self, moved_out: CivilDate) -> Stay {
        match self {
            Self::EndOnDate => Stay::Until(moved_out),
            Self::EndOfMonth => Stay::Until(moved_out.month_end()),
            Self::GraceDays(days) => Stay::Until(moved_out.plus_days(i64::from(days))),
            Self::RunToProgrammeEnd => Stay::Whole,
            Self::Undecided => Stay::Unclear(Missing::MoveOutRule),
            Self::Newer => Stay::Unclear(Missing::NewerVersion),
        }
    }

    /// What of it cannot be.
    pub(crate) fn problem(self) -> Option<&'static str> {
        match self {
            Self::GraceDays(days) if days > GRACE_DAYS_MAX => Some("`GraceDays` has 0 to 366 days"),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for MoveOut {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

/// A name, or an object with the one policy that takes a number.
struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = MoveOut;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a move-out policy, or {\"GraceDays\": <days>}")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<MoveOut, E> {
        Ok(match name {
            "EndOnDate" => MoveOut::EndOnDate,
            "EndOfMonth" => MoveOut::EndOfMonth,
            "RunToProgrammeEnd" => MoveOut::RunToProgrammeEnd,
            "UNDECIDED_ASK_CITY" => MoveOut::Undecided,
            _ => MoveOut::Newer,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MoveOut, A::Error> {
        let mut policy = MoveOut::Newer;
        while let Some(name) = map.next_key::<String>()? {
            if name == "GraceDays" {
                policy = MoveOut::GraceDays(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(policy)
    }
}
