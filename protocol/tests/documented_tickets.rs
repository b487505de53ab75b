//! The sections on tickets and manifests in `docs/protocol.md` are true: their examples follow from the seeds they name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::signature::Ed25519KeyPair;
use yorisoi_protocol::carriage::TicketText;
use yorisoi_protocol::manifest::{ManifestDraft, Roots, manifest_etag};
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::signed::{KeyId, public_key};
use yorisoi_protocol::ticket::TicketTerms;
use yorisoi_protocol::{EnrollmentCode, Manifest, Ticket, Timestamp};

const PAGE: &str = include_str!("../../docs/protocol.md");

/// The example of this name, without its line breaks.
fn example(name: &str) -> String {
    let mark = format!("<!-- example: {name} -->");
    let after = PAGE.split(&mark).nth(1).unwrap_or_else(|| panic!("no example of {name}"));
    let block = after.split("```").nth(1).unwrap();
    block.split_once('\n').unwrap().1.lines().collect()
}

fn bytes(name: &str) -> Vec<u8> {
    HEXLOWER.decode(example(name).replace(' ', "").as_bytes()).unwrap()
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn roots() -> Roots {
    Roots([public_key(&pair(4)), public_key(&pair(5))])
}

fn manifest() -> Manifest {
    Manifest::verify(&BASE64URL_NOPAD.decode(example("manifest").as_bytes()).unwrap(), &roots()).unwrap()
}

#[test]
fn the_ticket_is_made_as_described() {
    let code = EnrollmentCode::parse(&example("ticket code")).unwrap();
    assert_eq!(HEXLOWER.encode(&code.data_bits()), example("ticket data bits"));
    let terms = TicketTerms {
        issuer: Municipality::parse("132063").unwrap(),
        not_before: Timestamp::from_seconds(1_627_830_000),
        expires: Timestamp::from_seconds(1_640_962_800),
        issued_at: Timestamp::from_seconds(1_627_800_000),
        rule_set_version: 1,
    };
    let ticket = Ticket::sign(&terms, &code, &pair(3)).unwrap();
    assert_eq!(HEXLOWER.encode(&ticket), HEXLOWER.encode(&bytes("ticket")));
    assert_eq!(ticket.len(), 129);
    let claims = bytes("ticket claims");
    assert_eq!(claims.len(), 49);
    assert_eq!(ticket[14..63], claims);
    let signed = bytes("ticket signed bytes");
    assert!(signed.ends_with(&claims));
    let signature =
        ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, public_key(&pair(3)).0);
    signature.verify(&signed, &ticket[65..]).unwrap();
}

#[test]
fn the_ticket_travels_and_verifies_as_described() {
    let ticket = bytes("ticket");
    let text = TicketText::of(&ticket);
    assert_eq!(text.to_uri("card.example.jp"), example("ticket address"));
    assert_eq!(text.to_prefixed(), example("ticket in base32"));
    for name in ["ticket address", "ticket in base32", "ticket in base45"] {
        assert_eq!(TicketText::parse(&example(name)).unwrap(), text, "{name}");
    }
    let verified = Ticket::parse(&example("ticket address"), manifest().ticket_keys()).unwrap();
    assert_eq!(verified.code().compact(), example("ticket code"));
}

#[test]
fn the_manifest_is_made_as_described() {
    let json = example("ManifestDraft");
    let draft: ManifestDraft = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&draft).unwrap(), json);
    let signed = Manifest::sign(json.as_bytes(), &pair(4)).unwrap();
    assert_eq!(BASE64URL_NOPAD.encode(&signed), example("manifest"));
    assert_eq!(manifest_etag(&signed), example("manifest etag"));
    assert_eq!(draft.ticket_keys[0].kid, KeyId::of(&public_key(&pair(3))));
    let [one, two] = roots().0.map(String::from);
    assert_eq!(format!("{one}{two}"), example("roots"));
    assert_eq!(manifest().version, 1);
}
