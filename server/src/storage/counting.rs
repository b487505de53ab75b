//! A storage that notes which of its methods are called, for tests of what a request costs.

use std::sync::{Arc, Mutex};

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ConsultationId, DeviceId, MemberId, MessageId, Nonce, OperationId, PhotoId};

use super::*;
use crate::keys::CodeTag;

/// The calls so far, oldest first.
pub(crate) type Calls = Arc<Mutex<Vec<&'static str>>>;

/// A storage that passes everything on to another one and notes the call.
pub(crate) struct CountingStorage {
    storage: Box<dyn Storage>,
    calls: Calls,
}

struct CountingTransaction<'a> {
    transaction: Box<dyn Transaction + 'a>,
    calls: &'a Calls,
}

impl CountingStorage {
    pub(crate) fn new(storage: Box<dyn Storage>, calls: Calls) -> Self {
        Self { storage, calls }
    }
}

fn note(calls: &Calls, call: &'static str) {
    calls.lock().unwrap().push(call);
}

impl Storage for CountingStorage {
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StorageError> {
        note(&self.calls, "begin");
        Ok(Box::new(CountingTransaction { transaction: self.storage.begin()?, calls: &self.calls }))
    }
}

/// Passes the methods of a trait on.
macro_rules! passed_on {
    ($of:ident { $(fn $name:ident($($value:ident: $kind:ty),*) -> $result:ty;)* }) => {
        impl $of for CountingTransaction<'_> {
            $(fn $name(&self, $($value: $kind),*) -> Result<$result, StorageError> {
                note(self.calls, stringify!($name));
                self.transaction.$name($($value),*)
            })*
        }
    };
}

impl Transaction for CountingTransaction<'_> {
    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        note(self.calls, "meta");
        self.transaction.meta(name)
    }

    fn set_meta(&self, name: &str, value: &[u8]) -> Result<(), StorageError> {
        note(self.calls, "set_meta");
        self.transaction.set_meta(name, value)
    }

    fn commit(self: Box<Self>) -> Result<(), StorageError> {
        note(self.calls, "commit");
        self.transaction.commit()
    }
}

passed_on! { Cards {
    fn add_programme(id: &str, index: u16, text: &str) -> bool;
    fn programme(id: &str) -> Option<String>;
    fn programme_at(index: u16) -> Option<String>;
    fn programmes() -> Vec<String>;
    fn add_card(card: &CardRecord) -> bool;
    fn set_card_status(tag: &CodeTag, status: CardStatus, at: Timestamp) -> ();
    fn last_card(programme: &str) -> (u32, u32);
    fn cards(programme: &str) -> Vec<(CardRecord, u32)>;
    fn numbered_card(programme: &str, number: u32) -> Option<CodeTag>;
    fn lock_card(tag: &CodeTag) -> Option<CardRecord>;
    fn joined(source: &CodeTag, device_key: &[u8; 32], since: Timestamp) -> Joined;
    fn add_grant(grant: &GrantRecord) -> bool;
} }

passed_on! { Phrases {
    fn end_phrase(programme: &str, at: Timestamp) -> bool;
    fn set_phrase(phrase: &PhraseRecord) -> ();
    fn lock_phrase(tag: &CodeTag) -> Option<PhraseRecord>;
} }

passed_on! { Limits {
    fn own_failures(install: &[u8; 32], way: Way, after: Timestamp) -> OwnFailures;
    fn door_failures(door: Door, after: Timestamp) -> u32;
    fn shut(door: Door) -> Option<ShutRecord>;
    fn note_attempt(attempt: &AttemptRecord, forget: Timestamp) -> ();
    fn set_shut(door: Door, shut: ShutRecord) -> ();
} }

passed_on! { Devices {
    fn device(id: DeviceId) -> Option<DeviceRecord>;
    fn device_of_key(programme: &str, key: &[u8; 32]) -> Option<DeviceRecord>;
    fn use_nonce(caller: &[u8], nonce: Nonce, expires: Timestamp, now: Timestamp) -> bool;
    fn is_nonce_used(caller: &[u8], nonce: Nonce) -> bool;
    fn set_last_seq(device: DeviceId, seq: u64) -> ();
    fn operation(id: OperationId) -> Option<OperationRecord>;
    fn is_taken(id: OperationId) -> bool;
    fn add_refused(operation: &OperationRecord) -> bool;
} }

passed_on! { Streams {
    fn lock_member(member: MemberId) -> ();
    fn head(member: MemberId) -> Head;
    fn append(member: MemberId, position: u64, entry: &EntryRecord) -> bool;
    fn set_head(member: MemberId, head: Head) -> ();
    fn entries_after(member: MemberId, after: u64, not_from: DeviceId, rows: u32) -> Vec<StreamRow>;
    fn entry(id: &[u8; 16]) -> Option<StoredEntry>;
} }

passed_on! { Consultations {
    fn add_consultation(consultation: &ConsultationRecord) -> bool;
    fn consultation(id: ConsultationId) -> Option<ConsultationRecord>;
    fn take(id: ConsultationId, clinician: &str, at: Timestamp) -> bool;
    fn messages(id: ConsultationId) -> Vec<MessageRecord>;
    fn mark_answered(id: ConsultationId, at: Timestamp) -> ();
    fn waiting() -> Vec<WaitingRecord>;
} }

passed_on! { Photos {
    fn add_photo(id: PhotoId, message: MessageId, device: DeviceId) -> bool;
    fn photo(id: PhotoId) -> Option<PhotoRecord>;
    fn append_part(id: PhotoId, offset: u64, bytes: usize, sealed: &[u8]) -> bool;
    fn part(id: PhotoId, offset: u64) -> Option<Vec<u8>>;
    fn drop_parts(id: PhotoId) -> ();
} }

passed_on! { People {
    fn survey_answered(member: MemberId) -> bool;
    fn mark_survey_answered(member: MemberId) -> bool;
    fn add_survey_answer(answer: &SurveyAnswerRecord) -> ();
    fn last_consent(member: MemberId) -> Option<(u32, Vec<u8>)>;
    fn add_consent(member: MemberId, number: u32, sealed: &[u8]) -> bool;
} }

passed_on! { Erasures {
    fn erasable(id: DeviceId) -> Option<ErasableRecord>;
    fn erase_member(member: MemberId, at: Timestamp) -> ();
} }

passed_on! { Clinicians {
    fn add_clinician(clinician: &ClinicianRecord) -> bool;
    fn clinician(login: &str) -> Option<ClinicianRecord>;
    fn add_session(token: &[u8; 32], login: &str, expires: Timestamp, now: Timestamp) -> ();
    fn session(token: &[u8; 32], now: Timestamp) -> Option<SessionRecord>;
} }

passed_on! { Figures {
    fn figures(programme: &str) -> ProgrammeFigures;
} }
