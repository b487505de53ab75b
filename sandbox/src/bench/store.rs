//! Saving a queued question, against the same two rows in plain SQLite.
//!
//! Both sides write a message and an outbox row in one power-safe transaction of a WAL database on the same disk, turn by
//! turn, so that whatever the disk does befalls both. Ours is the whole call of the app: time, consent, window, sealing.

use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use yorisoi_core::YorisoiClient;
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_sandbox::rig::{Rig, RigError};

use crate::{filled, row};

const WARM_UP: usize = 50;
const ROUNDS: usize = 600;
const QUESTION: &str = "夜中に三十八度の熱が出て、ミルクの飲みがいつもの半分くらいです。おしっこは出ています。\
                        朝まで様子を見てもよいでしょうか。受診の目安と、家でできることを教えてください。";

pub(crate) async fn run() -> Result<(), RigError> {
    let rig = Rig::start().await?;
    let phone = rig.enrolled("phone").await?;
    let plain = plain(&rig)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        let (a, b) = if round % 2 == 0 {
            (timed(|| ask(&phone))?, timed(|| insert(&plain))?)
        } else {
            let b = timed(|| insert(&plain))?;
            (timed(|| ask(&phone))?, b)
        };
        if round >= WARM_UP {
            ours.push(a);
            theirs.push(b);
        }
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    row::print("save_queued", &micros(ours), &micros(theirs), ratio, 1.25);
    filled::run(&rig).await?;
    rig.stop().await
}

fn ask(phone: &YorisoiClient) -> Result<(), RigError> {
    phone.ask(Service::Pediatrics, Subject::Parent, QUESTION)?;
    Ok(())
}

fn plain(rig: &Rig) -> Result<Connection, RigError> {
    let plain = Connection::open(rig.directory().join("plain.db"))?;
    plain.pragma_update(None, "journal_mode", "WAL")?;
    plain.pragma_update(None, "synchronous", "FULL")?;
    plain.execute_batch(
        "CREATE TABLE message (id BLOB PRIMARY KEY, consultation BLOB, service TEXT, subject TEXT, text TEXT, at INTEGER)
         WITHOUT ROWID;
         CREATE TABLE outbox (seq INTEGER PRIMARY KEY, id BLOB, state INTEGER, payload TEXT);",
    )?;
    Ok(plain)
}

fn insert(plain: &Connection) -> Result<(), RigError> {
    let id: [u8; 16] = yorisoi_core::host::random(&yorisoi_core::host::SystemRandomness::default())?;
    let payload =
        format!("{{\"ask\":{{\"service\":\"pediatrics\",\"subject\":\"parent\",\"text\":\"{QUESTION}\"}}}}");
    plain.execute_batch("BEGIN IMMEDIATE")?;
    plain
        .prepare_cached("INSERT INTO message VALUES (?1, ?1, 'pediatrics', 'parent', ?2, 1633025520000)")?
        .execute(params![&id[..], QUESTION])?;
    plain
        .prepare_cached("INSERT INTO outbox (id, state, payload) VALUES (?1, 0, ?2)")?
        .execute(params![&id[..], payload])?;
    plain.execute_batch("COMMIT")?;
    Ok(())
}

pub(crate) fn timed(work: impl FnOnce() -> Result<(), RigError>) -> Result<Duration, RigError> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

pub(crate) fn micros(time: Duration) -> String {
    format!("{} µs", time.as_micros())
}
