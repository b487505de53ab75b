//! Manifests end to end: who may sign, what is refused, rotation of keys and a stolen one.

use proptest::prelude::*;
use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};

use super::*;
use crate::cbor::CborProblem;
use crate::code::EnrollmentCode;
use crate::manifest::{ManifestStanding, Succession};
use crate::municipality::Municipality;
use crate::signed::{KeyId, TICKET_AAD, public_key, sign};
use crate::ticket::{CardPrefix, Ticket, TicketError, TicketTerms};

const FUCHU: &str = include_str!("../../../sandbox/programmes/fuchu-2021.json");
const ITABASHI: &str = include_str!("../../../sandbox/programmes/itabashi-2021.json");

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn roots() -> Roots {
    Roots([public_key(&pair(1)), public_key(&pair(2))])
}

fn at(day: &str) -> Timestamp {
    crate::date::CivilDate::parse(day).unwrap().starts_at()
}

fn programme_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn ticket_key(seed: u8, status: &str) -> Value {
    let public = public_key(&pair(seed));
    json!({
        "kid": KeyId::of(&public), "public": public, "issuers": ["132063"],
        "not_before": at("2021-07-01"), "expires": at("2021-09-01"), "status": status,
    })
}

fn draft() -> Value {
    json!({
        "format": 1, "version": 7, "issued_at": at("2021-08-01"), "not_after": at("2021-10-01"),
        "smallest_sdk": "0.1.0",
        "ticket_keys": [ticket_key(10, "active")],
        "receipt_keys": [public_key(&pair(20))],
        "programmes": [programme_json(FUCHU), programme_json(ITABASHI)],
        "revoked_cards": [],
    })
}

fn draft_with(field: &str, value: Value) -> Value {
    let mut draft = draft();
    draft[field] = value;
    draft
}

/// Signed as it is, whatever a careful operator's command would say.
fn signed_by(root: u8, draft: &Value) -> Vec<u8> {
    sign(&pair(root), &serde_json::to_vec(draft).unwrap(), MANIFEST_AAD)
}

fn verified(draft: &Value) -> Manifest {
    Manifest::verify(&signed_by(1, draft), &roots()).unwrap()
}

fn refused(draft: &Value) -> ManifestError {
    let error = Manifest::verify(&signed_by(1, draft), &roots()).unwrap_err();
    assert_eq!(Manifest::sign(&serde_json::to_vec(draft).unwrap(), &pair(1)), Err(error.clone()));
    error
}

fn code() -> EnrollmentCode {
    EnrollmentCode::issue(37, 0x1234).unwrap()
}

fn ticket(key: u8, issued: &str) -> Vec<u8> {
    let terms = TicketTerms {
        issuer: Municipality::parse("132063").unwrap(),
        not_before: at("2021-08-02"),
        expires: at("2022-01-01"),
        issued_at: at(issued),
        rule_set_version: 1,
    };
    Ticket::sign(&terms, &code(), &pair(key)).unwrap()
}

#[test]
fn either_root_may_sign_and_the_manifest_says_what_was_signed() {
    for root in [1, 2] {
        let manifest = Manifest::verify(&signed_by(root, &draft()), &roots()).unwrap();
        assert_eq!((manifest.version, manifest.unreadable), (7, 0));
        assert_eq!((manifest.issued_at, manifest.not_after), (at("2021-08-01"), at("2021-10-01")));
        assert_eq!(manifest.receipt_keys, [public_key(&pair(20))]);
        assert_eq!(manifest.ticket_keys().keys().len(), 1);
        assert_eq!(manifest.programme(37).unwrap().id, "fuchu-2021");
        assert_eq!(manifest.programme(36), None);
    }
    let json = serde_json::to_vec_pretty(&draft()).unwrap();
    let signed = Manifest::sign(&json, &pair(2)).unwrap();
    assert!(Manifest::verify(&signed, &roots()).is_ok());
    let own = signed.windows(json.len()).any(|window| window == json);
    assert!(own, "the operator's bytes are signed as they are");
}

#[test]
fn a_third_key_may_not_sign() {
    let key = KeyId::of(&public_key(&pair(3)));
    let offered = Manifest::verify(&signed_by(3, &draft()), &roots());
    assert_eq!(offered, Err(ManifestError::UnknownRoot { key }));
}

#[test]
fn a_ticket_key_may_not_sign_a_manifest_nor_a_root_a_ticket() {
    let key = KeyId::of(&public_key(&pair(10)));
    let offered = Manifest::verify(&signed_by(10, &draft()), &roots());
    assert_eq!(offered, Err(ManifestError::UnknownRoot { key }));
    let manifest = verified(&draft());
    let by_root = ticket(1, "2021-08-01");
    let key = KeyId::of(&public_key(&pair(1)));
    assert_eq!(Ticket::verify(&by_root, manifest.ticket_keys()), Err(TicketError::UnknownKey { key }));
}

#[test]
fn a_signature_of_a_root_for_another_purpose_is_refused() {
    let json = serde_json::to_vec(&draft()).unwrap();
    let as_ticket = sign(&pair(1), &json, TICKET_AAD);
    assert_eq!(Manifest::verify(&as_ticket, &roots()), Err(ManifestError::SignatureWrong));
}

#[test]
fn one_changed_byte_or_a_cut_anywhere_is_refused() {
    let signed = signed_by(1, &draft());
    for index in (0..signed.len()).step_by(7).chain(signed.len() - 70..signed.len()) {
        let mut changed = signed.clone();
        changed[index] ^= 0x20;
        assert!(Manifest::verify(&changed, &roots()).is_err(), "{index}");
        assert!(Manifest::verify(&signed[..index], &roots()).is_err(), "{index}");
    }
}

#[test]
fn more_than_a_megabyte_is_not_looked_at() {
    let long = vec![0; MANIFEST_MAX_BYTES + 1];
    let refusal = ManifestError::TooLong { bytes: long.len(), max: MANIFEST_MAX_BYTES };
    assert_eq!(Manifest::verify(&long, &roots()), Err(refusal));
    let mut json = serde_json::to_vec(&draft()).unwrap();
    json.resize(MANIFEST_PAYLOAD_MAX_BYTES, b' ');
    let signed = Manifest::sign(&json, &pair(1)).unwrap();
    assert!(signed.len() <= MANIFEST_MAX_BYTES);
    assert!(Manifest::verify(&signed, &roots()).is_ok());
    json.push(b' ');
    assert!(matches!(Manifest::sign(&json, &pair(1)), Err(ManifestError::TooLong { .. })));
}

#[test]
fn a_manifest_never_goes_back() {
    let held = verified(&draft()).held();
    let offered = |version: u64| verified(&draft_with("version", version.into()));
    assert_eq!(offered(8).follows(Some(&held)), Ok(Succession::Newer));
    assert_eq!(offered(7).follows(Some(&held)), Ok(Succession::Same));
    let back = ManifestError::Rollback { held: 7, offered: 6 };
    assert_eq!(offered(6).follows(Some(&held)), Err(back));
    let mut other = draft_with("not_after", json!(at("2021-11-01")));
    assert_eq!(verified(&other).follows(Some(&held)), Err(ManifestError::OtherBytes { version: 7 }));
    other["version"] = json!(u64::MAX);
    assert_eq!(verified(&other).follows(Some(&held)), Ok(Succession::Newer));
    assert_eq!(offered(1).follows(None), Ok(Succession::Newer));
}

#[test]
fn the_same_content_under_the_other_root_is_the_same_manifest() {
    let first = Manifest::verify(&signed_by(1, &draft()), &roots()).unwrap();
    let second = Manifest::verify(&signed_by(2, &draft()), &roots()).unwrap();
    assert_eq!(second.follows(Some(&first.held())), Ok(Succession::Same));
}

#[test]
fn an_expired_manifest_says_so_and_still_verifies_tickets() {
    let manifest = verified(&draft());
    let (until, issued_at) = (at("2021-10-01"), at("2021-08-01"));
    assert_eq!(manifest.standing(issued_at.plus_millis(-1)), ManifestStanding::Early { issued_at });
    assert_eq!(manifest.standing(issued_at), ManifestStanding::Current { until });
    assert_eq!(manifest.standing(until.plus_millis(-1)), ManifestStanding::Current { until });
    assert_eq!(manifest.standing(until), ManifestStanding::Expired { since: until });
    assert_eq!(manifest.standing(until.plus_millis(-1)).words(), None);
    assert!(manifest.standing(until).words().unwrap().ja.contains("2021年10月1日"));
    assert!(Ticket::verify(&ticket(10, "2021-08-01"), manifest.ticket_keys()).is_ok());
}

#[test]
fn a_key_is_rotated_without_a_card_going_bad() {
    let old = |status| ticket_key(10, status);
    let keys = |keys: Vec<Value>| verified(&draft_with("ticket_keys", keys.into())).ticket_keys().clone();
    let (before, after) = (ticket(10, "2021-08-01"), ticket(11, "2021-08-20"));
    let first = keys(vec![old("active")]);
    assert!(Ticket::verify(&before, &first).is_ok());
    assert!(matches!(Ticket::verify(&after, &first), Err(TicketError::UnknownKey { .. })));
    // The new key signs from here on; the old one ends.
    let mut retired = old("retired");
    retired["expires"] = json!(at("2021-08-15"));
    let second = keys(vec![retired, ticket_key(11, "active")]);
    assert!(Ticket::verify(&before, &second).is_ok());
    assert!(Ticket::verify(&after, &second).is_ok());
    let late = Ticket::verify(&ticket(10, "2021-08-15"), &second);
    assert!(matches!(late, Err(TicketError::KeyNotValidThen { .. })));
}

#[test]
fn a_stolen_batch_key_verifies_nothing_once_the_manifest_says_so() {
    let revoked =
        verified(&draft_with("ticket_keys", json!([ticket_key(10, "revoked"), ticket_key(11, "active")])));
    // Backdated by the thief or honest: nobody can tell, so every card of the batch is out.
    for stolen in [ticket(10, "2021-07-01"), ticket(10, "2021-08-31")] {
        let refusal = Ticket::verify(&stolen, revoked.ticket_keys());
        assert!(matches!(refusal, Err(TicketError::KeyRevoked { .. })));
    }
    assert!(Ticket::verify(&ticket(11, "2021-08-20"), revoked.ticket_keys()).is_ok());
}

#[test]
fn a_revoked_card_is_refused_offline() {
    let kid = KeyId::of(&public_key(&pair(10)));
    let cards = json!([{"kid": kid, "cards": [CardPrefix::of(&code())]}]);
    let manifest = verified(&draft_with("revoked_cards", cards));
    let refusal = Ticket::verify(&ticket(10, "2021-08-01"), manifest.ticket_keys());
    assert_eq!(refusal, Err(TicketError::CardRevoked));
}

#[test]
fn a_key_status_of_a_newer_version_verifies_nothing() {
    let newer = draft_with("ticket_keys", json!([ticket_key(10, "suspended")]));
    let manifest = verified(&newer);
    let refusal = Ticket::verify(&ticket(10, "2021-08-01"), manifest.ticket_keys());
    assert!(matches!(refusal, Err(TicketError::KeyRevoked { .. })));
    let signing = Manifest::sign(&serde_json::to_vec(&newer).unwrap(), &pair(1));
    assert!(matches!(signing, Err(ManifestError::Value { field: "ticket_keys", .. })));
}

#[test]
fn fields_that_this_version_does_not_know_are_ignored() {
    let mut newer = draft_with("colour_of_the_desk", json!({"deep": [1, 2.5, null]}));
    newer["ticket_keys"][0]["batch"] = json!("spring");
    assert_eq!(verified(&newer).ticket_keys(), verified(&draft()).ticket_keys());
}

#[test]
fn a_programme_that_this_version_cannot_read_is_left_out_and_counted() {
    let mut newer = programme_json(ITABASHI);
    newer["zone"] = json!("Asia/Seoul");
    let draft = draft_with("programmes", json!([newer, programme_json(FUCHU), 5]));
    let manifest = verified(&draft);
    assert_eq!((manifest.programmes.len(), manifest.unreadable), (1, 2));
    assert!(manifest.programme(37).is_some());
    // An operator of this version cannot sign what its own devices leave out.
    let signing = Manifest::sign(&serde_json::to_vec(&draft).unwrap(), &pair(1));
    assert!(matches!(signing, Err(ManifestError::Programme { number: 1, .. })));
}

#[test]
fn a_format_of_a_newer_version_is_named_before_anything_else_is_read() {
    assert_eq!(refused(&json!({"format": 2, "keys": 5})), ManifestError::UnknownFormat { found: 2 });
}

#[test]
fn values_that_cannot_be_are_refused_by_field() {
    let mut renamed = ticket_key(10, "active");
    renamed["kid"] = json!("00000000");
    let mut empty = ticket_key(10, "active");
    empty["expires"] = empty["not_before"].clone();
    let kid = KeyId::of(&public_key(&pair(10)));
    let mut double_index = programme_json(ITABASHI);
    double_index["index"] = json!(37);
    double_index["rules"]["use"]["all"][0]["programme"] = json!(37);
    let mut double_id = programme_json(FUCHU);
    double_id["index"] = json!(38);
    double_id["rules"]["use"]["all"][0]["programme"] = json!(38);
    for (field, value) in [
        ("version", json!(0)),
        ("not_after", json!(at("2021-08-01"))),
        ("ticket_keys", json!([renamed])),
        ("ticket_keys", json!([empty])),
        ("ticket_keys", json!([ticket_key(10, "active"), ticket_key(10, "revoked")])),
        ("revoked_cards", json!([{"kid": kid, "cards": []}, {"kid": kid, "cards": []}])),
        ("programmes", json!([programme_json(FUCHU), double_index])),
        ("programmes", json!([programme_json(FUCHU), double_id])),
    ] {
        match refused(&draft_with(field, value.clone())) {
            ManifestError::Value { field: found, .. } => assert_eq!(found, field, "{value}"),
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn json_of_another_shape_is_refused_with_its_line() {
    for (field, value) in [
        ("version", json!(-1)),
        ("version", json!(1.5)),
        ("issued_at", json!("2021-08-01")),
        ("smallest_sdk", json!("1")),
        ("ticket_keys", json!({})),
        ("receipt_keys", json!(["short"])),
        ("revoked_cards", json!([{"kid": "00000000", "cards": ["A5A5A5A5A5A5A5A5"]}])),
    ] {
        let error = refused(&draft_with(field, value));
        assert!(matches!(error, ManifestError::Syntax { line: 1, .. }), "{field}: {error:?}");
    }
    let mut missing = draft();
    missing.as_object_mut().unwrap().remove("revoked_cards");
    assert!(matches!(refused(&missing), ManifestError::Syntax { .. }));
    let deep = "[".repeat(100_000);
    let json = format!("{{\"format\":1,\"x\":{deep}");
    let signed = sign(&pair(1), json.as_bytes(), MANIFEST_AAD);
    assert!(matches!(Manifest::verify(&signed, &roots()), Err(ManifestError::Syntax { .. })));
    let twice = serde_json::to_string(&draft()).unwrap().replacen('{', "{\"version\":7,", 1);
    let signed = sign(&pair(1), twice.as_bytes(), MANIFEST_AAD);
    assert!(matches!(Manifest::verify(&signed, &roots()), Err(ManifestError::Syntax { .. })));
}

#[test]
fn bytes_that_are_no_envelope_are_refused_with_their_place() {
    let refusal = ManifestError::Malformed { offset: 0, problem: CborProblem::Tag };
    let tagged = [&[0xd2], signed_by(1, &draft()).as_slice()].concat();
    assert_eq!(Manifest::verify(&tagged, &roots()), Err(refusal));
}

#[test]
fn an_app_below_the_smallest_version_is_told() {
    let manifest = verified(&draft_with("smallest_sdk", json!("0.10.0")));
    assert!(manifest.sdk_suffices("0.10.0") && manifest.sdk_suffices("1.0.0"));
    assert!(!manifest.sdk_suffices("0.9.9") && !manifest.sdk_suffices("latest"));
}

#[test]
fn the_entity_tag_is_strong_and_differs_with_every_byte() {
    let (one, two) = (signed_by(1, &draft()), signed_by(2, &draft()));
    let tag = manifest_etag(&one);
    assert_eq!(tag.len(), 45);
    assert!(tag.starts_with('"') && tag.ends_with('"'));
    assert_ne!(tag, manifest_etag(&two));
}

#[test]
fn every_refusal_has_words_that_keep_what_is_held() {
    let refusals = [
        ManifestError::SignatureWrong,
        ManifestError::Rollback { held: 2, offered: 1 },
        ManifestError::UnknownFormat { found: 2 },
    ];
    for refusal in refusals {
        let words = refusal.words();
        assert!(words.ja.ends_with("。") && words.en.ends_with('.'));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Manifest::verify(&bytes, &roots()).is_err());
    }

    #[test]
    fn any_json_that_is_signed_is_judged_without_a_panic(
        at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(),
    ) {
        let mut json = serde_json::to_vec(&draft()).unwrap();
        let at = at.index(json.len());
        json[at] = byte;
        let _ = Manifest::verify(&sign(&pair(1), &json, MANIFEST_AAD), &roots());
        json.truncate(cut.index(json.len()));
        prop_assert!(Manifest::verify(&sign(&pair(1), &json, MANIFEST_AAD), &roots()).is_err());
    }
}
