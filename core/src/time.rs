//! What time it is, when the phone's clock may be wrong.
//!
//! The server's signed and sealed times are a floor: it is not earlier than the latest of them. The phone's clock is
//! believed from there on, unless it jumped against the clock that counts since the start of the phone.
//!
//! | trusted | wall against floor | since-boot check | now | state |
//! |---|---|---|---|---|
//! | present | any | any | trusted | [`ClockState::Good`] |
//! | absent | at or after | same boot, drift ≤ 1 day | wall | [`ClockState::Plausible`] |
//! | absent | at or after | restarted since | wall | [`ClockState::Plausible`] |
//! | absent | earlier by ≤ 1 day | – | floor | [`ClockState::Adjusted`] |
//! | absent | earlier by > 1 day, or jumped by > 1 day in the same boot | – | floor and what passed since | [`ClockState::ClockSuspect`] |
//!
//! Safety contacts, history, export and withdrawal never ask for the time.

use serde::{Deserialize, Serialize};
use yorisoi_protocol::Timestamp;

use crate::host::ClockReading;

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// A time the server vouched for, and the phone's clocks at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The server's time: the floor.
    pub floor: Timestamp,
    /// The clock on the wall then.
    pub wall: Timestamp,
    /// Milliseconds since boot then.
    pub since_boot_millis: i64,
    /// Which boot that was.
    pub boot: String,
}

impl Anchor {
    /// The anchor a reply gives. Never lower than `before`: an old reply does not turn the time back.
    pub fn new(server: Timestamp, reading: &ClockReading, before: Option<&Self>) -> Self {
        let floor = before.map_or(server, |anchor| anchor.floor.max(server));
        Self {
            floor,
            wall: reading.wall,
            since_boot_millis: reading.since_boot_millis,
            boot: reading.boot.clone(),
        }
    }
}

/// How far the time can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockState {
    /// The platform vouches for it.
    Good,
    /// The phone's clock, and nothing speaks against it.
    Plausible,
    /// The phone's clock is a little behind; the floor is used.
    Adjusted,
    /// The phone's clock cannot be right.
    ClockSuspect,
}

/// The time and how far it can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedTime {
    /// What time it is.
    pub now: Timestamp,
    /// How far that can be relied on.
    pub state: ClockState,
}

impl TrustedTime {
    /// Decides by the table of this module.
    pub fn judge(reading: &ClockReading, anchor: Option<&Anchor>) -> Self {
        if let Some(trusted) = reading.trusted {
            return Self { now: trusted, state: ClockState::Good };
        }
        let plausible = Self { now: reading.wall, state: ClockState::Plausible };
        let Some(anchor) = anchor else { return plausible };
        let same_boot = anchor.boot == reading.boot;
        let passed =
            if same_boot { (reading.since_boot_millis - anchor.since_boot_millis).max(0) } else { 0 };
        let behind = anchor.floor.since(reading.wall);
        let drift = reading.wall.since(anchor.wall).saturating_sub(passed).saturating_abs();
        if behind > DAY_MILLIS || (same_boot && drift > DAY_MILLIS) {
            return Self { now: anchor.floor.plus_millis(passed), state: ClockState::ClockSuspect };
        }
        if behind > 0 {
            return Self { now: anchor.floor, state: ClockState::Adjusted };
        }
        plausible
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn reading(wall: i64, since_boot_millis: i64, boot: &str) -> ClockReading {
        ClockReading {
            wall: Timestamp::from_millis(wall),
            since_boot_millis,
            boot: boot.to_owned(),
            trusted: None,
        }
    }

    #[test]
    fn the_table_holds_row_by_row() {
        let floor = 1_000 * HOUR;
        let anchor = Anchor::new(Timestamp::from_millis(floor), &reading(floor, 0, "a"), None);
        let judge = |reading: &ClockReading| {
            let TrustedTime { now, state } = TrustedTime::judge(reading, Some(&anchor));
            (now.millis(), state)
        };
        let trusted =
            ClockReading { trusted: Some(Timestamp::from_millis(5)), ..reading(floor - 99 * HOUR, 0, "a") };
        assert_eq!(judge(&trusted), (5, ClockState::Good));
        assert_eq!(judge(&reading(floor + HOUR, HOUR, "a")), (floor + HOUR, ClockState::Plausible));
        assert_eq!(judge(&reading(floor + 99 * HOUR, 0, "b")), (floor + 99 * HOUR, ClockState::Plausible));
        assert_eq!(judge(&reading(floor - HOUR, 2 * HOUR, "a")), (floor, ClockState::Adjusted));
        assert_eq!(judge(&reading(floor - 25 * HOUR, HOUR, "b")), (floor, ClockState::ClockSuspect));
        assert_eq!(judge(&reading(0, HOUR, "a")), (floor + HOUR, ClockState::ClockSuspect));
        assert_eq!(judge(&reading(floor + 27 * HOUR, HOUR, "a")), (floor + HOUR, ClockState::ClockSuspect));
    }

    #[test]
    fn without_an_anchor_the_clock_on_the_wall_is_all_there_is() {
        let judged = TrustedTime::judge(&reading(7, 0, "a"), None);
        assert_eq!((judged.now.millis(), judged.state), (7, ClockState::Plausible));
    }

    #[test]
    fn an_older_reply_never_lowers_the_floor() {
        let first = Anchor::new(Timestamp::from_millis(100), &reading(0, 0, "a"), None);
        let second = Anchor::new(Timestamp::from_millis(50), &reading(1, 1, "a"), Some(&first));
        assert_eq!(second.floor.millis(), 100);
    }
}
