//! Tells the app what changed: after a local call the thread it ran on, once who waits for the call was told, and else a thread
//! of its own.
//!
//! No call waits for the app's listener. So a listener may be slow, may wait for calls of the library, and may never return:
//! it is told by one thread at a time, and what changes meanwhile waits, each thing once, so that memory stays bounded.

use std::cell::RefCell;
use std::collections::HashSet;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use yorisoi_core::host as core;

use crate::error::YorisoiError;
use crate::host::{Notice, Notices};

/// The core's ear. Dropped with the client; what waits then is still told.
pub(crate) struct Teller(Arc<Queue>);

impl Teller {
    pub(crate) fn new(listener: Arc<dyn Notices>) -> Result<Self, YorisoiError> {
        let queue = Arc::new(Queue { waiting: Mutex::default(), filled: Condvar::new(), listener });
        let teller = Self(Arc::clone(&queue));
        thread::Builder::new()
            .name("yorisoi-notices".to_owned())
            .spawn(move || queue.tell_to_the_end())
            .map_err(|_| YorisoiError::setting("the platform gave no threads"))?;
        Ok(teller)
    }
}

impl core::Notices for Teller {
    fn changed(&self, changes: &[core::Notice]) {
        self.0.put(changes);
        if !Held::notes(&self.0) {
            self.0.leave();
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
    /// What this thread tells later, while something is held on it.
    static HELD: RefCell<Option<Vec<Arc<Queue>>>> = const { RefCell::new(None) };
}

/// While it is there, nothing is told of what changes on this thread; it is told here when it is dropped. Another thread, woken for
/// it, would take a processor from who waits for the call.
pub(crate) struct Held(());

impl Held {
    pub(crate) fn new() -> Self {
        HELD.replace(Some(Vec::new()));
        Self(())
    }

    /// Whether this queue is told later.
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
            // Where the call panicked, nobody was told of its end yet.
            if thread::panicking() { queue.leave() } else { queue.tell() }
        }
    }
}

/// What was not told yet, and to whom.
struct Queue {
    waiting: Mutex<Waiting>,
    filled: Condvar,
    listener: Arc<dyn Notices>,
}

#[derive(Default)]
struct Waiting {
    order: Vec<core::Notice>,
    known: HashSet<core::Notice>,
    /// A thread stands at the listener, and looks for more when it comes back.
    telling: bool,
    /// The queue's own thread is to tell it.
    due: bool,
    ended: bool,
}

impl Waiting {
    /// What is to be told now. Whoever takes it tells it.
    fn take(&mut self) -> Option<Vec<core::Notice>> {
        self.telling = !self.order.is_empty();
        self.known.clear();
        self.telling.then(|| mem::take(&mut self.order))
    }
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

    /// Leaves what waits to the queue's own thread.
    fn leave(&self) {
        self.lock().due = true;
        self.filled.notify_one();
    }

    /// Tells what waits, unless another thread is telling.
    fn tell(&self) {
        let mut waiting = self.lock();
        if waiting.telling {
            return;
        }
        while let Some(changes) = waiting.take() {
            drop(waiting);
            // A listener that throws has nothing to tell us.
            let _ = self.listener.changed(changes.iter().map(Notice::from).collect());
            waiting = self.lock();
        }
    }

    /// Tells until the client is gone and nothing waits.
    fn tell_to_the_end(&self) {
        let nothing = |waiting: &mut Waiting| !waiting.due && !waiting.ended;
        loop {
            let mut waiting =
                self.filled.wait_while(self.lock(), nothing).unwrap_or_else(PoisonError::into_inner);
            waiting.due = false;
            let ended = waiting.ended;
            drop(waiting);
            self.tell();
            if ended {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread::ThreadId;
    use std::time::{Duration, Instant};

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

    /// Says how much it was told, and on which thread.
    struct Quick(Mutex<Sender<(usize, ThreadId)>>);

    impl Notices for Quick {
        fn changed(&self, notices: Vec<Notice>) -> Result<(), HostFailure> {
            self.0.lock().unwrap().send((notices.len(), thread::current().id())).unwrap();
            Ok(())
        }
    }

    #[test]
    fn what_changes_in_a_call_is_told_by_its_thread_at_its_end() {
        let (heard, hearing) = channel();
        let teller = Teller::new(Arc::new(Quick(Mutex::new(heard)))).unwrap();
        let held = Held::new();
        teller.changed(&[core::Notice::Sync]);
        teller.changed(&[core::Notice::Drafts]);
        assert!(hearing.recv_timeout(Duration::from_millis(20)).is_err(), "told before the end");
        drop(held);
        assert_eq!(hearing.try_recv(), Ok((2, thread::current().id())));
        // After the call there is nothing to wait for.
        teller.changed(&[core::Notice::Sync]);
        let (changes, told_by) = hearing.recv_timeout(PATIENCE).unwrap();
        assert_eq!(changes, 1);
        assert_ne!(told_by, thread::current().id());
    }

    #[test]
    fn what_changed_before_a_call_panicked_is_told_by_another_thread() {
        let (heard, hearing) = channel();
        let teller = Teller::new(Arc::new(Quick(Mutex::new(heard)))).unwrap();
        let call = thread::spawn(move || {
            let _held = Held::new();
            teller.changed(&[core::Notice::Sync]);
            std::panic::resume_unwind(Box::new(()));
        });
        let on = call.thread().id();
        assert!(call.join().is_err());
        let (changes, told_by) = hearing.recv_timeout(PATIENCE).unwrap();
        assert_eq!(changes, 1);
        assert_ne!(told_by, on);
    }

    #[test]
    fn no_call_waits_for_a_listener_that_hears_somebody_else() {
        let (teller, hearing, let_go) = slow();
        teller.changed(&[core::Notice::Sync]);
        assert_eq!(hearing.recv_timeout(PATIENCE), Ok(1));
        let began = Instant::now();
        {
            let _held = Held::new();
            teller.changed(&[core::Notice::Drafts]);
        }
        assert!(began.elapsed() < PATIENCE / 2, "it waited for the listener");
        let_go.send(()).unwrap();
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
