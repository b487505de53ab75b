//! Rules of the survey.

use super::offer::{Silence, SurveyFacts, SurveyOffer, SurveyShowings};
use super::*;
use crate::Programme;
use crate::consent::ConsentState;
use crate::loss::FamilyStatus::LossDeclared;

const PROGRAMMES: [&str; 3] = [
    include_str!("../../sandbox/programmes/fuchu-2021.json"),
    include_str!("../../sandbox/programmes/itabashi-2021.json"),
    include_str!("../../sandbox/programmes/setagaya-2021.json"),
];

fn definition() -> SurveyDefinition {
    Programme::parse(PROGRAMMES[0]).unwrap().survey.unwrap()
}

fn day(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

fn start(text: &str) -> Timestamp {
    day(text).starts_at()
}

fn before(text: &str) -> Timestamp {
    start(text).plus_millis(-1)
}

#[test]
fn the_usual_window_is_the_last_fortnight_and_three_weeks_more() {
    assert_eq!(SurveyDefinition::usual_window(day("2021-12-31")), [day("2021-12-18"), day("2022-01-21")]);
    assert_eq!(SurveyDefinition::usual_window(day("2022-03-01")), [day("2022-02-16"), day("2022-03-22")]);
    for text in PROGRAMMES {
        let programme = Programme::parse(text).unwrap();
        let usual = SurveyDefinition::usual_window(programme.rules.redeem_until.unwrap());
        assert_eq!(programme.survey.unwrap().open, usual, "{}", programme.id);
    }
}

#[test]
fn a_definition_asks_for_the_two_things_once_each_on_scales_of_the_file() {
    assert_eq!(definition().check_definition(), Ok(()));
    let refused = |change: fn(&mut SurveyDefinition)| {
        let mut changed = definition();
        change(&mut changed);
        changed.check_definition().unwrap_err()
    };
    let step = || Words::new("はい", "Yes");
    assert!(refused(|survey| survey.open.reverse()).contains("before its first"));
    assert!(refused(|survey| survey.version = 0).contains("version from 1"));
    assert!(refused(|survey| survey.id.clear()).contains("id"));
    assert!(refused(|survey| survey.items.truncate(1)).contains("two items"));
    assert!(refused(|survey| survey.items.push(survey.items[0].clone())).contains("two items"));
    assert!(refused(|survey| survey.items[1].id = survey.items[0].id.clone()).contains("an id of its own"));
    assert!(refused(|survey| survey.items[1].construct = Construct::Reassurance).contains("future_need"));
    assert!(refused(|survey| survey.items[0].scale = "none".into()).contains("a scale of the file"));
    assert!(refused(|survey| survey.items[0].text.ja.clear()).contains("a text"));
    let scale = |steps: usize| {
        let mut changed = definition();
        changed.scales.insert("agree5-v1".into(), vec![step(); steps]);
        changed.check_definition().is_ok()
    };
    assert_eq!([2, 3, 12, 13].map(scale), [false, true, true, false]);
}

#[test]
fn the_survey_is_offered_by_the_table() {
    let survey = definition();
    let facts = SurveyFacts::default();
    let (open, inside) = (start("2021-12-18"), start("2022-01-01"));
    let until = start("2022-01-22");
    let consent = |state| SurveyFacts { consent: Some(state), ..facts };
    let no = SurveyOffer::Silenced(Silence::Consent);
    let loss = SurveyFacts { loss: LossDeclared, ..facts };
    let answered = SurveyFacts { answered: Some(1), ..facts };
    for (now, facts, expected) in [
        (before("2021-12-18"), facts, SurveyOffer::NotYet { from: open }),
        (open, facts, SurveyOffer::Offered { until }),
        (before("2022-01-22"), facts, SurveyOffer::Offered { until }),
        (until, facts, SurveyOffer::Closed { since: until }),
        (inside, consent(ConsentState::Grant), SurveyOffer::Offered { until }),
        (inside, consent(ConsentState::Deny), no),
        (inside, consent(ConsentState::Withdraw), no),
        (inside, loss, SurveyOffer::Silenced(Silence::LossMode)),
        // Loss mode is not even told when the survey comes.
        (before("2021-12-18"), loss, SurveyOffer::Silenced(Silence::LossMode)),
        (until, SurveyFacts { loss: LossDeclared, ..answered }, SurveyOffer::Answered { version: 1 }),
        (inside, answered, SurveyOffer::Answered { version: 1 }),
    ] {
        assert_eq!(survey.offer(now, &facts), expected, "{now} {facts:?}");
    }
}

#[test]
fn a_survey_for_who_consulted_asks_nobody_else() {
    let survey = SurveyDefinition { audience: SurveyAudience::Consulted, ..definition() };
    let inside = start("2022-01-01");
    let facts = SurveyFacts::default();
    assert_eq!(survey.offer(inside, &facts), SurveyOffer::NotInAudience);
    let consulted = SurveyFacts { consulted: true, ..facts };
    assert!(matches!(survey.offer(inside, &consulted), SurveyOffer::Offered { .. }));
    let text = serde_json::to_string(&survey).unwrap();
    assert!(text.contains(r#""audience":"consulted""#));
    assert!(!serde_json::to_string(&definition()).unwrap().contains("audience"), "all members need no word");
}

#[test]
fn there_is_one_reminder_a_week_after_the_first_showing_and_none_in_loss_mode() {
    let survey = definition();
    let facts = SurveyFacts::default();
    let first = start("2021-12-20");
    let shown = survey.showing(first, &facts, None).unwrap();
    assert_eq!(shown, SurveyShowings { first, reminder: None });
    let due = |now, facts: SurveyFacts, showings| survey.reminder_due(now, &facts, showings);
    assert!(!due(before("2021-12-27"), facts, Some(shown)));
    assert!(due(start("2021-12-27"), facts, Some(shown)));
    assert!(!due(start("2021-12-27"), facts, None), "never before it was shown");
    assert!(!due(start("2021-12-27"), SurveyFacts { loss: LossDeclared, ..facts }, Some(shown)));
    assert!(!due(start("2021-12-27"), SurveyFacts { answered: Some(1), ..facts }, Some(shown)));
    let refused = SurveyFacts { consent: Some(ConsentState::Deny), ..facts };
    assert!(!due(start("2021-12-27"), refused, Some(shown)));
    assert!(!due(start("2022-01-22"), facts, Some(shown)), "never after the end");
    assert_eq!(survey.showing(before("2021-12-27"), &facts, Some(shown)), None);
    let reminded = survey.showing(start("2021-12-27"), &facts, Some(shown)).unwrap();
    assert_eq!(reminded, SurveyShowings { first, reminder: Some(start("2021-12-27")) });
    assert!(!due(start("2022-01-21"), facts, Some(reminded)), "never twice");
    assert_eq!(survey.showing(start("2022-01-21"), &facts, Some(reminded)), None);
}

#[test]
fn nothing_is_shown_first_where_nothing_is_offered() {
    let survey = definition();
    let loss = SurveyFacts { loss: LossDeclared, ..SurveyFacts::default() };
    assert_eq!(survey.showing(start("2021-12-20"), &loss, None), None);
    assert_eq!(survey.showing(before("2021-12-18"), &SurveyFacts::default(), None), None);
}

#[test]
fn an_answer_with_skipped_items_is_an_answer_and_one_outside_the_scale_is_not() {
    let survey = definition();
    let answers = |q1, q2| SurveyAnswers::from([("q1".to_owned(), q1), ("q2".to_owned(), q2)]);
    for partial in [answers(Some(0), None), answers(None, Some(5)), answers(None, None)] {
        assert_eq!(survey.check(&partial), Ok(()));
        let text = serde_json::to_vec(&partial).unwrap();
        assert_eq!(serde_json::from_slice::<SurveyAnswers>(&text).unwrap(), partial);
    }
    assert_eq!(survey.check(&answers(Some(6), None)), Err(SurveyError::OutsideScale));
    let mut missing = answers(None, None);
    missing.remove("q1");
    assert_eq!(survey.check(&missing), Err(SurveyError::MissingItem));
    missing.insert("q3".to_owned(), None);
    assert_eq!(survey.check(&missing), Err(SurveyError::UnknownItem));
}

#[test]
fn an_answer_to_one_version_is_not_asked_for_again_by_the_next() {
    let second = SurveyDefinition { version: 2, ..definition() };
    let facts = SurveyFacts { answered: Some(1), ..SurveyFacts::default() };
    assert_eq!(second.offer(start("2021-12-20"), &facts), SurveyOffer::Answered { version: 1 });
}
