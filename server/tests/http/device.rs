//! A phone as the server sees it: a key, numbers, and what it keeps of what it was told.

use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::Serialize;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::{Actor, ConsentEntry, ConsentState, Purpose};
use yorisoi_protocol::digest::{ENTRY_VERSION, StreamDigest};
use yorisoi_protocol::ids::{ConsultationId, Nonce, OperationId};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::wire::{
    Authorization, Caller, Cursor, ENROLLMENTS_PATH, EnrollmentReply, EnrollmentRequest, EnrollmentResult,
    EntryText, Grant, Held, Operation, OperationBody, OutcomeResult, PhraseRequest, PublicKey, Receipts,
    SYNC_PATH, SyncReply, SyncRequest, signed_text,
};

use crate::client::{Reply, send};
use crate::world::{PROGRAMME, World};

pub(crate) struct Device<'a> {
    pub(crate) world: &'a World,
    pub(crate) pair: Ed25519KeyPair,
    pub(crate) grant: Option<Grant>,
    pub(crate) cursor: Option<Cursor>,
    /// Of everything acknowledged and pulled.
    pub(crate) digest: StreamDigest,
    number: u8,
    drawn: u64,
    pub(crate) seq: u64,
}

impl<'a> Device<'a> {
    /// A device that is not enrolled. Devices with one number have the same key.
    pub(crate) fn new(world: &'a World, number: u8) -> Self {
        Self {
            world,
            pair: Ed25519KeyPair::from_seed_unchecked(&[number; 32]).unwrap(),
            grant: None,
            cursor: None,
            digest: StreamDigest::EMPTY,
            number,
            drawn: 0,
            seq: 0,
        }
    }

    /// A device enrolled with a card of its own.
    pub(crate) fn enrolled(world: &'a World, number: u8) -> Self {
        let mut device = Self::new(world, number);
        match device.enroll(&world.card()) {
            EnrollmentResult::Granted(_) => device,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn key(&self) -> PublicKey {
        PublicKey(self.pair.public_key().as_ref().try_into().unwrap())
    }

    pub(crate) fn id(&self) -> Caller {
        self.grant.as_ref().map_or(Caller::New, |grant| Caller::Device(grant.device))
    }

    /// Different at every call and for every device.
    pub(crate) fn draw<const N: usize>(&mut self) -> [u8; N] {
        self.drawn += 1;
        let mut bytes = [self.number; N];
        for (byte, drawn) in bytes.iter_mut().zip(self.drawn.to_le_bytes()).take(N.min(5)) {
            *byte = drawn;
        }
        bytes
    }

    pub(crate) fn authorization(&mut self, method: &str, path: &str, body: &[u8]) -> Authorization {
        let nonce = Nonce::from_bytes(self.draw());
        self.sign(method, path, body, self.id(), self.world.now().seconds(), nonce)
    }

    pub(crate) fn sign(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
        caller: Caller,
        seconds: i64,
        nonce: Nonce,
    ) -> Authorization {
        let text = signed_text(method, path, caller, seconds, nonce, body);
        Authorization {
            caller,
            seconds,
            nonce,
            signature: self.pair.sign(text.as_bytes()).as_ref().try_into().unwrap(),
        }
    }

    /// Signs and sends these bytes.
    pub(crate) fn post(&mut self, path: &str, body: &[u8], headers: &[(&str, &str)]) -> Reply {
        let header = self.authorization("POST", path, body).to_string();
        let headers = [headers, &[("authorization", header.as_str())]].concat();
        send(self.world.address, "POST", path, &headers, body)
    }

    /// Redeems a code and keeps the grant.
    pub(crate) fn enroll(&mut self, code: &str) -> EnrollmentResult {
        self.redeem(EnrollmentRequest { code: Some(code.to_owned()), phrase: None, device_key: self.key() })
    }

    /// Redeems a phrase of Fuchu and keeps the grant.
    pub(crate) fn enroll_by_phrase(&mut self, phrase: &str) -> EnrollmentResult {
        let phrase = PhraseRequest { programme: PROGRAMME.to_owned(), phrase: phrase.to_owned() };
        self.redeem(EnrollmentRequest { code: None, phrase: Some(phrase), device_key: self.key() })
    }

    fn redeem(&mut self, request: EnrollmentRequest) -> EnrollmentResult {
        self.grant = None;
        let reply = self.post_json(ENROLLMENTS_PATH, &request);
        assert_eq!(reply.body.len(), yorisoi_protocol::wire::ENROLLMENT_REPLY_BYTES);
        assert_eq!(reply.header("content-encoding"), None);
        let reply: EnrollmentReply = reply.json();
        if let EnrollmentResult::Granted(grant) = &reply.result {
            self.grant = Some(grant.clone());
        }
        reply.result
    }

    /// Sends a request and gives the reply as it came.
    pub(crate) fn sync_raw(&mut self, operations: &[EntryText]) -> Reply {
        let request = SyncRequest { cursor: self.cursor, operations: operations.to_vec() };
        self.post_json(SYNC_PATH, &request)
    }

    /// Sends operations and takes up the reply as a phone does.
    pub(crate) fn sync(&mut self, operations: &[EntryText]) -> SyncReply {
        let reply: SyncReply = self.sync_raw(operations).json();
        let grant = self.grant.as_ref().unwrap();
        let mut receipts = Receipts::of(grant.member);
        for (outcome, text) in reply.outcomes.iter().zip(operations) {
            if let OutcomeResult::Applied(held) | OutcomeResult::Duplicate(held) = &outcome.result {
                let id = id_of(text);
                receipts.add(OperationId::from_bytes(id), &text.hash(), *held);
                self.digest = self.digest.with(&id, ENTRY_VERSION, &text.hash());
            }
        }
        assert_eq!(reply.receipt.is_none(), receipts.is_empty());
        let vouched = |signed| receipts.verified(&[grant.receipt_key.0], signed).is_some();
        assert!(reply.receipt.as_ref().is_none_or(vouched));
        for text in &reply.changes {
            let id = id_of(text);
            self.digest = self.digest.with(&id, ENTRY_VERSION, &text.hash());
        }
        self.cursor = Some(reply.cursor);
        reply
    }

    pub(crate) fn post_json<T: Serialize>(&mut self, path: &str, body: &T) -> Reply {
        let body = serde_json::to_vec(body).unwrap();
        self.post(path, &body, &[])
    }

    /// The next operation.
    pub(crate) fn operation(&mut self, body: OperationBody) -> EntryText {
        self.seq += 1;
        let operation =
            Operation { id: OperationId::from_bytes(self.draw()), seq: self.seq, at: self.world.now(), body };
        EntryText::write(&operation).unwrap()
    }

    /// The next operation: a question about a child, begun now.
    pub(crate) fn ask(&mut self, text: &str) -> EntryText {
        let consultation = ConsultationId::from_bytes(self.draw());
        self.ask_as(consultation, text, self.world.now())
    }

    pub(crate) fn ask_as(&mut self, consultation: ConsultationId, text: &str, begun: Timestamp) -> EntryText {
        self.operation(OperationBody::Ask {
            consultation,
            service: Service::Pediatrics,
            subject: Subject::Child { born: None },
            text: text.to_owned(),
            begun,
            photos: Vec::new(),
        })
    }

    /// Asks and syncs.
    pub(crate) fn asked(&mut self, text: &str) -> (EntryText, Held) {
        let operation = self.ask(text);
        let reply = self.sync(std::slice::from_ref(&operation));
        match &reply.outcomes[0].result {
            OutcomeResult::Applied(held) => (operation, *held),
            other => panic!("{other:?}"),
        }
    }
}

/// An entry of the ledger that grants the service, after the one of this hash.
pub(crate) fn consent(at: Timestamp, number: u32, previous_sha256: String) -> ConsentEntry {
    ConsentEntry {
        number,
        purpose: Purpose::Service,
        text_id: "service-ja-1".to_owned(),
        text_sha256: "0".repeat(64),
        language: "ja".to_owned(),
        state: ConsentState::Grant,
        at,
        previous_sha256,
        actor: Some(Actor::Own),
        clock: None,
        sdk: None,
    }
}

/// The id of an operation or a change.
pub(crate) fn id_of(text: &EntryText) -> [u8; 16] {
    let value: serde_json::Value = text.read().unwrap();
    *OperationId::parse(value["id"].as_str().unwrap()).unwrap().as_bytes()
}

/// The consultation that an operation opens.
pub(crate) fn consultation_of(text: &EntryText) -> ConsultationId {
    match text.read::<Operation>().unwrap().body {
        OperationBody::Ask { consultation, .. } => consultation,
        other => panic!("{other:?}"),
    }
}
