//! How often each thing went wrong: a fault that never strikes proves nothing.

use std::collections::BTreeMap;
use std::fmt;

/// Everything that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A request never arrived.
    RequestLost,
    /// The server did it, and its reply never arrived.
    ReplyLost,
    /// A request arrived twice, the second time late.
    RequestTwice,
    /// A reply was cut short and passed on as whole.
    ReplyCut,
    /// An old reply came in the place of the true one.
    ReplyReplayed,
    /// Somebody else's page came in the place of the reply.
    CaptivePortal,
    /// A reply without a body, or of a broken gateway.
    EmptyReply,
    /// Two syncs of one phone at once.
    TwoSyncs,
    /// The app and its extension synced at once, each with the database open for itself.
    TwoProcesses,
    /// A sync was dropped while it waited.
    SyncDropped,
    /// The app was killed: what it had written is there.
    PhoneKilled,
    /// The power of the phone went off, in the middle of writing too: what was not synced may be gone.
    PhonePowerLost,
    /// The app was suspended.
    PhoneSuspended,
    /// The phone's storage was full.
    PhoneDiskFull,
    /// The phone's storage failed.
    PhoneDiskFailing,
    /// The key store was locked when the app started.
    KeysLocked,
    /// The owner turned the clock.
    ClockTurned,
    /// The server's machine lost its power, in the middle of a request too.
    ServerPowerLost,
    /// The server was killed in the middle of a request.
    ServerKilled,
    /// The server's storage was full.
    ServerDiskFull,
    /// The server was set back to an earlier day.
    ServerRestored,
    /// A phone's own disk changed a bit of what it had read.
    BitFlipped,
    /// The server's storage failed.
    ServerDiskFailing,
    /// A card was revoked, and another took its place.
    CardReplaced,
    /// The server did not know the device, having been set back to before it joined.
    DeviceUnknown,
    /// The server refused what a phone handed in.
    WorkRefused,
}

impl Trouble {
    /// Everything that goes wrong.
    pub const ALL: [Self; 26] = [
        Self::RequestLost,
        Self::ReplyLost,
        Self::RequestTwice,
        Self::ReplyCut,
        Self::ReplyReplayed,
        Self::CaptivePortal,
        Self::EmptyReply,
        Self::TwoSyncs,
        Self::TwoProcesses,
        Self::SyncDropped,
        Self::PhoneKilled,
        Self::PhonePowerLost,
        Self::PhoneSuspended,
        Self::PhoneDiskFull,
        Self::PhoneDiskFailing,
        Self::KeysLocked,
        Self::ClockTurned,
        Self::ServerPowerLost,
        Self::ServerKilled,
        Self::ServerDiskFull,
        Self::ServerRestored,
        Self::BitFlipped,
        Self::ServerDiskFailing,
        Self::CardReplaced,
        Self::DeviceUnknown,
        Self::WorkRefused,
    ];
}

/// The count of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toll(BTreeMap<Trouble, u64>);

impl Toll {
    /// Counts one.
    pub fn count(&mut self, trouble: Trouble) {
        *self.0.entry(trouble).or_default() += 1;
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        for (trouble, count) in &other.0 {
            *self.0.entry(*trouble).or_default() += count;
        }
    }

    /// What never went wrong.
    pub fn dark(&self) -> Vec<Trouble> {
        Trouble::ALL.into_iter().filter(|trouble| !self.0.contains_key(trouble)).collect()
    }
}

impl fmt::Display for Toll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for trouble in Trouble::ALL {
            let count = self.0.get(&trouble).copied().unwrap_or(0);
            writeln!(f, "{:<18} {count:>9}", format!("{trouble:?}"))?;
        }
        Ok(())
    }
}
