//! How often a log-in may fail.
//!
//! Kept in memory and per log-in name, whether or not somebody has that name: refusing tells nothing. A password has
//! 125 bits, so this only keeps the noise down; several server processes may count apart.

use std::sync::atomic::{AtomicU32, Ordering};

use yorisoi_protocol::Timestamp;

use super::failure_counts::FailureCounts;

/// So many failures are allowed ...
const FAILURES: u32 = 10;
/// ... within so many milliseconds from the first.
const WINDOW_MS: i64 = 15 * 60 * 1000;

/// Passwords compared at the same time. Comparing is slow on purpose; more of it would hold up devices.
const TURNS: u32 = 4;

/// The failures of each name, and the comparisons under way.
pub(super) struct Throttle {
    failures: FailureCounts<String>,
    turns: AtomicU32,
}

/// Leave to compare a password, until dropped.
pub(super) struct Turn<'a>(&'a AtomicU32);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self { failures: FailureCounts::new(FAILURES, WINDOW_MS), turns: AtomicU32::new(0) }
    }
}

impl Throttle {
    /// Seconds until this name is heard again; `None` if it is heard now.
    pub(super) fn wait(&self, name: &str, now: Timestamp) -> Option<u32> {
        self.failures.wait(&name.to_owned(), now)
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
        self.failures.failed(&name.to_owned(), now);
    }

    /// Forgets the failures of a name that has proved itself.
    pub(super) fn succeeded(&self, name: &str) {
        self.failures.succeeded(&name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_few_passwords_are_compared_at_a_time() {
        let throttle = Throttle::default();
        let turns: Vec<_> = (0..TURNS).map(|_| throttle.turn()).collect();
        assert!(turns.iter().all(Option::is_some));
        assert!(throttle.turn().is_none());
        drop(turns);
        assert!(throttle.turn().is_some());
    }
}
