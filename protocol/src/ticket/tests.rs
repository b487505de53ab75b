//! Tickets end to end: the bytes of appendix A1, and everything that must keep a ticket from being accepted.

use data_encoding::HEXLOWER;
use proptest::prelude::*;
use ring::signature::Ed25519KeyPair;

use super::*;
use crate::carriage::CarriageError;
use crate::cbor::{CborProblem, Writer};
use crate::code::DATA_BYTES;
use crate::signed::{MANIFEST_AAD, public_key, sign};

/// The example of appendix A1.
const A1: &str = "a6\
    0166313332303633\
    041a61cf1af0\
    051a6106b6f0\
    061a610641c0\
    0749a5a5a5a5a5a5a5a5a5\
    3a00011170a201182502\
    01";

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn fuchu() -> Municipality {
    Municipality::parse("132063").unwrap()
}

fn code() -> EnrollmentCode {
    EnrollmentCode::issue(37, 0x1234_5678_9abc).unwrap()
}

fn terms() -> TicketTerms {
    TicketTerms {
        issuer: fuchu(),
        not_before: at(1_627_830_000),
        expires: at(1_640_962_800),
        issued_at: at(1_627_799_488),
        rule_set_version: 1,
    }
}

fn ticket_key(pair: &Ed25519KeyPair) -> TicketKey {
    let public = public_key(pair);
    TicketKey {
        kid: KeyId::of(&public),
        public,
        issuers: vec![fuchu()],
        not_before: at(1_625_000_000),
        expires: at(1_628_000_000),
        status: KeyStatus::Active,
    }
}

fn keys() -> TicketKeys {
    TicketKeys::new(vec![ticket_key(&key(1))], vec![])
}

fn signed() -> Vec<u8> {
    Ticket::sign(&terms(), &code(), &key(1)).unwrap()
}

fn changed(change: impl Fn(&mut TicketKey)) -> TicketKeys {
    let mut key = ticket_key(&key(1));
    change(&mut key);
    TicketKeys::new(vec![key], vec![])
}

/// What is said of these claims, rightly signed.
fn refused(claims: &[u8]) -> TicketError {
    Ticket::verify(&sign(&key(1), claims, TICKET_AAD), &keys()).unwrap_err()
}

fn claims_of(code: [u8; DATA_BYTES]) -> Claims<'static> {
    Claims {
        issuer: "132063",
        expires: 1_640_962_800,
        not_before: 1_627_830_000,
        issued_at: 1_627_799_488,
        code,
        programme_index: 37,
        rule_set_version: 1,
    }
}

/// Claims written by hand around one changed part.
fn written(expires: impl Fn(Writer) -> Writer, programme: impl Fn(Writer) -> Writer) -> Vec<u8> {
    let head = expires(Writer::new().map(6).integer(1).text("132063").integer(4));
    let middle = head.integer(5).integer(1_627_830_000).integer(6).integer(1_627_799_488);
    programme(middle.integer(7).bytes(&code().data_bits()).integer(-70_001)).done()
}

#[test]
fn the_claims_of_appendix_a1_are_49_bytes_to_the_letter() {
    let bytes = HEXLOWER.decode(A1.as_bytes()).unwrap();
    assert_eq!(bytes.len(), 49);
    let claims = Claims::read(&bytes).unwrap();
    assert_eq!((claims.issuer, claims.programme_index, claims.rule_set_version), ("132063", 37, 1));
    assert_eq!((claims.expires, claims.not_before), (1_640_962_800, 1_627_830_000));
    assert_eq!((claims.issued_at, claims.code), (1_627_800_000, [0xa5; 9]));
    assert_eq!(claims.write(), bytes);
    // The example's nine bytes are no code: the seven bits after the 65 are not zero.
    let place = Ticket::verify(&sign(&key(1), &bytes, TICKET_AAD), &keys()).unwrap_err();
    let problem = CborProblem::Expected("the data bits of a code");
    assert_eq!(place, TicketError::Malformed { offset: 14, problem });
}

#[test]
fn a_ticket_is_129_bytes_and_says_what_was_signed() {
    let bytes = signed();
    assert_eq!(bytes.len(), 129);
    let ticket = Ticket::verify(&bytes, &keys()).unwrap();
    assert_eq!(ticket.terms, terms());
    assert_eq!(ticket.code(), &code());
    assert_eq!(ticket.key, KeyId::of(&public_key(&key(1))));
    for text in [TicketText::of(&bytes).to_prefixed(), TicketText::of(&bytes).to_uri("a.example.jp")] {
        assert_eq!(Ticket::parse(&text, &keys()), Ok(ticket.clone()));
    }
}

#[test]
fn the_longest_ticket_fits_the_cap() {
    let late = at(253_402_300_799);
    let terms = TicketTerms {
        not_before: late.plus_millis(-1000),
        expires: late,
        issued_at: late,
        rule_set_version: u32::MAX,
        ..terms()
    };
    let code = EnrollmentCode::issue(1023, u64::MAX).unwrap();
    let bytes = Ticket::sign(&terms, &code, &key(1)).unwrap();
    assert!(bytes.len() <= TICKET_MAX_BYTES, "{}", bytes.len());
    let keys = changed(|key| (key.not_before, key.expires) = (at(0), late.plus_millis(1)));
    assert_eq!(Ticket::verify(&bytes, &keys).unwrap().terms, terms);
    let long = vec![0x84; TICKET_MAX_BYTES + 1];
    assert_eq!(Ticket::verify(&long, &keys), Err(TicketError::TooLong { bytes: 161, max: 160 }));
}

#[test]
fn terms_that_no_ticket_can_hold_are_not_signed() {
    for wrong in [
        TicketTerms { not_before: at(-1), ..terms() },
        TicketTerms { issued_at: at(-1), ..terms() },
        TicketTerms { expires: terms().not_before, ..terms() },
        TicketTerms { expires: terms().not_before.plus_millis(999), ..terms() },
    ] {
        assert_eq!(Ticket::sign(&wrong, &code(), &key(1)), None, "{wrong:?}");
    }
}

#[test]
fn a_ticket_is_valid_from_its_beginning_until_and_without_its_end() {
    let ticket = Ticket::verify(&signed(), &keys()).unwrap();
    let TicketTerms { not_before, expires, .. } = terms();
    assert!(!ticket.validity(not_before.plus_millis(-1)).allowed());
    assert!(ticket.validity(not_before).allowed());
    assert!(ticket.validity(expires.plus_millis(-1)).allowed());
    assert_eq!(ticket.validity(expires), Eligibility::Ended { since: expires });
    assert_eq!(ticket.validity(not_before.plus_millis(-1)), Eligibility::NotYet { from: not_before });
}

#[test]
fn claims_are_not_read_before_a_key_has_verified_them() {
    let nonsense = sign(&key(2), b"no claims at all", TICKET_AAD);
    let id = KeyId::of(&public_key(&key(2)));
    assert_eq!(Ticket::verify(&nonsense, &keys()), Err(TicketError::UnknownKey { key: id }));
    let mut broken = sign(&key(1), b"no claims at all", TICKET_AAD);
    assert!(matches!(Ticket::verify(&broken, &keys()), Err(TicketError::Malformed { .. })));
    *broken.last_mut().unwrap() ^= 1;
    assert_eq!(Ticket::verify(&broken, &keys()), Err(TicketError::SignatureWrong));
}

#[test]
fn a_manifest_is_no_ticket_though_the_same_key_signed_it() {
    let bytes = sign(&key(1), &claims_of(code().data_bits()).write(), MANIFEST_AAD);
    assert_eq!(Ticket::verify(&bytes, &keys()), Err(TicketError::SignatureWrong));
}

#[test]
fn claims_in_another_form_are_refused_with_their_place_in_the_ticket() {
    let index = |writer: Writer| writer.map(2).integer(1).integer(37).integer(2).integer(1);
    let end = |writer: Writer| writer.integer(1_640_962_800);
    assert!(Ticket::verify(&sign(&key(1), &written(end, index), TICKET_AAD), &keys()).is_ok());
    let place = |claims: Vec<u8>| match refused(&claims) {
        TicketError::Malformed { offset, problem } => (offset, problem),
        other => panic!("{other:?}"),
    };
    let expected = CborProblem::Expected;
    let seconds = expected("whole seconds up to the year 9999");
    // The end stands at byte 10 of the claims, and those at byte 14 of the ticket.
    assert_eq!(place(written(|writer| writer.text("2021"), index)), (24, seconds));
    assert_eq!(place(written(|writer| writer.integer(-1), index)), (24, seconds));
    assert_eq!(place(written(|writer| writer.integer(253_402_300_800), index)), (24, seconds));
    // A float end, as `coset` would take it.
    let mut float = written(end, index);
    float.splice(10..15, [0xfb, 0x41, 0xd8, 0x73, 0xc6, 0xbc, 0, 0, 0]);
    assert_eq!(place(float), (24, CborProblem::FloatOrSimple));
    let twice = [&written(end, index)[..9], &[0x01], &written(end, index)[10..]].concat();
    assert_eq!(place(twice), (14 + 9, CborProblem::KeyTwice));
    let high = |writer: Writer| writer.map(2).integer(1).integer(1024).integer(2).integer(1);
    assert_eq!(place(written(end, high)).1, expected("the programme index of the code"));
    let wide = |writer: Writer| writer.map(2).integer(1).integer(37).integer(2).integer(1 << 32);
    assert_eq!(place(written(end, wide)).1, expected("a version of at most 32 bits"));
    let more =
        |writer: Writer| writer.map(3).integer(1).integer(37).integer(2).integer(1).integer(3).integer(1);
    assert_eq!(place(written(end, more)).1, expected("a map of index and version"));
    let mut after = written(end, index);
    after.push(0);
    assert_eq!(place(after), (14 + 49, CborProblem::Trailing));
    let mut seventh = written(end, index);
    seventh[0] = 0xa7;
    seventh.extend([0x3a, 0, 1, 0x11, 0x71, 0]);
    assert_eq!(place(seventh), (14, expected("a map of six claims")));
}

#[test]
fn claims_that_contradict_themselves_are_refused() {
    let bits = code().data_bits();
    let problem = |claims: Claims| match refused(&claims.write()) {
        TicketError::Malformed { offset: 14, problem: CborProblem::Expected(what) } => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(problem(Claims { issuer: "132064", ..claims_of(bits) }), "an issuer with its check digit");
    assert_eq!(problem(Claims { issuer: "府中", ..claims_of(bits) }), "an issuer with its check digit");
    let empty = Claims { expires: 1_627_830_000, ..claims_of(bits) };
    assert_eq!(problem(empty), "a beginning before the end");
    let other = Claims { programme_index: 38, ..claims_of(bits) };
    assert_eq!(problem(other), "the programme index of the code");
    for bit in 0..7 {
        let mut padded = bits;
        padded[8] |= 1 << bit;
        assert_eq!(problem(claims_of(padded)), "the data bits of a code");
    }
    let mut version = bits;
    version[0] ^= 0b1000_0000;
    assert_eq!(problem(claims_of(version)), "the data bits of a code");
}

#[test]
fn a_revoked_key_verifies_nothing_whatever_the_ticket_says() {
    let id = KeyId::of(&public_key(&key(1)));
    for status in [KeyStatus::Revoked, KeyStatus::Unknown] {
        let keys = changed(|key| key.status = status);
        assert_eq!(Ticket::verify(&signed(), &keys), Err(TicketError::KeyRevoked { key: id }));
        let nonsense = sign(&key(1), b"no claims at all", TICKET_AAD);
        assert_eq!(Ticket::verify(&nonsense, &keys), Err(TicketError::KeyRevoked { key: id }));
    }
}

#[test]
fn a_key_verifies_only_tickets_issued_within_its_window() {
    let id = KeyId::of(&public_key(&key(1)));
    let issued_at = terms().issued_at;
    let then = Err(TicketError::KeyNotValidThen { key: id, issued_at });
    for status in [KeyStatus::Active, KeyStatus::Retired] {
        let window = |from, until| {
            let keys = changed(|key| (key.not_before, key.expires, key.status) = (from, until, status));
            Ticket::verify(&signed(), &keys)
        };
        assert!(window(issued_at, issued_at.plus_millis(1)).is_ok());
        assert_eq!(window(issued_at.plus_millis(1), issued_at.plus_millis(2)), then);
        assert_eq!(window(at(0), issued_at), then);
    }
}

#[test]
fn a_key_signs_only_for_its_municipalities() {
    let other = Municipality::parse("131199").unwrap();
    let keys = changed(|key| key.issuers = vec![other.clone()]);
    let id = KeyId::of(&public_key(&key(1)));
    let refusal = TicketError::IssuerNotAllowed { key: id, issuer: fuchu() };
    assert_eq!(Ticket::verify(&signed(), &keys), Err(refusal));
    let both = changed(|key| key.issuers = vec![other.clone(), fuchu()]);
    assert!(Ticket::verify(&signed(), &both).is_ok());
    let none = changed(|key| key.issuers.clear());
    assert!(Ticket::verify(&signed(), &none).is_err());
}

#[test]
fn a_ticket_belongs_to_the_programme_of_its_index_and_its_municipality() {
    let fuchu = Programme::parse(include_str!("../../../sandbox/programmes/fuchu-2021.json")).unwrap();
    let itabashi = Programme::parse(include_str!("../../../sandbox/programmes/itabashi-2021.json")).unwrap();
    let ticket = Ticket::verify(&signed(), &keys()).unwrap();
    assert_eq!(ticket.programme(&[itabashi.clone(), fuchu.clone()]), Ok(&fuchu));
    assert_eq!(
        ticket.programme(std::slice::from_ref(&itabashi)),
        Err(TicketError::UnknownProgramme { index: 37 })
    );
    let neighbour = Programme { index: 37, ..itabashi };
    assert!(matches!(ticket.programme(&[neighbour]), Err(TicketError::IssuerNotAllowed { .. })));
}

#[test]
fn a_ticket_that_verified_promises_no_more_than_reading_and_drafts() {
    let ticket = Ticket::verify(&signed(), &keys()).unwrap();
    let TicketTerms { not_before, expires, .. } = terms();
    assert!(ticket.words(not_before).ja.contains("登録がすむまで"));
    assert!(ticket.words(not_before.plus_millis(-1)).ja.contains("2021年8月2日から"));
    assert!(ticket.words(expires).ja.contains("2021年12月31日で"));
}

#[test]
fn a_revoked_card_is_refused_and_its_neighbour_is_not() {
    let id = KeyId::of(&public_key(&key(1)));
    let revoked = |kid, code: &EnrollmentCode| {
        let cards = vec![CardPrefix::of(code)];
        TicketKeys::new(vec![ticket_key(&key(1))], vec![RevokedCards { kid, cards }])
    };
    assert_eq!(Ticket::verify(&signed(), &revoked(id, &code())), Err(TicketError::CardRevoked));
    let neighbour = EnrollmentCode::issue(37, 0x1234_5678_9abe).unwrap();
    assert!(Ticket::verify(&signed(), &revoked(id, &neighbour)).is_ok());
    assert!(Ticket::verify(&signed(), &revoked(KeyId::from_bytes([0; 4]), &code())).is_ok());
}

#[test]
fn a_cut_ticket_is_refused_at_every_length() {
    let bytes = signed();
    for length in 0..bytes.len() {
        let refused = Ticket::verify(&bytes[..length], &keys());
        assert!(matches!(refused, Err(TicketError::Malformed { .. })), "{length}: {refused:?}");
    }
}

#[test]
fn a_ticket_with_any_one_bit_flipped_never_verifies() {
    let bytes = signed();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Ticket::verify(&flipped, &keys()).is_err(), "{bit}");
    }
}

#[test]
fn a_code_survives_the_way_through_its_data_bits() {
    let bits = code().data_bits();
    assert_eq!(EnrollmentCode::from_data_bits(&bits), Some(code()));
    // 1 0 0 and ten Z: 00001 00000 00000 11111…, the last bit before the seven.
    let high = EnrollmentCode::issue(0, u64::MAX).unwrap();
    assert_eq!(HEXLOWER.encode(&high.data_bits()), "0801ffffffffffff80");
}

#[test]
fn every_refusal_sends_the_person_on_in_both_languages() {
    let id = KeyId::from_bytes([1; 4]);
    let problem = CborProblem::Cut;
    for error in [
        TicketError::NotATicket,
        TicketError::Carriage(CarriageError::TooLong),
        TicketError::Carriage(CarriageError::Encoding { position: 3 }),
        TicketError::TooLong { bytes: 161, max: 160 },
        TicketError::Malformed { offset: 3, problem },
        TicketError::UnknownKey { key: id },
        TicketError::KeyRevoked { key: id },
        TicketError::SignatureWrong,
        TicketError::IssuerNotAllowed { key: id, issuer: fuchu() },
        TicketError::KeyNotValidThen { key: id, issued_at: at(0) },
        TicketError::UnknownProgramme { index: 37 },
    ] {
        let words = error.words();
        assert!(words.ja.ends_with("QRコードの下にある16文字のコードを入力してください。"), "{}", words.ja);
        assert!(words.en.ends_with("type the 16 symbols printed below the QR code."), "{}", words.en);
    }
    // The code of a revoked card is as dead as its ticket.
    let words = TicketError::CardRevoked.words();
    assert!(words.ja.contains("新しいカード") && !words.ja.contains("入力"));
}

#[test]
fn neither_a_ticket_nor_a_refusal_shows_the_code() {
    let ticket = Ticket::verify(&signed(), &keys()).unwrap();
    let shown = format!("{ticket:?} {:?}", CardPrefix::of(&code()));
    assert!(!shown.contains(&code().compact()) && !shown.contains("symbols") && shown.contains("132063"));
}

proptest! {
    #[test]
    fn every_ticket_says_what_was_signed(
        index in 0u16..1024, random: u64, from in 0i64..4_000_000_000, seconds in 1i64..4_000_000_000, version: u32,
    ) {
        let code = EnrollmentCode::issue(index, random).unwrap();
        let (not_before, expires) = (at(from), at(from + seconds));
        let terms = TicketTerms { not_before, expires, rule_set_version: version, ..terms() };
        let ticket = Ticket::verify(&Ticket::sign(&terms, &code, &key(1)).unwrap(), &keys()).unwrap();
        prop_assert_eq!(ticket.terms, terms);
        prop_assert_eq!(ticket.code, code);
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Ticket::verify(&bytes, &keys()).is_err());
    }

    #[test]
    fn any_claims_that_are_signed_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..70)) {
        let judged = Ticket::verify(&sign(&key(1), &bytes, TICKET_AAD), &keys());
        prop_assert!(matches!(judged, Err(TicketError::Malformed { .. } | TicketError::TooLong { .. })), "{judged:?}");
    }

    /// A stolen pen: claims with one byte changed and signed again are a ticket of the very claims, or malformed.
    #[test]
    fn changed_claims_that_are_signed_are_read_to_the_letter(at in 0usize..49, byte: u8) {
        let mut bytes = claims_of(code().data_bits()).write();
        bytes[at] = byte;
        if let Ok(ticket) = Ticket::verify(&sign(&key(1), &bytes, TICKET_AAD), &keys()) {
            prop_assert_eq!(Claims::of(&ticket.terms, ticket.code()).unwrap().write(), bytes);
        }
    }
}
