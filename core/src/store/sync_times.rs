//! What sync knows of time: the server's, how the last attempt went, and until when not to try again.
//!
//! As all that stands in sealed rows, these types are the file format: a field may be added with a default, never renamed or
//! given another meaning.

use serde::{Deserialize, Serialize};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::time::{Anchor, ClockReading};

/// What sync knows of time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SyncTimes {
    /// The latest time the server vouched for, and the phone's clocks at that moment.
    #[serde(default)]
    pub anchor: Option<Anchor>,
    /// When phone and server were last found to hold the same.
    #[serde(default)]
    pub verified: Option<Timestamp>,
    /// The latest time in a ticket that was verified: it is not earlier than that.
    #[serde(default)]
    pub signed: Option<Timestamp>,
    /// When the server was last asked for a newer manifest.
    #[serde(default)]
    pub manifest_asked: Option<Timestamp>,
    /// Until when the server asked not to be shown a card again.
    #[serde(default)]
    pub redeem_pause: Option<Pause>,
    /// Until when the server asked not to be handed in what stands aside.
    #[serde(default)]
    pub hand_in_pause: Option<Pause>,
    /// Until when the server asked not to be synced with.
    #[serde(default)]
    pub sync_pause: Option<Pause>,
    /// Until when a sync in the background does not try again, because others failed.
    #[serde(default)]
    pub backoff: Option<Pause>,
    /// How the last attempt to sync went.
    #[serde(default)]
    pub attempt: Option<Attempt>,
}

/// An attempt to sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it ended.
    pub at: Timestamp,
    /// What came of it, as a stable code.
    pub outcome: String,
    /// How many failed in a row, this one included where it did; 0 after one that came to its end.
    pub failures: u32,
    /// Whether a page was applied before it ended.
    #[serde(default)]
    pub arrived: bool,
}

/// A time in which the server is not to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Its end.
    pub until: Timestamp,
    /// How long it was, in seconds: no clock ever makes it longer.
    pub seconds: u32,
    /// The run of the phone in which it began.
    #[serde(default)]
    pub boot: String,
    /// Milliseconds since the phone was started then.
    #[serde(default)]
    pub since_boot_millis: i64,
}

impl Pause {
    /// The longest pause, in seconds: a day. A server that asks for more is asked again after that.
    pub const SECONDS_MOST: u32 = 24 * 3600;

    /// The pause that begins now.
    pub fn begun(now: Timestamp, reading: &ClockReading, seconds: u32) -> Self {
        let seconds = seconds.min(Self::SECONDS_MOST);
        let until = now.plus_millis(i64::from(seconds) * 1000);
        Self { until, seconds, boot: reading.boot.clone(), since_boot_millis: reading.since_boot_millis }
    }

    /// The seconds that are left of it; `None` once it is over.
    ///
    /// It is over when either clock says so. The clock on the wall may be turned back, and a phone that woke up in 1970 stands
    /// still at the last time it knew; the clock that counts since the start of the phone goes on in both. A pause that began
    /// in an earlier run of the phone began before this one.
    pub fn left(&self, now: Timestamp, reading: &ClockReading) -> Option<u32> {
        let since = reading.since_boot_millis;
        let same_run = reading.boot == self.boot && since >= self.since_boot_millis;
        let passed = if same_run { since.saturating_sub(self.since_boot_millis) } else { since.max(0) };
        let whole = i64::from(self.seconds.min(Self::SECONDS_MOST)) * 1000;
        let millis = self.until.since(now).min(whole.saturating_sub(passed));
        let seconds = u32::try_from(millis.max(0).saturating_add(999) / 1000).unwrap_or(u32::MAX);
        (millis > 0).then_some(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(boot: &str, since_boot_seconds: i64) -> ClockReading {
        let wall = Timestamp::from_seconds(0);
        ClockReading {
            wall,
            since_boot_millis: since_boot_seconds * 1000,
            boot: boot.to_owned(),
            trusted: None,
        }
    }

    /// A pause of 600 seconds that began at 10,000, 50 seconds after the phone was started.
    fn left(now: i64, boot: &str, since_boot_seconds: i64) -> Option<u32> {
        let pause = Pause::begun(Timestamp::from_seconds(10_000), &reading("a", 50), 600);
        pause.left(Timestamp::from_seconds(now), &reading(boot, since_boot_seconds))
    }

    #[test]
    fn a_pause_is_over_when_either_clock_says_so_and_never_grows() {
        assert_eq!(left(10_000, "a", 50), Some(600));
        assert_eq!(left(10_599, "a", 649), Some(1));
        assert_eq!(left(10_600, "a", 650), None);
        assert_eq!(left(0, "a", 150), Some(500), "the clock was turned back");
        assert_eq!(left(0, "a", 650), None, "and does not block");
        assert_eq!(left(99_999, "a", 50), None, "the clock was turned on");
        assert_eq!(
            left(10_000, "b", 10),
            Some(590),
            "the phone was started anew and stands still at the floor"
        );
        assert_eq!(left(10_000, "b", 600), None);
        assert_eq!(left(0, "a", 20), Some(580), "a host that gives every run the same name");
    }

    #[test]
    fn no_server_asks_for_more_than_a_day() {
        let pause = Pause::begun(Timestamp::from_seconds(0), &reading("a", 0), u32::MAX);
        assert_eq!(pause.left(Timestamp::from_seconds(0), &reading("a", 0)), Some(86_400));
    }

    #[test]
    fn what_an_older_version_kept_is_read_and_ends() {
        let kept = r#"{"verified":9000,"redeem_pause":{"until":600000,"seconds":600}}"#;
        let times: SyncTimes = serde_json::from_str(kept).unwrap();
        assert_eq!((times.attempt, times.backoff.is_none()), (None, true));
        let pause = times.redeem_pause.unwrap();
        assert_eq!(pause.left(Timestamp::from_seconds(100), &reading("a", 30)), Some(500));
        assert_eq!(pause.left(Timestamp::from_seconds(0), &reading("a", 600)), None);
    }
}
