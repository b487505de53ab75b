//! Rules of receipts as they are kept.

use yorisoi_protocol::wire::{Held, Receipt};

use super::records::Records;
use super::tests::{at, consented, plan, question};
use super::*;
use crate::sync::Settlement;
use crate::testing::Phone;

const WORDS: &str = "夜中に三十八度の熱が出ました";

#[test]
fn receipts_are_kept_once_for_a_reply_and_taken_out_one_by_one() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let (consultation, _) = consented(&store).ask(question(WORDS), at(), None).unwrap();
    let held = Held { at: at(), due: Some(at().plus_hours(24)) };
    let kept = |statement: &str| -> i64 {
        let count = |records: &Records<'_>| Ok(records.sql.query_row(statement, [], |row| row.get(0))?);
        store.read(count).unwrap()
    };
    let receipts = || -> Vec<Option<Receipt>> {
        store.operation_pages().flat_map(Result::unwrap).map(|operation| operation.receipt).collect()
    };
    let mut number = 0;
    let mut acknowledge = |most: usize, due: bool| {
        number += 1;
        let batch = store.collect(0, most, usize::MAX).unwrap().operations;
        let mut plan = plan(&batch, consultation, number);
        if due {
            let last = plan.settled.last_mut().unwrap();
            last.settlement = Settlement::Held(held);
        }
        store.apply(&plan).unwrap();
        batch.len()
    };
    for _ in 0..7 {
        store.follow_up(consultation, WORDS.to_owned(), at(), at(), None).unwrap();
    }
    assert_eq!(acknowledge(1, false), 1);
    assert_eq!(acknowledge(5, true), 5);
    assert_eq!(kept("SELECT count(*) FROM receipts"), 2);
    let all = receipts();
    let places =
        all.iter().map(|receipt| receipt.as_ref()?.among.as_ref().map(|among| (among.index, among.size)));
    let among = (0..5).map(|index| Some((index, 5)));
    assert_eq!(
        places.collect::<Vec<_>>(),
        [None].into_iter().chain(among).chain([None, None]).collect::<Vec<_>>()
    );
    assert_eq!(all[5].as_ref().map(|receipt| receipt.due), Some(held.due));
    assert_eq!(all[6..], [None, None]);
    // Rows of operations were not written anew, and what is not held by any is forgotten with the next.
    assert_eq!(kept("SELECT sum(version) FROM operation"), 8);
    store.offer_again(None).unwrap();
    assert_eq!(receipts(), all, "until there are others");
    assert_eq!(acknowledge(100, false), 8);
    assert_eq!(kept("SELECT count(*) FROM receipts"), 3);
    store.offer_again(None).unwrap();
    assert_eq!(kept("SELECT count(*) FROM receipts"), 1);
    assert_eq!(receipts()[7].as_ref().unwrap().among.as_ref().unwrap().index, 7);
}
