//! Rules of rescue: only the programme opens it, under its own name, and nobody can hand in for another device.

use hpke::aead::ExportOnlyAead;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, OpModeS, Serializable, setup_sender_with_rng};
use ring::signature::{Ed25519KeyPair, KeyPair};

use super::envelope::Drawn;
use super::*;
use crate::ids::{MessageId, OperationId};

const QUESTION: &[u8] = "夜中に授乳のあと、ふらつきます。".as_bytes();

fn device() -> (Ed25519KeyPair, PublicKey) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap();
    let public = PublicKey(pair.public_key().as_ref().try_into().unwrap());
    (pair, public)
}

fn terms(device: PublicKey) -> RescueTerms {
    RescueTerms { programme: "fuchu-2021".into(), device, code: Some("115GJ6HB7H6NWEY1".into()) }
}

fn signed(pair: &Ed25519KeyPair) -> impl Fn(&[u8]) -> [u8; 64] + '_ {
    |text| pair.sign(text).as_ref().try_into().unwrap()
}

fn operation(byte: u8) -> ItemName {
    ItemName::Operation(OperationId::from_bytes([byte; 16]))
}

#[test]
fn only_the_programme_opens_what_its_devices_seal() {
    let (programme, other) = (RescuePrivateKey::from_bytes([1; 32]), RescuePrivateKey::from_bytes([2; 32]));
    let (pair, public) = device();
    let key = programme.public().unwrap();
    let (envelope, items) = RescueEnvelope::seal(&key, [9; 32], terms(public), signed(&pair)).unwrap();
    let sealed = items.seal(operation(3), [7; 12], QUESTION).unwrap();

    let wire: RescueEnvelope = serde_json::from_slice(&serde_json::to_vec(&envelope).unwrap()).unwrap();
    let (opened, server_items) = programme.open(&wire).unwrap();
    assert_eq!(opened, terms(public));
    assert_eq!(server_items.open(operation(3), &sealed).as_deref(), Ok(QUESTION));
    assert_eq!(other.open(&wire).map(drop), Err(RescueError::DoesNotOpen));
}

#[test]
fn an_item_opens_under_its_own_name_and_envelope_only() {
    let programme = RescuePrivateKey::from_bytes([1; 32]);
    let (pair, public) = device();
    let key = programme.public().unwrap();
    let (_, items) = RescueEnvelope::seal(&key, [9; 32], terms(public), signed(&pair)).unwrap();
    let (_, others) = RescueEnvelope::seal(&key, [8; 32], terms(public), signed(&pair)).unwrap();
    let sealed = items.seal(operation(3), [7; 12], QUESTION).unwrap();
    let draft = ItemName::Draft(MessageId::from_bytes([3; 16]));
    for wrong in [operation(4), draft] {
        assert_eq!(items.open(wrong, &sealed), Err(RescueError::DoesNotOpen));
    }
    assert_eq!(others.open(operation(3), &sealed), Err(RescueError::DoesNotOpen));
    for index in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 1;
        assert_eq!(items.open(operation(3), &changed), Err(RescueError::DoesNotOpen), "{index}");
        assert_eq!(items.open(operation(3), &sealed[..index]), Err(RescueError::DoesNotOpen), "{index}");
    }
}

#[test]
fn an_envelope_in_the_name_of_another_device_is_refused() {
    let programme = RescuePrivateKey::from_bytes([1; 32]);
    let (_, public) = device();
    let stranger = Ed25519KeyPair::from_seed_unchecked(&[6; 32]).unwrap();
    let key = programme.public().unwrap();
    let (envelope, _) = RescueEnvelope::seal(&key, [9; 32], terms(public), signed(&stranger)).unwrap();
    assert_eq!(programme.open(&envelope).map(drop), Err(RescueError::NotSigned));
}

#[test]
fn a_changed_envelope_does_not_open() {
    let programme = RescuePrivateKey::from_bytes([1; 32]);
    let (pair, public) = device();
    let key = programme.public().unwrap();
    let (envelope, _) = RescueEnvelope::seal(&key, [9; 32], terms(public), signed(&pair)).unwrap();
    for index in 0..envelope.terms.0.len() {
        let mut changed = envelope.clone();
        changed.terms.0[index] ^= 1;
        assert_eq!(programme.open(&changed).map(drop), Err(RescueError::DoesNotOpen), "{index}");
    }
    let mut changed = envelope.clone();
    changed.encapsulated.0[0] ^= 1;
    assert_eq!(programme.open(&changed).map(drop), Err(RescueError::DoesNotOpen));
    // A point of small order gives a secret that everybody knows (RFC 7748 section 6.1).
    let nobody = PublicKey([0; 32]);
    let sealed = RescueEnvelope::seal(&nobody, [9; 32], terms(public), signed(&pair));
    assert_eq!(sealed.map(drop), Err(RescueError::Key));
}

#[test]
fn sizes_tell_only_roughly_how_much_was_written() {
    let items = ItemKey::from_bytes([4; 32]);
    let size = |text: &[u8]| items.seal(operation(1), [7; 12], text).unwrap().len();
    assert_eq!(size(b"a"), size(&[b'a'; 60]));
    assert_eq!(size(b"a"), 12 + 64 + 16);
}

/// RFC 9180 appendix A.7.1: the suite, and that what the caller draws is what the encapsulation uses.
#[test]
fn the_encapsulation_is_that_of_the_standard() {
    let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    let drawn = hex("55bc245ee4efda25d38f2d54d5bb6665291b99f8108a8c4b686c2b14893ea5d9");
    let receiver = hex("194141ca6c3c3beb4792cd97ba0ea1faff09d98435012345766ee33aae2d7664");
    let info = hex("4f6465206f6e2061204772656369616e2055726e");
    let (encapsulated, context) = setup_sender_with_rng::<ExportOnlyAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &Deserializable::from_bytes(&receiver).unwrap(),
        &info,
        &mut Drawn(drawn.try_into().unwrap()),
    )
    .unwrap();
    let expected = hex("e5e8f9bfff6c2f29791fc351d2c25ce1299aa5eaca78a757c0b4fb4bcd830918");
    assert_eq!(encapsulated.to_bytes().as_slice(), expected);
    for (context_text, expected) in [
        (&b""[..], "7a36221bd56d50fb51ee65edfd98d06a23c4dc87085aa5866cb7087244bd2a36"),
        (b"\0", "d5535b87099c6c3ce80dc112a2671c6ec8e811a2f284f948cec6dd1708ee33f0"),
        (b"TestContext", "ffaabc85a776136ca0c378e5d084c9140ab552b78f039d2e8775f26efff4c70e"),
    ] {
        let mut secret = [0; 32];
        context.export(context_text, &mut secret).unwrap();
        assert_eq!(secret.as_slice(), hex(expected));
    }
}
