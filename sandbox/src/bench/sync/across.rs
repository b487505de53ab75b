//! The shortest things: a sync with nothing new, and one message from one end to the other.
//!
//! Ours goes from the request of a clinician's desk to the moment the listening phone tells its app, which it does once the
//! answer is stored. Anki has no live channel: theirs is the sync up and the sync down of one note, with nobody asking when.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use yorisoi_core::YorisoiClient;
use yorisoi_core::host::{Notice, Notices, SystemRandomness, random};
use yorisoi_protocol::ids::{ChangeId, ConsultationId};
use yorisoi_sandbox::rig::RigError;
use yorisoi_server::desk_api::{AnswerRequest, answers_path};

use super::anki::Anki;
use super::device::{self, Setting};
use super::message;
use super::server_process::ServerProcess;
use super::throughput::compared;
use crate::row;
use crate::store::{median, micros};

const WARM_UP: usize = 10;
const NOOP_TURNS: usize = 300;
const ACROSS_TURNS: usize = 100;
const BAR_MILLIS: f64 = 5.0;
/// Anything that should happen happens within this.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn run(server: &mut ServerProcess, directory: &Path) -> Result<(), RigError> {
    let (heard, mut notices) = unbounded_channel();
    let directory = directory.join("across");
    let setting = Setting {
        directory: &directory,
        server: server.address,
        clock: server.clock,
        card: server.card().await?,
    };
    let phone = Arc::new(device::enrolled(setting, Arc::new(Ear(heard))).await?);
    let mut anki = Anki::start().await?;
    noop(&phone, anki.as_mut()).await?;
    let ids = device::queue(&phone, 1, 1)?;
    device::sync(&phone, 1, 0).await?;
    server.take(&ids).await?;
    device::sync(&phone, 0, 1).await?;
    let consultation = *ids.first().ok_or("no consultation")?;
    let desk = Desk { server: server.address, token: server.token().await?, consultation };
    while notices.try_recv().is_ok() {}
    let live = tokio::spawn({
        let phone = Arc::clone(&phone);
        async move { phone.live().await }
    });
    let measured = across(&phone, &desk, &mut notices, anki.as_mut()).await;
    live.abort();
    measured?;
    match anki {
        Some(anki) => anki.stop().await,
        None => Ok(()),
    }
}

async fn noop(phone: &YorisoiClient, mut anki: Option<&mut Anki>) -> Result<(), RigError> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for turn in 0..WARM_UP + NOOP_TURNS {
        let start = Instant::now();
        device::sync(phone, 0, 0).await?;
        let our_time = start.elapsed();
        let their_time = match anki.as_mut() {
            Some(anki) => Some(anki.noop().await?),
            None => None,
        };
        if turn >= WARM_UP {
            ours.push(our_time);
            theirs.extend(their_time);
        }
    }
    compared("noop_time", &mut ours, &mut theirs, 1.0);
    Ok(())
}

async fn across(
    phone: &YorisoiClient,
    desk: &Desk,
    notices: &mut UnboundedReceiver<Heard>,
    mut anki: Option<&mut Anki>,
) -> Result<(), RigError> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for turn in 0..WARM_UP + ACROSS_TURNS {
        let our_time = one(phone, desk, notices).await?;
        let their_time = match anki.as_mut() {
            Some(anki) => Some(anki.across().await?),
            None => None,
        };
        if turn >= WARM_UP {
            ours.push(our_time);
            theirs.extend(their_time);
        }
    }
    let half = median(&mut ours);
    // Sorted by now.
    let late = ours.get(ours.len() * 99 / 100).copied().unwrap_or_default();
    let millis = half.as_secs_f64() * 1000.0;
    row::print("one_message_across_ms", &micros(half), "5 ms", millis / BAR_MILLIS, 1.0);
    row::told(
        "one_message_across_p99",
        &micros(late),
        &micros(half),
        late.as_secs_f64() / half.as_secs_f64(),
    );
    compared("one_message_across", &mut ours, &mut theirs, 1.0);
    Ok(())
}

/// One answer, from the desk's request to the phone's app.
async fn one(
    phone: &YorisoiClient,
    desk: &Desk,
    notices: &mut UnboundedReceiver<Heard>,
) -> Result<Duration, RigError> {
    let text = message()?;
    let start = Instant::now();
    desk.answer(&text).await?;
    let arrived = heard(notices, Notice::Consultation(desk.consultation)).await?;
    // The sync that brought it is over before the next answer is given.
    heard(notices, Notice::Sync).await?;
    let page = phone.messages(desk.consultation, None, 1)?;
    match page.messages.first() {
        Some(message) if message.text == text => Ok(arrived.duration_since(start)),
        _ => Err("the answer did not arrive".into()),
    }
}

async fn heard(notices: &mut UnboundedReceiver<Heard>, wanted: Notice) -> Result<Instant, RigError> {
    let waiting = async {
        while let Some(heard) = notices.recv().await {
            if heard.notice == wanted {
                return Ok(heard.at);
            }
        }
        Err(RigError::from("nobody tells anything any more"))
    };
    tokio::time::timeout(PATIENCE, waiting).await?
}

struct Heard {
    notice: Notice,
    at: Instant,
}

struct Ear(UnboundedSender<Heard>);

impl Notices for Ear {
    fn changed(&self, changes: &[Notice]) {
        let at = Instant::now();
        for notice in changes {
            // Nobody listens any more only where the bench is over.
            let _ = self.0.send(Heard { notice: *notice, at });
        }
    }
}

/// A clinician's desk: one request on a connection of its own.
struct Desk {
    server: SocketAddr,
    token: String,
    consultation: ConsultationId,
}

impl Desk {
    async fn answer(&self, text: &str) -> Result<(), RigError> {
        let id = ChangeId::from_bytes(random(&SystemRandomness::default())?);
        let body = serde_json::to_string(&AnswerRequest { id, text: text.to_owned() })?;
        let Self { server, token, consultation } = self;
        let path = answers_path(*consultation);
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(server).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await?;
        match reply.starts_with("HTTP/1.1 200 ") {
            true => Ok(()),
            false => Err(format!("the desk was refused: {reply}").into()),
        }
    }
}
