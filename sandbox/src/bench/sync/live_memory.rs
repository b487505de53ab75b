//! The memory of the server's process for each device that listens and hears nothing.
//!
//! The reference is a connection that is kept open after one request and asks nothing more, to another server with as many
//! devices. What the system keeps for a socket is in neither figure.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::AtomicI64;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use yorisoi_core::host::{Clock, SystemRandomness, random};
use yorisoi_core::transport::exchange::Exchange;
use yorisoi_core::transport::{Authorities, ByteStream, HttpTransport, ServerAddress, Signer};
use yorisoi_protocol::EnrollmentCode;
use yorisoi_protocol::wire::{
    Caller, ENROLLMENTS_PATH, EnrollmentReply, EnrollmentRequest, EnrollmentResult, LIMITS_PATH, LIVE_PATH,
};
use yorisoi_sandbox::rig::RigError;

use super::running_clock::RunningClock;
use super::server_process::ServerProcess;
use crate::memory::resident_kib;
use crate::row;

const DEVICES: usize = 1000;
const BAR_KIB: f64 = 20.0;

pub(super) async fn run(directory: &Path) -> Result<(), RigError> {
    let live = listening(&directory.join("listening")).await?;
    let idle = keeping_open(&directory.join("keeping-open")).await?;
    let kib = |kib: f64| format!("{kib:.1} KiB");
    row::print("live_memory_per_device", &kib(live), "20 KiB (bar)", live / BAR_KIB, 1.0);
    row::told("live_memory_beside_kept_open", &kib(live), &kib(idle), live / idle);
    Ok(())
}

/// KiB for each of the devices that listen.
async fn listening(directory: &Path) -> Result<f64, RigError> {
    let mut server = ServerProcess::start(directory).await?;
    let devices = Devices::enrolled(&mut server).await?;
    let before = resident_kib(server.pid()?)?;
    let mut streams = Vec::new();
    for signer in &devices.signers {
        streams.push(devices.listen(signer).await?);
    }
    let after = resident_kib(server.pid()?)?;
    Ok(grown(before, after))
}

/// KiB for each of as many connections that only stay open.
async fn keeping_open(directory: &Path) -> Result<f64, RigError> {
    let mut server = ServerProcess::start(directory).await?;
    let _devices = Devices::enrolled(&mut server).await?;
    let before = resident_kib(server.pid()?)?;
    let mut connections = Vec::new();
    for _ in 0..DEVICES {
        connections.push(kept_open(server.address).await?);
    }
    let after = resident_kib(server.pid()?)?;
    Ok(grown(before, after))
}

fn grown(before: u64, after: u64) -> f64 {
    (after as f64 - before as f64) / DEVICES as f64
}

async fn kept_open(server: SocketAddr) -> Result<TcpStream, RigError> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(format!("GET {LIMITS_PATH} HTTP/1.1\r\nhost: {server}\r\n\r\n").as_bytes()).await?;
    let mut reply = Vec::new();
    // The body is one object without another in it.
    while !reply.ends_with(b"}") {
        if stream.read_buf(&mut reply).await? == 0 {
            return Err("the server closed a connection".into());
        }
    }
    Ok(stream)
}

/// Devices that are a key and nothing else.
struct Devices {
    signers: Vec<Signer>,
    transport: HttpTransport,
    clock: RunningClock,
    skew: AtomicI64,
    randomness: SystemRandomness,
}

impl Devices {
    async fn enrolled(server: &mut ServerProcess) -> Result<Self, RigError> {
        let address = ServerAddress::parse(&format!("http://{}", server.address)).ok_or("no address")?;
        let mut devices = Self {
            signers: Vec::new(),
            transport: HttpTransport::new(address, &Authorities::default())?,
            clock: server.clock,
            skew: AtomicI64::new(0),
            randomness: SystemRandomness::default(),
        };
        for _ in 0..DEVICES {
            let signer = devices.enroll(&server.card().await?).await?;
            devices.signers.push(signer);
        }
        Ok(devices)
    }

    async fn enroll(&self, card: &str) -> Result<Signer, RigError> {
        let seed = random::<32>(&self.randomness)?;
        let signer = |caller| Signer::new(&seed, caller).ok_or("a seed that is no key");
        let new = signer(Caller::New)?;
        let code = Some(EnrollmentCode::parse(card)?.compact());
        let request = EnrollmentRequest { code, phrase: None, device_key: new.public_key() };
        let body = serde_json::to_vec(&request)?;
        let (_, reply) = self.exchange().post::<EnrollmentReply>(ENROLLMENTS_PATH, &new, body).await?;
        match reply.result {
            EnrollmentResult::Granted(grant) => Ok(signer(Caller::Device(grant.device))?),
            other => Err(format!("a card was not redeemed: {other:?}").into()),
        }
    }

    /// Listens; the first hint is read, so that the stream stands.
    async fn listen(&self, signer: &Signer) -> Result<Box<dyn ByteStream>, RigError> {
        let mut stream = self.exchange().stream(LIVE_PATH, signer).await?;
        stream.next().await?.ok_or("a stream ended at once")?;
        Ok(stream)
    }

    fn exchange(&self) -> Exchange<'_> {
        let wall = self.clock.read().wall;
        Exchange { transport: &self.transport, randomness: &self.randomness, skew: &self.skew, wall }
    }
}
