//! Sixty-four households that each send one message at the same moment, again and again.
//!
//! The reference is the disk: rows of the same text, one power-safe commit of plain SQLite after the other.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::task::JoinSet;
use yorisoi_core::YorisoiClient;
use yorisoi_core::host::NoNotices;
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_sandbox::rig::RigError;

use super::device::{self, Setting};
use super::message;
use super::server_process::ServerProcess;
use crate::row;
use crate::store::micros;

const DEVICES: usize = 64;
const ROUNDS: usize = 20;

pub(super) async fn run(server: &mut ServerProcess, directory: &Path) -> Result<(), RigError> {
    let mut phones = Vec::new();
    for number in 0..DEVICES {
        let setting = Setting {
            directory: &directory.join(format!("crowd-{number}")),
            server: server.address,
            clock: server.clock,
            card: server.card().await?,
        };
        phones.push(Arc::new(device::enrolled(setting, Arc::new(NoNotices)).await?));
    }
    let (mut times, mut total) = (Vec::new(), Duration::ZERO);
    // The first opens the connections.
    for round in 0..=ROUNDS {
        let (elapsed, each) = all_at_once(&phones).await?;
        if round > 0 {
            total += elapsed;
            times.extend(each);
        }
    }
    let rate = times.len() as f64 / total.as_secs_f64();
    let commits = commits_per_second(&directory.join("commits.db"), times.len())?;
    row::told("devices_64_push_one", &format!("{rate:.0} /s"), &format!("{commits:.0} /s"), rate / commits);
    times.sort_unstable();
    let at = |hundredths: usize| times.get(times.len() * hundredths / 100).copied().unwrap_or_default();
    let (half, late) = (at(50), at(99));
    let ratio = late.as_secs_f64() / half.as_secs_f64();
    row::told("devices_64_push_one_p99", &micros(late), &micros(half), ratio);
    Ok(())
}

/// One message of each; the time until the last is acknowledged, and that of each.
async fn all_at_once(phones: &[Arc<YorisoiClient>]) -> Result<(Duration, Vec<Duration>), RigError> {
    for phone in phones {
        phone.ask(Service::Pediatrics, Subject::Parent, &message()?)?;
    }
    let start = Instant::now();
    let mut syncing = JoinSet::new();
    for phone in phones {
        let phone = Arc::clone(phone);
        syncing.spawn(async move { device::sync(&phone, 1, 0).await.map(|()| start.elapsed()) });
    }
    let times = syncing.join_all().await.into_iter().collect::<Result<_, _>>()?;
    Ok((start.elapsed(), times))
}

fn commits_per_second(file: &Path, count: usize) -> Result<f64, RigError> {
    let plain = Connection::open(file)?;
    plain.pragma_update(None, "journal_mode", "WAL")?;
    plain.pragma_update(None, "synchronous", "FULL")?;
    plain.execute_batch("CREATE TABLE message (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")?;
    let text = message()?;
    let start = Instant::now();
    for _ in 0..count {
        plain.prepare_cached("INSERT INTO message (text) VALUES (?1)")?.execute([&text])?;
    }
    Ok(count as f64 / start.elapsed().as_secs_f64())
}
