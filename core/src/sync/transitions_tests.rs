//! The table of transitions, held against the engine and against the page that shows it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::StreamDigest;
use yorisoi_protocol::ids::Nonce;
use yorisoi_protocol::wire::{ApiErrorCode, Cursor, EntryText, Held, Outcome, OutcomeResult, SyncReply};

use super::super::engine::tests::{NONCE, applied, cursor, member, outgoing, public, reply};
use super::super::{Engine, Fault, Vouching};
use super::*;

const PHASES: [PhaseKind; 7] = [
    PhaseKind::Idle,
    PhaseKind::Collecting,
    PhaseKind::Awaiting,
    PhaseKind::Applying,
    PhaseKind::Doubting,
    PhaseKind::Restarting,
    PhaseKind::Done,
];

const EVENTS: [EventKind; 9] = [
    EventKind::Asked,
    EventKind::Collected,
    EventKind::Replied,
    EventKind::ServerRefused,
    EventKind::AskedToWait,
    EventKind::Applied,
    EventKind::Restarted,
    EventKind::Doubted,
    EventKind::Spent,
];

type Row = (PhaseKind, EventKind, InstructionKind, PhaseKind);

/// What may differ on the way to a phase.
#[derive(Debug, Clone, Copy)]
struct Past {
    /// The digests differed, and the stream was read again.
    differed: bool,
    /// Everything was offered again.
    restarted: bool,
    read: bool,
    sends: bool,
    more: bool,
    patience: bool,
    /// The server failed at an operation alone.
    suspects: bool,
}

impl Past {
    fn all() -> impl Iterator<Item = Self> {
        (0..128_u8).map(|bits| {
            let bit = |place: u8| bits >> place & 1 == 1;
            let (restarted, read, sends) = (bit(0), bit(1), bit(2));
            let (more, patience, differed, suspects) = (bit(3), bit(4), bit(5), bit(6));
            Self { differed, restarted, read, sends, more, patience, suspects }
        })
    }

    fn collected(self) -> Event {
        let operations = if self.sends { vec![outgoing(7)] } else { vec![] };
        Event::Collected { operations, cursor: self.read.then(|| cursor(1, 4)) }
    }

    /// An engine with this past in this phase.
    fn engine(self, phase: PhaseKind) -> Engine {
        let mut engine = Engine::new(Vouching { member: member(), receipt_keys: vec![public()] }, true);
        let other_epoch =
            || Event::Replied { nonce: NONCE, reply: reply(vec![], cursor(9, 1)), next: vec![] };
        let anew = || Event::Collected { operations: vec![], cursor: Some(cursor(1, 4)) };
        if phase != PhaseKind::Idle {
            engine.step(Event::Asked);
        }
        if self.differed && phase != PhaseKind::Idle {
            engine.step(anew());
            engine.step(Event::Replied { nonce: NONCE, reply: reply(vec![], cursor(1, 5)), next: vec![] });
            engine.step(Event::Applied { digest: StreamDigest::from_value(1), pending: 0 });
            engine.step(Event::Restarted);
        }
        if self.restarted && phase != PhaseKind::Idle {
            engine.step(anew());
            engine.step(other_epoch());
            engine.step(Event::Restarted);
        }
        if self.suspects && phase != PhaseKind::Idle || phase == PhaseKind::Doubting {
            engine.step(Event::Collected { operations: vec![outgoing(7)], cursor: Some(cursor(1, 4)) });
            engine.step(Event::ServerRefused { code: ApiErrorCode::Unavailable, expected: None });
        }
        match phase {
            PhaseKind::Idle | PhaseKind::Collecting => {}
            PhaseKind::Doubting => {
                engine.step(anew());
                engine.step(Event::Replied {
                    nonce: NONCE,
                    reply: reply(vec![], cursor(1, 5)),
                    next: vec![],
                });
                engine.step(Event::Applied { digest: StreamDigest::EMPTY, pending: 1 });
            }
            PhaseKind::Awaiting => drop(engine.step(self.collected())),
            PhaseKind::Applying => {
                engine.step(self.collected());
                let outcome = |sent| match self.patience {
                    true => Outcome::of(outgoing(sent).id, OutcomeResult::RetryAfter { seconds: 30 }),
                    false => applied(&outgoing(sent)),
                };
                let outcomes = if self.sends && !self.suspects { vec![outcome(7)] } else { vec![] };
                let reply = SyncReply { more: self.more, ..reply(outcomes, cursor(1, 5)) };
                engine.step(Event::Replied { nonce: NONCE, reply, next: vec![] });
            }
            PhaseKind::Restarting => {
                // Once in a sync, so this engine was not restarted before.
                engine = Self { restarted: false, ..self }.engine(PhaseKind::Collecting);
                engine.step(anew());
                engine.step(other_epoch());
            }
            PhaseKind::Done => drop(engine.step(Event::Asked)),
        }
        assert_eq!(engine.phase(), phase, "{self:?}");
        engine
    }
}

fn replies() -> Vec<Event> {
    let good = || applied(&outgoing(7));
    let mut forged = good();
    // Of another time than was signed.
    forged.result = OutcomeResult::Applied(Held { at: Timestamp::from_seconds(8), due: None });
    let patience = Outcome::of(outgoing(7).id, OutcomeResult::RetryAfter { seconds: 30 });
    let outcomes = [vec![], vec![good()], vec![forged], vec![applied(&outgoing(8))], vec![patience]];
    let mut replies = Vec::new();
    for outcomes in outcomes {
        for Cursor { epoch, position } in [cursor(1, 5), cursor(1, 1), cursor(2, 1)] {
            for nonce in [NONCE, Nonce::from_bytes([2; 6])] {
                for (more, nameless) in [(false, false), (true, false), (false, true)] {
                    let changes = EntryText::from_text("{\"at\":1}".to_owned()).into_iter();
                    let changes = changes.filter(|_| nameless).collect();
                    let reply = reply(outcomes.clone(), Cursor { epoch, position });
                    let reply = SyncReply { more, changes, ..reply };
                    for next in [vec![], vec![outgoing(8)]] {
                        replies.push(Event::Replied { nonce, reply: reply.clone(), next });
                    }
                }
            }
        }
    }
    replies
}

fn events(kind: EventKind) -> Vec<Event> {
    let mut events = Vec::new();
    match kind {
        EventKind::Asked => events.push(Event::Asked),
        EventKind::Collected => {
            events.extend(Past::all().map(Past::collected));
        }
        EventKind::Replied => events.extend(replies()),
        EventKind::ServerRefused => {
            for code in [ApiErrorCode::SequenceGap, ApiErrorCode::TooMany, ApiErrorCode::TooLarge] {
                for expected in [None, Some(3), Some(9)] {
                    events.push(Event::ServerRefused { code, expected });
                }
            }
        }
        EventKind::AskedToWait => events.push(Event::AskedToWait { seconds: 30 }),
        EventKind::Applied => {
            for digest in [StreamDigest::EMPTY, StreamDigest::from_value(1)] {
                events.extend([0, 1].map(|pending| Event::Applied { digest, pending }));
            }
        }
        EventKind::Restarted => events.push(Event::Restarted),
        EventKind::Doubted => {
            events.extend([false, true].map(|given_up| Event::Doubted { given_up }));
        }
        EventKind::Spent => events.push(Event::Spent),
    }
    assert!(events.iter().all(|event| event.kind() == kind));
    events
}

#[test]
fn the_engine_does_what_the_table_says_in_every_phase_at_every_event_and_nothing_else() {
    let table: BTreeSet<Row> =
        TRANSITIONS.iter().map(|row| (row.phase, row.event, row.instruction, row.next)).collect();
    let mut seen = BTreeSet::new();
    for phase in PHASES {
        for event in EVENTS {
            let named = table.iter().any(|row| (row.0, row.1) == (phase, event));
            for past in Past::all() {
                for happened in events(event) {
                    let mut engine = past.engine(phase);
                    let instruction = engine.step(happened);
                    let out_of_turn = instruction == Instruction::Fail(Fault::OutOfTurn);
                    assert_eq!(out_of_turn, !named, "{phase:?} {event:?} {past:?}");
                    if named {
                        seen.insert((phase, event, instruction.kind(), engine.phase()));
                    } else {
                        assert_eq!(engine.phase(), PhaseKind::Done, "{phase:?} {event:?}");
                    }
                }
            }
        }
    }
    assert_eq!(seen, table);
}

const PAGE: &str = "../docs/protocol.md";
const BEGIN: &str = "<!-- written by `YORISOI_RENEW=1 cargo test -p yorisoi-core transitions` from core/src/sync/transitions.rs -->\n";
const END: &str = "<!-- end -->\n";

fn shown() -> String {
    let mut table = "| phase | event | if | instruction | then |\n|---|---|---|---|---|\n".to_owned();
    for Transition { phase, event, when, instruction, next } in TRANSITIONS {
        writeln!(table, "| {phase:?} | {event:?} | {when} | {instruction:?} | {next:?} |").unwrap();
    }
    table
}

#[test]
fn the_page_of_the_protocol_shows_the_table_of_transitions() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has no place for the table");
    let (table, after) = rest.split_once(END).expect("the table has no end");
    if std::env::var_os("YORISOI_RENEW").is_some() {
        std::fs::write(&path, [before, BEGIN, &shown(), END, after].concat()).unwrap();
        return;
    }
    assert_eq!(table, shown(), "renew it with YORISOI_RENEW=1");
}
