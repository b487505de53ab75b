//! Periods against the vectors of the law, and against a slow count by the calendar.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

#[test]
fn the_vectors_of_both_counts_hold() {
    // First day, months, last day of an age, last day of a period after it.
    for (first, months, age, after) in [
        ("2021-08-02", 12, "2022-08-01", "2022-08-02"),
        ("2020-02-29", 12, "2021-02-28", "2021-02-28"),
        ("2021-10-31", 4, "2022-02-28", "2022-02-28"),
        ("2021-08-30", 6, "2022-02-28", "2022-02-28"),
        ("2021-04-01", 12, "2022-03-31", "2022-04-01"),
        // Four leap years on, 29 February exists again.
        ("2020-02-29", 48, "2024-02-28", "2024-02-29"),
        ("2019-02-28", 12, "2020-02-27", "2020-02-29"),
        ("2019-03-01", 12, "2020-02-29", "2020-03-01"),
        // A period that begins with a month ends with a month, whatever its length.
        ("2021-01-31", 1, "2021-02-28", "2021-02-28"),
        ("2021-02-28", 1, "2021-03-27", "2021-03-31"),
        ("2021-06-30", 3, "2021-09-29", "2021-09-30"),
        ("2021-12-31", 2, "2022-02-28", "2022-02-28"),
        ("2021-12-01", 1, "2021-12-31", "2022-01-01"),
        ("2021-08-02", 4, "2021-12-01", "2021-12-02"),
        ("2021-08-02", 240, "2041-08-01", "2041-08-02"),
    ] {
        let last = |count| Period::months(months, count).last_day(day(first));
        assert_eq!(last(Counting::AgeLaw), day(age), "{first} + {months}, age");
        assert_eq!(last(Counting::Art140), day(after), "{first} + {months}, after");
        assert_eq!(last(Counting::Day0), day(age), "{first} + {months}, from day 0");
    }
}

#[test]
fn a_newborn_is_of_day_0_to_day_27() {
    for (born, last) in [
        ("2021-08-02", "2021-08-29"),
        ("2021-12-31", "2022-01-27"),
        ("2024-02-02", "2024-02-29"),
        ("2023-02-02", "2023-03-01"),
    ] {
        assert_eq!(Period::days(28, Counting::Day0).last_day(day(born)), day(last), "{born}");
        assert_eq!(Period::days(28, Counting::AgeLaw).last_day(day(born)), day(last), "{born}");
        assert_eq!(Period::days(28, Counting::Art140).last_day(day(born)), day(last).plus_days(1), "{born}");
    }
    assert_eq!(Period::days(1, Counting::Day0).last_day(day("2021-08-02")), day("2021-08-02"));
    assert_eq!(Period::days(7300, Counting::AgeLaw).last_day(day("2021-08-02")), day("2041-07-27"));
}

#[test]
fn terms_are_capped() {
    for (period, possible) in [
        (Period::months(0, Counting::AgeLaw), false),
        (Period::months(240, Counting::AgeLaw), true),
        (Period::months(241, Counting::AgeLaw), false),
        (Period::days(0, Counting::Day0), false),
        (Period::days(7300, Counting::Day0), true),
        (Period::days(7301, Counting::Day0), false),
    ] {
        assert_eq!(period.is_possible(), possible, "{period}");
    }
}

#[test]
fn a_period_is_written_as_it_is_read() {
    for text in [r#"{"months":12,"count":"Art140"}"#, r#"{"days":28,"count":"Day0"}"#] {
        let WrittenPeriod(period) = serde_json::from_slice(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&period.unwrap()).unwrap(), text);
    }
    for newer in [r#"{"weeks":4,"count":"AgeLaw"}"#, r#"{"months":1,"count":"FiscalYear"}"#] {
        assert!(serde_json::from_slice::<WrittenPeriod>(newer.as_bytes()).unwrap().0.is_none());
    }
    for wrong in [r#"{"months":1,"days":1,"count":"AgeLaw"}"#, r#"{"months":-1,"count":"AgeLaw"}"#, "{}"] {
        assert!(serde_json::from_slice::<WrittenPeriod>(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

proptest! {
    /// Walks day by day: a month is over where the counted day's number comes again, or where its month has ended
    /// without it.
    #[test]
    fn months_end_where_walking_the_calendar_ends(offset in 0i64..20_000, months in 1u32..=30) {
        let first = day("1990-01-01").plus_days(offset);
        let number = |day: CivilDate| day.to_string()[8..].to_owned();
        let (mut today, mut passed) = (first, 0);
        while passed < months {
            today = today.plus_days(1);
            if number(today) == "01" {
                passed += 1;
            }
        }
        // `today` is the first day of the last month.
        let in_month = (0..31).map(|step| today.plus_days(step)).find(|day| number(*day) == number(first));
        let corresponding = in_month.filter(|found| found.to_string()[..7] == today.to_string()[..7]);
        let last = match corresponding {
            Some(found) => found.plus_days(-1),
            None => today.month_end(),
        };
        prop_assert_eq!(Period::months(months, Counting::AgeLaw).last_day(first), last);
        prop_assert_eq!(Period::months(months, Counting::Art140).last_day(first.plus_days(-1)), last);
    }

    #[test]
    fn a_later_day_never_ends_earlier(offset in 0i64..20_000, months in 1u32..=240) {
        let first = day("1990-01-01").plus_days(offset);
        for count in [Counting::AgeLaw, Counting::Art140, Counting::Day0] {
            let period = Period::months(months, count);
            prop_assert!(period.last_day(first) <= period.last_day(first.plus_days(1)));
            prop_assert!(first <= period.last_day(first));
        }
    }
}
