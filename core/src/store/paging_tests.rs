//! Rules of lists: paged by key, with totals, and unread counts that are right after any history.

use yorisoi_protocol::ids::{ChangeId, ConsultationId, Epoch, MessageId};
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_protocol::wire::{Change, ChangeBody, Cursor, EntryText};

use super::rows::THREAD_PAGE;
use super::tests::{at, consented, draft, question};
use super::*;
use crate::sync::{Incoming, Plan};
use crate::testing::Phone;

fn store(phone: &Phone) -> Store {
    Store::open(phone.path(), &phone.host()).unwrap()
}

fn ask(store: &Store, text: &str) -> ConsultationId {
    consented(store).ask(question(text), at(), None).unwrap().0
}

/// Answers, one to each of these consultations, as one page of the stream.
fn answers(first: u32, to: &[ConsultationId]) -> Plan {
    let changes = to.iter().zip(first..).map(|(consultation, number)| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let (id, text) = (ChangeId::from_bytes(id), format!("回答{number}"));
        let body = ChangeBody::Answer { consultation: *consultation, role: ClinicianRole::Midwife, text };
        let change = Change { id, at: at(), body };
        let text = EntryText::write(&change).unwrap();
        Incoming { id, change: Some(change), text }
    });
    let position = u64::from(first) + to.len() as u64;
    let cursor = Cursor { epoch: Epoch::from_bytes([1; 4]), position };
    Plan { settled: Vec::new(), receipts: None, changes: changes.collect(), cursor, time: at() }
}

fn listed(store: &Store, most: u32) -> (Vec<ConsultationId>, Vec<u64>) {
    let (mut ids, mut totals, mut below) = (Vec::new(), Vec::new(), None);
    loop {
        let (page, _) = store.consultations(below, most).unwrap();
        assert!(page.rows.len() <= most as usize);
        ids.extend(page.rows.iter().map(|(id, _)| *id));
        totals.push(page.total);
        below = page.next;
        if below.is_none() {
            return (ids, totals);
        }
    }
}

#[test]
fn pages_of_any_size_give_every_consultation_once_the_one_written_in_last_first() {
    let phone = Phone::new();
    let store = store(&phone);
    assert_eq!(listed(&store, 3), (vec![], vec![0]));
    let mut ids: Vec<_> = (0..7).map(|n| ask(&store, &format!("質問{n}"))).collect();
    store.follow_up(ids[2], "x".to_owned(), at(), at(), None).unwrap();
    store.apply(&answers(1, &[ids[4]])).unwrap();
    ids.reverse();
    let (answered, followed) = (ids.remove(2), ids.remove(3));
    ids.splice(0..0, [answered, followed]);
    for most in 1..=8 {
        let (found, totals) = listed(&store, most);
        assert_eq!(found, ids, "{most}");
        assert_eq!(totals, vec![7; 7usize.div_ceil(most as usize)], "{most}");
    }
}

#[test]
fn what_is_written_while_a_list_is_read_shows_no_row_twice_and_hides_none_that_stood_still() {
    let phone = Phone::new();
    let store = store(&phone);
    let ids: Vec<_> = (0..6).map(|n| ask(&store, &format!("質問{n}"))).collect();
    let (first, _) = store.consultations(None, 3).unwrap();
    store.follow_up(ids[0], "x".to_owned(), at(), at(), None).unwrap();
    ask(&store, "new");
    let (rest, _) = store.consultations(first.next, 10).unwrap();
    let rest: Vec<_> = rest.rows.into_iter().map(|(id, _)| id).collect();
    assert_eq!(rest, [ids[2], ids[1]], "the one written in moved to the head");
}

#[test]
fn a_long_thread_reads_the_same_in_pages_of_any_size() {
    let phone = Phone::new();
    let store = store(&phone);
    let id = ask(&store, "0");
    let count = THREAD_PAGE * 2 + 5;
    for number in 1..count {
        if number % 3 == 0 {
            store.apply(&answers(u32::try_from(number).unwrap(), &[id])).unwrap();
        } else {
            store.follow_up(id, number.to_string(), at(), at(), None).unwrap();
        }
    }
    let expected: Vec<_> = (0..count)
        .map(
            |number| {
                if number > 0 && number % 3 == 0 { format!("回答{number}") } else { number.to_string() }
            },
        )
        .collect();
    for most in [1, 2, 63, 64, 65, 500] {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = store.thread(id, before, most).unwrap();
            assert_eq!(page.summary.messages() as usize, count);
            let texts = page.messages.into_iter().map(|message| message.text);
            found.splice(0..0, texts.collect::<Vec<_>>());
            before = Some(page.first);
            if page.first == 0 {
                break;
            }
        }
        assert_eq!(found, expected, "{most}");
    }
    assert!(store.thread(id, Some(0), 10).unwrap().messages.is_empty());
    assert_eq!(store.thread(id, Some(u32::MAX), 1).unwrap().messages[0].text, expected[count - 1]);
}

#[test]
fn drafts_come_in_pages_too_the_one_saved_last_first() {
    let phone = Phone::new();
    let store = store(&phone);
    let ids: Vec<_> = (1..=5).map(|n| MessageId::from_bytes([n; 16])).collect();
    for id in &ids {
        store.save_draft(*id, &draft("x")).unwrap();
    }
    store.save_draft(ids[1], &draft("y")).unwrap();
    let page = store.drafts(None, 2).unwrap();
    assert_eq!(page.rows.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [ids[1], ids[4]]);
    assert_eq!(page.total, 5);
    let rest = store.drafts(page.next, 10).unwrap();
    assert_eq!(rest.rows.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [ids[3], ids[2], ids[0]]);
    assert_eq!(rest.next, None);
}

#[test]
fn unread_counts_are_right_after_any_history() {
    // A seeded history of asking, answering, answering again, reading and half reading.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let phone = Phone::new();
    let store = store(&phone);
    let mut ids = vec![ask(&store, "0")];
    // What each thread holds: whether it is an answer, and whether it was read.
    let mut truth: Vec<Vec<Option<bool>>> = vec![vec![None]];
    let mut number = 1;
    for _ in 0..400 {
        let which = random(ids.len());
        match random(10) {
            0 => {
                ids.push(ask(&store, "x"));
                truth.push(vec![None]);
            }
            1 | 2 => {
                store.follow_up(ids[which], "x".to_owned(), at(), at(), None).unwrap();
                truth[which].push(None);
            }
            3..=7 => {
                let to: Vec<_> = (0..=random(6)).map(|_| random(ids.len())).collect();
                let plan = answers(number, &to.iter().map(|to| ids[*to]).collect::<Vec<_>>());
                number += u32::try_from(to.len()).unwrap();
                store.apply(&plan).unwrap();
                // The same page told again counts nothing twice.
                store.apply(&plan).unwrap();
                for to in to {
                    truth[to].push(Some(false));
                }
            }
            _ => {
                let seen = random(truth[which].len() + 3);
                store.mark_read(ids[which], u32::try_from(seen).unwrap()).unwrap();
                for read in truth[which].iter_mut().take(seen) {
                    *read = read.map(|_| true);
                }
            }
        }
        if random(20) == 0 {
            store.read_again(Epoch::from_bytes([1; 4])).unwrap();
        }
        let unread = |thread: &Vec<Option<bool>>| thread.iter().filter(|read| **read == Some(false)).count();
        let all: usize = truth.iter().map(unread).sum();
        assert_eq!(store.unread().unwrap() as usize, all);
        let (page, sum) = store.consultations(None, 500).unwrap();
        assert_eq!(sum as usize, all);
        for (id, summary) in page.rows {
            let which = ids.iter().position(|known| *known == id).unwrap();
            assert_eq!(summary.unread as usize, unread(&truth[which]));
        }
    }
    assert!(number > 500 && truth.iter().any(|thread| thread.len() > THREAD_PAGE), "{number}");
}
