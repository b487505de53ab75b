//! `docs/protocol.md` is true: every example in it is read, and every signature in it checked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use yorisoi_protocol::digest::{ENTRY_VERSION, StreamDigest};
use yorisoi_protocol::ids::OperationId;
use yorisoi_protocol::rescue::RescuePrivateKey;
use yorisoi_protocol::wire::*;

const PAGE: &str = include_str!("../../docs/protocol.md");

/// The examples of this name, in the order of the page.
fn examples(name: &str) -> Vec<&'static str> {
    let mark = format!("<!-- example: {name} -->");
    let found: Vec<_> = PAGE
        .split(&mark)
        .skip(1)
        .map(|rest| {
            let block = rest.split("```").nth(1).unwrap();
            block.split_once('\n').unwrap().1.trim_end()
        })
        .collect();
    assert!(!found.is_empty(), "no example of {name}");
    found
}

/// Reads every example of this type and writes it back to the letter.
fn read<T: DeserializeOwned + Serialize>(name: &str) -> Vec<T> {
    let read = examples(name).into_iter().map(|text| {
        let value: T = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), text);
        value
    });
    read.collect()
}

fn the_operation() -> EntryText {
    read::<SyncRequest>("SyncRequest").remove(0).operations.remove(0)
}

#[test]
fn every_json_example_is_of_its_type_to_the_letter() {
    assert_eq!(read::<Limits>("Limits"), [Limits::V1]);
    read::<EnrollmentRequest>("EnrollmentRequest");
    assert_eq!(read::<EnrollmentReply>("EnrollmentReply").len(), 2);
    read::<SyncRequest>("SyncRequest");
    assert_eq!(read::<OperationBody>("OperationBody").len(), 3);
    read::<PhotoReply>("PhotoReply");
    read::<ApiError>("ApiError");
    read::<ErasureRequest>("ErasureRequest");
    read::<ErasureReply>("ErasureReply");
    let reply = read::<SyncReply>("SyncReply").remove(0);
    for change in &reply.changes {
        change.read::<Change>().unwrap();
    }
    // The manifest's is read by `documented_tickets.rs`, the rules by `documented_rules.rs`.
    read::<RescueReply>("RescueReply");
    let json_blocks = PAGE.matches("```json").count();
    assert_eq!(json_blocks, 18, "a block of JSON that no test reads");
}

#[test]
fn the_signed_request_is_signed_as_described() {
    let key = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let body = examples("EnrollmentRequest")[0];
    let request: EnrollmentRequest = serde_json::from_str(body).unwrap();
    assert_eq!(request.device_key.0, key.public_key().as_ref());
    assert!(yorisoi_protocol::EnrollmentCode::parse(&request.code.unwrap()).is_ok());
    let header = Authorization::parse(examples("authorization")[0]).unwrap();
    let Authorization { caller, seconds, nonce, signature } = header;
    let text = signed_text("POST", ENROLLMENTS_PATH, caller, seconds, nonce, body.as_bytes());
    assert_eq!(text, examples("signed text")[0]);
    UnparsedPublicKey::new(&ED25519, key.public_key()).verify(text.as_bytes(), &signature).unwrap();
}

#[test]
fn the_receipt_is_signed_as_described() {
    let reply = read::<SyncReply>("SyncReply").remove(0);
    let OutcomeResult::Applied(held) = reply.outcomes[0].result else { panic!("not applied") };
    let grant = granted();
    let operation = the_operation();
    let id = operation.read::<Operation>().unwrap().id;
    let text = receipt_text(grant.member, id, &operation.hash(), held);
    assert_eq!(text, examples("receipt text")[0]);
    assert_eq!(BASE64URL_NOPAD.encode(&operation.hash()), text.lines().nth(3).unwrap());
    let mut receipts = Receipts::of(grant.member);
    receipts.add(id, &operation.hash(), held);
    assert_eq!(receipts.signed_text().unwrap(), text);
    let signed = receipts.verified(&[grant.receipt_key.0], &reply.receipt.unwrap()).unwrap();
    let receipt = signed.receipt(0, held).unwrap();
    assert_eq!((signed.leaves().len(), signed.receipt(1, held)), (1, None));
    assert!(receipt.vouches(&grant.receipt_key.0, grant.member, id, &operation.hash()));
}

#[test]
fn receipts_of_several_are_signed_as_described() {
    let reply = read::<SyncReply>("SyncReply").remove(0);
    let OutcomeResult::Applied(held) = reply.outcomes[0].result else { panic!("not applied") };
    let (grant, operation) = (granted(), the_operation());
    let id = operation.read::<Operation>().unwrap().id;
    let mut receipts = Receipts::of(grant.member);
    receipts.add(id, &operation.hash(), held);
    receipts.add(OperationId::from_bytes([9; 16]), &[0; 32], Held { due: None, ..held });
    let text = receipts.signed_text().unwrap();
    let server = Ed25519KeyPair::from_seed_unchecked(&[2; 32]).unwrap();
    let signature = BASE64URL_NOPAD.encode(server.sign(text.as_bytes()).as_ref());
    let signed = ReceiptSignature { key: ReceiptKeyId::of(&grant.receipt_key.0), signature };
    let signed = receipts.verified(&[grant.receipt_key.0], &signed).unwrap();
    assert_eq!(
        SignedReceipts::kept(signed.signature().clone(), signed.leaves().to_vec()),
        Some(signed.clone())
    );
    let first = signed.receipt(0, held).unwrap();
    assert_eq!(text, examples("receipts text")[0]);
    assert_eq!(first, read::<Receipt>("Receipt").remove(0), "{}", serde_json::to_string(&first).unwrap());
    let vouches =
        |receipt: &Receipt, id, hash| receipt.vouches(&grant.receipt_key.0, grant.member, id, &hash);
    assert!(vouches(&first, id, operation.hash()));
    assert!(!vouches(&first, id, [0; 32]));
    assert!(!vouches(&first, OperationId::from_bytes([9; 16]), [0; 32]));
    // Neither for itself alone nor for another number of operations was anything signed.
    let Among { index, size, path } = first.among.clone().unwrap();
    let others = [
        None,
        Some(Among { index, size: size + 1, path: path.clone() }),
        Some(Among { index: 1, size, path }),
    ];
    for among in others {
        assert!(!vouches(&Receipt { among, ..first.clone() }, id, operation.hash()));
    }
}

fn granted() -> Grant {
    match read::<EnrollmentReply>("EnrollmentReply").remove(0).result {
        EnrollmentResult::Granted(grant) => grant,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_rescue_is_sealed_as_described() {
    let programme = RescuePrivateKey::from_bytes([6; 32]);
    let device = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let request = read::<RescueRequest>("RescueRequest").remove(0);
    let (terms, items) = programme.open(&request.envelope).unwrap();
    assert_eq!(terms.device.0, device.public_key().as_ref());
    let operation = the_operation();
    let [item] = &request.items[..] else { panic!("one item") };
    assert_eq!(items.open(item.name, &item.sealed.0).unwrap(), operation.as_str().as_bytes());
    assert_eq!(item.name.id(), OperationHead::read(&operation).unwrap().id.as_bytes());
}

#[test]
fn the_receipt_of_an_erasure_is_signed_as_described() {
    let ErasureReply { receipt, .. } = read::<ErasureReply>("ErasureReply").remove(0);
    let grant = granted();
    let erasure = read::<ErasureRequest>("ErasureRequest").remove(0).erasure;
    assert!(receipt.vouches(&grant.receipt_key.0, grant.device, erasure));
    assert_eq!(erasure_text(grant.device, erasure, receipt.at), examples("erasure text")[0]);
    let mut other = receipt.clone();
    other.at = grant.granted_at;
    assert!(!other.vouches(&grant.receipt_key.0, grant.device, erasure));
    let another = yorisoi_protocol::ids::ErasureId::from_bytes([0; 16]);
    assert!(!receipt.vouches(&grant.receipt_key.0, grant.device, another));
}

#[test]
fn a_photo_is_named_as_described() {
    let reply = read::<PhotoReply>("PhotoReply").remove(0);
    let body = read::<OperationBody>("OperationBody").remove(2);
    let [photo] = body.photos() else { panic!("one photo") };
    assert_eq!(check_photos(body.photos()), Ok(()));
    assert_eq!(photo.sha256.0, yorisoi_protocol::digest::sha256(b"abc"));
    assert_eq!((reply.photo, reply.held), (photo.id, photo.bytes));
    assert_eq!(photo_part_path(photo.id, 65_536), format!("{PHOTOS_PATH}/{}/65536", photo.id));
}

#[test]
fn the_digest_is_summed_as_described() {
    let operation = the_operation();
    let id = OperationHead::read(&operation).unwrap().id;
    let digest = StreamDigest::EMPTY.with(id.as_bytes(), ENTRY_VERSION, &operation.hash());
    assert_eq!(digest.to_string(), examples("digest")[0]);
}

#[test]
fn the_hint_carries_a_cursor() {
    let data = examples("hint")[0].lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    serde_json::from_str::<Hint>(data).unwrap();
}

#[test]
fn every_error_code_stands_in_the_table_with_its_status() {
    use ApiErrorCode::*;
    let codes = [
        Malformed,
        SignatureMissing,
        SignatureWrong,
        SignatureStale,
        SignatureReplayed,
        UnknownDevice,
        LogInNeeded,
        NotAllowed,
        NotFound,
        UnknownPhoto,
        MethodNotAllowed,
        SequenceGap,
        Conflict,
        TooLarge,
        InvalidValue,
        PhotoTooLong,
        PhotoMismatch,
        TooMany,
        Unavailable,
    ];
    for code in codes {
        let name = serde_json::to_string(&code).unwrap().replace('"', "");
        assert!(PAGE.contains(&format!("| `{name}` | {} |", code.status())), "{name}");
    }
}
