//! Table A3 as the app meets it: what a wrong clock holds up, and what it never touches.

use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::time::ClockState;

use super::tests::code;
use super::{ConsentText, NewDraft};
use crate::testing::{FakeServer, Fault, Phone};

const SUBJECT: Subject = Subject::Child { born: None };

fn draft(text: &str) -> NewDraft {
    let text = text.to_owned();
    NewDraft { id: None, service: Service::Pediatrics, subject: SUBJECT, consultation: None, text }
}

#[tokio::test]
async fn a_suspect_clock_holds_up_new_questions_while_offline_and_nothing_else() {
    let (phone, server) = (Phone::new(), std::sync::Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let consultation = client.ask(Service::Pediatrics, SUBJECT, "熱が出ました").unwrap();
    client.sync().await.unwrap();
    drop(client);
    // Battery empty, no network: the phone wakes up in 1970.
    phone.turn_clock(-24 * 365 * 51);
    phone.restart();
    let client = phone.open(&server);
    assert_eq!(client.time().state, ClockState::ClockSuspect);
    assert_eq!(code(client.ask(Service::Pediatrics, SUBJECT, "もう一つ")), "clock_suspect");
    let kept = client.save_draft(&draft("もう一つ")).unwrap();
    assert_eq!(code(client.send_draft(kept)), "clock_suspect");
    assert_eq!(client.drafts(None, 100).unwrap().drafts.len(), 1, "the draft stays");
    client.follow_up(consultation, "いま下がりました").unwrap();
    assert_eq!(client.messages(consultation, None, 100).unwrap().messages.len(), 2);
    assert!(client.safety_contacts().iter().any(|shown| shown.contact.digits.as_str() == "119"));
    assert!(client.exported().unwrap().contains("もう一つ"));
    let text = ConsentText { id: "survey-ja-1".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(Purpose::Survey, ConsentState::Withdraw, &text).unwrap();
    client.set_loss_mode(true).unwrap();
    // With the server at hand its clock is the one that counts.
    client.sync().await.unwrap();
    assert_eq!(client.time().state, ClockState::ClockSuspect);
    client.send_draft(kept).unwrap();
    server.fail_next(Fault::Down);
    assert_eq!(code(client.sync().await), "network_unreachable");
    assert_eq!(code(client.ask(Service::Pediatrics, SUBJECT, "三つ目")), "clock_suspect");
}

#[tokio::test]
async fn a_clock_that_jumped_a_day_ahead_is_seen_and_a_restart_is_no_jump() {
    let (phone, server) = (Phone::new(), std::sync::Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    phone.turn_clock(24);
    assert_eq!(client.time().state, ClockState::Plausible, "a day is within tolerance");
    phone.turn_clock(26);
    assert_eq!(client.time().state, ClockState::ClockSuspect);
    phone.restart();
    assert_eq!(client.time().state, ClockState::Plausible, "nothing counted through the restart");
    phone.turn_clock(-3);
    assert_eq!(client.time().state, ClockState::Adjusted);
    client.ask(Service::Pediatrics, SUBJECT, "熱が出ました").unwrap();
}

/// A parent flies from Tokyo with a half-written question, the phone set to the local time by hand: the instant at which
/// writing began decides, and the programme's midnight is Japan's.
#[tokio::test]
async fn a_draft_begun_in_another_zone_keeps_its_place_in_the_programmes_time() {
    let (phone, server) = (Phone::new(), std::sync::Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    phone.set("2021-12-31 23:50:00");
    let id = client.save_draft(&draft("あと少し")).unwrap();
    phone.set("2022-01-01 03:00:00");
    phone.turn_clock(-14);
    let saved = NewDraft { id: Some(id), ..draft("あと少しで書き終わります") };
    client.save_draft(&saved).unwrap();
    phone.turn_clock(9);
    let view = &client.drafts(None, 100).unwrap().drafts[0];
    assert_eq!(view.begun.to_string(), "2021-12-31 23:50:00 JST");
    assert!(view.send.as_ref().unwrap().eligibility.allowed(), "begun inside, within its grace");
    client.send_draft(id).unwrap();
    phone.turn_clock(0);
    assert_eq!(code(client.ask(Service::Pediatrics, SUBJECT, "新しい質問")), "window_ended");
}
