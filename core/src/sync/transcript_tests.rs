//! Golden transcripts: the main stories of one sync, event by event, byte for byte.
//!
//! Each file in `transcripts` is a JSON array with one event (`in`) or instruction (`out`) a line. They change only on purpose:
//! `YORISOI_RENEW=1 cargo test -p yorisoi-core transcripts` writes them anew.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::{ENTRY_VERSION, StreamDigest};
use yorisoi_protocol::ids::{ChangeId, Epoch};
use yorisoi_protocol::wire::{
    ApiErrorCode, Cursor, EntryText, OperationRefusal, Outcome, OutcomeResult, RefusalCode, SyncReply,
};

use super::engine::tests::{NONCE, applied, cursor, member, outgoing, public, reply};
use super::{Engine, Event, Instruction, Plan, Settlement, Vouching};
use crate::store::Outgoing;

/// One sync, written down as it goes.
struct Story {
    engine: Engine,
    lines: Vec<String>,
}

impl Story {
    fn begun() -> Self {
        let engine = Engine::new(Vouching { member: member(), receipt_keys: vec![public()] }, false);
        let mut story = Self { engine, lines: Vec::new() };
        story.tell(Event::Asked);
        story
    }

    fn tell(&mut self, event: Event) {
        self.lines.push(format!("{{\"in\":{}}}", told(&event)));
        let instruction = self.engine.step(event);
        self.lines.push(format!("{{\"out\":{}}}", given(&instruction)));
    }

    fn collected(&mut self, operations: &[Outgoing], cursor: Option<Cursor>) {
        self.tell(Event::Collected { operations: operations.to_vec(), cursor });
    }

    fn replied(&mut self, reply: SyncReply) {
        self.replied_before(reply, &[]);
    }

    fn replied_before(&mut self, reply: SyncReply, next: &[Outgoing]) {
        self.tell(Event::Replied { nonce: NONCE, reply, next: next.to_vec() });
    }

    fn applied(&mut self, digest: StreamDigest, pending: u64) {
        self.tell(Event::Applied { digest, pending });
    }

    fn text(&self) -> String {
        format!("[\n{}\n]\n", self.lines.join(",\n"))
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn list<T>(values: &[T], one: impl Fn(&T) -> String) -> String {
    format!("[{}]", values.iter().map(one).collect::<Vec<_>>().join(","))
}

fn told(event: &Event) -> String {
    match event {
        Event::Asked => "\"asked\"".to_owned(),
        Event::Collected { operations, cursor } => {
            let operations = list(operations, |sent| json(&sent.text));
            format!("{{\"collected\":{{\"operations\":{operations},\"cursor\":{}}}}}", json(cursor))
        }
        Event::Replied { nonce, reply, next } => {
            let next = match &next[..] {
                [] => String::new(),
                next => format!(",\"next\":{}", list(next, |waits| json(&waits.text))),
            };
            format!("{{\"replied\":{{\"nonce\":{},\"reply\":{}{next}}}}}", json(nonce), json(reply))
        }
        Event::ServerRefused { code, expected } => {
            format!("{{\"server_refused\":{{\"code\":{},\"expected\":{}}}}}", json(code), json(expected))
        }
        Event::AskedToWait { seconds } => format!("{{\"asked_to_wait\":{seconds}}}"),
        Event::Applied { digest, pending } => {
            format!("{{\"applied\":{{\"digest\":{},\"pending\":{pending}}}}}", json(digest))
        }
        Event::Restarted => "\"restarted\"".to_owned(),
        Event::Doubted { given_up } => format!("{{\"doubted\":{given_up}}}"),
        Event::Spent => "\"spent\"".to_owned(),
    }
}

fn given(instruction: &Instruction) -> String {
    match instruction {
        Instruction::Collect => "\"collect\"".to_owned(),
        Instruction::Send(request) => format!("{{\"send\":{}}}", json(request)),
        Instruction::Apply { plan, ahead } => {
            let ahead = ahead.as_ref().map(|request| format!(",\"ahead\":{}", json(request)));
            format!("{{\"apply\":{}{}}}", planned(plan), ahead.unwrap_or_default())
        }
        Instruction::Await => "\"await\"".to_owned(),
        Instruction::OfferAgain(epoch) => format!("{{\"offer_again\":{}}}", json(epoch)),
        Instruction::ReadAgain(epoch) => format!("{{\"read_again\":{}}}", json(epoch)),
        Instruction::Doubt { seq, code, .. } => format!("{{\"doubt\":{seq},\"code\":{}}}", json(code)),
        Instruction::Verified(at) => format!("{{\"verified\":{}}}", json(at)),
        Instruction::Wait { seconds } => format!("{{\"wait\":{seconds}}}"),
        Instruction::Rest => "\"rest\"".to_owned(),
        Instruction::Fail(fault) => format!("{{\"fail\":\"{fault:?}\"}}"),
    }
}

fn planned(plan: &Plan) -> String {
    let settled = list(&plan.settled, |settled| match &settled.settlement {
        Settlement::Held(held) => format!("{{\"seq\":{},\"held\":{}}}", settled.seq, json(held)),
        Settlement::Refused(refusal) => format!("{{\"seq\":{},\"refused\":{}}}", settled.seq, json(refusal)),
    });
    let receipts = plan.receipts.as_ref().map(|receipts| {
        let signature = json(receipts.signature());
        format!(",\"receipts\":{{\"signed\":{signature},\"of\":{}}}", receipts.leaves().len())
    });
    let receipts = receipts.unwrap_or_default();
    let changes = list(&plan.changes, |incoming| json(&incoming.text));
    let (cursor, time) = (json(&plan.cursor), json(&plan.time));
    format!("{{\"settled\":{settled}{receipts},\"changes\":{changes},\"cursor\":{cursor},\"time\":{time}}}")
}

fn change(number: u8) -> (ChangeId, EntryText) {
    let (id, consultation) = (ChangeId::from_bytes([number; 16]), ChangeId::from_bytes([8; 16]));
    let text = format!(
        "{{\"id\":\"{id}\",\"at\":1633029000000,\"body\":{{\"taken\":{{\"consultation\":\"{consultation}\",\
         \"role\":\"pediatrician\"}}}}}}"
    );
    (id, EntryText::from_text(text).unwrap())
}

/// What one holds who has these.
fn holds(operations: &[Outgoing], changes: &[u8]) -> StreamDigest {
    let own = operations.iter().map(|held| (*held.id.as_bytes(), held.text.hash()));
    let told = changes.iter().map(|number| change(*number)).map(|(id, text)| (*id.as_bytes(), text.hash()));
    own.chain(told).fold(StreamDigest::EMPTY, |sum, (id, hash)| sum.with(&id, ENTRY_VERSION, &hash))
}

fn page(outcomes: Vec<Outcome>, changes: &[u8], at: Cursor, digest: StreamDigest) -> SyncReply {
    let changes = changes.iter().map(|number| change(*number).1).collect();
    SyncReply { changes, digest, time: Timestamp::from_seconds(1_633_030_010), ..reply(outcomes, at) }
}

fn nothing_new() -> Story {
    let (mut story, all) = (Story::begun(), holds(&[], &[1]));
    story.collected(&[], Some(cursor(1, 4)));
    story.replied(page(vec![], &[], cursor(1, 4), all));
    story.applied(all, 0);
    story
}

fn two_pages() -> Story {
    let (mut story, one) = (Story::begun(), outgoing(1));
    let all = holds(std::slice::from_ref(&one), &[1, 2]);
    story.collected(std::slice::from_ref(&one), None);
    let first = page(vec![applied(&one)], &[1], cursor(1, 2), all);
    story.replied(SyncReply { more: true, ..first });
    story.applied(holds(&[one], &[1]), 0);
    story.replied(page(vec![], &[2], cursor(1, 3), all));
    story.applied(all, 0);
    story
}

fn two_batches() -> Story {
    let (mut story, one, two) = (Story::begun(), outgoing(1), outgoing(2));
    let all = holds(&[one.clone(), two.clone()], &[]);
    story.collected(std::slice::from_ref(&one), None);
    let held = holds(std::slice::from_ref(&one), &[]);
    story.replied_before(page(vec![applied(&one)], &[], cursor(1, 1), held), std::slice::from_ref(&two));
    story.applied(held, 1);
    story.replied(page(vec![applied(&two)], &[], cursor(1, 2), all));
    story.applied(all, 0);
    story
}

fn refused_operation() -> Story {
    let (mut story, one, two) = (Story::begun(), outgoing(1), outgoing(2));
    let refusal = OperationRefusal { code: RefusalCode::TextTooLong, at: None };
    let refused = Outcome::of(one.id, OutcomeResult::Refused(refusal));
    let all = holds(std::slice::from_ref(&two), &[]);
    story.collected(&[one, two.clone()], None);
    story.replied(page(vec![refused, applied(&two)], &[], cursor(1, 1), all));
    story.applied(all, 0);
    story
}

fn retry_after() -> Story {
    let (mut story, one, two) = (Story::begun(), outgoing(1), outgoing(2));
    let later = Outcome::of(two.id, OutcomeResult::RetryAfter { seconds: 30 });
    let held = holds(std::slice::from_ref(&one), &[]);
    story.collected(&[one.clone(), two], None);
    story.replied(page(vec![applied(&one), later], &[], cursor(1, 1), held));
    story.applied(held, 1);
    story
}

fn restored_server() -> Story {
    let (mut story, one) = (Story::begun(), outgoing(1));
    let all = holds(std::slice::from_ref(&one), &[1]);
    story.collected(&[], Some(cursor(1, 4)));
    story.replied(page(vec![], &[], cursor(2, 0), StreamDigest::EMPTY));
    story.tell(Event::Restarted);
    story.collected(std::slice::from_ref(&one), Some(cursor(2, 0)));
    story.replied(page(vec![applied(&one)], &[1], cursor(2, 2), all));
    story.applied(all, 0);
    story
}

fn digest_mismatch_healed() -> Story {
    let (mut story, all) = (Story::begun(), holds(&[], &[1, 2]));
    story.collected(&[], Some(cursor(1, 2)));
    story.replied(page(vec![], &[], cursor(1, 2), all));
    story.applied(holds(&[], &[1]), 0);
    story.tell(Event::Restarted);
    story.collected(&[], Some(cursor(1, 0)));
    story.replied(page(vec![], &[1, 2], cursor(1, 2), all));
    story.applied(all, 0);
    story
}

fn sequence_gap() -> Story {
    let (mut story, one, two) = (Story::begun(), outgoing(1), outgoing(2));
    let all = holds(&[one.clone(), two.clone()], &[]);
    story.collected(std::slice::from_ref(&two), Some(cursor(1, 1)));
    story.tell(Event::ServerRefused { code: ApiErrorCode::SequenceGap, expected: Some(1) });
    story.tell(Event::Restarted);
    story.collected(
        &[one.clone(), two.clone()],
        Some(Cursor { epoch: Epoch::from_bytes([1; 4]), position: 0 }),
    );
    story.replied(page(vec![applied(&one), applied(&two)], &[], cursor(1, 2), all));
    story.applied(all, 0);
    story
}

fn budget_spent() -> Story {
    let (mut story, all) = (Story::begun(), holds(&[], &[1, 2]));
    story.collected(&[], None);
    story.replied(SyncReply { more: true, ..page(vec![], &[1], cursor(1, 1), all) });
    story.applied(holds(&[], &[1]), 0);
    story.tell(Event::Spent);
    story
}

fn request_given_up() -> Story {
    let mut story = Story::begun();
    story.collected(&[outgoing(1)], Some(cursor(1, 1)));
    story.tell(Event::Spent);
    story
}

/// A story by its name.
type Named = (&'static str, fn() -> Story);

const STORIES: [Named; 10] = [
    ("budget_spent", budget_spent),
    ("digest_mismatch_healed", digest_mismatch_healed),
    ("nothing_new", nothing_new),
    ("refused_operation", refused_operation),
    ("request_given_up", request_given_up),
    ("restored_server", restored_server),
    ("retry_after", retry_after),
    ("sequence_gap", sequence_gap),
    ("two_batches", two_batches),
    ("two_pages", two_pages),
];

#[test]
fn the_transcripts_of_the_main_stories_are_the_same_to_the_byte() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sync/transcripts");
    let renew = std::env::var_os("YORISOI_RENEW").is_some();
    for (name, story) in STORIES {
        let (path, text) = (directory.join(format!("{name}.json")), story().text());
        serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap();
        if renew {
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{name}");
    }
    let kept: BTreeSet<_> =
        std::fs::read_dir(&directory).unwrap().map(|file| file.unwrap().file_name()).collect();
    let told = STORIES.iter().map(|(name, _)| format!("{name}.json").into()).collect();
    assert_eq!(kept, told, "a transcript of no story, or a story without one");
}
