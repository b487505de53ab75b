//! Tells the app what changed, from a thread of its own.
//!
//! No call waits for the app's listener. So a listener may be slow, may wait for calls of the library, and may never return:
//! what changes meanwhile waits, each thing once, so that memory stays bounded.

use std::cell::RefCell;
use std::collections::HashSet;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use yorisoi_core::host as core;

use crate::error::YorisoiError;
use crate::host::{Notice, Notices};

/// The core's ear. Dropped with the client; what waits then is still told.
pub(crate) struct Teller(Arc<Queue>);

impl Teller {
    pub(crate) fn new(listener: Arc<dyn Notices>) -> Result<Self, YorisoiError> {
        let queue = Arc::new(Queue::default());
        let teller = Self(Arc::clone(&queue));
        std::thread::Builder::new()
            .name("yorisoi-notices".to_owned())
            .spawn(move || queue.tell(listener.as_ref()))
            .map_err(|_| YorisoiError::setting("the platform gave no threads"))?;
        Ok(teller)
    }
}

impl core::Notices for Teller {
    fn changed(&self, changes: &[core::Notice]) {
        self.0.put(changes);
        if !Held::notes(&self.0) {
            self.0.filled.notify_one();
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.filled.notify_one();
    }
}

thread_local! {
    /// Whose thread is not woken yet, while something is held on this one.
    static HELD: RefCell<Option<Vec<Arc<Queue>>>> = const { RefCell::new(None) };
}

/// While it is there, no listener's thread is woken by what changes on this thread. Where there are few processors, that thread
/// would take the one on which the call itself was about to end, and its caller wait for both.
pub(crate) struct Held(());

impl Held {
    pub(crate) fn new() -> Self {
        HELD.replace(Some(Vec::new()));
        Self(())
    }

    /// Whether this queue's thread is woken later.
    fn notes(queue: &Arc<Queue>) -> bool {
        HELD.with_borrow_mut(|held| {
            let Some(held) = held else { return false };
            if !held.iter().any(|known| Arc::ptr_eq(known, queue)) {
                held.push(Arc::clone(queue));
            }
            true
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for queue in HELD.take().into_iter().flatten() {
            queue.filled.notify_one();
        }
    }
}

/// What was not told yet.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

#[derive(Default)]
struct Waiting {
    order: Vec<core::Notice>,
    known: HashSet<core::Notice>,
    ended: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, changes: &[core::Notice]) {
        let mut waiting = self.lock();
        for change in changes {
            if waiting.known.insert(*change) {
                waiting.order.push(*change);
            }
        }
    }

    /// Tells until the client is gone and nothing waits.
    fn tell(&self, listener: &dyn Notices) {
        while let Some(changes) = self.next() {
            // A listener that throws has nothing to tell us.
            let _ = listener.changed(changes.iter().map(Notice::from).collect());
        }
    }

    fn next(&self) -> Option<Vec<core::Notice>> {
        let nothing = |waiting: &mut Waiting| waiting.order.is_empty() && !waiting.ended;
        let mut waiting =
            self.filled.wait_while(self.lock(), nothing).unwrap_or_else(PoisonError::into_inner);
        waiting.known.clear();
        let changes = mem::take(&mut waiting.order);
        (!changes.is_empty()).then_some(changes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use yorisoi_core::host::Notices as _;

    use super::*;
    use crate::host::HostFailure;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// Says what it heard, and goes on when it is let.
    struct Slow {
        heard: Mutex<Sender<usize>>,
        go_on: Mutex<Receiver<()>>,
    }

    impl Notices for Slow {
        fn changed(&self, notices: Vec<Notice>) -> Result<(), HostFailure> {
            self.heard.lock().unwrap().send(notices.len()).unwrap();
            self.go_on.lock().unwrap().recv_timeout(PATIENCE).map_err(|_| HostFailure::Threw)
        }
    }

    fn slow() -> (Teller, Receiver<usize>, Sender<()>) {
        let (heard, hearing) = channel();
        let (let_go, go_on) = channel();
        let slow = Slow { heard: Mutex::new(heard), go_on: Mutex::new(go_on) };
        (Teller::new(Arc::new(slow)).unwrap(), hearing, let_go)
    }

    #[test]
    fn nobody_waits_for_a_slow_listener_and_each_change_is_told_once() {
        let (teller, hearing, let_go) = slow();
        teller.changed(&[core::Notice::Sync]);
        assert_eq!(hearing.recv_timeout(PATIENCE), Ok(1));
        for _ in 0..10_000 {
            teller.changed(&[core::Notice::Drafts, core::Notice::Family, core::Notice::Drafts]);
        }
        let_go.send(()).unwrap();
        assert_eq!(hearing.recv_timeout(PATIENCE), Ok(2));
        // What changes while it is told is told again.
        teller.changed(&[core::Notice::Drafts]);
        let_go.send(()).unwrap();
        assert_eq!(hearing.recv_timeout(PATIENCE), Ok(1));
        let_go.send(()).unwrap();
    }

    #[test]
    fn what_changes_while_it_is_held_is_told_when_it_is_let_go() {
        let (teller, hearing, let_go) = slow();
        // Its thread stands at the listener, and is then about to wait.
        teller.changed(&[core::Notice::Sync]);
        assert_eq!(hearing.recv_timeout(PATIENCE), Ok(1));
        let held = Held::new();
        teller.changed(&[core::Notice::Sync]);
        teller.changed(&[core::Notice::Drafts]);
        assert!(Held::notes(&teller.0));
        let_go.send(()).unwrap();
        drop(held);
        assert_eq!(hearing.recv_timeout(PATIENCE), Ok(2));
        assert!(!Held::notes(&teller.0), "nothing is held any more");
        let_go.send(()).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        {
            let _held = Held::new();
            teller.changed(&[core::Notice::Sync]);
        }
        assert_eq!(hearing.recv_timeout(PATIENCE), Ok(1));
        let_go.send(()).unwrap();
    }

    #[test]
    fn what_waits_when_the_client_goes_is_told_and_then_the_thread_ends() {
        let (teller, hearing, let_go) = slow();
        teller.changed(&[core::Notice::Sync]);
        assert_eq!(hearing.recv_timeout(PATIENCE), Ok(1));
        teller.changed(&[core::Notice::Drafts]);
        drop(teller);
        let_go.send(()).unwrap();
        assert_eq!(hearing.recv_timeout(PATIENCE), Ok(1));
        let_go.send(()).unwrap();
        // The listener, and with it the other end, is gone with its thread.
        assert!(
            hearing
                .recv_timeout(PATIENCE)
                .is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Disconnected)
        );
    }
}
