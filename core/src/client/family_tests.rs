//! Rules of what is told of the family: judged here, sent nowhere, taken back at will, and quiet after a loss.

use std::sync::Arc;

use yorisoi_protocol::CivilDate;
use yorisoi_protocol::eligibility::{DateFact, Eligibility, Missing};
use yorisoi_protocol::question::{Service, Subject};

use super::tests::code;
use super::*;
use crate::family::{CHILDREN_MAX, FamilyFact, FamilyFacts};
use crate::testing::{FUCHU, FakeServer, Phone, Signed};

const WINDOW: &str = r#"{ "window": ["2021-08-02", "2021-12-31"] }"#;
/// Under four months, of whichever child.
const INFANTS: &str =
    r#"{ "window": ["2021-08-02", "2021-12-31"] }, { "child_age_lt": { "months": 4, "count": "AgeLaw" } }"#;
/// A new mother, or who cares for an infant in a parent's place.
const MOTHERS: &str = r#"{ "window": ["2021-08-02", "2021-12-31"] }, { "any": [
    { "delivered_within": { "months": 2, "count": "Art140" } }, { "caregiver_of_infant": {} }] }"#;
const TEXT: &str = "眠れません";

fn file(rules: &str) -> String {
    assert_eq!(FUCHU.matches(WINDOW).count(), 1);
    FUCHU.replace(WINDOW, rules)
}

fn open(phone: &Phone, server: &Arc<FakeServer>, file: String) -> YorisoiClient {
    phone.open_with(server, &Signed { programmes: vec![file], ..Signed::version(2) })
}

/// An enrolled phone of a programme with these rules, on 2021-10-01.
async fn enrolled(rules: &str) -> (Phone, Arc<FakeServer>, YorisoiClient) {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    drop(phone.enrolled(&server).await);
    let client = open(&phone, &server, file(rules));
    (phone, server, client)
}

fn date(text: &str) -> DateFact {
    DateFact::parse(text).unwrap()
}

fn children(dates: &[&str]) -> FamilyFact {
    FamilyFact::Children(dates.iter().map(|text| date(text)).collect())
}

fn child(born: &str) -> Subject {
    Subject::Child { born: CivilDate::parse(born) }
}

fn until(day: &str) -> Eligibility {
    Eligibility::Eligible { until: Some(CivilDate::parse(day).unwrap().ends_at()) }
}

fn ended(last: &str) -> Eligibility {
    Eligibility::Ended { since: CivilDate::parse(last).unwrap().ends_at() }
}

fn unknown(missing: &[Missing]) -> Eligibility {
    Eligibility::Unknown { missing: missing.to_vec() }
}

fn answer(client: &YorisoiClient) -> Eligibility {
    client.may_ask().unwrap().eligibility
}

fn draft(subject: Subject) -> NewDraft {
    NewDraft { id: None, service: Service::Pediatrics, subject, consultation: None, text: TEXT.to_owned() }
}

#[tokio::test]
async fn what_is_told_once_answers_what_a_card_leaves_open_and_is_changed_and_taken_back() {
    let (phone, server, client) = enrolled(INFANTS).await;
    let open_question = unknown(&[Missing::ChildBirthDate]);
    assert_eq!(answer(&client), open_question);
    for (told, expected) in [
        (&["2021-08-20"][..], until("2021-12-19")),
        (&["2021-06"], unknown(&[Missing::ChildBirthDate])),
        (&["2021-04"], ended("2021-08-29")),
        (&["2021-05-20"], ended("2021-09-19")),
        // Of twins born around midnight the younger decides; of one not told nothing is certain, nor refused.
        (&["2021-08-20", "2021-08-21"], until("2021-12-20")),
        (&["2021-05-20", "unknown"], open_question.clone()),
        (&["unknown"], open_question.clone()),
        (&[], open_question),
    ] {
        client.tell_family_fact(children(told)).unwrap();
        assert_eq!(answer(&client), expected, "{told:?}");
        assert_eq!(client.family_facts().unwrap().children.len(), told.len());
    }
    client.tell_family_fact(children(&["2021-08-20"])).unwrap();
    assert!(phone.notices.0.lock().unwrap().contains(&Notice::Family));
    drop(client);
    assert_eq!(answer(&open(&phone, &server, file(INFANTS))), until("2021-12-19"), "kept");
}

#[tokio::test]
async fn a_delivery_and_caring_for_an_infant_are_told_each_by_itself() {
    let (_phone, _server, client) = enrolled(MOTHERS).await;
    let all = [Missing::DeliveryDate, Missing::ChildBirthDate, Missing::CaregiverSince];
    assert_eq!(answer(&client), unknown(&all));
    client.tell_family_fact(FamilyFact::Delivered(date("2021-09-05"))).unwrap();
    assert_eq!(answer(&client), until("2021-11-05"));
    client.tell_family_fact(FamilyFact::Delivered(date("2021-06"))).unwrap();
    assert_eq!(answer(&client), unknown(&all[1..]), "the caregiver of an infant, perhaps");
    client.tell_family_fact(FamilyFact::CaregiverSince(date("2021-09"))).unwrap();
    client.tell_family_fact(children(&["2021-03-01"])).unwrap();
    assert_eq!(answer(&client), until("2021-12-31"));
    for taken_back in
        [FamilyFact::Delivered(DateFact::NotTold), FamilyFact::CaregiverSince(DateFact::NotTold)]
    {
        client.tell_family_fact(taken_back).unwrap();
    }
    client.tell_family_fact(children(&[])).unwrap();
    assert_eq!(client.family_facts().unwrap(), FamilyFacts::default());
    assert_eq!(answer(&client), unknown(&all));
}

#[tokio::test]
async fn moving_out_is_told_of_the_own_municipality_and_follows_its_policy() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let moved = |day| FamilyFact::MovedOut(CivilDate::parse(day));
    let stranger = phone.open(&server);
    assert_eq!(code(stranger.tell_family_fact(moved("2021-09-30"))), "not_enrolled");
    drop(stranger);
    let client = phone.enrolled(&server).await;
    client.tell_family_fact(moved("2021-10-01")).unwrap();
    assert_eq!(answer(&client), until("2021-10-01"), "the day of moving counts");
    phone.set("2021-10-02 00:00:00");
    let view = client.may_ask().unwrap();
    assert_eq!(view.eligibility, unknown(&[Missing::MoveOutRule]));
    assert!(view.words.ja.contains("市区町村の窓口"));
    assert_eq!(
        code(client.ask(Service::Pediatrics, Subject::Parent, TEXT)),
        "ok",
        "asked for, never refused"
    );
    let moved_out = client.family_facts().unwrap().moved_out.unwrap();
    assert_eq!(
        (moved_out.municipality.to_string(), moved_out.day),
        ("132063".into(), CivilDate::new(2021, 10, 1).unwrap())
    );
    client.tell_family_fact(FamilyFact::MovedOut(None)).unwrap();
    assert_eq!(answer(&client), until("2021-12-31"));
    client.tell_family_fact(moved("2021-10-01")).unwrap();
    drop(client);
    let ends = FUCHU.replace("UNDECIDED_ASK_CITY", "EndOnDate");
    let client = open(&phone, &server, ends.clone());
    assert_eq!(answer(&client), ended("2021-10-01"));
    drop(client);
    // Another city's programme is not concerned.
    let elsewhere = ends.replace("132063", "131199");
    assert_eq!(answer(&open(&phone, &server, elsewhere)), until("2021-12-31"));
}

#[tokio::test]
async fn the_birth_date_of_a_question_is_a_fact_for_that_question() {
    let (phone, _server, client) = enrolled(INFANTS).await;
    let ask = |subject| code(client.ask(Service::Pediatrics, subject, TEXT));
    assert_eq!(ask(child("2021-08-20")), "ok");
    assert_eq!(ask(child("2021-05-20")), "window_ended");
    assert_eq!(ask(Subject::Child { born: None }), "ok", "not told: asked for, never refused");
    assert_eq!(ask(Subject::Parent), "ok");
    // There is a younger child: the household is entitled, whomever it asks about.
    client.tell_family_fact(children(&["2021-08-20"])).unwrap();
    assert_eq!(ask(child("2021-05-20")), "ok");
    client.tell_family_fact(children(&["2021-05-20"])).unwrap();
    for subject in [Subject::Child { born: None }, Subject::Parent] {
        assert_eq!(ask(subject), "window_ended");
    }
    assert_eq!(ask(child("2021-08-20")), "ok", "one more child");
    phone.set("2021-12-20 00:00:00");
    assert_eq!(ask(child("2021-08-20")), "window_ended");
}

#[tokio::test]
async fn a_draft_is_judged_as_it_is_sent_and_a_follow_up_by_its_consultation() {
    let (phone, _server, client) = enrolled(INFANTS).await;
    let send = || client.drafts(None, 100).unwrap().drafts.remove(0).send.unwrap().eligibility;
    let id = client.save_draft(&draft(child("2021-05-20"))).unwrap();
    assert_eq!(send(), ended("2021-09-19"));
    assert_eq!(code(client.send_draft(id)), "window_ended");
    client.save_draft(&NewDraft { id: Some(id), ..draft(child("2021-08-20")) }).unwrap();
    assert_eq!(send(), until("2021-12-22"), "begun inside, with its grace");
    let consultation = client.send_draft(id).unwrap();
    let follow_up = NewDraft { consultation: Some(consultation), ..draft(Subject::Parent) };
    let id = client.save_draft(&follow_up).unwrap();
    phone.set("2021-12-22 23:59:59");
    assert!(send().allowed());
    assert_eq!(code(client.follow_up(consultation, TEXT)), "window_ended", "begun after the end");
    phone.set("2021-12-23 00:00:00");
    assert_eq!(send(), ended("2021-12-19"));
    assert_eq!(code(client.send_draft(id)), "window_ended");
    client.tell_family_fact(children(&["2021-12-01"])).unwrap();
    assert_eq!(code(client.send_draft(id)), "ok");
}

#[test]
fn a_card_is_judged_by_what_was_told_before_enrolling() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = open(&phone, &server, file(INFANTS));
    let redeem = || client.check_card(&server.card()).unwrap().redeem.eligibility;
    assert_eq!(redeem(), unknown(&[Missing::ChildBirthDate]));
    client.tell_family_fact(children(&["2021-05-20"])).unwrap();
    assert_eq!(redeem(), ended("2021-09-19"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(code(runtime.block_on(client.enroll(&server.card()))), "window_ended");
    assert_eq!(server.requests(), 0);
    client.tell_family_fact(children(&[])).unwrap();
    assert!(runtime.block_on(client.enroll(&server.card())).is_ok(), "nothing of it is needed");
}

#[tokio::test]
async fn a_date_that_cannot_be_is_no_fact() {
    let (phone, _server, client) = enrolled(INFANTS).await;
    let tell = |text| code(client.tell_family_fact(FamilyFact::Delivered(date(text))));
    for (text, expected) in [
        ("2021-10-02", "ok"),
        ("2021-10-03", "date_in_future"),
        ("2021-10", "ok"),
        ("2021-11", "date_in_future"),
        ("2001-10-01", "ok"),
        ("2001-09-30", "date_too_long_ago"),
        ("2001-10", "ok"),
        ("2001-09", "date_too_long_ago"),
        ("unknown", "ok"),
    ] {
        assert_eq!(tell(text), expected, "{text}");
        assert_eq!(code(client.tell_family_fact(children(&["2021-08-20", text]))), expected, "{text}");
        assert_eq!(code(client.tell_family_fact(FamilyFact::CaregiverSince(date(text)))), expected, "{text}");
    }
    let moved = |text| code(client.tell_family_fact(FamilyFact::MovedOut(CivilDate::parse(text))));
    for (text, expected) in
        [("2022-10-02", "ok"), ("2022-10-03", "date_in_future"), ("2001-09-30", "date_too_long_ago")]
    {
        assert_eq!(moved(text), expected, "{text}");
    }
    let month = FamilyFact::Delivered(DateFact::Month { year: 2021, month: 13 });
    assert_eq!(code(client.tell_family_fact(month)), "setting_invalid");
    let many = FamilyFact::Children(vec![DateFact::NotTold; CHILDREN_MAX + 1]);
    assert_eq!(code(client.tell_family_fact(many)), "setting_invalid");
    // With a question the date is refused; its draft stays, and is judged without it.
    client.tell_family_fact(children(&[])).unwrap();
    client.tell_family_fact(FamilyFact::MovedOut(None)).unwrap();
    let ask = |subject| code(client.ask(Service::Pediatrics, subject, TEXT));
    assert_eq!(ask(child("2021-10-03")), "date_in_future");
    assert_eq!(ask(child("2001-09-30")), "date_too_long_ago");
    let id = client.save_draft(&draft(child("2031-08-20"))).unwrap();
    assert_eq!(
        client.drafts(None, 100).unwrap().drafts[0].send.as_ref().unwrap().eligibility,
        unknown(&[Missing::ChildBirthDate])
    );
    assert_eq!(code(client.send_draft(id)), "date_in_future");
    assert_eq!(client.drafts(None, 100).unwrap().drafts.len(), 1);
    // A clock that cannot be right calls no date wrong.
    phone.turn_clock(-24 * 400);
    assert_eq!(client.time().state, yorisoi_protocol::time::ClockState::ClockSuspect);
    assert_eq!(tell("2021-10-03"), "ok");
}

#[tokio::test]
async fn after_a_loss_no_age_is_shown_and_everything_else_stays() {
    let (phone, server, client) = enrolled(INFANTS).await;
    client.tell_family_fact(children(&["2021-08-20"])).unwrap();
    client.tell_family_fact(FamilyFact::Delivered(date("2021-08-20"))).unwrap();
    let before = client.may_ask().unwrap();
    assert!(before.reason.ja.contains("生後") && before.reason.ja.contains("12月19日"));
    client.set_loss_mode(true).unwrap();
    let shown = client.may_ask().unwrap();
    assert_eq!((&shown.eligibility, &shown.words), (&before.eligibility, &before.words), "entitlement stays");
    assert!(!shown.reason.ja.contains("生後") && !shown.reason.ja.contains("12月"), "{}", shown.reason.ja);
    let told = client.family_facts().unwrap();
    assert!(told.children.is_empty() && told.delivered == date("2021-08-20"));
    for reason in [client.check_card(&server.card()).unwrap().redeem.reason, {
        client.save_draft(&draft(Subject::Parent)).unwrap();
        client.drafts(None, 100).unwrap().drafts.remove(0).send.unwrap().reason
    }] {
        assert_eq!(reason, shown.reason);
    }
    assert!(client.exported().unwrap().contains("2021-08-20"), "an export holds all there is");
    // Telling something else forgets nothing.
    client.tell_family_fact(FamilyFact::Delivered(DateFact::NotTold)).unwrap();
    phone.set("2021-12-20 00:00:00");
    assert_eq!(answer(&client), ended("2021-12-19"));
    client.set_loss_mode(false).unwrap();
    assert_eq!(client.family_facts().unwrap().children, [date("2021-08-20")]);
}

#[tokio::test]
async fn after_a_loss_nothing_is_asked_for() {
    let (_phone, _server, client) = enrolled(MOTHERS).await;
    assert!(client.may_ask().unwrap().words.ja.contains("教えてください"));
    client.set_loss_mode(true).unwrap();
    let view = client.may_ask().unwrap();
    assert_eq!((view.eligibility, view.words.ja.as_str()), (unknown(&[]), "ご利用いただけます。"));
    assert_eq!(code(client.ask(Service::Obstetrics, Subject::Parent, TEXT)), "ok");
}

#[tokio::test]
async fn a_programme_without_such_rules_answers_as_before() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let before = client.may_ask().unwrap();
    for fact in [
        children(&["2002-01-01", "2021-09"]),
        FamilyFact::Delivered(date("2002-01-01")),
        FamilyFact::CaregiverSince(date("2021-09-30")),
    ] {
        client.tell_family_fact(fact).unwrap();
    }
    assert_eq!(client.may_ask().unwrap(), before);
    assert_eq!(code(client.ask(Service::Pediatrics, child("2002-01-01"), TEXT)), "ok");
}

#[tokio::test]
async fn nothing_that_was_told_is_sent_or_readable_in_a_file() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    for fact in [
        children(&["2019-03-07", "2018-11"]),
        FamilyFact::Delivered(date("2017-04-05")),
        FamilyFact::CaregiverSince(date("2016-05-06")),
        FamilyFact::MovedOut(CivilDate::parse("2021-11-12")),
    ] {
        client.tell_family_fact(fact).unwrap();
    }
    assert_eq!(client.sync_state().unwrap().pending, 1, "the consent alone");
    client.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
    client.sync().await.unwrap();
    let told = ["2019-03-07", "2018-11", "2017-04-05", "2016-05-06", "2021-11-12"];
    let heard = server.heard();
    assert!(heard.contains(TEXT));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(phone.path()).unwrap() {
        files.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    for date in told {
        assert!(!heard.contains(date), "{date}");
        assert!(!files.windows(date.len()).any(|window| window == date.as_bytes()), "{date}");
    }
    let shown = format!("{:?} {:?}", client.family_facts().unwrap(), client.store.settings().unwrap());
    assert!(!told.iter().any(|date| shown.contains(date)) && !shown.contains("132063"), "{shown}");
    let export = client.exported().unwrap();
    assert!(told.iter().all(|date| export.contains(date)), "{export}");
}
