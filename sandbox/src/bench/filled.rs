//! Reading, searching and applying with thousands of messages, against the same in plain SQLite.
//!
//! Both hold the same consultations with the same texts of 60 to 500 characters, and do each thing in turn, in one
//! process, with warm caches. The plain one has the tables, the indexes and the transactions an app would give it: a message
//! with its thread and time, a consultation with its preview, last time and unread count, and the cursor of the sync.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};
use yorisoi_core::store::{DATABASE_FILE, Store};
use yorisoi_core::sync::{Incoming, Plan};
use yorisoi_core::{Host, YorisoiClient};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ChangeId, ConsultationId, Epoch};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::wire::{Change, ChangeBody, Cursor, EntryText};
use yorisoi_sandbox::rig::{Rig, RigError};

use crate::row;
use crate::store::{median, micros, timed};

const MESSAGES: usize = 10_000;
const CONSULTATIONS: usize = 500;
/// Changes in one reply of a server: about 200 KiB.
const PAGE: usize = 200;
const LIST: u32 = 50;
/// Stands in two texts of twenty thousand.
const RARE: &str = "瑪瑙";

/// Texts nobody wrote: kana and kanji drawn evenly, which no compression shortens to speak of.
pub(crate) struct Texts(u64);

impl Texts {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn number(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn text(&mut self) -> String {
        let length = 60 + self.number(440);
        (0..length)
            .filter_map(|_| match self.number(3) {
                0 => char::from_u32(0x3042 + u32::try_from(self.number(80)).ok()?),
                1 => char::from_u32(0x30a2 + u32::try_from(self.number(80)).ok()?),
                _ => char::from_u32(0x4e00 + u32::try_from(self.number(3000)).ok()?),
            })
            .collect()
    }
}

/// One page of the stream: answers, a consultation now and then several.
pub(crate) fn page(
    texts: &mut Texts,
    to: &[ConsultationId],
    number: usize,
    rare: bool,
) -> Result<Plan, RigError> {
    let mut changes = Vec::with_capacity(PAGE);
    for place in 0..PAGE {
        let which = usize::try_from(texts.number(to.len() as u64))?;
        let consultation = *to.get(which).ok_or("no consultation")?;
        let mut text = texts.text();
        if rare && place == 7 {
            text.push_str(RARE);
        }
        let mut id = [0; 16];
        id.iter_mut().for_each(|byte| *byte = u8::try_from(texts.number(256)).unwrap_or_default());
        let at = Timestamp::from_seconds(1_633_025_520 + i64::try_from(number * PAGE + place)?);
        let body = ChangeBody::Answer { consultation, role: ClinicianRole::Midwife, text };
        let change = Change { id: ChangeId::from_bytes(id), at, body };
        let text = EntryText::write(&change)?;
        changes.push(Incoming { id: change.id, change: Some(change), text });
    }
    let position = u64::try_from((number + 1) * PAGE)?;
    let cursor = Cursor { epoch: Epoch::from_bytes([1; 4]), position };
    Ok(Plan {
        settled: Vec::new(),
        receipts: None,
        changes,
        cursor,
        time: Timestamp::from_seconds(1_633_025_520),
    })
}

/// Both databases, with consultations of one question each.
struct Both<'a> {
    rig: &'a Rig,
    host: Host,
    ids: Vec<ConsultationId>,
    plain: std::path::PathBuf,
}

impl<'a> Both<'a> {
    async fn new(rig: &'a Rig) -> Result<Self, RigError> {
        let (host, mut texts) = (rig.host(), Texts::new(1));
        let client = rig.enroll(YorisoiClient::open(&rig.config("filled")?, host.clone())?).await?;
        let path = rig.directory().join("filled.db");
        let plain = open_plain(&path)?;
        plain.execute_batch(SCHEMA)?;
        let mut ids = Vec::new();
        plain.execute_batch("BEGIN")?;
        for number in 0..CONSULTATIONS {
            let text = texts.text();
            let id = client.ask(Service::Pediatrics, Subject::Parent, &text)?;
            let preview: String = text.chars().take(40).collect();
            let at = i64::try_from(number)?;
            plain.execute(
                "INSERT INTO consultation VALUES (?1, 'pediatrics', 'parent', ?2, 0, ?3, 0)",
                params![&id.as_bytes()[..], preview, at],
            )?;
            insert(&plain, &[&id.as_bytes()[..], b"q"].concat(), &id, at, &text)?;
            ids.push(id);
        }
        plain.execute_batch("COMMIT")?;
        Ok(Self { rig, host, ids, plain: path })
    }

    fn store(&self) -> Result<Store, RigError> {
        Ok(Store::open(&self.rig.phone_directory("filled"), &self.host)?)
    }

    fn client(&self) -> Result<YorisoiClient, RigError> {
        Ok(YorisoiClient::open(&self.rig.config("filled")?, self.host.clone())?)
    }
}

const SCHEMA: &str = "
    CREATE TABLE consultation (id BLOB PRIMARY KEY, service TEXT NOT NULL, subject TEXT NOT NULL, preview TEXT NOT NULL,
        step INTEGER NOT NULL, last INTEGER NOT NULL, unread INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX consultation_last ON consultation (last);
    CREATE TABLE message (id BLOB PRIMARY KEY NOT NULL, consultation BLOB NOT NULL, role TEXT, at INTEGER NOT NULL,
        text TEXT NOT NULL);
    CREATE INDEX message_thread ON message (consultation, at);
    CREATE TABLE progress (id INTEGER PRIMARY KEY, position INTEGER NOT NULL);
    INSERT INTO progress VALUES (1, 0);";

fn open_plain(path: &Path) -> Result<Connection, RigError> {
    let plain = Connection::open(path)?;
    plain.pragma_update(None, "journal_mode", "WAL")?;
    plain.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(plain)
}

fn insert(
    plain: &Connection,
    id: &[u8],
    consultation: &ConsultationId,
    at: i64,
    text: &str,
) -> Result<bool, RigError> {
    let mut insert =
        plain.prepare_cached("INSERT OR IGNORE INTO message VALUES (?1, ?2, 'midwife', ?3, ?4)")?;
    Ok(insert.execute(params![id, &consultation.as_bytes()[..], at, text])? > 0)
}

/// What an app would do with the same page.
fn apply_plain(plain: &Connection, plan: &Plan) -> Result<(), RigError> {
    plain.execute_batch("BEGIN IMMEDIATE")?;
    for incoming in &plan.changes {
        // The reply is read by both; only what the app keeps of it is written.
        let change: Change = incoming.text.read()?;
        let ChangeBody::Answer { consultation, text, .. } = &change.body else {
            continue;
        };
        if insert(plain, change.id.as_bytes(), consultation, change.at.seconds(), text)? {
            plain
                .prepare_cached(
                    "UPDATE consultation SET unread = unread + 1, last = max(last, ?2) WHERE id = ?1",
                )?
                .execute(params![&consultation.as_bytes()[..], change.at.seconds()])?;
        }
    }
    let position = i64::try_from(plan.cursor.position)?;
    plain.prepare_cached("UPDATE progress SET position = ?1")?.execute([position])?;
    plain.execute_batch("COMMIT")?;
    Ok(())
}

pub(crate) async fn run(rig: &Rig) -> Result<(), RigError> {
    let both = Both::new(rig).await?;
    let mut texts = Texts::new(2);
    let longest = apply(&both, &mut texts, 0, MESSAGES - CONSULTATIONS, Some("apply_10k"))?;
    bytes(&both)?;
    cold_open(&both)?;
    open_kdf_calls(&both)?;
    thread_page(&both)?;
    apply(&both, &mut texts, MESSAGES, MESSAGES, None)?;
    search(&both)?;
    let longest = longest.max(apply(&both, &mut texts, 2 * MESSAGES, 3 * MESSAGES, None)?);
    let millis = longest.as_secs_f64() * 1000.0;
    row::print("write_lock_50k_ms", &micros(longest), "50 ms", millis, 50.0);
    crate::memory::run()
}

/// Applies so many messages to both in turns of a page; the longest single transaction of ours.
fn apply(
    both: &Both<'_>,
    texts: &mut Texts,
    from: usize,
    count: usize,
    name: Option<&str>,
) -> Result<Duration, RigError> {
    let (store, plain) = (both.store()?, open_plain(&both.plain)?);
    let (mut ours, mut theirs, mut longest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for number in from / PAGE..(from + count) / PAGE {
        let plan = page(texts, &both.ids, number, number % 50 == 3)?;
        let our_turn = || timed(|| Ok(store.apply(&plan).map(drop)?));
        let their_turn = || timed(|| apply_plain(&plain, &plan));
        let (a, b) = if number % 2 == 0 {
            (our_turn()?, their_turn()?)
        } else {
            let b = their_turn()?;
            (our_turn()?, b)
        };
        ours += a;
        theirs += b;
        longest = longest.max(a);
    }
    if let Some(name) = name {
        row::print(name, &micros(ours), &micros(theirs), ours.as_secs_f64() / theirs.as_secs_f64(), 2.0);
    }
    Ok(longest)
}

fn bytes(both: &Both<'_>) -> Result<(), RigError> {
    let size = |path: &Path| -> Result<u64, RigError> {
        let connection = Connection::open(path)?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(std::fs::metadata(path)?.len())
    };
    let ours = size(&both.rig.phone_directory("filled").join(DATABASE_FILE))? as f64 / MESSAGES as f64;
    let theirs = size(&both.plain)? as f64 / MESSAGES as f64;
    row::print(
        "file_bytes_per_message",
        &format!("{ours:.0} B"),
        &format!("{theirs:.0} B"),
        ours / theirs,
        1.3,
    );
    Ok(())
}

fn cold_open(both: &Both<'_>) -> Result<(), RigError> {
    compare(
        "cold_open_first_list_10k",
        200,
        1.3,
        || {
            let client = both.client()?;
            expect(client.consultations(None, LIST)?.consultations.len(), LIST)
        },
        || {
            let plain = open_plain(&both.plain)?;
            plain.query_row("SELECT position FROM progress", [], |row| row.get::<_, i64>(0)).optional()?;
            let mut read = plain.prepare("SELECT id, service, subject, preview, step, last, unread FROM consultation ORDER BY last DESC LIMIT ?1")?;
            let rows = read.query_map([LIST], |row| {
                let (id, service, subject): (Vec<u8>, String, String) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                let (preview, step, last, unread): (String, i64, i64, i64) =
                    (row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?);
                Ok((id, service, subject, preview, step, last, unread))
            })?;
            expect(rows.collect::<Result<Vec<_>, _>>()?.len(), LIST)
        },
    )
}

/// How many iterated key derivations fit into an opening: as many as it makes at most. One of 10,000 rounds, a fraction of
/// what any password would need, is timed in the same run.
fn open_kdf_calls(both: &Both<'_>) -> Result<(), RigError> {
    let rounds = std::num::NonZeroU32::new(10_000).ok_or("no rounds")?;
    let (mut opened, mut derived) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        opened.push(timed(|| both.store().map(drop))?);
        derived.push(timed(|| {
            let mut key = [0; 32];
            ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA256, rounds, b"salt", b"password", &mut key);
            std::hint::black_box(key);
            Ok(())
        })?);
    }
    let (ours, theirs) = (median(&mut opened), median(&mut derived));
    let calls = (ours.as_secs_f64() / theirs.as_secs_f64()).floor();
    row::print("open_kdf_calls", &micros(ours), &micros(theirs), calls, 0.0);
    Ok(())
}

fn thread_page(both: &Both<'_>) -> Result<(), RigError> {
    let (client, plain, most) = (both.client()?, open_plain(&both.plain)?, 15);
    let id = *both.ids.first().ok_or("no consultation")?;
    compare(
        "thread_page",
        2000,
        1.5,
        || expect(client.messages(id, None, most)?.messages.len(), most),
        || {
            let mut read = plain.prepare_cached(
                "SELECT id, role, at, text FROM message WHERE consultation = ?1 ORDER BY at DESC LIMIT ?2",
            )?;
            let rows = read.query_map(params![&id.as_bytes()[..], most], |row| {
                Ok((
                    row.get::<_, Vec<u8>>(0)?,
                    row.get::<_, Option<String>>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, String>(3)?,
                ))
            })?;
            expect(rows.collect::<Result<Vec<_>, _>>()?.len(), most)
        },
    )
}

fn search(both: &Both<'_>) -> Result<(), RigError> {
    let (client, plain) = (both.client()?, open_plain(&both.plain)?);
    let found = client.search(RARE)?.len();
    compare(
        "search_2_of_20k",
        15,
        2.0,
        || expect(client.search(RARE)?.len(), u32::try_from(found)?),
        || {
            let mut read = plain
                .prepare_cached("SELECT id, at, text FROM message WHERE text LIKE ?1 ORDER BY at DESC")?;
            let rows = read.query_map([format!("%{RARE}%")], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
            })?;
            expect(rows.collect::<Result<Vec<_>, _>>()?.len(), u32::try_from(found)?)
        },
    )
}

fn expect(found: usize, expected: u32) -> Result<(), RigError> {
    if found == usize::try_from(expected)? {
        Ok(())
    } else {
        Err(format!("{found} rows, not {expected}").into())
    }
}

/// The medians of many turns of each, side by side.
fn compare(
    name: &str,
    turns: usize,
    bar: f64,
    ours: impl Fn() -> Result<(), RigError>,
    theirs: impl Fn() -> Result<(), RigError>,
) -> Result<(), RigError> {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    let since = Instant::now();
    for turn in 0..turns + turns / 10 + 1 {
        let (ours, theirs) = if turn % 2 == 0 {
            (timed(&ours)?, timed(&theirs)?)
        } else {
            let theirs = timed(&theirs)?;
            (timed(&ours)?, theirs)
        };
        if turn > turns / 10 {
            a.push(ours);
            b.push(theirs);
        }
        if since.elapsed() > Duration::from_secs(60) {
            break;
        }
    }
    let (ours, theirs) = (median(&mut a), median(&mut b));
    row::print(name, &micros(ours), &micros(theirs), ours.as_secs_f64() / theirs.as_secs_f64(), bar);
    Ok(())
}
