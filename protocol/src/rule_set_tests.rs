//! Rules files: read, refused, capped; deadlines and grace.

use super::*;
use crate::eligibility::{DateFact, Missing, RULE_DEPTH_MAX, RULE_NODES_MAX, Residence};

const FUCHU: &str = r#"{"id":"fuchu-2021/1","municipality":"132063",
 "use":{"all":[{"programme":37},{"window":["2021-08-02","2021-12-31"]}]},
 "redeem_until":"2021-12-31","move_out":"UNDECIDED_ASK_CITY","answers_grace_hours":72}"#;
const SANGO: &str = r#"{"id":"example-sango/1","municipality":"131121","use":{"all":[{"programme":40},{"resides":"131121"},
 {"any":[{"delivered_within":{"months":12,"count":"Art140"}},{"child_age_lt":{"months":12,"count":"AgeLaw"}},{"caregiver_of_infant":{}}]}]},
 "move_out":"EndOfMonth"}"#;

fn fuchu() -> RuleSet {
    RuleSet::parse(FUCHU).unwrap()
}

fn midnight(text: &str) -> Timestamp {
    CivilDate::parse(text).unwrap().starts_at()
}

fn card(moved_out: Option<&str>) -> Facts {
    let municipality = Municipality::parse("132063").unwrap();
    let moved_out = moved_out.map(|text| CivilDate::parse(text).unwrap());
    Facts {
        programme: 37,
        residence: Residence::Known { municipality, moved_out },
        delivered: DateFact::NotTold,
        children: vec![DateFact::NotTold],
        caregiver_since: None,
    }
}

fn eligible(until: Timestamp) -> Eligibility {
    Eligibility::Eligible { until: Some(until) }
}

/// Rules that stand so deep, the innermost a window.
fn deep(depth: usize) -> Rule {
    let window = Rule::Window([CivilDate::parse("2021-08-02").unwrap(); 2]);
    (1..depth).fold(window, |rule, _| Rule::Not(Box::new(rule)))
}

#[test]
fn both_worked_examples_are_read_and_written_back() {
    for text in [FUCHU, SANGO] {
        let rules = RuleSet::parse(text).unwrap();
        let written = serde_json::to_string(&rules).unwrap();
        assert_eq!(RuleSet::parse(&written).unwrap(), rules);
    }
    let sango = RuleSet::parse(SANGO).unwrap();
    assert_eq!((sango.programme(), sango.version()), ("example-sango", 1));
    assert_eq!((sango.answers_grace_hours, sango.redeem_until), (72, None), "what a file leaves out");
}

#[test]
fn a_mistake_in_a_rules_file_is_refused_with_its_line() {
    for (from, to, field, line) in [
        ("fuchu-2021/1", "fuchu-2021", "id", 1),
        ("fuchu-2021/1", "fuchu-2021/01", "id", 1),
        ("fuchu-2021/1", "Fuchu/1", "id", 1),
        ("fuchu-2021/1", "/1", "id", 1),
        ("{\"programme\":37}", "{\"programm\":37}", "use.all.0.programm", 2),
        (
            "{\"programme\":37}",
            "{\"child_age_lt\":{\"months\":241,\"count\":\"AgeLaw\"}}",
            "use.all.0.child_age_lt",
            2,
        ),
        (
            "{\"programme\":37}",
            "{\"child_age_lt\":{\"days\":0,\"count\":\"AgeLaw\"}}",
            "use.all.0.child_age_lt",
            2,
        ),
        (
            "{\"programme\":37}",
            "{\"child_age_lt\":{\"months\":1,\"count\":\"Law\"}}",
            "use.all.0.child_age_lt",
            2,
        ),
        (
            "{\"programme\":37}",
            "{\"not\":{\"delivered_within\":{\"months\":1,\"count\":\"Art140\",\"by\":1}}}",
            "use.all.0.not.delivered_within.by",
            2,
        ),
        ("{\"programme\":37}", "{\"not\":{\"all\":[]}}", "use.all.0.not.all", 2),
        (
            "{\"programme\":37}",
            "{\"caregiver_of_infant\":{\"months\":6}}",
            "use.all.0.caregiver_of_infant.months",
            2,
        ),
        ("\"answers_grace_hours\":72", "\"answers_grace_hours\":745", "answers_grace_hours", 3),
        ("\"UNDECIDED_ASK_CITY\"", "\"AskCity\"", "move_out", 3),
        ("\"UNDECIDED_ASK_CITY\"", "{\"GraceDays\":400}", "move_out", 3),
        ("\"UNDECIDED_ASK_CITY\"", "{\"GraceWeeks\":4}", "move_out.GraceWeeks", 3),
    ] {
        let text = FUCHU.replacen(from, to, 1);
        assert_ne!(text, FUCHU, "{from}");
        match RuleSet::parse(&text) {
            Err(FileError::Value { field: found, line: at, .. }) => {
                assert_eq!((found.as_str(), at), (field, Some(line)), "{to}");
            }
            other => panic!("{field}: {other:?}"),
        }
    }
    let large = " ".repeat(RULE_SET_MAX_BYTES + 1);
    assert!(matches!(RuleSet::parse(&large), Err(FileError::TooLarge { .. })));
}

#[test]
fn rules_are_capped_in_depth_and_number() {
    assert!(deep(RULE_DEPTH_MAX).check().is_ok());
    assert!(deep(RULE_DEPTH_MAX + 1).check().is_err());
    assert!(Rule::All(vec![deep(1); RULE_NODES_MAX - 1]).check().is_ok());
    let found = Rule::All(vec![deep(1); RULE_NODES_MAX]).check().unwrap_err();
    assert_eq!(found.place.join("."), "all.63.window");
}

#[test]
fn what_was_begun_inside_may_be_finished_within_the_grace_and_no_longer() {
    let (rules, facts) = (fuchu(), card(None));
    let end = midnight("2022-01-01");
    let (inside, grace) = (end.plus_millis(-1), end.plus_hours(72));
    let send = |begun, now| rules.send_at(&facts, begun, now);
    // The whole time until the grace ends is one answer, so none contradicts its own date.
    for now in [inside, end, grace.plus_millis(-1)] {
        assert_eq!(send(inside, now).eligibility, eligible(grace), "{now}");
    }
    assert_eq!(send(inside, grace).eligibility, Eligibility::Ended { since: end });
    assert_eq!(send(end, end).eligibility, Eligibility::Ended { since: end });
    let before = midnight("2021-08-01");
    assert!(send(before, before).eligibility.refused());
    assert!(send(before, end).eligibility.refused(), "begun too early is not begun inside");
    let decision = send(inside, end);
    assert_eq!(decision.path, ["answers_grace_hours 72", "all/2", "window 2021-08-02..2021-12-31"]);
    assert!(decision.reason.ja.starts_with("期間中に書きはじめたものは、終了後72時間まで送れます。"));
    let none = RuleSet { answers_grace_hours: 0, ..fuchu() };
    assert_eq!(none.send_at(&facts, inside, inside).eligibility, eligible(end));
    assert!(none.send_at(&facts, inside, end).eligibility.refused());
}

#[test]
fn grace_follows_each_of_several_windows() {
    let text = FUCHU.replace(
        "{\"window\":[\"2021-08-02\",\"2021-12-31\"]}",
        "{\"any\":[{\"window\":[\"2021-08-02\",\"2021-08-31\"]},{\"window\":[\"2021-09-02\",\"2021-09-30\"]},{\"window\":[\"2021-11-01\",\"2021-11-30\"]}]}",
    );
    let (rules, facts) = (RuleSet::parse(&text).unwrap(), card(None));
    let send = |begun, now| rules.send_at(&facts, midnight(begun), midnight(now)).eligibility;
    // 2021-09-01 lies between two windows, within the grace of the first, which reaches into the second.
    assert_eq!(send("2021-08-20", "2021-09-01"), eligible(midnight("2021-10-01")));
    assert_eq!(send("2021-09-20", "2021-10-02"), eligible(midnight("2021-10-04")));
    assert_eq!(send("2021-09-20", "2021-10-04"), Eligibility::NotYet { from: midnight("2021-11-01") });
}

#[test]
fn doubt_about_the_end_is_doubt_about_the_grace_and_refuses_nothing() {
    // Moved out on the 15th, and the city has not said what that means.
    let (rules, facts) = (fuchu(), card(Some("2021-10-15")));
    let send = |begun, now| rules.send_at(&facts, midnight(begun), midnight(now)).eligibility;
    let doubt = Eligibility::Unknown { missing: vec![Missing::MoveOutRule] };
    assert_eq!(send("2021-10-10", "2021-10-18"), eligible(midnight("2021-10-19")));
    assert_eq!(send("2021-10-10", "2021-10-19"), doubt);
    assert_eq!(send("2021-10-20", "2022-01-03"), doubt);
    assert_eq!(send("2021-10-10", "2022-01-03"), doubt);
    assert_eq!(send("2021-10-10", "2022-01-04"), Eligibility::Ended { since: midnight("2022-01-01") });
}

#[test]
fn a_redemption_deadline_inside_the_window_ends_redemption_alone() {
    let rules = RuleSet { redeem_until: CivilDate::parse("2021-11-30"), ..fuchu() };
    let (facts, deadline) = (card(None), midnight("2021-12-01"));
    let redeem = |now| rules.redeem_at(&facts, now);
    let ended = redeem(deadline);
    assert_eq!(ended.eligibility, Eligibility::Ended { since: deadline });
    assert_eq!(ended.path, ["redeem_until 2021-11-30"]);
    assert_eq!(ended.reason.ja, "カードの登録は2021年11月30日までです。");
    assert_eq!(redeem(deadline.plus_millis(-1)).eligibility, eligible(deadline));
    assert_eq!(
        redeem(midnight("2021-08-01")).eligibility,
        Eligibility::NotYet { from: midnight("2021-08-02") }
    );
    assert!(rules.use_at(&facts, deadline).eligibility.allowed());
    let open = RuleSet { redeem_until: None, ..fuchu() };
    assert_eq!(open.redeem_at(&facts, deadline).eligibility, eligible(midnight("2022-01-01")));
}
