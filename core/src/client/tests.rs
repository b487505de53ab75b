//! Rules of the client against a server in memory that fails on purpose.

use std::future::Future;
use std::sync::Arc;

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::wire::{ChangeBody, RefusalCode};

use super::*;
use crate::host::Notice;
use crate::testing::{FakeServer, Fault, NIGHT, Phone};
use crate::view::{FoundIn, MessageStep};

const CHILD: Subject = Subject::Child { born: None };
const TEXT: &str = "夜中に38度の熱が出ました";

fn ask(client: &YorisoiClient) -> yorisoi_protocol::ids::ConsultationId {
    client.ask(Service::Pediatrics, CHILD, TEXT).unwrap()
}

fn step(client: &YorisoiClient) -> MessageStep {
    client.consultations(None, 100).unwrap().consultations[0].step
}

pub(super) fn code<T>(result: Result<T, YorisoiError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.code(),
    }
}

fn phone_and_server() -> (Phone, Arc<FakeServer>) {
    (Phone::new(), Arc::new(FakeServer::new()))
}

#[tokio::test]
async fn nothing_is_sent_for_a_card_that_cannot_be() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    let card = server.card();
    let wrong_symbol = card.replacen('5', "6", 1);
    let other_programme = yorisoi_protocol::EnrollmentCode::issue(40, 1).unwrap().grouped();
    for (typed, expected) in [
        ("", "card_empty"),
        ("1150-", "card_wrong_length"),
        ("115あ", "card_foreign_character"),
        (wrong_symbol.as_str(), "card_check_failed"),
        (other_programme.as_str(), "card_unknown_programme"),
        (&"1".repeat(129), "card_no_code_found"),
        (&"1".repeat(4097), "card_too_long"),
    ] {
        assert_eq!(code(client.enroll(typed).await), expected, "{typed}");
        assert_eq!(code(client.check_card(typed)), expected, "{typed}");
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn outside_the_window_a_card_is_not_sent_and_the_date_is_told() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    phone.set("2021-08-01 23:59:59");
    assert_eq!(code(client.enroll(&server.card()).await), "window_not_yet");
    assert!(client.check_card(&server.card()).unwrap().redeem.words.ja.contains("2021年8月2日から"));
    phone.set("2022-01-01 00:00:00");
    assert_eq!(code(client.enroll(&server.card()).await), "window_ended");
    assert_eq!(server.requests(), 0);
    phone.set("2021-08-02 00:00:00");
    assert!(client.enroll(&server.card()).await.is_ok());
}

#[tokio::test]
async fn a_lost_reply_to_enrolling_is_repeated_as_the_same_device() {
    let (phone, server) = phone_and_server();
    server.fail_next(Fault::ReplyLost);
    let client = phone.open(&server);
    assert_eq!(code(client.enroll(&server.card()).await), "network_interrupted");
    assert_eq!(client.enrollment().unwrap(), None);
    drop(client);
    let client = phone.open(&server);
    let granted = client.enroll(&server.card()).await.unwrap();
    let keys = server.device_keys();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
    assert_eq!(client.enroll(&server.card()).await.unwrap(), granted);
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_grant_whose_reply_was_lost_is_asked_for_even_after_the_deadline() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    phone.set("2021-12-31 23:59:59");
    server.fail_next(Fault::ReplyLost);
    assert_eq!(code(client.enroll(&server.card()).await), "network_interrupted");
    phone.set("2022-01-01 00:00:00");
    assert!(client.enroll(&server.card()).await.is_ok());
}

#[tokio::test]
async fn an_enrollment_reply_cut_anywhere_is_not_believed() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    for cut in (0..1024).step_by(31) {
        server.fail_next(Fault::CutAt(cut));
        assert_eq!(code(client.enroll(&server.card()).await), "reply_not_believed", "{cut}");
        assert_eq!(client.enrollment().unwrap(), None);
    }
    assert!(client.enroll(&server.card()).await.is_ok());
}

#[tokio::test]
async fn without_consent_nothing_is_queued() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    assert_eq!(code(client.ask(Service::Pediatrics, CHILD, TEXT)), "not_enrolled");
    client.enroll(&server.card()).await.unwrap();
    assert_eq!(code(client.ask(Service::Pediatrics, CHILD, TEXT)), "consent_needed");
    assert_eq!(client.sync_state().unwrap().pending, 0);
}

#[tokio::test]
async fn nothing_that_is_no_reply_marks_anything_as_sent() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    ask(&client);
    let html = "<html>Wi-Fi</html>".to_owned();
    let faults = [
        // After another failure it would be asked once more, with fewer operations.
        (
            Fault::Page(503, "application/json", "{\"error\":{\"code\":\"unavailable\"}}".into()),
            "server_refused",
        ),
        (Fault::Down, "network_unreachable"),
        (Fault::Page(200, "text/html", html.clone()), "reply_not_believed"),
        (Fault::Page(200, "application/json", html.clone()), "reply_not_believed"),
        (Fault::Page(200, "application/json", String::new()), "reply_not_believed"),
        (Fault::Page(200, "application/json", "{}".into()), "reply_not_believed"),
        (Fault::Page(302, "text/html", html.clone()), "reply_not_believed"),
        (Fault::Page(511, "text/html", html), "reply_not_believed"),
        (
            Fault::Page(401, "application/json", "{\"error\":{\"code\":\"unknown_device\"}}".into()),
            "device_unknown",
        ),
        (Fault::AnotherRequest, "sync_reply_not_believed"),
        (Fault::Stranger, "sync_reply_not_believed"),
        (Fault::ForeignKey, "sync_reply_not_believed"),
    ];
    for (fault, expected) in faults {
        server.fail_next(fault.clone());
        assert_eq!(code(client.sync().await), expected, "{fault:?}");
        assert_eq!(step(&client), MessageStep::SavedHere, "{fault:?}");
        assert_eq!(client.sync_state().unwrap().pending, 2, "{fault:?}");
        assert_eq!(client.sync_state().unwrap().verified_at, None, "{fault:?}");
    }
    let report = client.sync().await.unwrap();
    assert_eq!((report.held, report.pending), (2, 0));
    assert_eq!((step(&client), server.held().len()), (MessageStep::HeldByServer, 2));
}

#[tokio::test]
async fn a_sync_reply_cut_at_any_byte_leaves_one_copy_on_the_server_and_one_sent_item_here() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    ask(&client);
    for cut in 0..200 {
        server.fail_next(Fault::CutAt(cut));
        assert_eq!(code(client.sync().await), "reply_not_believed", "{cut}");
        assert_eq!(step(&client), MessageStep::SavedHere);
    }
    assert!(client.sync().await.unwrap().verified_at.is_some());
    assert_eq!(server.held().len(), 2);
    assert_eq!(client.consultations(None, 100).unwrap().consultations.len(), 1);
}

#[tokio::test]
async fn a_call_dropped_while_it_waits_loses_and_doubles_nothing() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    ask(&client);
    server.fail_next(Fault::Hangs);
    {
        let mut waiting = Box::pin(client.sync());
        let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiting.as_mut().poll(context).is_pending());
    }
    assert_eq!(client.sync_state().unwrap().pending, 2);
    assert_eq!(client.sync().await.unwrap().held, 2);
    assert_eq!(server.held().len(), 2);
}

#[tokio::test]
async fn two_syncs_at_once_send_everything_once() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    ask(&client);
    let (first, second) = tokio::join!(client.sync(), client.sync());
    assert_eq!(first.unwrap().held + second.unwrap().held, 2);
    assert_eq!(server.held().len(), 2);
}

#[tokio::test]
async fn a_refused_question_stays_readable_with_its_reason_and_blocks_nothing() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    client.sync().await.unwrap();
    let refused = ask(&client);
    ask(&client);
    server.refuse_next(RefusalCode::Ended);
    let report = client.sync().await.unwrap();
    assert_eq!((report.refused, report.held, report.pending), (1, 1, 0));
    drop(client);
    let message = phone.open(&server).messages(refused, None, 100).unwrap().messages.remove(0);
    assert_eq!((message.step, message.text.as_str()), (Some(MessageStep::Refused), TEXT));
    assert_eq!(message.refusal, Some(RefusalCode::Ended.words()));
}

#[tokio::test]
async fn a_question_goes_through_its_four_steps_and_stays_readable_offline() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let consultation = ask(&client);
    client.sync().await.unwrap();
    let held = client.messages(consultation, None, 100).unwrap().messages.remove(0);
    assert_eq!(held.held_since, Some(Timestamp::from_seconds(NIGHT + 60)));
    assert_eq!(held.due, Some(Timestamp::from_seconds(NIGHT + 60).plus_hours(24)));
    let taken = ChangeBody::Taken { consultation, role: ClinicianRole::Pediatrician };
    server.tell(1, Timestamp::from_seconds(NIGHT + 120), taken);
    client.sync().await.unwrap();
    assert_eq!(step(&client), MessageStep::TakenByClinician);
    server.answer(2, consultation, "水分をこまめにとってください。");
    client.sync().await.unwrap();
    assert_eq!((step(&client), client.unread_count().unwrap()), (MessageStep::Answered, 1));
    assert!(phone.notices.0.lock().unwrap().contains(&Notice::Consultation(consultation)));
    client.mark_read(consultation, u32::MAX).unwrap();
    drop(client);
    let client = phone.open(&server);
    assert_eq!(client.unread_count().unwrap(), 0);
    assert_eq!(
        client.messages(consultation, None, 100).unwrap().messages[1].role,
        Some(ClinicianRole::Pediatrician)
    );
    assert_eq!(client.search("水分").unwrap().len(), 1);
    assert_eq!(client.search("３８").unwrap().len(), 1);
    assert_eq!(code(client.search("水")), "search_too_short");
}

#[tokio::test]
async fn what_a_page_changes_many_times_is_told_once() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let consultation = ask(&client);
    client.sync().await.unwrap();
    for answer in 1..=5 {
        server.answer(answer, consultation, "回答");
    }
    phone.notices.0.lock().unwrap().clear();
    client.sync().await.unwrap();
    assert_eq!(*phone.notices.0.lock().unwrap(), [Notice::Consultation(consultation), Notice::Sync]);
    assert_eq!(client.unread_count().unwrap(), 5);
}

#[tokio::test]
async fn search_finds_questions_answers_and_drafts_the_newest_first_and_says_where() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let consultation = ask(&client);
    client.sync().await.unwrap();
    server.answer(2, consultation, "３８℃までは、水分をとって様子を見てください。");
    client.sync().await.unwrap();
    let messages = client.messages(consultation, None, 100).unwrap().messages;
    *phone.clock.seconds.lock().unwrap() += 7200;
    let (service, subject) = (Service::Pediatrics, CHILD);
    let text = "熱は38.5度になりました".to_owned();
    let draft =
        client.save_draft(&NewDraft { id: None, service, subject, consultation: None, text }).unwrap();
    let places = |words| -> Vec<_> {
        client.search(words).unwrap().iter().map(|hit| (hit.found_in, hit.snippet.clone())).collect()
    };
    let message = |index: usize| FoundIn::Message { consultation, message: messages[index].id };
    assert_eq!(
        places("38"),
        [
            (FoundIn::Draft(draft), "熱は38.5度になりました".to_owned()),
            (message(1), "３８℃までは、水分をとって様子を見てください。".to_owned()),
            (message(0), TEXT.to_owned()),
        ]
    );
    assert_eq!(places("なりました").len(), 1);
    client.discard_draft(draft).unwrap();
    assert!(places("なりました").is_empty());
}

#[tokio::test]
async fn what_arrives_after_it_was_taken_is_in_nobodys_hands_yet() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let consultation = ask(&client);
    client.sync().await.unwrap();
    let taken = |second| {
        let body = ChangeBody::Taken { consultation, role: ClinicianRole::Pediatrician };
        server.tell(second, Timestamp::from_seconds(NIGHT + i64::from(second)), body);
    };
    // The server held the question at second 60.
    taken(59);
    client.sync().await.unwrap();
    assert_eq!(step(&client), MessageStep::HeldByServer);
    taken(60);
    client.sync().await.unwrap();
    assert_eq!(step(&client), MessageStep::TakenByClinician);
}

#[tokio::test]
async fn a_follow_up_after_an_answer_waits_for_an_answer_of_its_own() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let consultation = ask(&client);
    client.sync().await.unwrap();
    client.follow_up(consultation, "もう一つあります").unwrap();
    server.answer(2, consultation, "回答です");
    client.sync().await.unwrap();
    let steps: Vec<_> =
        client.messages(consultation, None, 100).unwrap().messages.iter().map(|m| m.step).collect();
    // The answer was written after both were held, by the server's clock.
    assert_eq!(steps, [Some(MessageStep::Answered), Some(MessageStep::Answered), None]);
    assert_eq!(
        code(client.follow_up(yorisoi_protocol::ids::ConsultationId::from_bytes([0; 16]), "x")),
        "not_found"
    );
}

#[tokio::test]
async fn pages_are_read_to_the_end_and_a_page_twice_counts_once() {
    let (phone, _) = phone_and_server();
    let server = Arc::new(FakeServer::with_pages_of(2));
    let client = phone.enrolled(&server).await;
    let consultation = ask(&client);
    client.sync().await.unwrap();
    for id in 10..17 {
        server.answer(id, consultation, "回答");
    }
    server.fail_next(Fault::DigestOff);
    let report = client.sync().await.unwrap();
    assert!(report.verified_at.is_some());
    assert_eq!((report.requests, client.unread_count().unwrap()), (4, 7));
}

#[tokio::test]
async fn digests_that_differ_for_once_are_mended_and_for_ever_are_told() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let consultation = ask(&client);
    server.answer(1, consultation, "回答");
    server.fail_next(Fault::DigestOff);
    assert!(client.sync().await.unwrap().verified_at.is_some());
    assert_eq!(client.unread_count().unwrap(), 1);
    // Reading again does not mend it, and offering everything again does.
    (0..2).for_each(|_| server.fail_next(Fault::DigestOff));
    let held = server.held();
    assert!(client.sync().await.unwrap().verified_at.is_some());
    assert_eq!(server.held(), held, "what is offered again is taken in once");
    (0..3).for_each(|_| server.fail_next(Fault::DigestOff));
    assert_eq!(code(client.sync().await), "sync_diverged");
    assert_eq!(client.messages(consultation, None, 100).unwrap().messages.len(), 2);
    assert!(client.sync().await.unwrap().verified_at.is_some());
}

#[tokio::test]
async fn a_restored_server_gets_back_what_it_lost_and_the_phone_drops_nothing() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let consultation = ask(&client);
    client.sync().await.unwrap();
    server.answer(1, consultation, "一つ目の回答");
    ask(&client);
    client.sync().await.unwrap();
    let held = server.held();
    server.restore(1, 0);
    let report = client.sync().await.unwrap();
    assert!(report.verified_at.is_some());
    assert_eq!(server.held(), held);
    assert_eq!(client.messages(consultation, None, 100).unwrap().messages.len(), 2);
}

#[tokio::test]
async fn a_cursor_that_goes_back_is_taken_for_a_restored_server_and_loses_nothing() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let consultation = ask(&client);
    server.answer(1, consultation, "回答");
    client.sync().await.unwrap();
    let held = server.held();
    server.fail_next(Fault::CursorBack);
    assert!(client.sync().await.unwrap().verified_at.is_some());
    assert_eq!(server.held(), held);
    assert_eq!(client.messages(consultation, None, 100).unwrap().messages.len(), 2);
}

#[tokio::test]
async fn a_phone_whose_clock_is_off_signs_again_by_the_servers_time() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    phone.set("2021-10-01 01:00:00");
    let right = Timestamp::from_seconds(NIGHT);
    server.fail_next(Fault::Stale(right));
    assert!(client.sync().await.unwrap().verified_at.is_some());
    assert_eq!(server.seconds().last(), Some(&NIGHT));
}

#[tokio::test]
async fn a_slow_clock_is_learned_once_and_not_corrected_twice() {
    let (phone, server) = phone_and_server();
    phone.set("2021-10-01 01:00:00");
    server.fail_next(Fault::Stale(Timestamp::from_seconds(NIGHT)));
    let client = phone.enrolled(&server).await;
    let tolerance = yorisoi_protocol::wire::Limits::V1.clock_tolerance_seconds;
    let off = |now: i64| (server.seconds().last().unwrap() - now).abs();
    client.sync().await.unwrap();
    assert!(off(NIGHT) <= tolerance, "{}", off(NIGHT));
    drop(client);
    // The next process knows it as well.
    let client = phone.open(&server);
    client.sync().await.unwrap();
    assert!(off(NIGHT) <= tolerance, "{}", off(NIGHT));
    // Three hours later the phone's clock has passed the server's last time, and is as slow as before.
    phone.set("2021-10-01 04:00:00");
    client.sync().await.unwrap();
    assert!(off(NIGHT + 3 * 3600) <= tolerance, "{}", off(NIGHT + 3 * 3600));
}

#[tokio::test]
async fn the_window_ends_to_the_second_and_what_was_begun_inside_may_be_finished() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    phone.set("2021-12-31 23:59:59");
    assert!(client.may_ask().unwrap().eligibility.allowed());
    let draft = NewDraft {
        id: None,
        service: Service::Pediatrics,
        subject: CHILD,
        consultation: None,
        text: TEXT.into(),
    };
    let id = client.save_draft(&draft).unwrap();
    phone.set("2022-01-01 00:00:00");
    assert_eq!(code(client.ask(Service::Pediatrics, CHILD, TEXT)), "window_ended");
    let late = client.save_draft(&draft).unwrap();
    assert_eq!(code(client.send_draft(late)), "window_ended");
    client.save_draft(&NewDraft { id: Some(id), ..draft }).unwrap();
    client.send_draft(id).unwrap();
    assert_eq!(
        client.drafts(None, 100).unwrap().drafts.iter().map(|draft| draft.id).collect::<Vec<_>>(),
        [late]
    );
    phone.set("2022-01-04 00:00:00");
    assert_eq!(client.consultations(None, 100).unwrap().consultations.len(), 1);
    assert_eq!(client.safety_contacts()[0].contact.digits.as_str(), "119");
    assert!(client.exported().unwrap().contains(TEXT));
}

#[tokio::test]
async fn texts_are_checked_before_anything_is_queued() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    assert_eq!(code(client.ask(Service::Pediatrics, CHILD, " 　\n")), "text_empty");
    assert_eq!(code(client.ask(Service::Pediatrics, CHILD, &"熱".repeat(4001))), "text_too_long");
    assert!(client.consultations(None, 100).unwrap().consultations.is_empty());
    // A draft that is too long to send is kept all the same.
    let text = "熱".repeat(5000);
    let draft = |text: &str| NewDraft {
        id: None,
        service: Service::Pediatrics,
        subject: CHILD,
        consultation: None,
        text: text.into(),
    };
    let id = client.save_draft(&draft(&text)).unwrap();
    assert_eq!(code(client.send_draft(id)), "text_too_long");
    assert_eq!(client.drafts(None, 100).unwrap().drafts[0].text, text);
    assert_eq!(code(client.save_draft(&draft(&"熱".repeat(50_000)))), "text_too_long");
}

#[tokio::test]
async fn the_servers_time_is_a_floor_under_the_phones_clock() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    client.sync().await.unwrap();
    phone.turn_clock(-24 * 365 * 51);
    assert_eq!(client.time().state, yorisoi_protocol::time::ClockState::ClockSuspect);
    assert!(client.may_ask().unwrap().eligibility.allowed());
    drop(client);
    assert!(phone.open(&server).time().now >= Timestamp::from_seconds(NIGHT));
}

#[test]
fn a_setting_that_cannot_be_is_refused() {
    let (phone, _) = phone_and_server();
    let good = ClientConfig {
        directory: phone.path().to_owned(),
        server: "https://soudan.example.jp".to_owned(),
        authorities: Authorities::default(),
        roots: crate::testing::roots(),
        manifest: None,
    };
    let open = |config: ClientConfig| code(YorisoiClient::open(&config, phone.host()));
    assert_eq!(
        open(ClientConfig { server: "http://soudan.example.jp".into(), ..good.clone() }),
        "setting_invalid"
    );
    let [first, _] = good.roots.clone();
    assert_eq!(
        open(ClientConfig { roots: [first.clone(), "AAAA".into()], ..good.clone() }),
        "setting_invalid"
    );
    assert_eq!(open(ClientConfig { roots: [first.clone(), first], ..good.clone() }), "setting_invalid");
    for nowhere in ["", "phone", "./phone"] {
        assert_eq!(open(ClientConfig { directory: nowhere.into(), ..good.clone() }), "setting_invalid");
        assert!(!PathBuf::from(nowhere).join("yorisoi.db").exists());
    }
    assert_eq!(open(ClientConfig { manifest: Some(vec![1]), ..good.clone() }), "manifest_not_believed");
    assert_eq!(open(good), "ok");
}
