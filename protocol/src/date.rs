//! Civil dates in the programme's zone, and instants.
//!
//! Every programme runs on Japan Standard Time: UTC+9 without daylight saving, so a civil day is always 24 hours and
//! no zone database is needed. A window of dates is inclusive to the last moment of its last day, which makes it the
//! half-open range of instants from midnight of the first day to midnight after the last.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

const JST_OFFSET_SECONDS: i32 = 9 * 3600;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// 9999-12-31T23:59:59.999Z; beyond it no time can be written as a date.
const LATEST_MS: i64 = 253_402_300_799_999;

/// An instant: milliseconds since 1970-01-01T00:00:00Z, the same number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch, held to the years 1 to 9999.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(-62_135_596_800_000, LATEST_MS))
    }

    /// From whole seconds since the epoch.
    pub fn from_seconds(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by `millis` (negative: earlier).
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This instant moved by whole hours.
    pub fn plus_hours(self, hours: u32) -> Self {
        self.plus_millis(i64::from(hours) * 3_600_000)
    }

    /// Milliseconds from `earlier` to this instant.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The civil day in Japan at this instant.
    pub fn civil_date(self) -> CivilDate {
        CivilDate(self.in_japan().date_naive())
    }

    fn in_japan(self) -> DateTime<FixedOffset> {
        let utc = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        match FixedOffset::east_opt(JST_OFFSET_SECONDS) {
            Some(japan) => utc.with_timezone(&japan),
            None => utc.fixed_offset(),
        }
    }
}

/// `2021-08-02 00:00:00 JST`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} JST", self.in_japan().format("%Y-%m-%d %H:%M:%S"))
    }
}

/// A day on the calendar in Japan, without a time. `YYYY-MM-DD` in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CivilDate(NaiveDate);

impl CivilDate {
    /// The day with these numbers, if the calendar has it.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Self)
    }

    /// The first instant of the day: midnight in Japan.
    pub fn starts_at(self) -> Timestamp {
        let days = self.0.signed_duration_since(NaiveDate::default()).num_days();
        Timestamp::from_millis(days * DAY_MS - i64::from(JST_OFFSET_SECONDS) * 1000)
    }

    /// The first instant that is no longer this day.
    pub fn ends_at(self) -> Timestamp {
        self.starts_at().plus_millis(DAY_MS)
    }

    /// The day this many days later (negative: earlier), held to the calendar's range.
    pub fn plus_days(self, days: i64) -> Self {
        self.starts_at().plus_millis(days.saturating_mul(DAY_MS)).civil_date()
    }

    /// `2021年8月2日`.
    pub fn japanese(self) -> String {
        format!("{}年{}月{}日", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_civil_day_begins_at_midnight_in_japan() {
        let first = CivilDate::parse("2021-08-02").unwrap();
        let last = CivilDate::parse("2021-12-31").unwrap();
        assert_eq!(first.starts_at().seconds(), 1_627_830_000);
        assert_eq!(last.ends_at().seconds(), 1_640_962_800);
        assert_eq!(first.starts_at().plus_millis(-1).civil_date(), CivilDate::parse("2021-08-01").unwrap());
        assert_eq!(last.ends_at().plus_millis(-1).civil_date(), last);
        assert_eq!(first.starts_at().to_string(), "2021-08-02 00:00:00 JST");
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        assert!(CivilDate::parse("2021-02-29").is_none());
        assert!(CivilDate::parse("2021-8").is_none());
        assert!(CivilDate::new(2020, 2, 29).is_some());
    }

    #[test]
    fn far_away_instants_stay_printable() {
        for millis in [i64::MIN, i64::MAX, 0, -1] {
            let at = Timestamp::from_millis(millis);
            assert!(at.to_string().ends_with("JST"));
            assert_eq!(Timestamp::from_millis(at.millis()), at);
        }
    }
}
