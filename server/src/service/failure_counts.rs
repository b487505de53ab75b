//! How often somebody failed lately, in memory: so many failures within so much time from the first, then silence until
//! that time is over.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use yorisoi_protocol::Timestamp;

/// Names remembered at most. Whoever floods it with names gets nothing for it: their own are forgotten first or expire.
const NAMES: usize = 4096;

/// The failures of each name.
pub(super) struct FailureCounts<K> {
    limit: u32,
    window_ms: i64,
    counts: Mutex<HashMap<K, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    since: Timestamp,
    count: u32,
}

impl<K: Hash + Eq + Clone> FailureCounts<K> {
    /// `limit` failures are allowed within `window_ms` milliseconds from the first.
    pub(super) fn new(limit: u32, window_ms: i64) -> Self {
        Self { limit, window_ms, counts: Mutex::default() }
    }

    /// Seconds until this name is heard again; `None` if it is heard now.
    pub(super) fn wait(&self, name: &K, now: Timestamp) -> Option<u32> {
        let failures = self.lock().get(name).copied()?;
        let left = self.window_ms - now.since(failures.since);
        let seconds = u32::try_from((left.max(0) + 999) / 1000).unwrap_or(u32::MAX);
        (failures.count >= self.limit && left > 0).then_some(seconds)
    }

    /// Counts a failure.
    pub(super) fn failed(&self, name: &K, now: Timestamp) {
        let mut counts = self.lock();
        // No name is kept longer than it is needed, as far as the next failure of anybody.
        counts.retain(|_, failures| now.since(failures.since) < self.window_ms);
        if counts.len() >= NAMES && !counts.contains_key(name) {
            let newest = counts.iter().max_by_key(|(_, failures)| failures.since);
            if let Some(newest) = newest.map(|(name, _)| name.clone()) {
                counts.remove(&newest);
            }
        }
        counts.entry(name.clone()).or_insert(Failures { since: now, count: 0 }).count += 1;
    }

    /// Forgets the failures of a name that has proved itself.
    pub(super) fn succeeded(&self, name: &K) {
        self.lock().remove(name);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Failures>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_627_830_000 + seconds)
    }

    #[test]
    fn ten_failures_close_a_name_for_the_rest_of_a_quarter_of_an_hour() {
        let counts = FailureCounts::new(10, 900_000);
        for _ in 0..9 {
            counts.failed(&"a", at(0));
        }
        assert_eq!(counts.wait(&"a", at(0)), None);
        counts.failed(&"a", at(60));
        assert_eq!(counts.wait(&"a", at(60)), Some(840));
        assert_eq!(counts.wait(&"b", at(60)), None);
        assert_eq!(counts.wait(&"a", at(899)), Some(1));
        assert_eq!(counts.wait(&"a", at(900)), None);
        counts.failed(&"a", at(900));
        assert_eq!(counts.wait(&"a", at(900)), None);
        counts.failed(&"b", at(1800));
        assert_eq!(counts.lock().len(), 1, "what is over is forgotten");
        counts.failed(&"a", at(1800));
        counts.succeeded(&"b");
        counts.succeeded(&"a");
        assert!(counts.lock().is_empty());
    }

    #[test]
    fn a_flood_of_names_neither_grows_without_end_nor_frees_a_closed_name() {
        let counts = FailureCounts::new(10, 900_000);
        for _ in 0..10 {
            counts.failed(&usize::MAX, at(0));
        }
        for number in 0..2 * NAMES {
            counts.failed(&number, at(1));
        }
        assert!(counts.lock().len() <= NAMES);
        assert!(counts.wait(&usize::MAX, at(1)).is_some());
    }
}
