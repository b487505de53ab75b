//! Ten thousand messages up, and ten thousand down.
//!
//! Each turn has a new household and a new pair of Anki's collections, so that no turn carries what another left. What
//! comes down is a clinician's answers: a device never gets its own questions back.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use yorisoi_core::host::NoNotices;
use yorisoi_sandbox::rig::RigError;

use super::anki::Anki;
use super::device::{self, Setting};
use super::server_process::ServerProcess;
use crate::row;
use crate::store::{median, micros};

const TURNS: usize = 3;
const MESSAGES: usize = 10_000;
const CONSULTATIONS: usize = 500;
/// Twice the rate is half the time.
const BAR: f64 = 0.5;

#[derive(Default)]
struct Times {
    push: Vec<Duration>,
    pull: Vec<Duration>,
}

pub(super) async fn run(server: &mut ServerProcess, directory: &Path) -> Result<(), RigError> {
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for turn in 0..TURNS {
        if turn % 2 == 0 {
            our_turn(server, &directory.join(format!("throughput-{turn}")), &mut ours).await?;
            their_turn(&mut theirs).await?;
        } else {
            their_turn(&mut theirs).await?;
            our_turn(server, &directory.join(format!("throughput-{turn}")), &mut ours).await?;
        }
    }
    for (name, ours, theirs) in
        [("push_10k", &mut ours.push, &mut theirs.push), ("pull_10k", &mut ours.pull, &mut theirs.pull)]
    {
        compared(name, ours, theirs, BAR);
    }
    Ok(())
}

/// Prints the medians, or that there was nothing to compare with.
pub(super) fn compared(name: &str, ours: &mut [Duration], theirs: &mut [Duration], bar: f64) {
    let (ours, reference) = (median(ours), median(theirs));
    if theirs.is_empty() {
        return row::not_run(name, &micros(ours), Some(bar));
    }
    row::print(name, &micros(ours), &micros(reference), ours.as_secs_f64() / reference.as_secs_f64(), bar);
}

async fn our_turn(server: &mut ServerProcess, directory: &Path, times: &mut Times) -> Result<(), RigError> {
    let setting =
        Setting { directory, server: server.address, clock: server.clock, card: server.card().await? };
    let client = device::enrolled(setting, Arc::new(NoNotices)).await?;
    let ids = device::queue(&client, MESSAGES, CONSULTATIONS)?;
    let start = Instant::now();
    device::sync(&client, MESSAGES, 0).await?;
    times.push.push(start.elapsed());
    server.take(&ids).await?;
    device::sync(&client, 0, CONSULTATIONS).await?;
    server.answer(MESSAGES, &ids).await?;
    let start = Instant::now();
    device::sync(&client, 0, MESSAGES).await?;
    times.pull.push(start.elapsed());
    Ok(())
}

async fn their_turn(times: &mut Times) -> Result<(), RigError> {
    if let Some(mut anki) = Anki::start().await? {
        times.push.push(anki.push(MESSAGES).await?);
        times.pull.push(anki.pull(MESSAGES).await?);
        anki.stop().await?;
    }
    Ok(())
}
