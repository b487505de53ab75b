//! What is counted at a proxy on the wire: requests, bytes, and what is sent again after a loss.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use yorisoi_core::YorisoiClient;
use yorisoi_core::host::NoNotices;
use yorisoi_protocol::wire::Limits;
use yorisoi_sandbox::FaultyProxy;
use yorisoi_sandbox::proxy::Traffic;
use yorisoi_sandbox::rig::RigError;

use super::anki::Anki;
use super::device::{self, Setting};
use super::message;
use super::server_process::ServerProcess;
use crate::row;

const MESSAGES: usize = 30_000;
/// A first sync of so many is to go on from its last page after a loss.
const ANSWERS: usize = 100_000;
const CONSULTATIONS: usize = 1500;
/// Messages in a request of ours: what the reference of the payload is compressed by.
const BATCH: usize = 100;
/// One reply in so many is lost.
const LOST_ONE_IN: u64 = 15;
/// What still arrives of a lost reply to what was sent: part of its head.
const HEAD_BYTES: usize = 100;
/// What still arrives of a lost reply with a page, which gzip makes half as long: half of that.
const HALF_PAGE_BYTES: usize = Limits::V1.page_bytes / 4;

/// A device behind a proxy.
struct Wired {
    proxy: FaultyProxy,
    client: YorisoiClient,
}

pub(super) async fn run(server: &mut ServerProcess, directory: &Path) -> Result<(), RigError> {
    let quiet = Wired::new(server, &directory.join("quiet")).await?;
    let (up, down) = quiet.pushed_and_pulled(server, None).await?;
    let noop = nothing_new(&quiet).await?;
    per_message(&up, &down)?;
    beside_anki(noop, both_ways(&up) / MESSAGES as f64).await?;
    let cut = Wired::new(server, &directory.join("cut")).await?;
    let (cut_up, cut_down) = cut.pushed_and_pulled(server, Some(LOST_ONE_IN)).await?;
    for (name, calm, cut) in
        [("resume_push_after_cuts", up, cut_up), ("resume_pull_after_cuts", down, cut_down)]
    {
        if cut.cut == 0 {
            return Err("nothing was lost".into());
        }
        let ratio = both_ways(&cut) / both_ways(&calm);
        let told = |traffic: &Traffic| format!("{:.0} B, {} cuts", both_ways(traffic), traffic.cut);
        row::print(name, &told(&cut), &told(&calm), ratio, 1.1);
    }
    Ok(())
}

impl Wired {
    async fn new(server: &mut ServerProcess, directory: &Path) -> Result<Self, RigError> {
        let proxy = FaultyProxy::start().await?;
        proxy.forward_to(server.address);
        let setting =
            Setting { directory, server: proxy.address(), clock: server.clock, card: server.card().await? };
        let client = device::enrolled(setting, Arc::new(NoNotices)).await?;
        Ok(Self { proxy, client })
    }

    /// What passes when so many messages go up and so many answers come down.
    async fn pushed_and_pulled(
        &self,
        server: &mut ServerProcess,
        lost_one_in: Option<u64>,
    ) -> Result<(Traffic, Traffic), RigError> {
        let ids = device::queue(&self.client, MESSAGES, CONSULTATIONS)?;
        let up = self.passed(lost_one_in.map(|every| (every, HEAD_BYTES))).await?;
        server.take(&ids).await?;
        device::sync(&self.client, 0, CONSULTATIONS).await?;
        server.answer(ANSWERS, &ids).await?;
        let down = self.passed(lost_one_in.map(|every| (every, HALF_PAGE_BYTES))).await?;
        let held = self.client.consultations(None, 1)?;
        if held.unread != u32::try_from(ANSWERS)? {
            return Err(format!("{} answers arrived", held.unread).into());
        }
        Ok((up, down))
    }

    /// What passes until everything is synced, however often the connection is lost: in one reply in so many, after so many bytes.
    async fn passed(&self, lost: Option<(u64, usize)>) -> Result<Traffic, RigError> {
        let before = self.proxy.traffic();
        let losing = async {
            let Some((every, arrives)) = lost else {
                return std::future::pending().await;
            };
            let mut passed = before.replies;
            loop {
                passed += every;
                self.proxy.wait_for(|traffic| traffic.replies >= passed).await;
                self.proxy.cut_next_reply(arrives);
            }
        };
        let syncing = async {
            loop {
                match self.client.sync().await {
                    Ok(report) if report.verified_at.is_some() && report.pending == 0 => return Ok(()),
                    Ok(report) => return Err(RigError::from(format!("not to the end: {report:?}"))),
                    Err(error) if error.retryable() && lost.is_some() => {}
                    Err(error) => return Err(error.into()),
                }
            }
        };
        tokio::select! {
            synced = syncing => synced?,
            () = losing => {}
        }
        Ok(since(&before, &self.proxy.traffic()))
    }
}

/// Bytes of a sync with nothing new.
async fn nothing_new(device: &Wired) -> Result<f64, RigError> {
    let before = device.proxy.traffic();
    device::sync(&device.client, 0, 0).await?;
    let passed = since(&before, &device.proxy.traffic());
    let requests = passed.requests as f64;
    row::print("noop_requests", &requests.to_string(), "1 (bar)", requests, 1.0);
    let bytes = both_ways(&passed);
    row::print("noop_bytes", &bytes.to_string(), "450 (bar)", bytes / 450.0, 1.0);
    Ok(bytes)
}

/// What a message costs beyond its text, compressed as the text of a whole request is.
fn per_message(up: &Traffic, down: &Traffic) -> Result<(), RigError> {
    let texts: String = (0..BATCH).map(|_| message()).collect::<Result<_, _>>()?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(texts.as_bytes())?;
    let payload = encoder.finish()?.len() as f64 / BATCH as f64;
    for (name, bytes) in [
        ("bytes_per_message", both_ways(up) / MESSAGES as f64),
        ("bytes_per_message_request", up.bytes_up as f64 / MESSAGES as f64),
        ("bytes_per_answer", both_ways(down) / ANSWERS as f64),
    ] {
        let over = bytes - payload;
        let ours = format!("{bytes:.0} - {payload:.0} B");
        row::print(name, &ours, "24 B", over / 24.0, 1.0);
    }
    Ok(())
}

/// The same beside Anki's, which no bar judges: it names nothing it vouches for and signs nothing.
async fn beside_anki(noop: f64, message: f64) -> Result<(), RigError> {
    let theirs = match Anki::start().await? {
        Some(mut anki) => {
            let theirs = anki.bytes(MESSAGES).await?;
            anki.stop().await?;
            Some(theirs)
        }
        None => None,
    };
    let pairs = [
        ("noop_bytes_anki", noop, theirs.as_ref().map(|theirs| theirs.noop as f64)),
        ("bytes_per_message_anki", message, theirs.as_ref().map(|it| it.pushed as f64 / MESSAGES as f64)),
    ];
    for (name, ours, theirs) in pairs {
        let shown = format!("{ours:.0} B");
        match theirs {
            Some(theirs) => row::told(name, &shown, &format!("{theirs:.0} B"), ours / theirs),
            None => row::not_run(name, &shown, None),
        }
    }
    Ok(())
}

fn both_ways(traffic: &Traffic) -> f64 {
    (traffic.bytes_up + traffic.bytes_down) as f64
}

fn since(before: &Traffic, after: &Traffic) -> Traffic {
    Traffic {
        requests: after.requests - before.requests,
        replies: after.replies - before.replies,
        streams: after.streams - before.streams,
        cut: after.cut - before.cut,
        unreachable: after.unreachable - before.unreachable,
        bytes_up: after.bytes_up - before.bytes_up,
        bytes_down: after.bytes_down - before.bytes_down,
    }
}
