//! Rules of the numbers to call.

use proptest::prelude::*;

use super::*;
use crate::date::{CivilDate, Timestamp};
use crate::loss::FamilyStatus::{LossDeclared, Private};
use crate::{Programme, Words};

const FUCHU: &str = include_str!("../../../sandbox/programmes/fuchu-2021.json");

fn day(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

/// `2021-08-02 08:00` in Japan.
fn at(text: &str) -> Timestamp {
    let (date, time) = text.split_once(' ').unwrap();
    let minutes = ClockTime::parse(time).unwrap().minutes();
    day(date).starts_at().plus_millis(i64::from(minutes) * 60_000)
}

fn hours(json: &str) -> WeeklyHours {
    serde_json::from_slice(json.as_bytes()).unwrap()
}

fn open(until: &str) -> HoursNow {
    HoursNow::Open { until: Some(at(until)) }
}

fn closed(from: &str) -> HoursNow {
    HoursNow::Closed { from: Some(at(from)) }
}

fn pack(json: &str) -> SafetyPack {
    serde_json::from_slice(json.as_bytes()).unwrap()
}

fn numbers(shown: &[ShownContact]) -> Vec<(&str, bool)> {
    shown.iter().map(|shown| (shown.contact.digits.as_str(), shown.stale)).collect()
}

/// Two lines of its own, one that is compiled in too, 119 where it does not belong, and a line for grief last.
const PACK: &str = r#"{"verified_on":"2021-08-01","contacts":[
    {"label":{"ja":"い","en":"A"},"digits":"03-0000-0001"},
    {"label":{"ja":"ろ","en":"B"},"digits":"0120279889","note":{"ja":"注","en":"note"}},
    {"label":{"ja":"は","en":"C"},"digits":"119"},
    {"label":{"ja":"に","en":"D"},"digits":"03-0000-0002","for":"grief"}]}"#;

#[test]
fn the_childrens_line_of_tokyo_answers_as_its_page_says() {
    let fuchu = Programme::parse(FUCHU).unwrap();
    let line =
        fuchu.safety.contacts.iter().find(|contact| contact.short.as_deref() == Some("#8000")).unwrap();
    for (now, expected) in [
        // A weekday: closed by day, and the night reaches into the morning.
        ("2021-08-02 07:59", open("2021-08-02 08:00")),
        ("2021-08-02 08:00", closed("2021-08-02 18:00")),
        ("2021-08-02 17:59", closed("2021-08-02 18:00")),
        ("2021-08-02 18:00", open("2021-08-03 08:00")),
        ("2021-08-03 00:00", open("2021-08-03 08:00")),
        // Friday evening to Tuesday morning: Sunday is a holiday, Monday its substitute.
        ("2021-08-06 18:00", open("2021-08-10 08:00")),
        ("2021-08-09 12:00", open("2021-08-10 08:00")),
        ("2021-08-10 08:00", closed("2021-08-10 18:00")),
        // An ordinary weekend, over the wrap of the week.
        ("2021-08-14 09:00", open("2021-08-16 08:00")),
        // The eve of a holiday in the middle of a week, the holiday, the day after.
        ("2021-09-22 17:59", closed("2021-09-22 18:00")),
        ("2021-09-22 18:00", open("2021-09-24 08:00")),
        ("2021-09-23 12:00", open("2021-09-24 08:00")),
        ("2021-09-24 08:00", closed("2021-09-24 18:00")),
        // The turn of the year.
        ("2021-12-28 17:59", closed("2021-12-28 18:00")),
        ("2021-12-28 18:00", open("2022-01-04 08:00")),
        ("2022-01-04 08:00", closed("2022-01-04 18:00")),
    ] {
        assert_eq!(line.hours_at(at(now), &fuchu.safety.holidays), expected, "{now}");
    }
}

#[test]
fn a_row_that_ends_at_or_before_its_beginning_ends_on_the_next_day() {
    // 2021-08-02 is a Monday.
    for (from, to, now, expected) in [
        ("18:00", "08:00", "2021-08-02 23:59", open("2021-08-03 08:00")),
        ("18:00", "00:00", "2021-08-02 23:59", open("2021-08-03 00:00")),
        ("18:00", "24:00", "2021-08-02 23:59", open("2021-08-03 00:00")),
        ("08:00", "08:00", "2021-08-03 07:59", open("2021-08-03 08:00")),
        ("00:00", "24:00", "2021-08-02 00:00", open("2021-08-03 00:00")),
        ("00:00", "00:00", "2021-08-02 00:00", open("2021-08-03 00:00")),
        ("09:00", "17:00", "2021-08-02 17:00", closed("2021-08-09 09:00")),
        ("09:00", "17:00", "2021-08-03 12:00", closed("2021-08-09 09:00")),
    ] {
        let row = format!(r#"[{{"days":["mon"],"from":"{from}","to":"{to}"}}]"#);
        assert_eq!(hours(&row).at(at(now), &[]), expected, "{from}-{to} at {now}");
    }
}

#[test]
fn a_week_without_a_gap_has_no_end() {
    let whole =
        r#"[{"days":["mon","tue","wed","thu","fri","sat","sun","holiday"],"from":"00:00","to":"24:00"}]"#;
    let holidays = [day("2021-08-09")];
    assert_eq!(hours(whole).at(at("2021-08-09 12:00"), &holidays), HoursNow::ALWAYS);
    let halves = r#"[{"days":["mon","tue","wed","thu","fri","sat","sun"],"from":"00:00","to":"12:00"},
                     {"days":["mon","tue","wed","thu","fri","sat","sun"],"from":"12:00","to":"24:00"}]"#;
    assert_eq!(hours(halves).at(at("2021-08-04 11:59"), &[]), HoursNow::ALWAYS);
}

#[test]
fn on_a_holiday_only_the_rows_for_holidays_begin() {
    let every_day = r#"{"days":["mon","tue","wed","thu","fri","sat","sun"],"from":"09:00","to":"17:00"}"#;
    let at_noon = |contact: &str| {
        let contact: SafetyContact = serde_json::from_slice(contact.as_bytes()).unwrap();
        contact.hours_at(at("2021-11-03 12:00"), &[day("2021-11-03")])
    };
    let contact = |rest: &str| format!(r#"{{"label":{{"ja":"い","en":"A"}},"digits":"119",{rest}}}"#);
    let none = contact(&format!(r#""hours":[{every_day}]"#));
    assert_eq!(at_noon(&none), closed("2021-11-04 09:00"));
    let usual = contact(&format!(r#""hours":[{every_day}],"holidays":"as_usual""#));
    assert_eq!(at_noon(&usual), open("2021-11-03 17:00"));
    let own =
        contact(&format!(r#""hours":[{every_day},{{"days":["holiday"],"from":"13:00","to":"14:00"}}]"#));
    assert_eq!(at_noon(&own), closed("2021-11-03 13:00"));
    assert_eq!(at_noon(&contact(r#""languages":["en"]"#)), HoursNow::ALWAYS);
}

#[test]
fn the_evening_before_a_holiday_reaches_into_it() {
    let weekdays = hours(r#"[{"days":["mon","tue","wed","thu","fri"],"from":"18:00","to":"08:00"}]"#);
    let holidays = [day("2021-11-03")];
    assert_eq!(weekdays.at(at("2021-11-03 07:59"), &holidays), open("2021-11-03 08:00"));
    assert_eq!(weekdays.at(at("2021-11-03 20:00"), &holidays), closed("2021-11-04 18:00"));
}

#[test]
fn hours_that_never_come_have_no_next_opening() {
    let only = hours(r#"[{"days":["holiday"],"from":"09:00","to":"17:00"}]"#);
    assert_eq!(only.at(at("2021-08-02 12:00"), &[]), HoursNow::Closed { from: None });
}

#[test]
fn what_is_no_time_and_no_row_is_refused() {
    for time in ["", "8:00", "08:60", "24:01", "25:00", "08-00", "0８:00", "08:00 "] {
        assert_eq!(ClockTime::parse(time), Err(HoursError::Time), "{time}");
    }
    let read = |text: &str| serde_json::from_slice::<WeeklyHours>(text.as_bytes()).unwrap_err().to_string();
    assert!(read("[]").contains("1 to 24 rows"));
    assert!(read(r#"[{"days":[],"from":"08:00","to":"09:00"}]"#).contains("at least one day"));
    assert!(read(r#"[{"days":["mon"],"from":"24:00","to":"09:00"}]"#).contains("begin at 24:00"));
    assert!(read(r#"[{"days":["someday"],"from":"08:00","to":"09:00"}]"#).contains("someday"));
}

#[test]
fn emergency_stands_first_then_the_list_in_its_order_then_the_national_lines_it_lacks() {
    let pack = pack(PACK);
    let shown = shown(Some(&pack), at("2021-10-30 23:59"), Private);
    let expected = ["119", "03-0000-0001", "0120279889", "03-0000-0002", "189", "0120-279-338"]
        .map(|digits| (digits, false));
    assert_eq!(numbers(&shown), expected);
    assert_eq!(shown[0].contact, emergency());
    assert!(shown[2].contact.note.is_some(), "the list's own words for a line that is compiled in too");
}

#[test]
fn a_list_not_checked_for_more_than_ninety_days_is_flagged_and_shown_last_and_never_hidden() {
    let pack = pack(PACK);
    let shown = shown(Some(&pack), at("2021-10-31 00:00"), Private);
    let expected = [
        ("119", false),
        ("189", false),
        ("0120-279-889", false),
        ("0120-279-338", false),
        ("03-0000-0001", true),
        ("03-0000-0002", true),
    ];
    assert_eq!(numbers(&shown), expected);
    let far = super::shown(Some(&pack), at("2031-01-01 00:00"), Private);
    assert_eq!(numbers(&far), expected);
    assert!(!pack.is_stale(at("2021-07-01 00:00")), "a phone whose clock is behind");
}

#[test]
fn in_loss_mode_the_lines_for_grief_come_right_after_the_emergency_number() {
    let pack = pack(PACK);
    let order = |now| -> Vec<String> {
        let shown = shown(Some(&pack), at(now), LossDeclared);
        shown.into_iter().map(|shown| shown.contact.digits.to_string()).collect()
    };
    assert_eq!(
        order("2021-08-02 00:00"),
        ["119", "03-0000-0002", "03-0000-0001", "0120279889", "189", "0120-279-338"]
    );
    let stale = ["119", "189", "0120-279-889", "0120-279-338", "03-0000-0002", "03-0000-0001"];
    assert_eq!(
        order("2021-12-01 00:00"),
        stale,
        "no number that may be dead stands before one that is known"
    );
}

#[test]
fn without_a_list_what_is_compiled_in_is_shown_and_can_be_called() {
    let shown = shown(None, at("2021-08-02 00:00"), LossDeclared);
    let found = numbers(&shown);
    assert_eq!(found, ["119", "189", "0120-279-889", "0120-279-338"].map(|digits| (digits, false)));
    for ShownContact { contact, hours_now, .. } in shown {
        assert_eq!(PhoneNumber::parse(contact.digits.as_str()), Ok(contact.digits.clone()));
        assert_eq!(contact.check(), Ok(()));
        assert_eq!(hours_now, HoursNow::ALWAYS);
    }
}

#[test]
fn a_purpose_of_a_newer_file_is_shown_like_any_other() {
    let newer = pack(&PACK.replace("grief", "night_school"));
    let shown = shown(Some(&newer), at("2021-08-02 00:00"), LossDeclared);
    assert_eq!(shown[1].contact.digits.as_str(), "03-0000-0001");
}

#[test]
fn what_cannot_be_in_a_list_is_refused() {
    let mut whole = pack(PACK);
    assert_eq!(whole.check(), Ok(()));
    whole.holidays = vec![day("2021-11-03"), day("2021-11-03")];
    assert_eq!(whole.check(), Err("holidays stand in order, each once"));
    whole.holidays = (0..201).map(|days| day("2021-01-01").plus_days(days)).collect();
    assert_eq!(whole.check(), Err("at most 200 holidays"));
    let mut many = pack(PACK);
    many.contacts = vec![emergency(); 33];
    assert_eq!(many.check(), Err("at most 32 contacts"));
    let refused = |change: fn(&mut SafetyContact)| {
        let mut contact = emergency();
        change(&mut contact);
        contact.check().unwrap_err()
    };
    assert!(refused(|contact| contact.label = Words::new("", "A")).contains("label"));
    assert!(refused(|contact| contact.label = Words::new("い", "A\nB")).contains("label"));
    assert!(refused(|contact| contact.note = Some(Words::new("い", "a".repeat(401)))).contains("note"));
    assert!(refused(|contact| contact.short = Some("tel#".into())).contains("short code"));
    assert!(refused(|contact| contact.languages = vec!["日本語".into()]).contains("languages"));
    assert!(refused(|contact| contact.holidays = Some(HolidayRule::AsUsual)).contains("as_usual"));
}

#[test]
fn a_list_reads_back_as_it_was_written() {
    let fuchu = Programme::parse(FUCHU).unwrap().safety;
    let text = serde_json::to_vec(&fuchu).unwrap();
    assert_eq!(serde_json::from_slice::<SafetyPack>(&text).unwrap(), fuchu);
}

fn any_row() -> impl Strategy<Value = (Vec<u8>, u16, u16)> {
    (prop::collection::vec(0_u8..8, 1..5), 0_u16..1440, 0_u16..=1440)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Against a model that looks at one minute only, and against itself at the turns it names.
    #[test]
    fn every_answer_agrees_with_its_rows_and_with_its_own_turn(
        rows in prop::collection::vec(any_row(), 1..5),
        holidays in prop::collection::btree_set(0_i64..60, 0..6),
        minute in 0_i64..60 * 1440,
    ) {
        const DAYS: [Day; 8] =
            [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun, Day::Holiday];
        let monday = day("2021-08-02");
        let time = |minutes: u16| ClockTime::parse(&format!("{:02}:{:02}", minutes / 60, minutes % 60)).unwrap();
        let built = rows.iter().map(|(days, from, to)| {
            let days = days.iter().map(|index| DAYS[usize::from(*index)]).collect();
            OpenRow::new(days, time(*from), time(*to)).unwrap()
        });
        let hours = WeeklyHours::new(built.collect()).unwrap();
        let dates: Vec<CivilDate> = holidays.iter().map(|days| monday.plus_days(*days)).collect();
        let instant = |minute: i64| monday.starts_at().plus_millis(minute * 60_000);
        let model = |minute: i64| {
            rows.iter().any(|(days, from, to)| {
                [0, 1].into_iter().any(|before| {
                    let date = minute.div_euclid(1440) - before;
                    let kind = if holidays.contains(&date) { 7 } else { date.rem_euclid(7) };
                    let start = date * 1440 + i64::from(*from);
                    let length = if to > from { to - from } else { to + 1440 - from };
                    days.iter().any(|index| i64::from(*index) == kind)
                        && start <= minute
                        && minute < start + i64::from(length)
                })
            })
        };
        let turn = match hours.at(instant(minute), &dates) {
            HoursNow::Open { until } => { prop_assert!(model(minute)); until }
            HoursNow::Closed { from } => { prop_assert!(!model(minute)); from }
        };
        match turn {
            Some(turn) => {
                let turn = turn.since(instant(0)) / 60_000;
                prop_assert!((minute..turn).all(|between| model(between) == model(minute)));
                prop_assert_ne!(model(turn), model(minute));
            }
            None => prop_assert!((minute..minute + 34 * 1440).all(|later| model(later) == model(minute))),
        }
    }
}
