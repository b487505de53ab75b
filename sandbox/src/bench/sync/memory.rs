//! The most memory a device's process ever holds while it pulls a stream, small and ten times as long.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use yorisoi_core::host::NoNotices;
use yorisoi_protocol::ids::ConsultationId;
use yorisoi_sandbox::rig::RigError;

use super::device::{self, Setting};
use super::running_clock::RunningClock;
use super::server_process::ServerProcess;
use crate::memory::peak_kib;
use crate::row;

/// The argument with which this program becomes such a device.
pub(crate) const COMMAND: &str = "sync-pulling";
const CONSULTATIONS: usize = 500;

pub(super) async fn run(server: &mut ServerProcess, directory: &Path) -> Result<(), RigError> {
    let few = measured(server, &directory.join("few"), 10_000).await?;
    let many = measured(server, &directory.join("many"), 100_000).await?;
    let kib = |kib: f64| format!("{kib:.0} KiB");
    row::print("peak_memory_sync_100k", &kib(many), &kib(few), many / few, 1.2);
    Ok(())
}

/// Lets a process of its own pull so many answers.
async fn measured(server: &mut ServerProcess, directory: &Path, answers: usize) -> Result<f64, RigError> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(COMMAND)
        .arg(directory)
        .args([server.address.to_string(), server.clock.behind_millis().to_string()])
        .args([server.card().await?, answers.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut input = child.stdin.take().ok_or("the device hears nothing")?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("the device says nothing")?).lines();
    let ids = lines.next_line().await?.ok_or("the device asked nothing")?;
    let ids: Vec<_> = ids.split_whitespace().map(ConsultationId::parse).collect::<Result<_, _>>()?;
    server.take(&ids).await?;
    server.answer(answers, &ids).await?;
    input.write_all(b"\n").await?;
    let peak = lines.next_line().await?.ok_or("the device did not pull")?;
    Ok(peak.parse()?)
}

/// Asks, waits for a line, pulls what came meanwhile, and tells the most memory that was in use, in KiB.
pub(crate) async fn pull(arguments: &[String]) -> Result<(), RigError> {
    let [directory, server, behind_millis, card, answers] = arguments else {
        return Err("a directory, a server, milliseconds, a card and a number were expected".into());
    };
    let setting = Setting {
        directory: Path::new(directory),
        server: server.parse()?,
        clock: RunningClock::behind(behind_millis.parse()?),
        card: card.clone(),
    };
    let client = device::enrolled(setting, Arc::new(NoNotices)).await?;
    let ids = device::queue(&client, CONSULTATIONS, CONSULTATIONS)?;
    device::sync(&client, CONSULTATIONS, 0).await?;
    println!("{}", ids.iter().map(ConsultationId::to_string).collect::<Vec<_>>().join(" "));
    std::io::stdin().read_line(&mut String::new())?;
    // Beside the answers, that each consultation was taken.
    device::sync(&client, 0, answers.parse::<usize>()? + CONSULTATIONS).await?;
    println!("{}", peak_kib()?);
    Ok(())
}
