//! Rules of the wire types.

use super::*;
use crate::ids::{DeviceId, Nonce, OperationId};
use crate::{Timestamp, question::Service};

#[test]
fn an_authorization_reads_back_and_nothing_else_does() {
    let authorization = Authorization {
        caller: Caller::Device(DeviceId::from_bytes([7; 8])),
        seconds: 1_627_830_000,
        nonce: Nonce::from_bytes([9; 6]),
        signature: [3; 64],
    };
    let header = authorization.to_string();
    assert_eq!(header.len(), 8 + 11 + 1 + 10 + 1 + 8 + 1 + 86);
    assert_eq!(Authorization::parse(&header), Some(authorization));
    for wrong in [
        "",
        "Bearer x",
        "Yorisoi a.b.c.d",
        &header.replace("Yorisoi", "yorisoi"),
        &header.replace("1627830000", "-1627830000"),
        &header.replace("1627830000", "+1627830000"),
        &header.replace("1627830000", "01627830000"),
        &header.replace("1627830000", "00"),
        &header.replace("1627830000", ""),
        &header.replace("1627830000", "99999999999999999999"),
        &format!("{header}.x"),
        &header[..header.len() - 1],
    ] {
        assert_eq!(Authorization::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_cursor_has_one_text() {
    let cursor = Cursor { epoch: crate::ids::Epoch::from_bytes([1; 4]), position: 12 };
    assert_eq!(Cursor::try_from(cursor.to_string()), Ok(cursor));
    for wrong in
        ["", "AQEBAQ", "AQEBAQ.", "AQEBAQ.01", "AQEBAQ.-1", "AQEBAQ.+1", "AQEBAQ.9223372036854775808"]
    {
        assert_eq!(Cursor::try_from(wrong.to_owned()), Err(CursorError), "{wrong}");
    }
}

#[test]
fn an_operation_of_an_unknown_kind_still_has_a_name() {
    let text = r#"{"id":"AAAAAAAAAAAAAAAAAAAAAA","seq":3,"at":5,"body":{"telepathy":{}}}"#;
    let head = OperationHead::read(&EntryText::from_text(text.to_owned()).unwrap()).unwrap();
    assert_eq!((head.id, head.seq), (OperationId::from_bytes([0; 16]), 3));
    assert_eq!(head.body(), Err(OperationError::UnknownKind));
    let nameless = EntryText::from_text("{\"seq\":3}".to_owned()).unwrap();
    assert_eq!(OperationHead::read(&nameless).unwrap_err(), OperationError::Malformed);
}

#[test]
fn entry_text_is_kept_to_the_byte() {
    let json = "{\"operations\":[{\"id\" : \"AAAAAAAAAAAAAAAAAAAAAA\",\n \"seq\":1}]}";
    let request: SyncRequest = serde_json::from_str(json).unwrap();
    assert_eq!(request.operations[0].as_str(), "{\"id\" : \"AAAAAAAAAAAAAAAAAAAAAA\",\n \"seq\":1}");
    assert_eq!(serde_json::to_string(&request).unwrap(), json);
    assert!(!format!("{request:?}").contains("AAAA"));
}

#[test]
fn every_enrollment_reply_has_the_same_size() {
    let reply = |result| EnrollmentReply {
        answers: Nonce::from_bytes([0; 6]),
        result,
        time: Timestamp::from_seconds(1_627_830_000),
        pad: String::new(),
    };
    let grant = Grant {
        device: DeviceId::from_bytes([255; 8]),
        member: crate::ids::MemberId::from_bytes([255; 16]),
        enrollment: crate::ids::EnrollmentId::from_bytes([255; 16]),
        programme: "a".repeat(64),
        receipt_key: PublicKey([255; 32]),
        trust: Trust::HouseholdCard,
        granted_at: Timestamp::from_seconds(1_627_830_000),
    };
    for result in [
        EnrollmentResult::Granted(grant),
        EnrollmentResult::Refused(EnrollmentRefusal::UnknownCode),
        EnrollmentResult::Refused(EnrollmentRefusal::CardReplaced),
        EnrollmentResult::Refused(EnrollmentRefusal::Ended { since: Timestamp::from_seconds(0) }),
    ] {
        let body = reply(result.clone()).to_padded_json().unwrap();
        assert_eq!(body.len(), ENROLLMENT_REPLY_BYTES);
        let read: EnrollmentReply = serde_json::from_slice(&body).unwrap();
        assert_eq!(read.result, result);
    }
}

#[test]
fn a_newer_servers_codes_are_read_as_other() {
    assert_eq!(serde_json::from_str::<RefusalCode>("\"full_moon\"").unwrap(), RefusalCode::Other);
    assert_eq!(serde_json::from_str::<ApiErrorCode>("\"full_moon\"").unwrap(), ApiErrorCode::Other);
    assert_eq!(serde_json::from_str::<EnrollmentRefusal>("\"full_moon\"").unwrap(), EnrollmentRefusal::Other);
    assert_eq!(serde_json::to_string(&Service::Pediatrics).unwrap(), "\"pediatrics\"");
}
