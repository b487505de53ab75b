//! When a line answers: weekly rows in Japan's time, with rows of their own for holidays.
//!
//! A row belongs to the day on which it begins and may end on the next: `18:00` to `08:00` on a Friday ends on Saturday
//! morning, even where that Saturday is a holiday with other rows. On a holiday only the rows named `holiday` begin.
//! Japan has no daylight saving, so every day has 24 hours.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::date::{CivilDate, Timestamp};

/// For how many days ahead the next change is looked for: longer than any run of holidays.
const HORIZON_DAYS: i64 = 35;
/// The most rows of one line: far more than a week needs.
const ROWS_MAX: usize = 24;
const DAY_MINUTES: u16 = 24 * 60;
const MINUTE_MILLIS: i64 = 60_000;
const DAY_MILLIS: i64 = DAY_MINUTES as i64 * MINUTE_MILLIS;
/// 2021-08-02 00:00:00 JST, a Monday.
const A_MONDAY_SECONDS: i64 = 1_627_830_000;

/// A day of the week, or a holiday on whatever day it falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
    /// A day of the pack's list of holidays. It is then no day of the week.
    Holiday,
}

impl Day {
    /// What this day is, given the holidays.
    pub fn of(date: CivilDate, holidays: &[CivilDate]) -> Self {
        if holidays.contains(&date) {
            return Self::Holiday;
        }
        let days = date.starts_at().since(Timestamp::from_seconds(A_MONDAY_SECONDS)) / DAY_MILLIS;
        match days.rem_euclid(7) {
            0 => Self::Mon,
            1 => Self::Tue,
            2 => Self::Wed,
            3 => Self::Thu,
            4 => Self::Fri,
            5 => Self::Sat,
            _ => Self::Sun,
        }
    }
}

/// A time of day as `HH:MM`, from `00:00` to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClockTime(u16);

/// What is wrong with hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Not a time of day.
    #[error("a time is written HH:MM, from 00:00 to 24:00")]
    Time,
    /// `24:00` is the end of a day, not the beginning of anything.
    #[error("a row cannot begin at 24:00")]
    BeginsAtTheEnd,
    /// A row that is of no day.
    #[error("a row needs at least one day")]
    NoDay,
    /// No row, or more than a week needs.
    #[error("hours have 1 to 24 rows; a line that always answers has no hours")]
    Rows,
}

impl ClockTime {
    /// Reads `HH:MM`.
    ///
    /// # Errors
    /// [`HoursError::Time`].
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        let &[a, b, b':', c, d] = text.as_bytes() else { return Err(HoursError::Time) };
        let two = |tens: u8, ones: u8| {
            let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
            digits.then(|| u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
        };
        let (hours, minutes) = two(a, b).zip(two(c, d)).ok_or(HoursError::Time)?;
        let all = hours * 60 + minutes;
        if minutes < 60 && all <= DAY_MINUTES { Ok(Self(all)) } else { Err(HoursError::Time) }
    }

    /// Minutes since midnight, 0 to 1,440.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl TryFrom<String> for ClockTime {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, HoursError> {
        Self::parse(&text)
    }
}

impl From<ClockTime> for String {
    fn from(time: ClockTime) -> Self {
        time.to_string()
    }
}

/// One row: on these days, from one time to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RowText")]
pub struct OpenRow {
    days: Vec<Day>,
    from: ClockTime,
    to: ClockTime,
}

/// A row as it stands in a file.
#[derive(Deserialize)]
struct RowText {
    days: Vec<Day>,
    from: ClockTime,
    to: ClockTime,
}

impl TryFrom<RowText> for OpenRow {
    type Error = HoursError;

    fn try_from(row: RowText) -> Result<Self, HoursError> {
        Self::new(row.days, row.from, row.to)
    }
}

impl OpenRow {
    /// The row that begins on each of these days. `to` at or before `from` is on the next day, so equal times are 24
    /// hours.
    ///
    /// # Errors
    /// [`HoursError::NoDay`], [`HoursError::BeginsAtTheEnd`].
    pub fn new(days: Vec<Day>, from: ClockTime, to: ClockTime) -> Result<Self, HoursError> {
        if days.is_empty() {
            return Err(HoursError::NoDay);
        }
        if from.minutes() == DAY_MINUTES {
            return Err(HoursError::BeginsAtTheEnd);
        }
        Ok(Self { days, from, to })
    }

    fn minutes(&self) -> u16 {
        match self.to > self.from {
            true => self.to.minutes() - self.from.minutes(),
            false => self.to.minutes() + DAY_MINUTES - self.from.minutes(),
        }
    }

    /// From when to when this row is open, if it begins on that date.
    fn on(&self, date: CivilDate, day: Day) -> Option<(Timestamp, Timestamp)> {
        let millis = |minutes: u16| i64::from(minutes) * MINUTE_MILLIS;
        let start = date.starts_at().plus_millis(millis(self.from.minutes()));
        self.days.contains(&day).then(|| (start, start.plus_millis(millis(self.minutes()))))
    }
}

/// Whether a line answers at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoursNow {
    /// It does.
    Open {
        /// The first instant at which it no longer does; absent where that is more than a month away or never.
        until: Option<Timestamp>,
    },
    /// It does not.
    Closed {
        /// The first instant at which it does again; absent where that is more than a month away or never.
        from: Option<Timestamp>,
    },
}

impl HoursNow {
    /// Always open.
    pub const ALWAYS: Self = Self::Open { until: None };
}

/// All rows of one line. Rows may touch and overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<OpenRow>", into = "Vec<OpenRow>")]
pub struct WeeklyHours(Vec<OpenRow>);

impl TryFrom<Vec<OpenRow>> for WeeklyHours {
    type Error = HoursError;

    fn try_from(rows: Vec<OpenRow>) -> Result<Self, HoursError> {
        Self::new(rows)
    }
}

impl From<WeeklyHours> for Vec<OpenRow> {
    fn from(hours: WeeklyHours) -> Self {
        hours.0
    }
}

impl WeeklyHours {
    /// Hours of these rows.
    ///
    /// # Errors
    /// [`HoursError::Rows`] for none or more than 24.
    pub fn new(rows: Vec<OpenRow>) -> Result<Self, HoursError> {
        if (1..=ROWS_MAX).contains(&rows.len()) { Ok(Self(rows)) } else { Err(HoursError::Rows) }
    }

    /// Whether there is a row for holidays.
    pub fn know_holidays(&self) -> bool {
        self.0.iter().any(|row| row.days.contains(&Day::Holiday))
    }

    /// Whether the line answers now, and when that changes.
    pub fn at(&self, now: Timestamp, holidays: &[CivilDate]) -> HoursNow {
        let today = now.civil_date();
        let (mut open_until, mut next_opening): (Option<Timestamp>, Option<Timestamp>) = (None, None);
        // From yesterday, whose rows may reach into today.
        for date in (-1..=HORIZON_DAYS).map(|days| today.plus_days(days)) {
            let day = Day::of(date, holidays);
            // Rows stand in any order, and each may begin where another ends: as many rounds as there are rows.
            for row in self.0.iter().cycle().take(self.0.len() * self.0.len()) {
                let Some((start, end)) = row.on(date, day) else { continue };
                let reach = open_until.unwrap_or(now);
                if start <= reach && reach < end {
                    open_until = Some(end);
                } else if start > now {
                    next_opening = Some(next_opening.map_or(start, |sooner| sooner.min(start)));
                }
            }
            // What begins tomorrow or later changes nothing any more.
            let settled = open_until.or(next_opening);
            if settled.is_some_and(|turn| turn > now && turn < date.ends_at()) {
                break;
            }
        }
        let horizon = today.plus_days(HORIZON_DAYS).starts_at();
        match open_until {
            Some(until) => HoursNow::Open { until: (until < horizon).then_some(until) },
            None => HoursNow::Closed { from: next_opening },
        }
    }
}
