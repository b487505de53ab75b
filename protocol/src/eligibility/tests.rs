//! Rules as tables: the boundaries of the trial to the millisecond, counts, moving out, twins, loss, what is missing.

use super::*;
use crate::RuleSet;
use crate::date::{CivilDate, Timestamp};
use crate::municipality::Municipality;

const FUCHU: &str = r#"{"id":"fuchu-2021/1","municipality":"132063",
 "use":{"all":[{"programme":37},{"window":["2021-08-02","2021-12-31"]}]},
 "redeem_until":"2021-12-31","move_out":"UNDECIDED_ASK_CITY","answers_grace_hours":72}"#;
const SANGO: &str = r#"{"id":"example-sango/1","municipality":"131121","use":{"all":[{"programme":40},{"resides":"131121"},
 {"any":[{"delivered_within":{"months":12,"count":"Art140"}},{"child_age_lt":{"months":12,"count":"AgeLaw"}},{"caregiver_of_infant":{}}]}]},
 "move_out":"EndOfMonth"}"#;

fn day(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

/// A moment of a day in Japan: hours, minutes, seconds, milliseconds.
fn at(text: &str, [hours, minutes, seconds, millis]: [i64; 4]) -> Timestamp {
    day(text).starts_at().plus_millis(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis)
}

fn midnight(text: &str) -> Timestamp {
    day(text).starts_at()
}

fn last_moment(text: &str) -> Timestamp {
    day(text).ends_at().plus_millis(-1)
}

fn date(text: &str) -> DateFact {
    DateFact::parse(text).unwrap()
}

/// Everything told: of programme 40 in Setagaya, delivered then, one child born then, no other caregiver.
fn household(born: &str) -> Facts {
    Facts {
        programme: 40,
        residence: lives("131121", None),
        delivered: date(born),
        children: vec![date(born)],
        caregiver_since: None,
    }
}

fn lives(code: &str, moved_out: Option<&str>) -> Residence {
    Residence::Known { municipality: Municipality::parse(code).unwrap(), moved_out: moved_out.map(day) }
}

fn rule(json: &str) -> Rule {
    serde_json::from_slice(json.as_bytes()).unwrap()
}

/// A rule by itself, with a month's end for those who move out.
fn decide(json: &str, facts: &Facts, now: Timestamp) -> Decision {
    Case::new(&rule(json), facts, MoveOut::EndOfMonth, [None, None]).decide(now)
}

fn eligible(until: &str) -> Eligibility {
    Eligibility::Eligible { until: Some(midnight(until)) }
}

fn not_yet(from: &str) -> Eligibility {
    Eligibility::NotYet { from: midnight(from) }
}

fn ended(since: &str) -> Eligibility {
    Eligibility::Ended { since: midnight(since) }
}

fn unknown(missing: &[Missing]) -> Eligibility {
    Eligibility::Unknown { missing: missing.to_vec() }
}

const NEVER: Eligibility = Eligibility::Ended { since: Timestamp::EARLIEST };

#[test]
fn the_boundary_table_of_the_trial_holds_to_the_millisecond() {
    let rules = RuleSet::parse(FUCHU).unwrap();
    let facts = Facts { programme: 37, residence: lives("132063", None), ..household("unknown") };
    for (now, expected) in [
        (at("2021-08-01", [23, 59, 59, 0]), not_yet("2021-08-02")),
        (at("2021-08-01", [23, 59, 59, 999]), not_yet("2021-08-02")),
        (at("2021-08-02", [0, 0, 0, 0]), eligible("2022-01-01")),
        (at("2021-12-31", [23, 59, 59, 999]), eligible("2022-01-01")),
        (at("2022-01-01", [0, 0, 0, 0]), ended("2022-01-01")),
    ] {
        let decision = rules.use_at(&facts, now);
        assert_eq!(decision.eligibility, expected, "{now}");
        assert_eq!(decision.path, ["all/2", "window 2021-08-02..2021-12-31"], "{now}");
        assert_eq!(decision.reason.ja, "利用できる期間は2021年8月2日から2021年12月31日までです。");
    }
    let another = Facts { programme: 38, ..facts };
    let decision = rules.use_at(&another, midnight("2021-07-01"));
    assert_eq!((decision.eligibility, decision.path), (NEVER, vec!["all/1".into(), "programme 37".into()]));
}

#[test]
fn one_year_after_delivery_ends_a_day_after_the_first_year_of_life() {
    let facts = household("2021-08-02");
    for (rule, last) in [
        (r#"{"child_age_lt":{"months":12,"count":"AgeLaw"}}"#, "2022-08-01"),
        (r#"{"delivered_within":{"months":12,"count":"Art140"}}"#, "2022-08-02"),
        (r#"{"child_age_lt":{"days":28,"count":"Day0"}}"#, "2021-08-29"),
        (r#"{"child_age_lt":{"days":28,"count":"Art140"}}"#, "2021-08-30"),
    ] {
        let end = day(last).ends_at();
        let until = Eligibility::Eligible { until: Some(end) };
        assert_eq!(
            decide(rule, &facts, midnight("2021-08-02").plus_millis(-1)).eligibility,
            not_yet("2021-08-02")
        );
        assert_eq!(decide(rule, &facts, midnight("2021-08-02")).eligibility, until, "{rule}");
        assert_eq!(decide(rule, &facts, last_moment(last)).eligibility, until, "{rule}");
        assert_eq!(decide(rule, &facts, end).eligibility, Eligibility::Ended { since: end }, "{rule}");
    }
}

#[test]
fn each_way_into_the_example_programme_is_enough_and_the_longest_decides() {
    let rules = RuleSet::parse(SANGO).unwrap();
    let now = midnight("2022-01-10");
    let mother = household("2021-08-02");
    let decision = rules.use_at(&mother, now);
    assert_eq!(decision.eligibility, eligible("2022-08-03"));
    assert_eq!(decision.path, ["all/3", "any/1", "delivered_within 12 months Art140"]);
    assert_eq!(decision.reason.ja, "出産後12か月以内の方が対象です（2022年8月2日まで）。");

    let long_ago = Facts { delivered: date("2020-01-01"), ..mother.clone() };
    let decision = rules.use_at(&long_ago, now);
    assert_eq!(decision.eligibility, eligible("2022-08-02"));
    assert_eq!(decision.path, ["all/3", "any/2", "child_age_lt 12 months AgeLaw"]);

    // A foster parent: no delivery to speak of within the year, cared for since autumn.
    let foster = Facts { caregiver_since: Some(date("2021-10-01")), ..long_ago };
    assert_eq!(decide(r#"{"caregiver_of_infant":{}}"#, &foster, now).eligibility, eligible("2022-08-02"));
    let before = midnight("2021-09-30");
    assert_eq!(decide(r#"{"caregiver_of_infant":{}}"#, &foster, before).eligibility, not_yet("2021-10-01"));
    assert_eq!(decide(r#"{"caregiver_of_infant":{}}"#, &mother, now).eligibility, NEVER);

    let elsewhere = Facts { residence: lives("131199", None), ..mother };
    let decision = rules.use_at(&elsewhere, now);
    assert_eq!((decision.eligibility, decision.path.join(" ")), (NEVER, "all/2 resides 131121".into()));
}

#[test]
fn a_loss_ends_nothing() {
    let rules = RuleSet::parse(SANGO).unwrap();
    // Stillbirth: a delivery, and no child to name. A child that died keeps its birth date, or is not named at all.
    let stillbirth = Facts { children: vec![], ..household("2021-08-02") };
    for facts in [stillbirth, household("2021-08-02")] {
        assert_eq!(rules.use_at(&facts, midnight("2021-08-03")).eligibility, eligible("2022-08-03"));
        assert_eq!(rules.use_at(&facts, last_moment("2022-08-02")).eligibility, eligible("2022-08-03"));
    }
}

#[test]
fn of_twins_born_around_midnight_the_younger_decides() {
    let rule = r#"{"child_age_lt":{"months":4,"count":"AgeLaw"}}"#;
    let twins = Facts { children: vec![date("2021-08-02"), date("2021-08-03")], ..household("2021-08-02") };
    assert_eq!(decide(rule, &twins, midnight("2021-09-01")).eligibility, eligible("2021-12-03"));
    // One of them not told: certain while the other is young enough, then a question, never a refusal.
    let half = Facts { children: vec![date("2021-08-02"), date("unknown")], ..twins };
    assert_eq!(decide(rule, &half, midnight("2021-09-01")).eligibility, eligible("2021-12-02"));
    assert_eq!(decide(rule, &half, midnight("2021-12-02")).eligibility, unknown(&[Missing::ChildBirthDate]));
}

#[test]
fn a_month_decides_only_where_each_of_its_days_does() {
    let rule = r#"{"child_age_lt":{"months":12,"count":"AgeLaw"}}"#;
    let facts = household("2021-08");
    let missing = unknown(&[Missing::ChildBirthDate]);
    for (now, expected) in [
        (last_moment("2021-07-31"), not_yet("2021-08-01")),
        (midnight("2021-08-01"), missing.clone()),
        (last_moment("2021-08-30"), missing.clone()),
        (midnight("2021-08-31"), eligible("2022-08-01")),
        (last_moment("2022-07-31"), eligible("2022-08-01")),
        (midnight("2022-08-01"), missing.clone()),
        (last_moment("2022-08-30"), missing),
        (midnight("2022-08-31"), ended("2022-08-31")),
    ] {
        assert_eq!(decide(rule, &facts, now).eligibility, expected, "{now}");
    }
}

#[test]
fn moving_out_follows_the_policy_of_the_programme() {
    let now = |text| midnight(text);
    let text = |policy: &str| SANGO.replace("\"EndOfMonth\"", policy);
    let facts = Facts { residence: lives("131121", Some("2021-10-15")), ..household("2021-08-02") };
    for (policy, end) in [
        ("\"EndOnDate\"", "2021-10-16"),
        ("\"EndOfMonth\"", "2021-11-01"),
        ("{\"GraceDays\":14}", "2021-10-30"),
        ("{\"GraceDays\":0}", "2021-10-16"),
        ("\"RunToProgrammeEnd\"", "2022-08-03"),
    ] {
        let rules = RuleSet::parse(&text(policy)).unwrap();
        assert_eq!(rules.use_at(&facts, now("2021-10-01")).eligibility, eligible(end), "{policy}");
        assert_eq!(rules.use_at(&facts, now(end)).eligibility, ended(end), "{policy}");
        let told = serde_json::to_string(&rules.move_out).unwrap();
        assert_eq!(told, policy, "written as it is read");
    }
    let rules = RuleSet::parse(&text("\"UNDECIDED_ASK_CITY\"")).unwrap();
    assert_eq!(rules.use_at(&facts, last_moment("2021-10-15")).eligibility, eligible("2021-10-16"));
    let after = rules.use_at(&facts, now("2021-10-16"));
    assert_eq!(after.eligibility, unknown(&[Missing::MoveOutRule]));
    assert!(!after.eligibility.refused());
    assert!(after.eligibility.words().ja.contains("市区町村の窓口"));
    assert_eq!(rules.use_at(&facts, now("2022-08-03")).eligibility, ended("2022-08-03"));
}

#[test]
fn moving_out_matters_too_where_no_rule_asks_for_a_residence() {
    let rules = RuleSet::parse(FUCHU).unwrap();
    let stays = Facts { programme: 37, residence: lives("132063", None), ..household("2021-08-02") };
    let moved = Facts { residence: lives("132063", Some("2021-10-15")), ..stays.clone() };
    assert_eq!(rules.use_at(&moved, midnight("2021-10-15")).eligibility, eligible("2021-10-16"));
    let after = rules.use_at(&moved, midnight("2021-10-16"));
    assert_eq!(after.eligibility, unknown(&[Missing::MoveOutRule]));
    assert_eq!(after.path, ["move_out UNDECIDED_ASK_CITY"]);
    // Who was handed a card while staying with their parents (里帰り), and moves at home, is not concerned.
    let visiting = Facts { residence: lives("131199", Some("2021-10-15")), ..stays };
    assert_eq!(rules.use_at(&visiting, midnight("2021-10-16")).eligibility, eligible("2022-01-01"));
}

#[test]
fn every_missing_fact_is_named_and_a_true_part_of_any_needs_none() {
    let rules = RuleSet::parse(SANGO).unwrap();
    let now = midnight("2021-10-01");
    let nothing = Facts {
        residence: Residence::NotTold,
        caregiver_since: Some(DateFact::NotTold),
        ..household("unknown")
    };
    let decision = rules.use_at(&nothing, now);
    let all = [Missing::Residence, Missing::DeliveryDate, Missing::ChildBirthDate, Missing::CaregiverSince];
    assert_eq!(decision.eligibility, unknown(&all));
    assert_eq!(decision.path, ["all/2", "resides 131121"]);
    let words = decision.eligibility.words();
    assert_eq!(
        words.ja,
        "お住まいの市区町村、出産日、お子さまの生年月日、お子さまを育てはじめた日を教えてください。"
    );
    assert!(words.en.starts_with("Please tell us the municipality you live in, "), "{}", words.en);

    let delivered =
        Facts { residence: lives("131121", None), delivered: date("2021-08-02"), ..nothing.clone() };
    assert_eq!(rules.use_at(&delivered, now).eligibility, eligible("2022-08-03"));
    let elsewhere = Facts { residence: lives("131199", None), ..nothing };
    assert_eq!(rules.use_at(&elsewhere, now).eligibility, NEVER, "a false part of all needs none");
}

#[test]
fn all_is_decided_by_the_narrowest_rule_and_any_bridges_a_gap() {
    let facts = household("unknown");
    let all = r#"{"all":[{"window":["2021-01-01","2021-12-31"]},{"window":["2021-06-01","2021-06-30"]}]}"#;
    let path = ["all/2", "window 2021-06-01..2021-06-30"];
    for (now, expected) in [
        ("2020-05-01", not_yet("2021-06-01")),
        ("2021-05-01", not_yet("2021-06-01")),
        ("2021-06-15", eligible("2021-07-01")),
        ("2021-08-01", ended("2021-07-01")),
        ("2022-08-01", ended("2021-07-01")),
    ] {
        let decision = decide(all, &facts, midnight(now));
        assert_eq!(
            (decision.eligibility, decision.path),
            (expected, path.map(str::to_owned).to_vec()),
            "{now}"
        );
    }
    let any = r#"{"any":[{"window":["2021-01-01","2021-01-31"]},{"window":["2021-03-01","2021-03-31"]},{"window":["2021-01-20","2021-02-10"]}]}"#;
    for (now, expected, path) in [
        ("2021-01-05", eligible("2021-02-11"), "any/3 window 2021-01-20..2021-02-10"),
        ("2021-02-20", not_yet("2021-03-01"), "any/2 window 2021-03-01..2021-03-31"),
        ("2021-04-01", ended("2021-04-01"), "any/2 window 2021-03-01..2021-03-31"),
    ] {
        let decision = decide(any, &facts, midnight(now));
        assert_eq!((decision.eligibility, decision.path.join(" ")), (expected, path.to_owned()), "{now}");
    }
    let apart = r#"{"all":[{"window":["2021-01-01","2021-01-31"]},{"window":["2021-03-01","2021-03-31"]}]}"#;
    assert_eq!(decide(apart, &facts, midnight("2021-01-15")).eligibility, NEVER);
}

#[test]
fn not_turns_a_rule_over_and_keeps_what_is_unknown() {
    let facts = household("2021-08-02");
    let newborn = r#"{"not":{"child_age_lt":{"days":28,"count":"Day0"}}}"#;
    assert_eq!(decide(newborn, &facts, midnight("2021-08-01")).eligibility, eligible("2021-08-02"));
    let during = decide(newborn, &facts, midnight("2021-08-10"));
    assert_eq!(
        (during.eligibility, during.path.join(" ")),
        (not_yet("2021-08-30"), "not child_age_lt 28 days Day0".to_owned())
    );
    assert!(during.reason.en.starts_with("It is for cases to which this does not apply: "));
    let after = decide(newborn, &facts, midnight("2021-08-30"));
    assert_eq!(after.eligibility, Eligibility::Eligible { until: None });
    assert_eq!(after.eligibility.words().en, "You can use this.");
    let untold = household("unknown");
    assert_eq!(
        decide(newborn, &untold, midnight("2021-08-30")).eligibility,
        unknown(&[Missing::ChildBirthDate])
    );
}

#[test]
fn a_rule_of_a_newer_kind_makes_only_itself_unknown() {
    let facts = household("2021-08-02");
    let newer = r#"{"any":[{"income_below":{"yen":1}},{"window":["2021-08-02","2021-12-31"]}]}"#;
    assert_eq!(decide(newer, &facts, midnight("2021-09-01")).eligibility, eligible("2022-01-01"));
    let later = decide(newer, &facts, midnight("2022-01-01"));
    assert_eq!(later.eligibility, unknown(&[Missing::NewerVersion]));
    assert_eq!(later.eligibility.words().ja, "アプリを新しくしてください。");
    assert_eq!(later.path, ["any/1", "unknown income_below"]);
    for newer in [
        r#"{"delivered_within":{"weeks":4,"count":"AgeLaw"}}"#,
        r#"{"child_age_lt":{"months":4,"count":"X"}}"#,
    ] {
        assert_eq!(
            decide(newer, &facts, midnight("2022-01-01")).eligibility,
            unknown(&[Missing::NewerVersion])
        );
    }
}

#[test]
fn words_name_the_last_day_not_the_midnight_after_it() {
    for (eligibility, ja, en) in [
        (ended("2022-01-01"), "2021年12月31日で受付を終了しました。", "This ended on 2021-12-31."),
        (
            eligible("2022-01-01"),
            "2021年12月31日までご利用いただけます。",
            "You can use this until the end of 2021-12-31.",
        ),
        (not_yet("2021-08-02"), "2021年8月2日からご利用いただけます。", "You can use this from 2021-08-02."),
        (NEVER, "この条件ではご利用いただけません。", "This cannot be used under these conditions."),
    ] {
        let words = eligibility.words();
        assert_eq!((words.ja.as_str(), words.en.as_str()), (ja, en));
    }
}

#[test]
fn facts_show_nobody_how_old_a_child_is() {
    let facts = Facts { residence: lives("131121", Some("2021-10-15")), ..household("2021-08-02") };
    let shown = format!("{facts:?}");
    assert!(!shown.contains("2021") && !shown.contains("131121"), "{shown}");
}

#[test]
fn facts_are_read_as_a_day_a_month_or_untold() {
    assert!(DateFact::parse("2021-02-29").is_none());
    assert!(DateFact::parse("2021-13").is_none());
    assert!(DateFact::parse("").is_none());
    assert!(date("2021-08") == DateFact::Month { year: 2021, month: 8 });
    assert!(date("unknown") == DateFact::NotTold);
    // A month that does not exist says nothing, and stops nothing.
    let odd = Facts { children: vec![DateFact::Month { year: 2021, month: 13 }], ..household("unknown") };
    let rule = r#"{"child_age_lt":{"months":4,"count":"AgeLaw"}}"#;
    assert_eq!(decide(rule, &odd, midnight("2021-08-02")).eligibility, unknown(&[Missing::ChildBirthDate]));
}

#[test]
fn a_date_is_written_as_it_is_read() {
    for text in ["2021-08-20", "2021-08", "0999-01", "unknown"] {
        let json = serde_json::to_string(&date(text)).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert!(serde_json::from_slice::<DateFact>(json.as_bytes()).unwrap() == date(text));
    }
    for text in ["2021-13", "2021-02-29", "", "2021"] {
        assert!(serde_json::from_slice::<DateFact>(format!("\"{text}\"").as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn the_child_of_a_question_makes_one_entry_exact_or_is_one_more() {
    let with = |told: &[&str], born| {
        let children = told.iter().map(|text| date(text)).collect();
        let facts = Facts { children, ..household("unknown") }.with_child(day(born));
        facts.children.into_iter().map(String::from).collect::<Vec<_>>().join(" ")
    };
    for (told, expected) in [
        (&["unknown"][..], "2021-08-20"),
        (&["2021-08"], "2021-08-20"),
        (&["2021-08-20"], "2021-08-20"),
        // The one entry that fits best: of twins one may stay untold.
        (&["unknown", "2021-08"], "unknown 2021-08-20"),
        (&["unknown", "2021-08-20"], "unknown 2021-08-20"),
        (&["2021-08", "2021-08"], "2021-08-20 2021-08"),
        // Somebody else's birth date: an older child has a younger one beside it.
        (&["2021-09"], "2021-09 2021-08-20"),
        (&["2021-08-21"], "2021-08-21 2021-08-20"),
        (&[], "2021-08-20"),
    ] {
        assert_eq!(with(told, "2021-08-20"), expected, "{told:?}");
    }
}
