//! A server in memory: the rules of the protocol in the fewest lines, and faults on demand.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;
use yorisoi_protocol::digest::{ENTRY_VERSION, StreamDigest};
use yorisoi_protocol::ids::{
    ChangeId, ConsultationId, DeviceId, EnrollmentId, Epoch, ErasureId, MemberId, Nonce, OperationId,
};
use yorisoi_protocol::manifest::manifest_etag;
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_protocol::wire::{
    Authorization, Caller, Change, ChangeBody, Cursor, ENROLLMENTS_PATH, ERASURES_PATH, EnrollmentRefusal,
    EnrollmentReply, EnrollmentRequest, EnrollmentResult, EntryText, ErasureReceipt, ErasureReply,
    ErasureRequest, Grant, Held, MANIFEST_MEDIA_TYPE, MANIFEST_PATH, OperationHead, OperationRefusal,
    Outcome, OutcomeResult, PublicKey, ReceiptKeyId, ReceiptSignature, Receipts, RefusalCode, SyncReply,
    SyncRequest, Trust, erasure_text,
};
use yorisoi_protocol::{EnrollmentCode, Timestamp};

use super::fault::Fault;
use super::photos::{Photos, part_of};
use crate::transport::{Opened, Request, Response, Transport, TransportError};

#[derive(Clone, Default)]
pub(super) struct State {
    epoch: u8,
    pub(super) operations: Vec<(OperationId, u64, Result<EntryText, RefusalCode>)>,
    changes: Vec<EntryText>,
    erasures: Vec<ErasureId>,
    device_keys: Vec<PublicKey>,
    requests: u32,
    seconds: Vec<i64>,
    heard: Vec<u8>,
    manifest: Option<Vec<u8>>,
    manifest_requests: u32,
    refuse_card: Option<EnrollmentRefusal>,
    faults: VecDeque<Fault>,
    refuse: Option<RefusalCode>,
    fails_at: Option<(&'static str, &'static str)>,
    pub(super) photos: Photos,
}

pub(crate) struct FakeServer {
    pub(super) state: Mutex<State>,
    key: Ed25519KeyPair,
    member: MemberId,
    page: usize,
}

impl FakeServer {
    pub(crate) fn new() -> Self {
        Self::with_pages_of(100)
    }

    pub(crate) fn with_pages_of(page: usize) -> Self {
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let state = Mutex::new(State { epoch: 1, ..State::default() });
        Self { state, key, member: MemberId::from_bytes([3; 16]), page }
    }

    /// A server that holds the same and goes on by itself, with nothing that is to go wrong.
    pub(crate) fn fork(&self) -> Self {
        let mut state = self.state.lock().unwrap().clone();
        state.faults.clear();
        state.refuse = None;
        state.heard.clear();
        Self { state: Mutex::new(state), ..Self::with_pages_of(self.page) }
    }

    pub(crate) fn card(&self) -> String {
        self.code().grouped()
    }

    pub(crate) fn code(&self) -> EnrollmentCode {
        EnrollmentCode::issue(37, 0x1234_5678_9abc).unwrap()
    }

    pub(crate) fn fail_next(&self, fault: Fault) {
        self.state.lock().unwrap().faults.push_back(fault);
    }

    pub(crate) fn refuse_next(&self, code: RefusalCode) {
        self.state.lock().unwrap().refuse = Some(code);
    }

    /// Fails with this code at every request to sync that holds this text, from now on, or at none.
    pub(crate) fn fail_at(&self, what: Option<(&'static str, &'static str)>) {
        self.state.lock().unwrap().fails_at = what;
    }

    /// Refuses every card from now on, or none.
    pub(crate) fn refuse_cards(&self, refusal: Option<EnrollmentRefusal>) {
        self.state.lock().unwrap().refuse_card = refusal;
    }

    pub(crate) fn requests(&self) -> u32 {
        self.state.lock().unwrap().requests
    }

    /// The operations the server holds, in their order.
    pub(crate) fn held(&self) -> Vec<OperationId> {
        let state = self.state.lock().unwrap();
        state.operations.iter().filter(|(_, _, text)| text.is_ok()).map(|(id, _, _)| *id).collect()
    }

    /// The operations the server decided, in their order, and how many changes it has to tell.
    pub(crate) fn decided(&self) -> (Vec<OperationId>, usize) {
        let state = self.state.lock().unwrap();
        (state.operations.iter().map(|(id, _, _)| *id).collect(), state.changes.len())
    }

    pub(crate) fn device_keys(&self) -> Vec<PublicKey> {
        self.state.lock().unwrap().device_keys.clone()
    }

    /// The bodies of the requests so far, inflated, one after the other.
    pub(crate) fn heard(&self) -> String {
        String::from_utf8(self.state.lock().unwrap().heard.clone()).unwrap()
    }

    /// The signed times of the requests so far.
    pub(crate) fn seconds(&self) -> Vec<i64> {
        self.state.lock().unwrap().seconds.clone()
    }

    /// Restores the data as it was with this many operations and changes.
    pub(crate) fn restore(&self, operations: usize, changes: usize) {
        let mut state = self.state.lock().unwrap();
        state.operations.truncate(operations);
        state.changes.truncate(changes);
        state.epoch += 1;
    }

    pub(crate) fn tell(&self, id: u8, at: Timestamp, body: ChangeBody) {
        let change = Change { id: ChangeId::from_bytes([id; 16]), at, body };
        self.state.lock().unwrap().changes.push(EntryText::write(&change).unwrap());
    }

    pub(crate) fn answer(&self, id: u8, consultation: ConsultationId, text: &str) {
        let role = ClinicianRole::Pediatrician;
        let body = ChangeBody::Answer { consultation, role, text: text.to_owned() };
        self.tell(id, Timestamp::from_seconds(super::NIGHT + 3600), body);
    }

    fn receipt(&self, receipts: &Receipts, foreign: bool) -> Option<ReceiptSignature> {
        let other = Ed25519KeyPair::from_seed_unchecked(&[8; 32]).unwrap();
        let key = if foreign { &other } else { &self.key };
        let signature = BASE64URL_NOPAD.encode(key.sign(receipts.signed_text()?.as_bytes()).as_ref());
        Some(ReceiptSignature { key: ReceiptKeyId::of(&public(&self.key).0), signature })
    }

    fn redeem(&self, body: &[u8], nonce: Nonce) -> Vec<u8> {
        let request: EnrollmentRequest = serde_json::from_slice(body).unwrap();
        let refuse = {
            let mut state = self.state.lock().unwrap();
            state.device_keys.push(request.device_key);
            state.refuse_card
        };
        let grant = Grant {
            device: DeviceId::from_bytes([1; 8]),
            member: self.member,
            enrollment: EnrollmentId::from_bytes([2; 16]),
            programme: "fuchu-2021".to_owned(),
            receipt_key: public(&self.key),
            trust: Trust::HouseholdCard,
            granted_at: Timestamp::from_seconds(super::NIGHT),
        };
        let result = refuse.map_or(EnrollmentResult::Granted(grant), EnrollmentResult::Refused);
        let time = Timestamp::from_seconds(super::NIGHT);
        EnrollmentReply { answers: nonce, result, time, pad: String::new() }.to_padded_json().unwrap()
    }

    /// Forgets what it holds, once; the receipt is the same each time.
    fn erase(&self, body: &[u8], signed: &Authorization, fault: Option<&Fault>) -> Vec<u8> {
        let ErasureRequest { erasure } = serde_json::from_slice(body).unwrap();
        let Caller::Device(device) = signed.caller else { panic!("a device without an id") };
        let mut state = self.state.lock().unwrap();
        (state.operations, state.changes) = Default::default();
        state.erasures.push(erasure);
        let at = Timestamp::from_seconds(super::NIGHT + 90);
        let other = Ed25519KeyPair::from_seed_unchecked(&[8; 32]).unwrap();
        let key = if fault == Some(&Fault::ForeignKey) { &other } else { &self.key };
        let signature =
            BASE64URL_NOPAD.encode(key.sign(erasure_text(device, erasure, at).as_bytes()).as_ref());
        let key = ReceiptKeyId::of(&public(&self.key).0);
        let receipt = ErasureReceipt { device, erasure, at, key, signature };
        serde_json::to_vec(&ErasureReply { answers: signed.nonce, receipt, time: at }).unwrap()
    }

    /// The erasures it was asked for.
    pub(crate) fn erasures(&self) -> Vec<ErasureId> {
        self.state.lock().unwrap().erasures.clone()
    }

    fn sync(&self, body: &[u8], nonce: Nonce, fault: Option<&Fault>) -> Result<Vec<u8>, u64> {
        let request: SyncRequest = serde_json::from_slice(body).unwrap();
        let mut state = self.state.lock().unwrap();
        let (mut outcomes, mut receipts) = (Vec::new(), Receipts::of(self.member));
        let at = Timestamp::from_seconds(super::NIGHT + 60);
        let held = Held { at, due: Some(at.plus_hours(24)) };
        for text in request.operations {
            let head = OperationHead::read(&text).unwrap();
            if let Some(Fault::Later(seconds)) = fault {
                let result = OutcomeResult::RetryAfter { seconds: *seconds };
                outcomes.push(Outcome::of(head.id, result));
                break;
            }
            let expected = state.operations.len() as u64 + 1;
            if head.seq > expected {
                return Err(expected);
            }
            let (hash, unknown) = (text.hash(), head.body().err().map(|_| RefusalCode::UnknownOperation));
            let decided = state.operations.get(head.seq as usize - 1);
            let refused = decided.and_then(|(_, _, text)| text.as_ref().err().copied());
            let no = |code| OutcomeResult::Refused(OperationRefusal { code, at: None });
            let result = if let Some(code) = refused {
                no(code)
            } else if head.seq < expected {
                OutcomeResult::Duplicate(held)
            } else if let Some(code) = state.refuse.take().or(unknown) {
                state.operations.push((head.id, head.seq, Err(code)));
                no(code)
            } else {
                state.operations.push((head.id, head.seq, Ok(text)));
                OutcomeResult::Applied(held)
            };
            if !matches!(result, OutcomeResult::Refused(_)) {
                receipts.add(head.id, &hash, held);
            }
            outcomes.push(Outcome::of(head.id, result));
        }
        let receipt = self.receipt(&receipts, fault == Some(&Fault::ForeignKey));
        let epoch = Epoch::from_bytes([state.epoch; 4]);
        let from = request
            .cursor
            .filter(|cursor| cursor.epoch == epoch)
            .map_or(0, |cursor| cursor.position as usize);
        let changes: Vec<_> = state.changes.iter().skip(from).take(self.page).cloned().collect();
        let mut position = from + changes.len();
        let more = position < state.changes.len();
        let mut digest = state.digest();
        match fault {
            Some(Fault::Stranger) => {
                if let Some(outcome) = outcomes.first_mut() {
                    outcome.id = Some(OperationId::from_bytes([0; 16]));
                }
            }
            Some(Fault::CursorBack) => position = 0,
            Some(Fault::DigestOff) => digest = digest.with(&[9; 16], 1, &[0; 32]),
            _ => {}
        }
        let answers = if fault == Some(&Fault::AnotherRequest) { Nonce::from_bytes([0; 6]) } else { nonce };
        let cursor = Cursor { epoch, position: position as u64 };
        let reply = SyncReply { answers, outcomes, receipt, changes, more, cursor, digest, time: at };
        Ok(serde_json::to_vec(&reply).unwrap())
    }

    /// Lets the server hand out this manifest, whatever it is.
    pub(crate) fn publish(&self, signed: Vec<u8>) {
        self.state.lock().unwrap().manifest = Some(signed);
    }

    /// How often the manifest was asked for.
    pub(crate) fn manifest_requests(&self) -> u32 {
        self.state.lock().unwrap().manifest_requests
    }

    fn manifest(&self, request: &Request) -> Result<Response, TransportError> {
        let mut state = self.state.lock().unwrap();
        state.manifest_requests += 1;
        if state.faults.front() == Some(&Fault::Down) {
            return Err(TransportError::Unreachable);
        }
        let Some(signed) = state.manifest.clone() else {
            return Ok(json_reply(404, json!({"error": {"code": "not_found"}}).to_string()));
        };
        let status = if request.held == Some(manifest_etag(&signed)) { 304 } else { 200 };
        let body = if status == 304 { Vec::new() } else { signed };
        let media_type = Some(MANIFEST_MEDIA_TYPE.to_owned());
        Ok(Response { status, media_type, retry_after: None, body })
    }

    fn reply(&self, request: &Request, fault: Option<&Fault>) -> Response {
        let nonce = signed(request).nonce;
        if let Some(part) = part_of(&request.path) {
            return match self.take_part(part, request, fault) {
                Ok(body) => Response { body, ..json_reply(200, String::new()) },
                Err(code) => json_reply(code.status(), json!({"error": {"code": code}}).to_string()),
            };
        }
        let body = if request.gzip { inflate(&request.body) } else { request.body.clone() };
        self.state.lock().unwrap().heard.extend_from_slice(&body);
        if let Some(Fault::Stale(time)) = fault {
            return json_reply(401, json!({"error": {"code": "signature_stale", "time": time}}).to_string());
        }
        let fails_at = self.state.lock().unwrap().fails_at;
        let fails = fails_at.filter(|(text, _)| String::from_utf8_lossy(&body).contains(text));
        if let Some((_, code)) = fails {
            return json_reply(503, json!({"error": {"code": code}}).to_string());
        }
        let body = match &*request.path {
            ENROLLMENTS_PATH => Ok(self.redeem(&body, nonce)),
            ERASURES_PATH => Ok(self.erase(&body, &signed(request), fault)),
            _ => self.sync(&body, nonce, fault),
        };
        match body {
            Ok(body) => Response { body, ..json_reply(200, String::new()) },
            Err(expected) => {
                json_reply(409, json!({"error": {"code": "sequence_gap", "expected": expected}}).to_string())
            }
        }
    }
}

impl State {
    fn digest(&self) -> StreamDigest {
        let held =
            self.operations.iter().filter_map(|(id, _, text)| Some((*id.as_bytes(), text.as_ref().ok()?)));
        let told = self.changes.iter().map(|text| (*text.read::<Change>().unwrap().id.as_bytes(), text));
        held.chain(told)
            .fold(StreamDigest::EMPTY, |sum, (id, text)| sum.with(&id, ENTRY_VERSION, &text.hash()))
    }
}

#[async_trait]
impl Transport for FakeServer {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if request.path == MANIFEST_PATH {
            return self.manifest(&request);
        }
        let fault = {
            let mut state = self.state.lock().unwrap();
            state.requests += 1;
            state.seconds.push(signed(&request).seconds);
            state.faults.pop_front()
        };
        match &fault {
            Some(Fault::Down) => return Err(TransportError::Unreachable),
            Some(Fault::Patience(seconds)) => {
                let refusal = json!({"error": {"code": "too_many"}}).to_string();
                return Ok(Response { retry_after: Some(*seconds), ..json_reply(429, refusal) });
            }
            Some(Fault::Hangs) => std::future::pending::<()>().await,
            Some(Fault::Page(status, media_type, body)) => {
                let media_type = Some((*media_type).to_owned());
                let body = body.clone().into_bytes();
                return Ok(Response { status: *status, media_type, retry_after: None, body });
            }
            _ => {}
        }
        let mut response = self.reply(&request, fault.as_ref());
        match fault {
            Some(Fault::ReplyLost) => Err(TransportError::Interrupted),
            Some(Fault::CutAt(bytes)) => {
                response.body.truncate(bytes);
                Ok(response)
            }
            _ => Ok(response),
        }
    }

    async fn open(&self, _: Request) -> Result<Opened, TransportError> {
        Err(TransportError::Unreachable)
    }
}

pub(super) fn signed(request: &Request) -> Authorization {
    Authorization::parse(request.authorization.as_ref().unwrap()).unwrap()
}

fn json_reply(status: u16, body: String) -> Response {
    let media_type = Some("application/json".to_owned());
    Response { status, media_type, retry_after: None, body: body.into_bytes() }
}

pub(super) fn public(key: &Ed25519KeyPair) -> PublicKey {
    PublicKey(key.public_key().as_ref().try_into().unwrap())
}

fn inflate(gzip: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(gzip), &mut body).unwrap();
    body
}
