//! The shipped programmes, and files with a mistake.

use super::*;

const FUCHU: &str = include_str!("../../sandbox/programmes/fuchu-2021.json");
const ITABASHI: &str = include_str!("../../sandbox/programmes/itabashi-2021.json");
const SETAGAYA: &str = include_str!("../../sandbox/programmes/setagaya-2021.json");

/// The line, from 1, on which a text stands.
fn line_of(file: &str, text: &str) -> usize {
    file.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn the_shipped_programmes_are_whole() {
    let fuchu = Programme::parse(FUCHU).unwrap();
    assert_eq!(fuchu.municipality.as_str(), "132063");
    assert!(!fuchu.safety.contacts.is_empty());
    assert_eq!((fuchu.rules.programme(), fuchu.rules.version()), ("fuchu-2021", 1));
    for text in [ITABASHI, SETAGAYA] {
        assert!(!Programme::parse(text).unwrap().assumptions.is_empty());
    }
    for text in [FUCHU, ITABASHI, SETAGAYA] {
        let programme = Programme::parse(text).unwrap();
        assert_eq!(Programme::read(text.as_bytes()).unwrap(), programme, "a device reads the same");
        let written = serde_json::to_string(&programme).unwrap();
        assert_eq!(Programme::parse(&written).unwrap(), programme, "written as it is read");
    }
}

#[test]
fn a_card_alone_opens_each_shipped_programme_on_its_first_day_to_its_last() {
    for (text, first) in [(FUCHU, "2021-08-02"), (ITABASHI, "2021-04-20"), (SETAGAYA, "2021-04-20")] {
        let programme = Programme::parse(text).unwrap();
        let facts = programme.card_facts();
        let midnight = |day| crate::CivilDate::parse(day).unwrap().starts_at();
        let (from, until) = (midnight(first), midnight("2022-01-01"));
        for (now, expected) in [
            (from.plus_millis(-1), Eligibility::NotYet { from }),
            (from, Eligibility::Eligible { until: Some(until) }),
            (until.plus_millis(-1), Eligibility::Eligible { until: Some(until) }),
            (until, Eligibility::Ended { since: until }),
        ] {
            assert_eq!(programme.use_at(&facts, now).eligibility, expected, "{now}");
            assert_eq!(programme.redeem_at(&facts, now).eligibility, expected, "{now}");
        }
        assert_eq!(programme.redeem_ends_at(), Some(until));
    }
}

#[test]
fn what_a_card_does_not_prove_refuses_nobody() {
    let text = FUCHU.replace(
        r#"{ "programme": 37 }"#,
        r#"{ "programme": 37 }, { "child_age_lt": { "months": 12, "count": "AgeLaw" } }"#,
    );
    let programme = Programme::parse(&text).unwrap();
    let inside = crate::CivilDate::parse("2021-10-01").unwrap().starts_at();
    let decision = programme.use_at(&programme.card_facts(), inside);
    assert!(!decision.eligibility.refused() && !decision.eligibility.allowed());
    let after = crate::CivilDate::parse("2022-10-01").unwrap().starts_at();
    assert!(programme.use_at(&programme.card_facts(), after).eligibility.refused());
}

#[test]
fn a_mistake_is_refused_with_its_field_and_its_line() {
    for (from, to, field) in [
        ("\"format\": 1", "\"format\": 2", "format"),
        ("\"fuchu-2021\"", "\"Fuchu 2021\"", "id"),
        ("\"index\": 37", "\"index\": 1024", "index"),
        ("Asia/Tokyo", "Europe/Berlin", "zone"),
        ("[\"obstetrics\", \"pediatrics\"]", "[]", "services"),
        ("\"members_per_card\": 2", "\"members_per_card\": 0", "members_per_card"),
        ("\"answer_within_hours\": 24", "\"answer_within_hours\": 0", "answer_within_hours"),
        ("fuchu-2021/1", "itabashi-2021/1", "rules.id"),
        ("fuchu-2021/1", "fuchu-2021/0", "rules.id"),
        ("    \"municipality\": \"132063\"", "    \"municipality\": \"131199\"", "rules.municipality"),
        ("[\"2021-08-02\", \"2021-12-31\"]", "[\"2021-12-31\", \"2021-08-02\"]", "rules.use.all.1.window"),
        ("{ \"programme\": 37 }", "{ \"programme\": 38 }", "rules.use"),
        ("{ \"programme\": 37 }", "{ \"any\": [] }", "rules.use.all.0.any"),
        ("{ \"programme\": 37 }", "{ \"program\": 37 }", "rules.use.all.0.program"),
        ("\"move_out\": \"UNDECIDED_ASK_CITY\"", "\"move_out\": \"Undecided\"", "rules.move_out"),
        ("\"move_out\": \"UNDECIDED_ASK_CITY\"", "\"move_out\": {\"GraceDays\":367}", "rules.move_out"),
        ("\"answers_grace_hours\": 72", "\"answers_grace_hours\": 745", "rules.answers_grace_hours"),
        ("\"answers_grace_hours\": 72", "\"answers_grace_hour\": 72", "rules.answers_grace_hour"),
        (
            "\"digits\": \"03-5285-8898\",",
            "\"digits\": \"03-5285-8898\", \"colour\": 1,",
            "safety.contacts.1.colour",
        ),
        ("\"services\"", "\"servises\"", "servises"),
        ("\"id\": \"endline-2021\"", "\"id\": \"endline-2021\", \"kind\": 2", "survey.kind"),
        ("\"en\": \"Agree\"", "\"en\": \"Agree\", \"de\": \"Ja\"", "survey.scales.agree5-v1.1.de"),
    ] {
        let text = FUCHU.replacen(from, to, 1);
        assert_ne!(text, FUCHU, "{from}");
        match Programme::parse(&text) {
            Err(FileError::Value { field: found, line, .. }) => {
                assert_eq!(found, field);
                assert_eq!(line, Some(line_of(&text, to)), "{field}");
            }
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn text_that_is_no_programme_is_refused_with_its_line() {
    let wrong_day = FUCHU.replace("\"redeem_until\": \"2021-12-31\"", "\"redeem_until\": \"2021-12-32\"");
    let missing = FUCHU.replace("  \"services\": [\"obstetrics\", \"pediatrics\"],\n", "");
    let two_kinds = FUCHU.replace("{ \"programme\": 37 }", "{ \"programme\": 37, \"window\": [] }");
    let deep = FUCHU.replace("{ \"programme\": 37 }", &"{\"not\":".repeat(200));
    for (text, line) in [
        (FUCHU.replace("132063", "132064"), Some(line_of(FUCHU, "132063"))),
        (wrong_day, Some(line_of(FUCHU, "redeem_until"))),
        (two_kinds, Some(line_of(FUCHU, "window"))),
        (deep, Some(line_of(FUCHU, "window"))),
        (missing, None),
        (format!("{FUCHU} {{}}"), None),
        (String::new(), None),
        ("[]".to_owned(), None),
        (FUCHU.chars().take(FUCHU.chars().count() / 2).collect(), None),
    ] {
        match Programme::parse(&text) {
            Err(FileError::Syntax { line: found, problem, .. }) => {
                assert!(line.is_none_or(|line| line == found), "line {found}: {problem}");
                assert!(!problem.contains(" at line "), "{problem}");
            }
            other => panic!("{other:?}"),
        }
    }
    let large = " ".repeat(PROGRAMME_MAX_BYTES + 1);
    assert!(matches!(Programme::parse(&large), Err(FileError::TooLarge { .. })));
    assert!(matches!(Programme::read(large.as_bytes()), Err(FileError::TooLarge { .. })));
}

#[test]
fn an_older_app_survives_a_newer_file() {
    let newer = FUCHU
        .replacen("\"index\": 37,", "\"index\": 37, \"colour\": { \"of\": [1, null] },", 1)
        .replacen("\"version\": 1", "\"version\": 1, \"kind\": 2", 1)
        .replacen("\"en\": \"Agree\"", "\"en\": \"Agree\", \"de\": \"Ja\"", 1)
        .replacen("\"redeem_until\"", "\"paused\": [], \"redeem_until\"", 1);
    assert_eq!(Programme::read(newer.as_bytes()).unwrap(), Programme::parse(FUCHU).unwrap());

    let rule = FUCHU.replacen("{ \"programme\": 37 }", "{ \"income_below\": { \"yen\": [1] } }", 1);
    let programme = Programme::read(rule.as_bytes()).unwrap();
    let inside = crate::CivilDate::parse("2021-10-01").unwrap().starts_at();
    let decision = programme.use_at(&programme.card_facts(), inside);
    let missing = vec![crate::eligibility::Missing::NewerVersion];
    assert_eq!(decision.eligibility, Eligibility::Unknown { missing });
    let after = crate::CivilDate::parse("2022-01-01").unwrap().starts_at();
    assert!(programme.use_at(&programme.card_facts(), after).eligibility.refused(), "the window still ends");
    assert!(Programme::read(FUCHU.replacen("\"index\": 37", "\"index\": 1024", 1).as_bytes()).is_err());
}
