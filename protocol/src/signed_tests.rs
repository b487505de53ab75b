//! The envelope against `coset` as an independent reading of RFC 9052: what we write it verifies, what it writes we
//! read, and what it tolerates we refuse.

use coset::iana::Algorithm;
use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable};
use ring::signature::Ed25519KeyPair;

use super::*;
use crate::cbor::CborProblem;

const PAYLOAD: &[u8] = b"a payload";

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn header(pair: &Ed25519KeyPair) -> coset::Header {
    let id = KeyId::of(&public_key(pair));
    HeaderBuilder::new().algorithm(Algorithm::Ed25519).key_id(id.as_bytes().to_vec()).build()
}

/// What `coset` makes of a protected and an unprotected header, signed over exactly what it sends.
fn by_coset(pair: &Ed25519KeyPair, protected: coset::Header, unprotected: coset::Header) -> CoseSign1 {
    CoseSign1Builder::new()
        .protected(protected)
        .unprotected(unprotected)
        .payload(PAYLOAD.to_vec())
        .create_signature(TICKET_AAD, |text| pair.sign(text).as_ref().to_vec())
        .build()
}

fn verifies(pair: &Ed25519KeyPair, bytes: &[u8]) -> bool {
    let read = CoseSign1::from_slice(bytes).unwrap();
    let key = UnparsedPublicKey::new(&ED25519, pair.public_key());
    read.verify_signature(TICKET_AAD, |signature, text| key.verify(text, signature)).is_ok()
}

/// Our own reading of an envelope with this protected header, this item as unprotected header, and a right signature.
fn read_with(protected: &[u8], unprotected: &[u8]) -> Result<KeyId, EnvelopeError> {
    let signature = key(1).sign(&signed_bytes(protected, TICKET_AAD, PAYLOAD));
    let head = Writer::new().array(4).bytes(protected).done();
    let tail = Writer::new().bytes(PAYLOAD).bytes(signature.as_ref()).done();
    let bytes = [head.as_slice(), unprotected, &tail].concat();
    Envelope::read(&bytes, 200).map(|envelope| {
        assert!(envelope.verified(&[public_key(&key(1))], TICKET_AAD).is_some());
        envelope.key_id()
    })
}

fn refused(read: Result<KeyId, EnvelopeError>) -> CborProblem {
    match read {
        Err(EnvelopeError::Malformed(error)) => error.problem,
        other => panic!("{other:?}"),
    }
}

fn our_header(pair: &Ed25519KeyPair) -> Vec<u8> {
    protected(KeyId::of(&public_key(pair)))
}

#[test]
fn what_we_sign_an_independent_library_verifies() {
    let pair = key(1);
    let bytes = sign(&pair, PAYLOAD, TICKET_AAD);
    assert!(verifies(&pair, &bytes));
    assert!(!verifies(&key(2), &bytes));
    let read = CoseSign1::from_slice(&bytes).unwrap();
    assert_eq!(read.protected.header, header(&pair));
    assert!(read.unprotected.is_empty());
    assert_eq!(bytes.len(), 1 + 10 + 1 + 1 + PAYLOAD.len() + 66);
}

#[test]
fn what_an_independent_library_signs_we_verify_to_the_same_bytes() {
    let pair = key(1);
    let bytes = by_coset(&pair, header(&pair), coset::Header::default()).to_vec().unwrap();
    let envelope = Envelope::read(&bytes, 200).unwrap();
    assert_eq!(envelope.verified(&[public_key(&pair)], TICKET_AAD), Some(PAYLOAD));
    assert_eq!(bytes, sign(&pair, PAYLOAD, TICKET_AAD));
    assert_eq!(&bytes[envelope.payload_offset()..][..PAYLOAD.len()], PAYLOAD);
}

#[test]
fn the_helper_of_these_tests_makes_what_is_accepted() {
    assert_eq!(read_with(&our_header(&key(1)), &[0xa0]), Ok(KeyId::of(&public_key(&key(1)))));
}

#[test]
fn an_algorithm_in_the_unprotected_header_as_well_is_tolerated_by_coset_and_refused_here() {
    let pair = key(1);
    let twice = by_coset(&pair, header(&pair), HeaderBuilder::new().algorithm(Algorithm::Ed25519).build());
    let bytes = twice.to_vec().unwrap();
    assert!(verifies(&pair, &bytes));
    let error = Envelope::read(&bytes, 200).err().unwrap();
    let problem = CborProblem::Expected("an empty unprotected header");
    assert_eq!(error, EnvelopeError::Malformed(CborError { offset: 11, problem }));
}

#[test]
fn a_key_id_in_the_unprotected_header_is_refused() {
    let pair = key(1);
    let id = KeyId::of(&public_key(&pair)).as_bytes().to_vec();
    let outside = HeaderBuilder::new().key_id(id).build();
    let bytes = by_coset(&pair, HeaderBuilder::new().algorithm(Algorithm::Ed25519).build(), outside);
    assert!(Envelope::read(&bytes.to_vec().unwrap(), 200).is_err());
}

#[test]
fn a_tag_is_refused() {
    let pair = key(1);
    let bytes = by_coset(&pair, header(&pair), coset::Header::default()).to_tagged_vec().unwrap();
    assert_eq!(bytes[0], 0xd2);
    let error = Envelope::read(&bytes, 200).err().unwrap();
    assert_eq!(error, EnvelopeError::Malformed(CborError { offset: 0, problem: CborProblem::Tag }));
}

#[test]
fn a_protected_header_that_is_an_empty_map_in_bytes_or_no_bytes_is_refused() {
    let expected = CborProblem::Expected("a protected header of algorithm and key id");
    assert_eq!(refused(read_with(&[0xa0], &[0xa0])), expected);
    assert_eq!(refused(read_with(&[], &[0xa0])), CborProblem::Cut);
    assert!(CoseSign1::from_slice(&with_protected(&[0xa0])).is_ok());
}

/// An envelope with these bytes as its protected header; its signature is of no interest.
fn with_protected(protected: &[u8]) -> Vec<u8> {
    Writer::new().array(4).bytes(protected).map(0).bytes(PAYLOAD).bytes(&[0; 64]).done()
}

#[test]
fn a_label_that_stands_twice_is_refused() {
    assert_eq!(refused(read_with(b"\xa3\x01\x32\x01\x32\x04\x44abcd", &[0xa0])), CborProblem::KeyTwice);
}

#[test]
fn labels_out_of_order_are_tolerated_by_coset_and_refused_here() {
    let swapped = b"\xa2\x04\x44abcd\x01\x32";
    assert!(CoseSign1::from_slice(&with_protected(swapped)).is_ok());
    assert_eq!(refused(read_with(swapped, &[0xa0])), CborProblem::KeyOrder);
}

#[test]
fn numbers_and_lengths_not_in_their_shortest_form_are_tolerated_by_coset_and_refused_here() {
    for long in [
        &b"\xa2\x18\x01\x32\x04\x44abcd"[..],
        b"\xa2\x01\x38\x12\x04\x44abcd",
        b"\xa2\x01\x32\x04\x58\x04abcd",
    ] {
        assert!(CoseSign1::from_slice(&with_protected(long)).is_ok());
        assert_eq!(refused(read_with(long, &[0xa0])), CborProblem::NotShortest);
    }
}

#[test]
fn a_header_of_unknown_length_is_tolerated_by_coset_and_refused_here() {
    let open = b"\xbf\x01\x32\x04\x44abcd\xff";
    assert!(CoseSign1::from_slice(&with_protected(open)).is_ok());
    assert_eq!(refused(read_with(open, &[0xa0])), CborProblem::Indefinite);
    assert_eq!(refused(read_with(&our_header(&key(1)), &[0xbf, 0xff])), CborProblem::Indefinite);
}

#[test]
fn other_algorithms_are_refused() {
    // −8 is the older EdDSA, −7 ECDSA with P-256, −9 the same by RFC 9864.
    for algorithm in [b'\x27', b'\x26', b'\x28'] {
        let header = [b"\xa2\x01", &[algorithm][..], b"\x04\x44abcd"].concat();
        assert_eq!(refused(read_with(&header, &[0xa0])), CborProblem::Expected("Ed25519 as algorithm -19"));
    }
}

#[test]
fn further_protected_labels_and_other_lengths_of_key_id_are_refused() {
    let more = b"\xa3\x01\x32\x03\x18\x2a\x04\x44abcd";
    let three = b"\xa2\x01\x32\x04\x43abc";
    assert!(matches!(refused(read_with(more, &[0xa0])), CborProblem::Expected(_)));
    assert_eq!(refused(read_with(three, &[0xa0])), CborProblem::Expected("a key id of 4 bytes"));
}

#[test]
fn bytes_after_the_envelope_or_the_header_are_refused() {
    let mut bytes = sign(&key(1), PAYLOAD, TICKET_AAD);
    let length = bytes.len();
    bytes.push(0);
    let error = Envelope::read(&bytes, 200).err().unwrap();
    let trailing = CborError { offset: length, problem: CborProblem::Trailing };
    assert_eq!(error, EnvelopeError::Malformed(trailing));
    let longer = [our_header(&key(1)), vec![0]].concat();
    assert_eq!(refused(read_with(&longer, &[0xa0])), CborProblem::Trailing);
}

#[test]
fn a_missing_payload_and_a_signature_of_another_length_are_refused() {
    let header = our_header(&key(1));
    let detached = [&b"\x84\x49"[..], &header, b"\xa0\xf6\x58\x40", &[0; 64]].concat();
    assert!(CoseSign1::from_slice(&detached).is_ok());
    assert!(Envelope::read(&detached, 200).is_err());
    for length in [0, 63, 65] {
        let bytes =
            Writer::new().array(4).bytes(&header).map(0).bytes(PAYLOAD).bytes(&vec![0; length]).done();
        assert!(Envelope::read(&bytes, 200).is_err(), "{length}");
    }
}

#[test]
fn more_bytes_than_allowed_are_not_looked_at() {
    let error = Envelope::read(&[0xff; 161], 160).err().unwrap();
    assert_eq!(error, EnvelopeError::TooLong { bytes: 161, max: 160 });
}

#[test]
fn every_key_with_the_id_is_tried_and_one_without_it_never() {
    let bytes = sign(&key(1), PAYLOAD, TICKET_AAD);
    let envelope = Envelope::read(&bytes, 200).unwrap();
    let (own, other) = (public_key(&key(1)), public_key(&key(2)));
    assert_eq!(envelope.verified(&[other, own], TICKET_AAD), Some(PAYLOAD));
    assert_eq!(envelope.verified(&[other], TICKET_AAD), None);
    assert_eq!(envelope.verified(&[], TICKET_AAD), None);
    // The right key under another id: the id is signed, and it does not name this key.
    let header = protected(KeyId::from_bytes([0; 4]));
    let signature = key(1).sign(&signed_bytes(&header, TICKET_AAD, PAYLOAD));
    let renamed =
        Writer::new().array(4).bytes(&header).map(0).bytes(PAYLOAD).bytes(signature.as_ref()).done();
    assert_eq!(Envelope::read(&renamed, 200).unwrap().verified(&[own], TICKET_AAD), None);
}

#[test]
fn a_signature_for_one_purpose_is_none_for_another() {
    let bytes = sign(&key(1), PAYLOAD, TICKET_AAD);
    let envelope = Envelope::read(&bytes, 200).unwrap();
    assert_eq!(envelope.verified(&[public_key(&key(1))], MANIFEST_AAD), None);
}

/// The group order of Ed25519 (RFC 8032 section 5.1), little-endian. Adding it to the scalar of a signature gives another
/// spelling of the same signature, which a lax verifier accepts.
#[test]
fn a_signature_with_an_unreduced_scalar_is_refused() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = sign(&key(1), PAYLOAD, TICKET_AAD);
    let scalar = bytes.len() - 32;
    let mut carry = 0u16;
    for (byte, add) in bytes[scalar..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(Envelope::read(&bytes, 200).unwrap().verified(&[public_key(&key(1))], TICKET_AAD), None);
}

#[test]
fn a_key_id_is_the_beginning_of_the_hash_of_its_key() {
    let own = public_key(&key(1));
    let id = KeyId::of(&own);
    assert_eq!(id.as_bytes()[..], sha256(&own.0)[..4]);
    assert_eq!(KeyId::try_from(id.to_string()), Ok(id));
    for wrong in ["", "34750f9", "34750F98", "34750f9g", "34750f9800"] {
        assert_eq!(KeyId::try_from(wrong.to_owned()), Err(KeyIdError), "{wrong}");
    }
}
