//! Rules of what a person decides, and of what is shown before anything else.

use std::collections::BTreeMap;
use std::sync::Arc;

use yorisoi_protocol::consent::{self, Actor, ConsentEntry, ConsentState, Purpose, Standing};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::safety::HoursNow;
use yorisoi_protocol::survey::offer::{Silence, SurveyOffer};

use super::*;
use crate::testing::{FUCHU, FakeServer, Phone, Signed};
use crate::view::SurveyState;

fn code<T>(result: Result<T, YorisoiError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.code(),
    }
}

fn phone_and_server() -> (Phone, Arc<FakeServer>) {
    (Phone::new(), Arc::new(FakeServer::new()))
}

fn named(id: &str) -> ConsentText {
    ConsentText { id: id.into(), language: "ja".into(), text: "…".into() }
}

/// The phone with another programme file.
fn open_with_file(phone: &Phone, server: &Arc<FakeServer>, file: String) -> YorisoiClient {
    let manifest = Signed { programmes: vec![file], ..Signed::version(2) };
    phone.open_with(server, &manifest)
}

#[tokio::test]
async fn the_survey_is_answered_once_and_silenced_by_loss_mode_and_refusal() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let answers: BTreeMap<String, Option<u8>> = [("q1".into(), Some(1)), ("q2".into(), None)].into();
    let state = || client.survey().unwrap().unwrap().state;
    for (day, expected) in [
        ("2021-12-17 23:59:59", SurveyState::NotOffered),
        ("2021-12-18 00:00:00", SurveyState::Offered),
        ("2022-01-21 23:59:59", SurveyState::Offered),
        ("2022-01-22 00:00:00", SurveyState::NotOffered),
    ] {
        phone.set(day);
        assert_eq!(state(), expected, "{day}");
    }
    assert_eq!(code(client.answer_survey(&answers)), "survey_not_offered");
    phone.set("2021-12-18 00:00:00");
    client.set_loss_mode(true).unwrap();
    assert_eq!(state(), SurveyState::NotOffered);
    client.set_loss_mode(false).unwrap();
    let text = ConsentText { id: "survey-ja-1".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(Purpose::Survey, ConsentState::Withdraw, &text).unwrap();
    assert_eq!(state(), SurveyState::NotOffered);
    client.decide_consent(Purpose::Survey, ConsentState::Grant, &text).unwrap();
    let beyond: BTreeMap<String, Option<u8>> = [("q1".into(), Some(6)), ("q2".into(), None)].into();
    assert_eq!(code(client.answer_survey(&beyond)), "survey_mismatch");
    client.answer_survey(&answers).unwrap();
    assert_eq!(state(), SurveyState::Answered);
    assert_eq!(code(client.answer_survey(&answers)), "survey_answered");
    assert_eq!(client.sync().await.unwrap().pending, 0);
    assert_eq!(server.held().len(), 4);
}

#[tokio::test]
async fn the_consent_ledger_is_chained() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let text = ConsentText { id: "photo-ja-1".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(Purpose::Photo, ConsentState::Deny, &text).unwrap();
    let ledger = client.store.consents().unwrap();
    assert_eq!(ledger.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(consent::verify_chain(&ledger), Ok(()));
    let said = |entry: &ConsentEntry| (entry.actor, entry.clock.clone(), entry.sdk.clone());
    let plausible = Some("plausible".to_owned());
    assert_eq!(said(&ledger[1]), (Some(Actor::Own), plausible, Some(env!("CARGO_PKG_VERSION").to_owned())));
}

#[tokio::test]
async fn the_survey_is_reminded_of_once_across_restarts() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let due = |client: &YorisoiClient| client.survey().unwrap().unwrap().reminder_due;
    phone.set("2021-12-01 00:00:00");
    client.mark_survey_shown().unwrap();
    phone.set("2021-12-18 00:00:00");
    client.mark_survey_shown().unwrap();
    phone.set("2021-12-24 23:59:59");
    assert!(!due(&client), "what was not offered was not shown");
    client.mark_survey_shown().unwrap();
    phone.set("2021-12-25 00:00:00");
    assert!(due(&client));
    client.set_loss_mode(true).unwrap();
    assert!(!due(&client));
    client.mark_survey_shown().unwrap();
    client.set_loss_mode(false).unwrap();
    assert!(due(&client), "a phone in loss mode reminds of nothing and forgets nothing");
    drop(client);
    let client = phone.open(&server);
    assert!(due(&client));
    client.mark_survey_shown().unwrap();
    phone.set("2022-01-21 00:00:00");
    assert!(!due(&client));
}

#[tokio::test]
async fn an_answer_stays_one_to_the_version_it_was_given_to() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    phone.set("2021-12-20 00:00:00");
    let answers: BTreeMap<String, Option<u8>> = [("q1".into(), Some(1)), ("q2".into(), None)].into();
    client.answer_survey(&answers).unwrap();
    drop(client);
    let newer = FUCHU.replacen(
        "\"id\": \"endline-2021\",\n    \"version\": 1",
        "\"id\": \"endline-2021\",\n    \"version\": 2",
        1,
    );
    assert_ne!(newer, FUCHU);
    let client = open_with_file(&phone, &server, newer);
    let view = client.survey().unwrap().unwrap();
    assert_eq!((view.definition.version, view.answered_version), (2, Some(1)));
    assert_eq!((view.state, view.answers), (SurveyState::Answered, Some(answers.clone())));
    assert_eq!(code(client.answer_survey(&answers)), "survey_answered");
}

#[tokio::test]
async fn a_survey_for_who_consulted_is_offered_after_the_first_question() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    drop(client);
    let file = FUCHU.replacen("\"open\": [", "\"audience\": \"consulted\",\n    \"open\": [", 1);
    assert_ne!(file, FUCHU);
    let client = open_with_file(&phone, &server, file);
    phone.set("2021-12-20 00:00:00");
    assert_eq!(client.survey().unwrap().unwrap().offer, SurveyOffer::NotInAudience);
    client.ask(Service::Obstetrics, Subject::Parent, "眠れません").unwrap();
    assert!(matches!(client.survey().unwrap().unwrap().offer, SurveyOffer::Offered { .. }));
}

#[tokio::test]
async fn loss_mode_changes_nothing_that_is_sent_and_nothing_anybody_is_entitled_to() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    client.sync().await.unwrap();
    let before = (client.may_ask().unwrap(), server.requests(), server.held());
    client.set_loss_mode(true).unwrap();
    assert_eq!(client.may_ask().unwrap(), before.0);
    assert_eq!(client.sync_state().unwrap().pending, 0);
    assert_eq!((server.requests(), server.held()), (before.1, before.2));
    phone.set("2021-12-20 00:00:00");
    let silenced = SurveyOffer::Silenced(Silence::LossMode);
    assert_eq!(client.survey().unwrap().unwrap().offer, silenced);
    client.ask(Service::Obstetrics, Subject::Parent, "眠れません").unwrap();
    client.set_loss_mode(false).unwrap();
    assert_eq!(client.survey().unwrap().unwrap().state, SurveyState::Offered);
}

#[test]
fn numbers_and_signs_are_there_before_enrolling_and_say_what_holds_now() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    let contacts = client.safety_contacts();
    assert_eq!(contacts[0].contact.digits.as_str(), "119");
    assert!(contacts.iter().all(|shown| !shown.stale));
    // 03:12 on a Friday: the children's line is open since Thursday evening.
    let childrens = contacts.iter().find(|shown| shown.contact.short.as_deref() == Some("#8000")).unwrap();
    let morning = yorisoi_protocol::CivilDate::parse("2021-10-01").unwrap().starts_at().plus_hours(8);
    assert_eq!(childrens.hours_now, HoursNow::Open { until: Some(morning) });
    phone.set("2021-10-30 00:00:00");
    assert!(client.safety_contacts().iter().all(|shown| !shown.stale));
    phone.set("2021-10-31 00:00:00");
    let later = client.safety_contacts();
    assert_eq!(later.iter().filter(|shown| shown.stale).count(), 4);
    assert_eq!(later.len(), contacts.len());
    assert_eq!(later[0].contact.digits.as_str(), "119");
    assert_eq!(client.red_flags().len(), 2);
}

#[test]
fn in_loss_mode_lines_for_grief_follow_the_emergency_number() {
    let (phone, server) = phone_and_server();
    let file =
        FUCHU.replacen("\"digits\": \"0120-189-783\"", "\"digits\": \"0120-189-783\", \"for\": \"grief\"", 1);
    assert_ne!(file, FUCHU);
    let client = open_with_file(&phone, &server, file);
    let second = || client.safety_contacts()[1].contact.digits.to_string();
    assert_eq!(second(), "042-521-2323");
    client.set_loss_mode(true).unwrap();
    assert_eq!(second(), "0120-189-783");
    client.set_loss_mode(false).unwrap();
    assert_eq!(second(), "042-521-2323");
}

#[tokio::test]
async fn a_wider_text_is_asked_for_anew_and_withdrawing_is_in_force_at_once() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let standing = |id| client.consent_standing(Purpose::Service, id).unwrap();
    assert_eq!(standing("service-ja-1"), Standing::Granted);
    assert_eq!(standing("service-ja-2"), Standing::AskAgain { old: "service-ja-1".into() });
    let ask = || code(client.ask(Service::Obstetrics, Subject::Parent, "眠れません"));
    client.decide_consent(Purpose::Service, ConsentState::Deny, &named("service-ja-2")).unwrap();
    assert_eq!(ask(), "ok", "the old grant stays in force for what it covered");
    client.decide_consent(Purpose::Service, ConsentState::Withdraw, &named("service-ja-1")).unwrap();
    assert_eq!(standing("service-ja-1"), Standing::Withdrawn);
    assert_eq!(ask(), "consent_needed", "before any sync");
    assert_eq!(code(client.consent_standing(Purpose::Service, "service")), "setting_invalid");
}

#[tokio::test]
async fn a_text_is_named_with_its_version_except_to_withdraw() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let decide = |state, id| code(client.decide_consent(Purpose::Photo, state, &named(id)));
    assert_eq!(decide(ConsentState::Grant, "photo"), "setting_invalid");
    assert_eq!(decide(ConsentState::Grant, "photo-en-1"), "setting_invalid", "another language than it says");
    assert_eq!(decide(ConsentState::Deny, "photo"), "setting_invalid");
    assert_eq!(decide(ConsentState::Withdraw, "photo"), "ok");
}
