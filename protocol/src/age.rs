//! How the law counts a period from a day: an age, or the time since a delivery.
//!
//! Every count has a first day that is counted and an end by the calendar, not by the hour. Civil Code art. 143(2): a
//! period of months ends with the day before the one that corresponds to its first counted day, or, where the last month
//! has no such day, with that month. What differs is the first counted day, so a programme names its count.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::date::CivilDate;

/// The longest term in months: twenty years.
pub const MONTHS_MAX: u32 = 240;
/// The longest term in days: twenty years, nearly.
pub const DAYS_MAX: u32 = 7300;

/// Which day is the first that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Counting {
    /// The day itself, as for an age: Act on Calculation of Ages (年齢計算ニ関スル法律), with Civil Code art. 143. A child
    /// born on 2021-08-02 is under one year up to and including 2022-08-01.
    AgeLaw,
    /// The day after, as for any period that does not begin at midnight: Civil Code art. 140. One year after a delivery on
    /// 2021-08-02 ends with 2022-08-02.
    Art140,
    /// The day itself, which is called day 0, as in a newborn's age in days. 新生児, of whom 28 days have not passed since
    /// birth (出生後28日を経過しない, Maternal and Child Health Act art. 6(5)), are of day 0 to day 27: born on
    /// 2021-08-02, up to and including 2021-08-29. It ends where [`Counting::AgeLaw`] does; the desk speaks of it in
    /// other words.
    Day0,
}

/// How long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// Months of the calendar, 1 to [`MONTHS_MAX`].
    Months(u32),
    /// Days, 1 to [`DAYS_MAX`].
    Days(u32),
}

/// A term and how it is counted: `{"months": 12, "count": "AgeLaw"}` or `{"days": 28, "count": "Day0"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Period {
    /// How long.
    #[serde(flatten)]
    pub term: Term,
    /// From which day.
    pub count: Counting,
}

impl Period {
    /// A term in months.
    pub const fn months(months: u32, count: Counting) -> Self {
        Self { term: Term::Months(months), count }
    }

    /// A term in days.
    pub const fn days(days: u32, count: Counting) -> Self {
        Self { term: Term::Days(days), count }
    }

    /// The last day of the period that `day` begins, held to the calendar's range.
    pub fn last_day(self, day: CivilDate) -> CivilDate {
        let first = match self.count {
            Counting::AgeLaw | Counting::Day0 => day,
            Counting::Art140 => day.plus_days(1),
        };
        match self.term {
            Term::Days(days) => first.plus_days(i64::from(days) - 1),
            Term::Months(months) => match first.corresponding_day(months) {
                Some(corresponding) => corresponding.plus_days(-1),
                None => first.month_end_after(months),
            },
        }
    }

    /// Whether the term lies within its caps.
    pub(crate) fn is_possible(self) -> bool {
        match self.term {
            Term::Months(months) => (1..=MONTHS_MAX).contains(&months),
            Term::Days(days) => (1..=DAYS_MAX).contains(&days),
        }
    }
}

/// `12 months Art140`, `28 days Day0`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.term {
            Term::Months(months) => write!(f, "{months} months")?,
            Term::Days(days) => write!(f, "{days} days")?,
        }
        f.write_str(match self.count {
            Counting::AgeLaw => " AgeLaw",
            Counting::Art140 => " Art140",
            Counting::Day0 => " Day0",
        })
    }
}

/// A period as a file writes it; `None` where its unit or its count is not known here.
pub(crate) struct WrittenPeriod(pub(crate) Option<Period>);

impl<'de> Deserialize<'de> for WrittenPeriod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Written {
            months: Option<u32>,
            days: Option<u32>,
            count: String,
        }
        let Written { months, days, count } = Written::deserialize(deserializer)?;
        let count = match count.as_str() {
            "AgeLaw" => Some(Counting::AgeLaw),
            "Art140" => Some(Counting::Art140),
            "Day0" => Some(Counting::Day0),
            _ => None,
        };
        let term = match (months, days) {
            (Some(_), Some(_)) => return Err(D::Error::custom("either `months` or `days`, not both")),
            (Some(months), None) => Some(Term::Months(months)),
            (None, Some(days)) => Some(Term::Days(days)),
            (None, None) => None,
        };
        Ok(Self(term.zip(count).map(|(term, count)| Period { term, count })))
    }
}

#[cfg(test)]
#[path = "age_tests.rs"]
mod tests;
