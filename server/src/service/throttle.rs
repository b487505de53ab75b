//! How often a log-in may fail.
//!
//! Kept in memory and per log-in name, whether or not somebody has that name: refusing tells nothing. A password has
//! 125 bits, so this only keeps the noise down; several server processes may count apart.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use yorisoi_protocol::Timestamp;

/// So many failures are allowed ...
const FAILURES: u32 = 10;
/// ... within so many milliseconds from the first.
const WINDOW_MS: i64 = 15 * 60 * 1000;
/// Names remembered at most. Whoever floods it with names gets nothing for it: their own are forgotten first or expire.
const NAMES: usize = 4096;

/// Passwords compared at the same time. Comparing is slow on purpose; more of it would hold up devices.
const TURNS: u32 = 4;

/// The failures of each name, and the comparisons under way.
#[derive(Default)]
pub(super) struct Throttle {
    failures: Mutex<HashMap<String, Failures>>,
    turns: AtomicU32,
}

/// Leave to compare a password, until dropped.
pub(super) struct Turn<'a>(&'a AtomicU32);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy)]
struct Failures {
    since: Timestamp,
    count: u32,
}

impl Throttle {
    /// Seconds until this name is heard again; `None` if it is heard now.
    pub(super) fn wait(&self, name: &str, now: Timestamp) -> Option<u32> {
        let failures = self.lock().get(name).copied()?;
        let left = WINDOW_MS - now.since(failures.since);
        let seconds = u32::try_from((left.max(0) + 999) / 1000).unwrap_or(u32::MAX);
        (failures.count >= FAILURES && left > 0).then_some(seconds)
    }

    /// Leave to compare a password; `None` while too many are compared.
    pub(super) fn turn(&self) -> Option<Turn<'_>> {
        let turn = Turn(&self.turns);
        let before = self.turns.fetch_add(1, Ordering::Relaxed);
        // A turn that is not given is given back by being dropped.
        (before < TURNS).then_some(turn)
    }

    /// Counts a failure.
    pub(super) fn failed(&self, name: &str, now: Timestamp) {
        let mut failures = self.lock();
        if failures.len() >= NAMES {
            failures.retain(|_, failures| now.since(failures.since) < WINDOW_MS);
        }
        if failures.len() >= NAMES && !failures.contains_key(name) {
            let newest = failures.iter().max_by_key(|(_, failures)| failures.since);
            if let Some(newest) = newest.map(|(name, _)| name.clone()) {
                failures.remove(&newest);
            }
        }
        let fresh = Failures { since: now, count: 0 };
        let entry = failures.entry(name.to_owned()).or_insert(fresh);
        if now.since(entry.since) >= WINDOW_MS {
            *entry = fresh;
        }
        entry.count += 1;
    }

    /// Forgets the failures of a name that has proved itself.
    pub(super) fn succeeded(&self, name: &str) {
        self.lock().remove(name);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_close_a_name_for_the_rest_of_a_quarter_of_an_hour() {
        let throttle = Throttle::default();
        let at = |seconds: i64| Timestamp::from_seconds(1_627_830_000 + seconds);
        for _ in 0..9 {
            throttle.failed("a", at(0));
        }
        assert_eq!(throttle.wait("a", at(0)), None);
        throttle.failed("a", at(60));
        assert_eq!(throttle.wait("a", at(60)), Some(840));
        assert_eq!(throttle.wait("b", at(60)), None);
        assert_eq!(throttle.wait("a", at(899)), Some(1));
        assert_eq!(throttle.wait("a", at(900)), None);
        throttle.failed("a", at(900));
        assert_eq!(throttle.wait("a", at(900)), None);
        throttle.succeeded("a");
        assert!(throttle.lock().is_empty());
    }

    #[test]
    fn only_a_few_passwords_are_compared_at_a_time() {
        let throttle = Throttle::default();
        let turns: Vec<_> = (0..TURNS).map(|_| throttle.turn()).collect();
        assert!(turns.iter().all(Option::is_some));
        assert!(throttle.turn().is_none());
        drop(turns);
        assert!(throttle.turn().is_some());
    }

    #[test]
    fn a_flood_of_names_neither_grows_without_end_nor_frees_a_closed_name() {
        let throttle = Throttle::default();
        let at = |seconds: i64| Timestamp::from_seconds(1_627_830_000 + seconds);
        for _ in 0..10 {
            throttle.failed("a", at(0));
        }
        for number in 0..2 * NAMES {
            throttle.failed(&number.to_string(), at(1));
        }
        assert!(throttle.lock().len() <= NAMES);
        assert!(throttle.wait("a", at(1)).is_some());
    }
}
