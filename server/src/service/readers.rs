//! Which requests that only read this process has carried out, within the tolerance for a phone's clock.

use std::collections::HashSet;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::Nonce;
use yorisoi_protocol::wire::Limits;

/// For how many seconds a request can be carried out after it was signed.
const GOOD_FOR: i64 = Limits::V1.clock_tolerance_seconds;

/// Requests by who signed them and their nonce.
pub(super) struct Readers {
    begun: Timestamp,
    seen: Mutex<Seen>,
    /// Whether the database may be unable to write.
    doubted: AtomicBool,
}

/// Two sets that take turns: when the younger has lasted as long as a request is good for, the older is forgotten. So each name is
/// remembered for once to twice that time, at the cost of one look into each.
#[derive(Default)]
struct Seen {
    since: i64,
    younger: HashSet<(Vec<u8>, Nonce)>,
    older: HashSet<(Vec<u8>, Nonce)>,
}

impl Readers {
    /// None yet.
    pub(super) fn since(begun: Timestamp) -> Self {
        Self { begun, seen: Mutex::default(), doubted: AtomicBool::default() }
    }

    /// When this process began.
    pub(super) fn begun(&self) -> Timestamp {
        self.begun
    }

    /// Notes whether the database could do what it was last asked to write. A phone asks without operations to see whether it is one of
    /// them that a server fails at, or everything: on a full disk the answer must be everything, though reading would go well.
    pub(super) fn doubt(&self, failed: bool) {
        self.doubted.store(failed, Ordering::SeqCst);
    }

    /// Whether a request that only reads is to write as well, which shows whether the database can.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.doubted.load(Ordering::SeqCst)
    }

    /// Remembers a request; `false` if it was seen.
    pub(super) fn use_nonce(&self, caller: &[u8], nonce: Nonce, now: Timestamp) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if now.seconds() - seen.since > GOOD_FOR {
            seen.older = mem::take(&mut seen.younger);
            seen.since = now.seconds();
        }
        let name = (caller.to_vec(), nonce);
        !seen.older.contains(&name) && seen.younger.insert(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_seen_as_long_as_it_is_good_and_forgotten_after() {
        let at = Timestamp::from_seconds;
        let readers = Readers::since(at(0));
        let nonce = |of: i64| Nonce::from_bytes([0, 0, 0, 0, 0, of as u8]);
        for (of, used) in [0, 1, 250, 299, 300, 301, 599, 601].into_iter().zip(0..) {
            assert!(readers.use_nonce(b"a", nonce(used), at(of)));
            for later in [of, of + 1, of + GOOD_FOR / 2, of + GOOD_FOR] {
                let readers = Readers::since(at(0));
                readers.use_nonce(b"a", nonce(9), at(0));
                assert!(readers.use_nonce(b"a", nonce(used), at(of)));
                assert!(!readers.use_nonce(b"a", nonce(used), at(later)), "{of} at {later}");
                assert!(readers.use_nonce(b"b", nonce(used), at(later)), "another phone's");
            }
        }
        for now in [1000, 1001 + GOOD_FOR, 1002 + 2 * GOOD_FOR] {
            assert!(readers.use_nonce(b"c", nonce(now % 50), at(now)));
        }
        let seen = readers.seen.lock().unwrap();
        assert!(seen.younger.len() + seen.older.len() <= 2, "what is too old is forgotten");
    }
}
