//! Rules of the ledger, sentence by sentence.

use super::*;
use crate::Timestamp;

/// A whole ledger of these decisions.
fn ledger(decisions: &[(Purpose, &str, ConsentState)]) -> Vec<ConsentEntry> {
    let mut entries: Vec<ConsentEntry> = Vec::new();
    for (number, (purpose, text_id, state)) in (1..).zip(decisions) {
        let previous_sha256 = entries.last().map_or_else(ConsentEntry::chain_start, ConsentEntry::chain_hash);
        entries.push(ConsentEntry {
            number,
            purpose: *purpose,
            text_id: (*text_id).to_owned(),
            text_sha256: "0".repeat(64),
            language: "ja".to_owned(),
            state: *state,
            at: Timestamp::from_seconds(1_633_025_500 + i64::from(number)),
            previous_sha256,
            actor: Some(Actor::Own),
            clock: Some("plausible".to_owned()),
            sdk: Some("0.1.0".to_owned()),
        });
    }
    entries
}

fn text(id: &str) -> TextId {
    TextId::parse(id).unwrap()
}

use ConsentState::{Deny, Grant, Withdraw};
use Purpose::{MunicipalHandoff, Photo, Service, Statistics, Survey};

fn survey(decisions: &[(&str, ConsentState)], asked: &str) -> Standing {
    let decisions: Vec<_> = decisions.iter().map(|(id, state)| (Survey, *id, *state)).collect();
    standing(&ledger(&decisions), Survey, &text(asked))
}

fn broken(entries: &[ConsentEntry]) -> (u32, ChainBreakKind) {
    let ChainBreak { number, kind } = verify_chain(entries).unwrap_err();
    (number, kind)
}

fn three() -> Vec<ConsentEntry> {
    ledger(&[
        (Service, "service-ja-1", Grant),
        (Survey, "survey-ja-2", Grant),
        (Survey, "survey-ja-2", Withdraw),
    ])
}

#[test]
fn nothing_is_ticked_beforehand() {
    for purpose in [Service, Photo, MunicipalHandoff, Survey, Statistics] {
        assert!(!granted(&[], purpose));
        assert_eq!(standing(&[], purpose, &text("any-ja-1")), Standing::NeverAsked);
        assert!(!Standing::NeverAsked.granted());
    }
}

#[test]
fn each_purpose_is_decided_by_itself() {
    let entries = ledger(&[(Service, "service-ja-1", Grant), (Survey, "survey-ja-1", Deny)]);
    assert!(granted(&entries, Service));
    for other in [Photo, MunicipalHandoff, Survey, Statistics] {
        assert!(!granted(&entries, other), "{other:?}");
    }
}

#[test]
fn the_service_works_with_survey_and_statistics_denied() {
    let entries = ledger(&[
        (Survey, "survey-ja-1", Deny),
        (Statistics, "statistics-ja-1", Deny),
        (Service, "service-ja-1", Grant),
        (Statistics, "statistics-ja-1", Withdraw),
    ]);
    assert!(standing(&entries, Service, &text("service-ja-1")).granted());
}

#[test]
fn the_last_word_counts() {
    assert_eq!(survey(&[("survey-ja-1", Deny), ("survey-ja-1", Grant)], "survey-ja-1"), Standing::Granted);
    assert_eq!(
        survey(&[("survey-ja-1", Grant), ("survey-ja-1", Deny)], "survey-ja-1"),
        Standing::Denied { old: None }
    );
}

#[test]
fn other_words_or_another_language_for_the_same_ask_nothing_anew() {
    for same in ["survey-ja-1", "survey-ja-1.3", "survey-en-1"] {
        assert_eq!(survey(&[("survey-ja-1.2", Grant)], same), Standing::Granted, "{same}");
    }
}

#[test]
fn a_wider_text_asks_again_and_the_old_grant_stays_for_what_it_covered() {
    let again = survey(&[("survey-ja-1", Grant)], "survey-ja-2");
    assert_eq!(again, Standing::AskAgain { old: "survey-ja-1".to_owned() });
    assert!(again.may_ask() && !again.granted());
    let entries = ledger(&[(Survey, "survey-ja-1", Grant), (Survey, "survey-ja-2", Deny)]);
    let wider = standing(&entries, Survey, &text("survey-ja-2"));
    assert_eq!(wider, Standing::Denied { old: Some("survey-ja-1".to_owned()) });
    assert!(!wider.may_ask());
    assert!(standing(&entries, Survey, &text("survey-ja-1")).granted());
    assert!(granted(&entries, Survey));
}

#[test]
fn a_grant_for_more_is_no_grant_for_a_text_never_shown() {
    let narrower = survey(&[("survey-ja-2", Grant)], "survey-ja-1");
    assert_eq!(narrower, Standing::AskAgain { old: "survey-ja-2".to_owned() });
}

#[test]
fn withdrawing_ends_every_version_at_once() {
    let said = [("survey-ja-1", Grant), ("survey-ja-2", Grant), ("survey-ja-2", Withdraw)];
    for asked in ["survey-ja-1", "survey-ja-2", "survey-ja-3"] {
        assert_eq!(survey(&said, asked), Standing::Withdrawn, "{asked}");
    }
    let entries = three();
    assert!(!granted(&entries, Survey));
    assert!(granted(&entries, Service));
    let after = [said.as_slice(), &[("survey-ja-3", Grant)]].concat();
    assert_eq!(survey(&after, "survey-ja-3"), Standing::Granted);
    assert_eq!(survey(&after, "survey-ja-1"), Standing::Withdrawn);
}

#[test]
fn who_said_no_is_not_asked_by_a_newer_text() {
    assert_eq!(survey(&[("survey-ja-1", Deny)], "survey-ja-2"), Standing::Denied { old: None });
    assert!(!Standing::Denied { old: None }.may_ask() && !Standing::Withdrawn.may_ask());
}

#[test]
fn a_text_without_a_version_in_its_name_still_counts_and_is_asked_anew_by_one_with() {
    let entries = ledger(&[(Service, "s", Grant)]);
    assert!(granted(&entries, Service));
    let with = standing(&entries, Service, &text("service-ja-1"));
    assert_eq!(with, Standing::AskAgain { old: "s".to_owned() });
    let withdrawn = ledger(&[(Service, "s", Grant), (Service, "service-ja-1", Withdraw)]);
    assert!(!granted(&withdrawn, Service));
}

#[test]
fn a_whole_ledger_is_a_chain() {
    assert_eq!(verify_chain(&[]), Ok(()));
    assert_eq!(verify_chain(&three()), Ok(()));
    assert_eq!(verify_chain(&three()[..2]), Ok(()), "a lost last entry is for the server to see");
}

#[test]
fn a_lost_entry_is_a_gap() {
    let mut entries = three();
    entries.remove(1);
    assert_eq!(broken(&entries), (3, ChainBreakKind::Gap));
    assert_eq!(broken(&three()[1..]), (2, ChainBreakKind::Gap));
}

#[test]
fn entries_out_of_their_order_are_found() {
    let mut entries = three();
    entries.swap(1, 2);
    assert_eq!(broken(&entries), (3, ChainBreakKind::Reordered));
    let mut first = three();
    first.swap(0, 1);
    assert_eq!(broken(&first), (2, ChainBreakKind::Reordered));
    let twice = [&three()[..2], &three()[1..2]].concat();
    assert_eq!(broken(&twice), (2, ChainBreakKind::Reordered));
}

#[test]
fn an_altered_entry_is_found_by_the_one_after_it_whatever_was_altered() {
    let changes: [fn(&mut ConsentEntry); 9] = [
        |entry| entry.purpose = Photo,
        |entry| entry.text_id.push('1'),
        |entry| entry.text_sha256 = "1".repeat(64),
        |entry| entry.language = "en".to_owned(),
        |entry| entry.state = Deny,
        |entry| entry.at = entry.at.plus_millis(1),
        |entry| entry.actor = Some(Actor::Representative),
        |entry| entry.clock = None,
        |entry| entry.sdk = Some("0.1.1".to_owned()),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut entries = three();
        change(&mut entries[1]);
        assert_eq!(broken(&entries), (3, ChainBreakKind::Altered), "change {index}");
    }
}

#[test]
fn a_ledger_that_continues_another_is_foreign() {
    let mut entries = three();
    entries[0].previous_sha256 = "1".repeat(64);
    assert_eq!(broken(&entries), (1, ChainBreakKind::ForeignStart));
}

#[test]
fn an_entry_from_before_the_later_fields_keeps_its_text_and_its_hash() {
    let old = r#"{"number":1,"purpose":"service","text_id":"service-ja-1","text_sha256":"0000000000000000000000000000000000000000000000000000000000000000","language":"ja","state":"grant","at":1633025500000,"previous_sha256":"0000000000000000000000000000000000000000000000000000000000000000"}"#;
    let entry: ConsentEntry = serde_json::from_slice(old.as_bytes()).unwrap();
    assert_eq!((entry.actor, &entry.clock, &entry.sdk), (None, &None, &None));
    assert_eq!(serde_json::to_string(&entry).unwrap(), old);
    let new = ConsentEntry { actor: Some(Actor::Own), ..entry.clone() };
    assert!(serde_json::to_string(&new).unwrap().ends_with(r#","actor":"self"}"#));
    assert_ne!(new.chain_hash(), entry.chain_hash());
}
