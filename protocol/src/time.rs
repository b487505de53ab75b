//! What time it is, when the phone's clock may be wrong.
//!
//! Times that others signed are a floor: it is not earlier than the latest of them (the server's replies, a manifest, a
//! ticket). The phone's clock is believed from there on, unless it jumped against the clock that counts since the start
//! of the phone. All are instants: a change of time zone, a journey, a leap in the zone's rules move nothing here.
//!
//! | trusted | wall against floor | since-boot check | now | state |
//! |---|---|---|---|---|
//! | present | any | any | trusted | [`ClockState::Good`] |
//! | absent | at or after | same boot, drift ≤ 1 day | wall | [`ClockState::Plausible`] |
//! | absent | at or after | restarted since | wall | [`ClockState::Plausible`] |
//! | absent | earlier by ≤ 1 day | – | floor | [`ClockState::Adjusted`] |
//! | absent | earlier by > 1 day, or jumped by > 1 day in the same boot | – | floor and what passed since | [`ClockState::ClockSuspect`] |
//!
//! Only redeeming a card and asking a new question ever ask for the state, and only where no server can be asked instead
//! ([`ClockState::holds_up`]). Safety contacts, history, drafts, export, erasure and withdrawal never do.

use serde::{Deserialize, Serialize};

use crate::date::Timestamp;

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// All clocks of a phone at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockReading {
    /// The clock on the wall, which the owner may set.
    pub wall: Timestamp,
    /// Milliseconds since the phone was started, sleep included.
    pub since_boot_millis: i64,
    /// Names the current run of the phone: another value after a restart.
    pub boot: String,
    /// A time the platform vouches for, where it has one.
    pub trusted: Option<Timestamp>,
}

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

impl ClockState {
    /// Whether a redemption or a new question has to wait: the clock cannot be right, and there is no server at hand that
    /// would judge by its own.
    pub fn holds_up(self, online: bool) -> bool {
        self == Self::ClockSuspect && !online
    }
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
    /// Decides by the table of this module. `signed` is the latest time in a manifest or a ticket that was verified; it
    /// raises the floor without saying what the phone's clocks showed then.
    pub fn judge(reading: &ClockReading, anchor: Option<&Anchor>, signed: Option<Timestamp>) -> Self {
        if let Some(trusted) = reading.trusted {
            return Self { now: trusted, state: ClockState::Good };
        }
        let same_boot = anchor.filter(|anchor| anchor.boot == reading.boot);
        let passed = same_boot
            .map_or(0, |anchor| reading.since_boot_millis.saturating_sub(anchor.since_boot_millis).max(0));
        let plausible = Self { now: reading.wall, state: ClockState::Plausible };
        let Some(floor) = anchor.map(|anchor| anchor.floor).max(signed) else {
            return plausible;
        };
        let reckoned = anchor.map(|anchor| anchor.floor.plus_millis(passed)).max(Some(floor));
        let behind = floor.since(reading.wall);
        let jumped = same_boot.is_some_and(|anchor| {
            reading.wall.since(anchor.wall).saturating_sub(passed).saturating_abs() > DAY_MILLIS
        });
        if behind > DAY_MILLIS || jumped {
            return Self { now: reckoned.unwrap_or(floor), state: ClockState::ClockSuspect };
        }
        if behind > 0 {
            return Self { now: floor, state: ClockState::Adjusted };
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
            let TrustedTime { now, state } = TrustedTime::judge(reading, Some(&anchor), None);
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
        let judged = TrustedTime::judge(&reading(7, 0, "a"), None, None);
        assert_eq!((judged.now.millis(), judged.state), (7, ClockState::Plausible));
    }

    #[test]
    fn an_older_reply_never_lowers_the_floor() {
        let first = Anchor::new(Timestamp::from_millis(100), &reading(0, 0, "a"), None);
        let second = Anchor::new(Timestamp::from_millis(50), &reading(1, 1, "a"), Some(&first));
        assert_eq!(second.floor.millis(), 100);
    }

    #[test]
    fn a_signed_time_raises_the_floor_of_a_phone_that_never_heard_a_server() {
        let signed = Some(Timestamp::from_millis(1_000 * HOUR));
        let judge = |wall| TrustedTime::judge(&reading(wall, 5, "a"), None, signed);
        let outcome = |wall| (judge(wall).now.millis() / HOUR, judge(wall).state);
        assert_eq!(outcome(0), (1_000, ClockState::ClockSuspect), "1970, after a battery that ran empty");
        assert_eq!(outcome(999 * HOUR), (1_000, ClockState::Adjusted));
        assert_eq!(outcome(1_001 * HOUR), (1_001, ClockState::Plausible));
        let anchor = Anchor::new(Timestamp::from_millis(900 * HOUR), &reading(900 * HOUR, 0, "a"), None);
        let later = TrustedTime::judge(&reading(900 * HOUR, HOUR, "a"), Some(&anchor), signed);
        assert_eq!(later.now.millis(), 1_000 * HOUR, "what passed since an older anchor never lowers it");
    }

    /// Phones without a network are set by hand to the local time of where they are: the instant moves by up to 14 hours
    /// either way, which is no reason to doubt the clock, and never turns the time back.
    #[test]
    fn a_clock_set_by_hand_to_another_zone_is_never_suspect() {
        let floor = 1_000 * HOUR;
        let anchor = Anchor::new(Timestamp::from_millis(floor), &reading(floor, 0, "a"), None);
        for hours in -14..=14 {
            let judged = TrustedTime::judge(&reading(floor + hours * HOUR, 1, "a"), Some(&anchor), None);
            assert_ne!(judged.state, ClockState::ClockSuspect, "{hours}");
            assert!(judged.now.millis() >= floor, "{hours}");
        }
    }

    #[test]
    fn only_a_suspect_clock_without_a_server_holds_anything_up() {
        for state in [ClockState::Good, ClockState::Plausible, ClockState::Adjusted] {
            assert!(!state.holds_up(false) && !state.holds_up(true));
        }
        assert!(ClockState::ClockSuspect.holds_up(false));
        assert!(!ClockState::ClockSuspect.holds_up(true));
    }
}
