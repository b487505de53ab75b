//! Sync against Anki's sync: client and server in processes of their own, on the loopback, on the same work in turns.
//!
//! A message is 256 characters that nothing compresses below 192 bytes. Both sides commit power-safe on the server. What
//! is not about time is counted at a proxy on the wire.

mod across;
mod anki;
mod crowd;
mod device;
mod live_memory;
mod memory;
mod running_clock;
mod server_process;
mod throughput;
mod wire;

use data_encoding::BASE64;
use yorisoi_core::host::{SystemRandomness, random};
use yorisoi_sandbox::rig::RigError;

pub(crate) use memory::{COMMAND as MEMORY_COMMAND, pull as pull_and_tell_memory};
pub(crate) use server_process::{COMMAND as SERVER_COMMAND, serve};

use server_process::ServerProcess;

/// A text of 256 characters.
fn message() -> Result<String, RigError> {
    Ok(BASE64.encode(&random::<192>(&SystemRandomness::default())?))
}

/// What can be measured by itself, while somebody works on it.
pub(crate) const PARTS: [&str; 6] =
    ["sync/across", "sync/throughput", "sync/wire", "sync/crowd", "sync/memory", "sync/live-memory"];

pub(crate) async fn run(wanted: impl Fn(&str) -> bool) -> Result<(), RigError> {
    let [across, throughput, wire, crowd, memory, live_memory] = PARTS.map(wanted);
    let directory = tempfile::tempdir()?;
    if live_memory {
        live_memory::run(directory.path()).await?;
    }
    if ![across, throughput, wire, crowd, memory].contains(&true) {
        return Ok(());
    }
    let mut server = ServerProcess::start(&directory.path().join("server")).await?;
    if across {
        across::run(&mut server, directory.path()).await?;
    }
    if throughput {
        throughput::run(&mut server, directory.path()).await?;
    }
    if wire {
        wire::run(&mut server, directory.path()).await?;
    }
    if crowd {
        crowd::run(&mut server, directory.path()).await?;
    }
    if memory {
        memory::run(&mut server, directory.path()).await?;
    }
    Ok(())
}
