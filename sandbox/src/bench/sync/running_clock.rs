//! The machine's clock, moved into the window of a programme of 2021, so that server and devices in different processes
//! tell the same time and it runs.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use yorisoi_core::host::{Clock, ClockReading};
use yorisoi_protocol::Timestamp;
use yorisoi_sandbox::rig::RigError;

/// 2021-10-01 03:12 JST.
const NIGHT: i64 = 1_633_025_520_000;

/// A clock that is some milliseconds off the machine's.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunningClock {
    behind_millis: i64,
    since: Instant,
}

impl RunningClock {
    /// A clock at which it is night in the middle of the window now.
    pub(super) fn in_the_window() -> Result<Self, RigError> {
        Ok(Self::behind(machine()?.saturating_sub(NIGHT)))
    }

    /// A clock so far behind the machine's.
    pub(super) fn behind(behind_millis: i64) -> Self {
        Self { behind_millis, since: Instant::now() }
    }

    /// How far it is behind the machine's, for [`RunningClock::behind`] in another process.
    pub(super) fn behind_millis(&self) -> i64 {
        self.behind_millis
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_millis(machine().unwrap_or_default().saturating_sub(self.behind_millis))
    }
}

fn machine() -> Result<i64, RigError> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

impl yorisoi_server::Clock for RunningClock {
    fn now(&self) -> Timestamp {
        self.time()
    }
}

impl Clock for RunningClock {
    fn read(&self) -> ClockReading {
        let since_boot_millis = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        ClockReading { wall: self.time(), since_boot_millis, boot: "bench".to_owned(), trusted: None }
    }
}
