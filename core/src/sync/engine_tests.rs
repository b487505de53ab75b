//! The engine's rules, event by event.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use yorisoi_protocol::ids::OperationId;
use yorisoi_protocol::wire::{Held, OperationRefusal, ReceiptKeyId, RefusalCode};

use super::*;

pub(in crate::sync) const NONCE: Nonce = Nonce::from_bytes([1; 6]);

fn key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap()
}

pub(in crate::sync) fn public() -> [u8; 32] {
    key().public_key().as_ref().try_into().unwrap()
}

pub(in crate::sync) fn member() -> MemberId {
    MemberId::from_bytes([5; 16])
}

pub(in crate::sync) fn outgoing(seq: u64) -> Outgoing {
    let id = OperationId::from_bytes([seq as u8; 16]);
    Outgoing::new(seq, id, EntryText::from_text(format!("{{\"seq\":{seq}}}")).unwrap())
}

pub(in crate::sync) fn applied(outgoing: &Outgoing) -> Outcome {
    let held = Held { at: Timestamp::from_seconds(9), due: None };
    Outcome { id: Some(outgoing.id), result: OutcomeResult::Applied(held) }
}

/// Signs what these outcomes say is held, each of the operation of its id.
fn signed(outcomes: &[Outcome]) -> Option<ReceiptSignature> {
    let mut receipts = Receipts::of(member());
    for Outcome { id, result } in outcomes {
        if let (Some(id), OutcomeResult::Applied(held)) = (id, result) {
            let [seq, ..] = id.as_bytes();
            receipts.add(*id, &outgoing(u64::from(*seq)).text.hash(), *held);
        }
    }
    let signature = BASE64URL_NOPAD.encode(key().sign(receipts.signed_text()?.as_bytes()).as_ref());
    Some(ReceiptSignature { key: ReceiptKeyId::of(&public()), signature })
}

pub(in crate::sync) fn cursor(epoch: u8, position: u64) -> Cursor {
    Cursor { epoch: Epoch::from_bytes([epoch; 4]), position }
}

pub(in crate::sync) fn reply(outcomes: Vec<Outcome>, cursor: Cursor) -> SyncReply {
    SyncReply {
        answers: NONCE,
        receipt: signed(&outcomes),
        outcomes,
        changes: vec![],
        more: false,
        cursor,
        digest: StreamDigest::EMPTY,
        time: Timestamp::from_seconds(10),
    }
}

/// An engine that has sent these operations.
fn awaiting(operations: Vec<Outgoing>, cursor: Option<Cursor>) -> Engine {
    let mut engine = Engine::new(Vouching { member: member(), receipt_keys: vec![public()] }, false);
    assert_eq!(engine.step(Event::Asked), Instruction::Collect);
    let sent = engine.step(Event::Collected { operations, cursor });
    assert!(matches!(sent, Instruction::Send(_)));
    engine
}

fn after(engine: &mut Engine, reply: SyncReply) -> Instruction {
    engine.step(Event::Replied { nonce: NONCE, reply, next: vec![] })
}

#[test]
fn a_sync_with_nothing_to_do_is_one_request_and_verified() {
    let mut engine = awaiting(vec![], Some(cursor(1, 4)));
    assert!(
        matches!(after(&mut engine, reply(vec![], cursor(1, 4))), Instruction::Apply { plan, .. } if plan.is_empty())
    );
    let end = engine.step(Event::Applied { digest: StreamDigest::EMPTY, pending: 0 });
    assert_eq!(end, Instruction::Verified(Timestamp::from_seconds(10)));
}

#[test]
fn every_reply_that_is_not_to_be_believed_is_named() {
    let (one, two) = (outgoing(1), outgoing(2));
    let good = || reply(vec![applied(&one), applied(&two)], cursor(1, 5));
    let later = Held { at: Timestamp::from_seconds(11), due: None };
    let forged = Outcome { id: Some(two.id), result: OutcomeResult::Applied(later) };
    let nameless = EntryText::from_text("{\"at\":1}".to_owned()).unwrap();
    let cases = [
        (SyncReply { answers: Nonce::from_bytes([2; 6]), ..good() }, Fault::AnotherRequest),
        (SyncReply { outcomes: vec![applied(&two), applied(&one)], ..good() }, Fault::UnknownOperation),
        (
            SyncReply { outcomes: vec![applied(&one), applied(&two), applied(&two)], ..good() },
            Fault::UnknownOperation,
        ),
        (SyncReply { outcomes: vec![applied(&one), forged], ..good() }, Fault::Receipt),
        (SyncReply { receipt: None, ..good() }, Fault::Receipt),
        (SyncReply { receipt: signed(&[applied(&one)]), ..good() }, Fault::Receipt),
        (SyncReply { changes: vec![nameless], ..good() }, Fault::NamelessChange),
        (SyncReply { outcomes: vec![], ..good() }, Fault::NoProgress),
    ];
    for (reply, fault) in cases {
        let mut engine = awaiting(vec![one.clone(), two.clone()], Some(cursor(1, 4)));
        assert_eq!(after(&mut engine, reply), Instruction::Fail(fault));
        // Once failed, it is done: nothing that comes later is acted on.
        assert_eq!(after(&mut engine, good()), Instruction::Fail(Fault::OutOfTurn));
    }
    let mut engine = awaiting(vec![one.clone(), two.clone()], Some(cursor(1, 4)));
    assert!(matches!(after(&mut engine, good()), Instruction::Apply { plan, .. } if plan.settled.len() == 2));
}

#[test]
fn what_is_held_is_named_by_the_receipt_and_what_is_not_by_its_id() {
    let (one, two) = (outgoing(1), outgoing(2));
    let named = vec![applied(&one), applied(&two)];
    let nameless =
        |outcomes: &[Outcome]| outcomes.iter().map(|it| Outcome { id: None, ..it.clone() }).collect();
    let good = SyncReply { outcomes: nameless(&named), ..reply(named, cursor(1, 5)) };
    let mut engine = awaiting(vec![one.clone(), two.clone()], Some(cursor(1, 4)));
    let Instruction::Apply { plan, .. } = after(&mut engine, good.clone()) else {
        panic!("not applied");
    };
    assert_eq!(plan.settled.iter().map(|settled| settled.id).collect::<Vec<_>>(), [one.id, two.id]);
    // Signed for others than those that were sent, or in another order.
    for sent in [vec![two.clone(), one.clone()], vec![one.clone(), outgoing(3)]] {
        let mut engine = awaiting(sent, Some(cursor(1, 4)));
        assert_eq!(after(&mut engine, good.clone()), Instruction::Fail(Fault::Receipt));
    }
    let refusal = OperationRefusal { code: RefusalCode::TextTooLong, at: None };
    for result in [OutcomeResult::Refused(refusal), OutcomeResult::RetryAfter { seconds: 30 }] {
        let mut engine = awaiting(vec![one.clone()], Some(cursor(1, 4)));
        let reply = reply(vec![Outcome { id: None, result }], cursor(1, 5));
        assert_eq!(after(&mut engine, reply), Instruction::Fail(Fault::UnknownOperation));
    }
}

#[test]
fn a_receipt_for_another_member_is_no_receipt() {
    let one = outgoing(1);
    let mut engine =
        Engine::new(Vouching { member: MemberId::from_bytes([6; 16]), receipt_keys: vec![public()] }, false);
    engine.step(Event::Asked);
    engine.step(Event::Collected { operations: vec![one.clone()], cursor: None });
    assert_eq!(
        after(&mut engine, reply(vec![applied(&one)], cursor(1, 1))),
        Instruction::Fail(Fault::Receipt)
    );
}

#[test]
fn a_refused_operation_settles_and_blocks_nothing() {
    let (one, two) = (outgoing(1), outgoing(2));
    let refusal = OperationRefusal { code: RefusalCode::TextTooLong, at: None };
    let refused = Outcome::of(one.id, OutcomeResult::Refused(refusal.clone()));
    let mut engine = awaiting(vec![one.clone(), two.clone()], None);
    let Instruction::Apply { plan, .. } =
        after(&mut engine, reply(vec![refused, applied(&two)], cursor(1, 1)))
    else {
        panic!("not applied");
    };
    assert_eq!(plan.settled[0].settlement, Settlement::Refused(refusal));
    assert!(matches!(plan.settled[1].settlement, Settlement::Held(_)));
}

#[test]
fn operations_the_server_did_not_take_up_stay_and_are_sent_again() {
    let (one, two) = (outgoing(1), outgoing(2));
    let mut engine = awaiting(vec![one.clone(), two], None);
    assert!(
        matches!(after(&mut engine, reply(vec![applied(&one)], cursor(1, 1))), Instruction::Apply { plan, .. } if plan.settled.len() == 1)
    );
    assert_eq!(engine.step(Event::Applied { digest: StreamDigest::EMPTY, pending: 1 }), Instruction::Collect);
}

#[test]
fn a_server_that_asks_for_patience_ends_the_sync_for_now() {
    let one = outgoing(1);
    let wait = Outcome::of(one.id, OutcomeResult::RetryAfter { seconds: 30 });
    let mut engine = awaiting(vec![one], None);
    assert!(
        matches!(after(&mut engine, reply(vec![wait], cursor(1, 1))), Instruction::Apply { plan, .. } if plan.is_empty())
    );
    let end = engine.step(Event::Applied { digest: StreamDigest::EMPTY, pending: 1 });
    assert_eq!(end, Instruction::Wait { seconds: 30 });
}

#[test]
fn a_restored_server_is_offered_everything_again_once() {
    let mut engine = awaiting(vec![], Some(cursor(1, 4)));
    let restored = || reply(vec![], cursor(2, 1));
    assert_eq!(after(&mut engine, restored()), Instruction::OfferAgain(Some(Epoch::from_bytes([2; 4]))));
    assert_eq!(engine.step(Event::Restarted), Instruction::Collect);
    engine.step(Event::Collected { operations: vec![], cursor: Some(cursor(1, 4)) });
    assert_eq!(after(&mut engine, restored()), Instruction::Fail(Fault::Diverged));
}

#[test]
fn a_gap_below_what_was_sent_means_the_server_lost_operations() {
    let gap = |expected| Event::ServerRefused { code: ApiErrorCode::SequenceGap, expected: Some(expected) };
    let mut engine = awaiting(vec![outgoing(7)], Some(cursor(1, 4)));
    assert_eq!(engine.step(gap(3)), Instruction::OfferAgain(Some(Epoch::from_bytes([1; 4]))));
    let mut engine = awaiting(vec![outgoing(7)], Some(cursor(1, 4)));
    assert_eq!(engine.step(gap(9)), Instruction::Fail(Fault::Server(ApiErrorCode::SequenceGap)));
    // A phone may have lost its cursor to a loss of power.
    let mut engine = awaiting(vec![outgoing(7)], None);
    assert_eq!(engine.step(gap(3)), Instruction::OfferAgain(None));
}

#[test]
fn digests_that_differ_are_mended_by_reading_again_then_by_offering_again_and_no_oftener_than_once() {
    let mut engine = awaiting(vec![], Some(cursor(1, 4)));
    let off = || Event::Applied { digest: StreamDigest::from_value(1), pending: 0 };
    after(&mut engine, reply(vec![], cursor(1, 4)));
    assert_eq!(engine.step(off()), Instruction::ReadAgain(Epoch::from_bytes([1; 4])));
    assert_eq!(engine.step(Event::Restarted), Instruction::Collect);
    engine.step(Event::Collected { operations: vec![], cursor: Some(cursor(1, 0)) });
    after(&mut engine, reply(vec![], cursor(1, 4)));
    // What reading again does not mend, the server lacks.
    assert_eq!(engine.step(off()), Instruction::OfferAgain(Some(Epoch::from_bytes([1; 4]))));
    assert_eq!(engine.step(Event::Restarted), Instruction::Collect);
    engine.step(Event::Collected { operations: vec![], cursor: Some(cursor(1, 0)) });
    after(&mut engine, reply(vec![], cursor(1, 4)));
    assert_eq!(engine.step(off()), Instruction::Fail(Fault::Diverged));
}

#[test]
fn a_cursor_that_goes_back_means_that_the_server_was_restored_and_nobody_said_so() {
    let mut engine = awaiting(vec![], Some(cursor(1, 4)));
    let again = Instruction::OfferAgain(Some(Epoch::from_bytes([1; 4])));
    assert_eq!(after(&mut engine, reply(vec![], cursor(1, 3))), again);
}

#[test]
fn a_page_with_more_behind_it_is_not_compared() {
    let mut engine = awaiting(vec![], None);
    let page = SyncReply { more: true, digest: StreamDigest::from_value(9), ..reply(vec![], cursor(1, 2)) };
    after(&mut engine, page);
    assert_eq!(engine.step(Event::Applied { digest: StreamDigest::EMPTY, pending: 0 }), Instruction::Await);
}

#[test]
fn an_event_out_of_turn_ends_the_sync() {
    let mut engine = Engine::new(Vouching { member: member(), receipt_keys: vec![public()] }, false);
    assert_eq!(engine.step(Event::Restarted), Instruction::Fail(Fault::OutOfTurn));
}

#[test]
fn the_next_request_goes_ahead_only_where_nothing_of_it_depends_on_what_is_applied() {
    let (one, two, three) = (outgoing(1), outgoing(2), outgoing(3));
    let refused = OutcomeResult::Refused(OperationRefusal { code: RefusalCode::TextTooLong, at: None });
    let wait = Outcome::of(two.id, OutcomeResult::RetryAfter { seconds: 30 });
    let decided = vec![applied(&one), Outcome::of(two.id, refused)];
    let ahead = |outcomes: Vec<Outcome>, more, next: &[Outgoing]| {
        let mut engine = awaiting(vec![one.clone(), two.clone()], Some(cursor(1, 4)));
        let reply = SyncReply { more, ..reply(outcomes, cursor(1, 5)) };
        match engine.step(Event::Replied { nonce: NONCE, reply, next: next.to_vec() }) {
            Instruction::Apply { ahead, .. } => (engine, ahead),
            other => panic!("{other:?}"),
        }
    };
    let behind = [three.clone()];
    for (outcomes, more, next, operations) in [
        (decided.clone(), false, &behind[..], Some(1)),
        (decided.clone(), true, &behind[..], Some(1)),
        (decided.clone(), true, &[], Some(0)),
        (decided.clone(), false, &[], None),
        // What was not taken up must go first, and who is asked to wait waits.
        (vec![applied(&one)], false, &behind[..], None),
        (vec![applied(&one), wait], true, &behind[..], None),
        // A number is missing between.
        (decided.clone(), false, &[outgoing(4)], None),
    ] {
        let (mut engine, ahead) = ahead(outcomes, more, next);
        assert_eq!(ahead.as_ref().map(|request| request.operations.len()), operations);
        assert!(ahead.as_ref().is_none_or(|request| request.cursor == Some(cursor(1, 5))));
        let then = engine.step(Event::Applied { digest: StreamDigest::EMPTY, pending: 1 });
        assert_eq!(then == Instruction::Await, ahead.is_some());
    }
    let (mut engine, _) = ahead(decided, false, &behind);
    engine.step(Event::Applied { digest: StreamDigest::EMPTY, pending: 1 });
    let reply = reply(vec![applied(&three)], cursor(1, 6));
    assert!(matches!(after(&mut engine, reply), Instruction::Apply { plan, .. } if plan.settled.len() == 1));
}
