//! The most memory a process ever holds while it applies a stream, small and ten times as long.

use std::process::Command;

use yorisoi_core::Host;
use yorisoi_core::host::{Clock, ClockReading, KeyStore, KeyStoreError, NoNotices, SystemRandomness};
use yorisoi_core::store::Store;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::ConsultationId;
use yorisoi_sandbox::rig::RigError;

use crate::filled::{Texts, page};
use crate::row;

/// The argument with which this program measures itself.
pub(crate) const COMMAND: &str = "memory-of-applying";

struct Fixed;

impl KeyStore for Fixed {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        Ok(Some(vec![1; 32]))
    }

    fn save(&self, _: &[u8]) -> Result<(), KeyStoreError> {
        Ok(())
    }
}

impl Clock for Fixed {
    fn read(&self) -> ClockReading {
        ClockReading { wall: Timestamp::EARLIEST, since_boot_millis: 0, boot: String::new(), trusted: None }
    }
}

/// Applies so many messages and tells the most memory that was in use, in KiB.
pub(crate) fn apply(messages: usize) -> Result<(), RigError> {
    let directory = tempfile::tempdir()?;
    let host = Host {
        keys: std::sync::Arc::new(Fixed),
        clock: std::sync::Arc::new(Fixed),
        notices: std::sync::Arc::new(NoNotices),
        randomness: std::sync::Arc::new(SystemRandomness::default()),
    };
    let store = Store::open(directory.path(), &host)?;
    let (ids, mut texts) = ([ConsultationId::from_bytes([1; 16])], Texts::new(3));
    for number in 0..messages / 200 {
        store.apply(&page(&mut texts, &ids, number, false)?)?;
    }
    println!("{}", peak_kib()?);
    Ok(())
}

/// The most memory this process ever held, in KiB.
pub(crate) fn peak_kib() -> Result<u64, RigError> {
    kib_of("self", "VmHWM:")
}

/// The memory that a process holds now, in KiB.
pub(crate) fn resident_kib(process: u32) -> Result<u64, RigError> {
    kib_of(&process.to_string(), "VmRSS:")
}

fn kib_of(process: &str, name: &str) -> Result<u64, RigError> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line of memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Each in a process of its own, so that neither begins with the other's memory.
pub(crate) fn run() -> Result<(), RigError> {
    let measured = |messages: u32| -> Result<f64, RigError> {
        let program = std::env::current_exe()?;
        let output = Command::new(program).args([COMMAND, &messages.to_string()]).output()?;
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
    };
    let (few, many) = (measured(10_000)?, measured(100_000)?);
    let kib = |kib: f64| format!("{kib:.0} KiB");
    row::print("peak_memory_100k", &kib(many), &kib(few), many / few, 1.1);
    Ok(())
}
