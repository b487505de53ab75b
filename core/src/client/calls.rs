//! Calls that are under way, and the moment in which everything is erased.
//!
//! An erasure waits until no call is inside, and none comes in while it empties the database. What waits for the network is not
//! inside: it comes in again when the reply is there, finds that an erasure came between, and ends without having done
//! anything more. So nothing that was begun before an erasure is carried on after it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::YorisoiClient;
use crate::error::YorisoiError;

/// How long an erasure waits for the calls that are inside.
const WAIT: Duration = if cfg!(test) { Duration::from_secs(1) } else { Duration::from_secs(5) };

/// Who is inside.
#[derive(Default)]
pub(super) struct Calls {
    state: Mutex<State>,
    changed: Condvar,
    /// Wakes what waits for the network.
    erased: Notify,
}

#[derive(Default)]
struct State {
    inside: usize,
    erasing: bool,
    /// How often everything was erased.
    era: u64,
}

/// A call that is inside.
pub(super) struct Inside<'a> {
    calls: &'a Calls,
    era: u64,
}

/// Nobody is inside.
pub(super) struct Alone<'a> {
    calls: &'a Calls,
    era: u64,
}

impl Calls {
    /// Comes in, once nothing is being erased. A call may come in again from within: it never waits for one that only waits to
    /// erase.
    pub(super) fn enter(&self) -> Inside<'_> {
        let mut state = self.state();
        while state.erasing {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.inside += 1;
        Inside { calls: self, era: state.era }
    }

    /// Waits until nobody is inside, and keeps everybody out. `None` if somebody stays too long, as an ear for notices does
    /// that erases from within a sync.
    pub(super) fn alone(&self) -> Option<Alone<'_>> {
        let since = Instant::now();
        let mut state = self.state();
        while state.erasing || state.inside > 0 {
            let left = WAIT.checked_sub(since.elapsed())?;
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        state.erasing = true;
        Some(Alone { calls: self, era: state.era })
    }

    fn era(&self) -> u64 {
        self.state().era
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Alone<'_> {
    /// From here on what was begun before ends.
    pub(super) fn begin_anew(&mut self) {
        self.era += 1;
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.calls.state().inside -= 1;
        self.calls.changed.notify_all();
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let mut state = self.calls.state();
        (state.erasing, state.era) = (false, self.era);
        drop(state);
        self.calls.changed.notify_all();
        self.calls.erased.notify_waiters();
    }
}

impl YorisoiClient {
    /// Does this work unless everything is erased meanwhile.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`] then, at once, whatever the work waits for; those of the work.
    pub(super) async fn unless_erased<T>(
        &self,
        work: impl Future<Output = Result<T, YorisoiError>>,
    ) -> Result<T, YorisoiError> {
        let begun = self.calls.era();
        let (mut work, mut erased) = (pin!(work), pin!(self.calls.erased.notified()));
        erased.as_mut().enable();
        poll_fn(|context| {
            let inside = self.calls.enter();
            if inside.era != begun {
                return Poll::Ready(Err(YorisoiError::NotEnrolled));
            }
            let done = work.as_mut().poll(context);
            if done.is_pending() && erased.as_mut().poll(context).is_ready() {
                // An erasure that failed woke it: the next one is listened for.
                erased.set(self.calls.erased.notified());
                erased.as_mut().enable();
                context.waker().wake_by_ref();
            }
            done
        })
        .await
    }
}
