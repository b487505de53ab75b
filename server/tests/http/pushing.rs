//! Rules of operations on their way up.

use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::ids::ConsultationId;
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::wire::{
    ApiErrorCode, EntryText, Held, OperationBody, OperationRefusal, OutcomeResult, RefusalCode, SyncReply,
};

use crate::device::{Device, consent, consultation_of};
use crate::world::{FUCHU, World, on};

fn refused(reply: &SyncReply) -> Vec<RefusalCode> {
    let code = |outcome: &yorisoi_protocol::wire::Outcome| match &outcome.result {
        OutcomeResult::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    };
    reply.outcomes.iter().map(code).collect()
}

fn changed(text: &EntryText, from: &str, to: &str) -> EntryText {
    let changed = text.as_str().replacen(from, to, 1);
    assert_ne!(changed, text.as_str());
    EntryText::from_text(changed).unwrap()
}

fn waiting(world: &World) -> u32 {
    let clinician = yorisoi_protocol::question::ClinicianRole::Midwife;
    let session = world.clinician(&format!("m{}", world.now().millis()), clinician);
    let queue: yorisoi_server::desk_api::Queue = session.get("/v1/desk/queue").json();
    queue.consultations.iter().map(|item| item.messages).sum()
}

#[test]
fn an_accepted_question_has_a_signed_receipt_and_a_due_time() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let (_, receipt) = device.asked("熱があります");
    assert_eq!(receipt.at, world.now());
    assert_eq!(receipt.due, Some(world.now().plus_hours(24)));
}

#[test]
fn a_reply_that_was_lost_is_given_again_and_there_is_one_copy() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let operations = [device.ask("一つ目"), device.ask("二つ目"), device.ask("  ")];
    let first: SyncReply = device.sync_raw(&operations).json();
    // The phone never saw it and sends the same again, later.
    world.clock.set(on("2021-09-03", 0));
    let second = device.sync(&operations);
    for (before, after) in first.outcomes.iter().zip(&second.outcomes) {
        assert_eq!(before.id, after.id);
        match (&before.result, &after.result) {
            (OutcomeResult::Applied(first), OutcomeResult::Duplicate(again)) => assert_eq!(first, again),
            (OutcomeResult::Refused(first), OutcomeResult::Refused(again)) => assert_eq!(first, again),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(first.digest, second.digest);
    assert_eq!(second.digest, device.digest);
    assert_eq!(waiting(&world), 2);
}

#[test]
fn a_gap_refuses_the_whole_request_and_says_what_is_missing() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let [first, second, third] = [device.ask("一"), device.ask("二"), device.ask("三")];
    let refusal = device.sync_raw(&[first.clone(), third.clone()]).refusal();
    assert_eq!(refusal.code, ApiErrorCode::SequenceGap);
    assert_eq!(refusal.expected, Some(2));
    // Nothing of it was stored: the first is new.
    let reply = device.sync(&[first, second, third]);
    assert!(reply.outcomes.iter().all(|outcome| matches!(outcome.result, OutcomeResult::Applied(_))));
    let backwards = [device.ask("四"), device.ask("五")];
    let refusal = device.sync_raw(&[backwards[1].clone(), backwards[0].clone()]).refusal();
    assert_eq!(refusal.expected, Some(4));
    let far = changed(&backwards[0], "\"seq\":4", "\"seq\":18446744073709551615");
    assert_eq!(device.sync_raw(&[far]).refusal().code, ApiErrorCode::SequenceGap);
    let zero = changed(&backwards[0], "\"seq\":4", "\"seq\":0");
    assert_eq!(device.sync_raw(&[zero]).refusal().code, ApiErrorCode::Malformed);
}

#[test]
fn the_same_id_with_other_bytes_is_refused_and_changes_nothing() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let (first, receipt) = device.asked("最初の文");
    let other = changed(&first, "最初の文", "別の文");
    let reply = device.sync(std::slice::from_ref(&other));
    assert_eq!(refused(&reply), [RefusalCode::OtherBytes]);
    // Under the next number it is refused too, and the number is used up, so that what follows is not held up.
    let renumbered = changed(&other, "\"seq\":1", "\"seq\":2");
    for _ in 0..2 {
        let reply = device.sync(std::slice::from_ref(&renumbered));
        assert_eq!(refused(&reply), [RefusalCode::OtherBytes]);
    }
    device.seq = 2;
    device.asked("次の質問");
    let again = device.sync_raw(std::slice::from_ref(&first)).json::<SyncReply>();
    assert_eq!(again.outcomes[0].result, OutcomeResult::Duplicate(receipt));
    assert_eq!(again.digest, device.digest);
}

#[test]
fn another_members_operation_id_is_not_taken_over() {
    let world = World::new();
    let (mut one, mut two) = (Device::enrolled(&world, 1), Device::enrolled(&world, 2));
    let (operation, _) = one.asked("わたしの質問");
    let reply = two.sync(std::slice::from_ref(&operation));
    assert_eq!(refused(&reply), [RefusalCode::OtherBytes]);
    assert_eq!(one.sync(&[]).digest, one.digest);
}

#[test]
fn a_kind_this_server_does_not_know_is_refused_once_and_for_all() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let unknown = changed(&device.ask("x"), "\"ask\"", "\"telepathy\"");
    let unknown_service = changed(&device.ask("x"), "\"pediatrics\"", "\"astrology\"");
    let fine = device.ask("これは普通の質問です");
    for _ in 0..2 {
        let reply =
            device.sync_raw(&[unknown.clone(), unknown_service.clone(), fine.clone()]).json::<SyncReply>();
        for outcome in &reply.outcomes[..2] {
            let refusal = OperationRefusal { code: RefusalCode::UnknownOperation, at: None };
            assert_eq!(outcome.result, OutcomeResult::Refused(refusal));
        }
        assert!(!matches!(reply.outcomes[2].result, OutcomeResult::Refused(_)));
    }
    let nameless = EntryText::from_text("{\"seq\":4}".to_owned()).unwrap();
    let good = device.ask("y");
    let refusal = device.sync_raw(&[good.clone(), nameless]).refusal();
    assert_eq!(refusal.code, ApiErrorCode::Malformed);
    assert!(matches!(device.sync(&[good]).outcomes[0].result, OutcomeResult::Applied(_)));
}

#[test]
fn texts_services_and_consultations_are_checked() {
    let world = World::with(&FUCHU.replace("[\"obstetrics\", \"pediatrics\"]", "[\"pediatrics\"]"));
    let (mut device, mut other) = (Device::enrolled(&world, 1), Device::enrolled(&world, 2));
    let (foreign, _) = other.asked("他の人の相談");
    let (own, _) = device.asked("わたしの相談");
    let follow_up = |consultation| OperationBody::FollowUp {
        consultation,
        text: "続き".to_owned(),
        begun: world.now(),
        photos: Vec::new(),
    };
    let obstetrics = OperationBody::Ask {
        consultation: ConsultationId::from_bytes([5; 16]),
        service: Service::Obstetrics,
        subject: Subject::Parent,
        text: "相談".to_owned(),
        begun: world.now(),
        photos: Vec::new(),
    };
    let operations = [
        device.ask(&"熱".repeat(4001)),
        device.ask(" \n　"),
        device.operation(obstetrics),
        device.ask_as(consultation_of(&own), "同じ相談", world.now()),
        device.ask_as(consultation_of(&foreign), "他の人の相談", world.now()),
        device.operation(follow_up(consultation_of(&foreign))),
        device.operation(follow_up(ConsultationId::from_bytes([6; 16]))),
    ];
    assert_eq!(
        refused(&device.sync(&operations)),
        [
            RefusalCode::TextTooLong,
            RefusalCode::TextEmpty,
            RefusalCode::ServiceNotOffered,
            RefusalCode::ConsultationExists,
            RefusalCode::ConsultationExists,
            RefusalCode::UnknownConsultation,
            RefusalCode::UnknownConsultation,
        ]
    );
    let fine = [device.ask(&"熱".repeat(4000)), device.operation(follow_up(consultation_of(&own)))];
    let reply = device.sync(&fine);
    assert!(reply.outcomes.iter().all(|o| matches!(o.result, OutcomeResult::Applied(_))));
    assert_eq!(waiting(&world), 4);
}

#[test]
fn the_window_is_the_servers_and_what_was_begun_inside_may_be_finished() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let (from, since) = (on("2021-08-02", 0), on("2022-01-01", 0));
    let mut send = |now, begun| {
        world.clock.set(now);
        let consultation = ConsultationId::from_bytes(device.draw());
        let operation = device.ask_as(consultation, "質問", begun);
        match device.sync(&[operation]).outcomes.remove(0).result {
            OutcomeResult::Refused(refusal) => Some(refusal),
            _ => None,
        }
    };
    let not_yet = OperationRefusal { code: RefusalCode::NotYet, at: Some(from) };
    let ended = OperationRefusal { code: RefusalCode::Ended, at: Some(since) };
    assert_eq!(send(on("2021-08-02", -1), on("2021-08-02", -1)), Some(not_yet));
    assert_eq!(send(from, from), None);
    assert_eq!(send(on("2022-01-01", -1), on("2022-01-01", -1)), None);
    assert_eq!(send(since, since), Some(ended.clone()));
    assert_eq!(send(since, on("2022-01-01", -1)), None);
    assert_eq!(send(on("2022-01-04", -1), on("2022-01-01", -1)), None);
    assert_eq!(send(on("2022-01-04", 0), on("2022-01-01", -1)), Some(ended));
}

#[test]
fn the_consent_ledger_is_a_chain() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let entry = |number, previous| consent(world.now(), number, previous);
    let first = entry(1, ConsentEntry::chain_start());
    let second = entry(2, first.chain_hash());
    let wrong = [entry(2, ConsentEntry::chain_start()), entry(1, "1".repeat(64))];
    let operations: Vec<EntryText> =
        wrong.into_iter().map(|entry| device.operation(OperationBody::Consent(entry))).collect();
    assert_eq!(refused(&device.sync(&operations)), [RefusalCode::ConsentChain; 2]);
    let operations: Vec<EntryText> = [first.clone(), second]
        .into_iter()
        .map(|entry| device.operation(OperationBody::Consent(entry)))
        .collect();
    let reply = device.sync(&operations);
    for outcome in reply.outcomes {
        assert_eq!(outcome.result, OutcomeResult::Applied(Held { at: world.now(), due: None }));
    }
    let again = device.operation(OperationBody::Consent(entry(3, first.chain_hash())));
    assert_eq!(refused(&device.sync(&[again])), [RefusalCode::ConsentChain]);
}
