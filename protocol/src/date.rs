//! Civil dates in the programme's zone, and instants.
//!
//! Every programme runs on Japan Standard Time: UTC+9 without daylight saving, so a civil day is always 24 hours and
//! no zone database is needed. A window of dates is inclusive to the last moment of its last day, which makes it the
//! half-open range of instants from midnight of the first day to midnight after the last.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const JST_OFFSET_SECONDS: i32 = 9 * 3600;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// 0001-01-01T00:00:00Z; before it no time can be written as a date.
const EARLIEST_MS: i64 = -62_135_596_800_000;
/// 9999-12-31T23:59:59.999Z; beyond it no time can be written as a date.
const LATEST_MS: i64 = 253_402_300_799_999;
/// 1970-01-01, counted in days from 0001-01-01, which is day 1.
const EPOCH_DAY: i64 = 719_163;
/// 9999-12-31, counted alike.
const LAST_DAY: i64 = 3_652_059;

/// An instant: milliseconds since 1970-01-01T00:00:00Z, the same number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first instant that is told apart: the beginning of the year 1.
    pub const EARLIEST: Self = Self(EARLIEST_MS);

    /// Reads RFC 3339 (`2021-08-02T00:00:00+09:00`), or a time in Japan without an offset: `2021-08-02`, its first
    /// instant, `2021-08-02T09:30` or `2021-08-02T09:30:15`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(day) = CivilDate::parse(text) {
            return Some(day.starts_at());
        }
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::from_millis(at.timestamp_millis()));
        }
        let local = |form| NaiveDateTime::parse_from_str(text, form).ok();
        let local = local("%Y-%m-%dT%H:%M:%S").or_else(|| local("%Y-%m-%dT%H:%M"))?;
        let in_japan = local.and_local_timezone(FixedOffset::east_opt(JST_OFFSET_SECONDS)?).single()?;
        Some(Self::from_millis(in_japan.timestamp_millis()))
    }

    /// From milliseconds since the epoch, held to the years 1 to 9999.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(EARLIEST_MS, LATEST_MS))
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
        CivilDate::from_day(i64::from(self.in_japan().date_naive().num_days_from_ce()))
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

/// A day on the calendar in Japan, of the years 1 to 9999, without a time. `YYYY-MM-DD` in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(NaiveDate);

impl CivilDate {
    /// The day with these numbers, if the calendar has it.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let day = NaiveDate::from_ymd_opt(year, month, day)?;
        (1..=9999).contains(&year).then_some(Self(day))
    }

    /// Reads `YYYY-MM-DD`, all ten characters of it.
    pub fn parse(text: &str) -> Option<Self> {
        let (month, day) = text.split_at_checked(7)?;
        let (year, month) = year_and_month(month)?;
        Self::new(year, month, number(day.strip_prefix('-')?, 2)?)
    }

    /// The first and the last day of the month that `YYYY-MM` names.
    pub fn month(text: &str) -> Option<[Self; 2]> {
        let (year, month) = year_and_month(text)?;
        let first = Self::new(year, month, 1)?;
        Some([first, first.month_end()])
    }

    /// The last day of this day's month.
    pub fn month_end(self) -> Self {
        let days = (28..=31).rev().find_map(|day| self.0.with_day(day));
        Self(days.unwrap_or(self.0))
    }

    /// The corresponding day (応当日) `months` later: the day of the same number in that month, if it has one.
    pub fn corresponding_day(self, months: u32) -> Option<Self> {
        self.first_of_month_after(months).and_then(|month| month.0.with_day(self.0.day())).map(Self)
    }

    /// The last day of the month `months` later, held to the calendar's range.
    pub fn month_end_after(self, months: u32) -> Self {
        self.first_of_month_after(months).map_or_else(|| Self::from_day(LAST_DAY), Self::month_end)
    }

    /// The first instant of the day: midnight in Japan.
    pub fn starts_at(self) -> Timestamp {
        let days = self.day_number() - EPOCH_DAY;
        Timestamp::from_millis(days * DAY_MS - i64::from(JST_OFFSET_SECONDS) * 1000)
    }

    /// The first instant that is no longer this day.
    pub fn ends_at(self) -> Timestamp {
        self.starts_at().plus_millis(DAY_MS)
    }

    /// The day this many days later (negative: earlier), held to the calendar's range.
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_day(self.day_number().saturating_add(days))
    }

    fn first_of_month_after(self, months: u32) -> Option<Self> {
        let months = i64::from(self.0.month0()) + i64::from(months);
        let year = i64::from(self.0.year()) + months / 12;
        Self::new(i32::try_from(year).ok()?, u32::try_from(months % 12).ok()? + 1, 1)
    }

    fn day_number(self) -> i64 {
        i64::from(self.0.num_days_from_ce())
    }

    fn from_day(number: i64) -> Self {
        let number = i32::try_from(number.clamp(1, LAST_DAY)).unwrap_or(1);
        Self(NaiveDate::from_num_days_from_ce_opt(number).unwrap_or_default())
    }

    /// `2021年8月2日`.
    pub fn japanese(self) -> String {
        format!("{}年{}月{}日", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl Serialize for CivilDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CivilDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = CivilDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a day of the calendar as YYYY-MM-DD")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<CivilDate, E> {
                CivilDate::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Other("text"), &self))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

fn year_and_month(text: &str) -> Option<(i32, u32)> {
    let (year, month) = text.split_once('-')?;
    Some((i32::try_from(number(year, 4)?).ok()?, number(month, 2)?))
}

/// Exactly this many ASCII digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
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
    fn days_that_do_not_exist_and_other_ways_to_write_them_are_refused() {
        for wrong in [
            "2021-02-29",
            "2021-8",
            "2021-8-02",
            "2021-08-2",
            "+2021-08-02",
            " 2021-08-02",
            "2021-08-02 ",
            "2021-08-02T00:00",
            "0000-01-01",
            "2021/08/02",
            "２０２１-08-02",
            "",
        ] {
            assert!(CivilDate::parse(wrong).is_none(), "{wrong}");
            let json = serde_json::to_vec(wrong).unwrap();
            assert!(serde_json::from_slice::<CivilDate>(&json).is_err(), "{wrong}");
        }
        let leap: CivilDate = serde_json::from_slice(b"\"2020-02-29\"").unwrap();
        assert_eq!(Some(leap), CivilDate::new(2020, 2, 29));
        assert_eq!(serde_json::to_string(&leap).unwrap(), "\"2020-02-29\"");
    }

    #[test]
    fn months_end_where_the_calendar_says() {
        let day = |text| CivilDate::parse(text).unwrap();
        for (month, last) in [
            ("2021-02", "2021-02-28"),
            ("2024-02", "2024-02-29"),
            ("2021-04", "2021-04-30"),
            ("2021-12", "2021-12-31"),
        ] {
            let (day, first) = (|text: &str| CivilDate::parse(text).unwrap(), format!("{month}-01"));
            let first = day(&first);
            assert_eq!(CivilDate::month(month), Some([first, day(last)]));
            assert_eq!(day(last).month_end(), day(last));
        }
        for wrong in ["2021-13", "2021-00", "2021-1", "2021", "2021-01-01", "21-01"] {
            assert!(CivilDate::month(wrong).is_none(), "{wrong}");
        }
        assert_eq!(day("2021-10-31").corresponding_day(4), None);
        assert_eq!(day("2021-10-31").month_end_after(4), day("2022-02-28"));
        assert_eq!(day("2021-12-15").corresponding_day(2), Some(day("2022-02-15")));
        assert_eq!(day("9999-12-31").month_end_after(240), day("9999-12-31"));
        assert_eq!(day("9999-12-31").plus_days(1), day("9999-12-31"));
    }

    #[test]
    fn a_time_without_an_offset_is_meant_in_japan() {
        let midnight = CivilDate::parse("2021-08-02").unwrap().starts_at();
        for text in [
            "2021-08-02",
            "2021-08-02T00:00",
            "2021-08-02T00:00:00",
            "2021-08-02T00:00:00+09:00",
            "2021-08-01T15:00:00Z",
            "2021-08-01T15:00:00.000Z",
        ] {
            assert_eq!(Timestamp::parse(text), Some(midnight), "{text}");
        }
        assert_eq!(Timestamp::parse("2021-08-02T23:59:59.999+09:00"), Some(midnight.plus_millis(DAY_MS - 1)));
        for wrong in ["2021-08-32", "2021-08-02T24:00", "2021-08-02T25:00:00Z", "now", "", "1627830000"] {
            assert_eq!(Timestamp::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn far_away_instants_stay_printable() {
        for millis in [i64::MIN, i64::MAX, 0, -1] {
            let at = Timestamp::from_millis(millis);
            assert!(at.to_string().ends_with("JST"));
            assert_eq!(Timestamp::from_millis(at.millis()), at);
            assert!(CivilDate::parse(&at.civil_date().to_string()).is_some());
        }
    }
}
