//! The threads the library owns: a runtime of its own, so that nothing runs on the caller's thread.
//!
//! A call loses its type on the way to its thread, and what it gives is left in a slot: the runtime's code for a task would
//! otherwise stand in the library once for each of fifty calls.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use yorisoi_core::YorisoiClient;

use crate::app_code::refuse_inside;
use crate::error::YorisoiError;
use crate::notices::Held;

/// How many local calls may wait for the disk at once.
const LOCAL_CALLS: usize = 4;

/// The client with the threads its calls run on: one for network calls, a few for local ones.
pub(crate) struct Threads {
    client: Arc<YorisoiClient>,
    runtime: Handle,
    /// Ends the runtime when dropped, without waiting for it: the last handle may be dropped on one of its own threads.
    _end: oneshot::Sender<()>,
}

impl Threads {
    /// Starts the threads and opens the client on one of them. Dropping it lets the opening finish, and closes what it opened.
    pub(crate) async fn open(
        open: impl FnOnce() -> Result<YorisoiClient, YorisoiError> + Send + 'static,
    ) -> Result<Self, YorisoiError> {
        refuse_inside()?;
        let (runtime, end) = start()?;
        let client = Answer::of_job(&runtime, open).await?;
        Ok(Self { client: Arc::new(client), runtime, _end: end })
    }

    /// Runs a local call off the caller's thread. Dropping it lets the call finish.
    pub(crate) fn local<T: Send + 'static>(
        &self,
        call: impl FnOnce(&YorisoiClient) -> Result<T, YorisoiError> + Send + 'static,
    ) -> Answer<T> {
        let slot = Slot::default();
        let filled = slot.clone();
        let task = self.begin(Box::new(move |client| filled.fill(call(client))));
        Answer { task, slot }
    }

    /// Nothing here is of a call's own type: it stands in the library once.
    fn begin(&self, call: Box<dyn FnOnce(&YorisoiClient) + Send>) -> Task {
        let client = Arc::clone(&self.client);
        let start =
            || refuse_inside().and_then(|()| spawn_local(&self.runtime, Box::new(move || call(&client))));
        start().map_or_else(Task::Refused, Task::Local)
    }

    /// Runs a network call. Dropping it ends the call at its next await.
    pub(crate) fn remote<T, F>(&self, call: impl FnOnce(Arc<YorisoiClient>) -> F) -> Answer<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, YorisoiError>> + Send + 'static,
    {
        match refuse_inside() {
            Ok(()) => {
                let slot = Slot::default();
                let filled = slot.clone();
                let running = self.start(|client| {
                    let call = call(client);
                    async move { filled.fill(call.await) }
                });
                Answer { task: Task::Remote(running), slot }
            }
            Err(error) => Answer { task: Task::Refused(error), slot: Slot::default() },
        }
    }

    /// Starts a network call that goes on by itself and has nothing to give.
    pub(crate) fn start<F>(&self, call: impl FnOnce(Arc<YorisoiClient>) -> F) -> Running
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Running(self.runtime.spawn(Box::pin(call(Arc::clone(&self.client))) as Work))
    }
}

/// A network call without its type.
type Work = Pin<Box<dyn Future<Output = ()> + Send>>;
/// A local call without its type.
type Job = Box<dyn FnOnce() + Send>;

/// A runtime on a thread of its own, and what ends it when dropped.
fn start() -> Result<(Handle, oneshot::Sender<()>), YorisoiError> {
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(LOCAL_CALLS)
        .thread_name("yorisoi")
        // Between any two steps of a call it is looked whether the network has brought something: a sync prepares its next requests
        // while one is under way, and its reply is not to lie there until they are done.
        .event_interval(1)
        .enable_all()
        .build()
        .map_err(|_| no_threads())?;
    let handle = runtime.handle().clone();
    let (end, ended) = oneshot::channel();
    let run = move || {
        // Whether the sender spoke or was dropped, it is the end.
        let _ = runtime.block_on(ended);
        runtime.shutdown_background();
    };
    let thread = std::thread::Builder::new().name("yorisoi-network".to_owned());
    thread.spawn(run).map_err(|_| no_threads())?;
    Ok((handle, end))
}

/// Runs a job on one of the threads for local calls. What is given ends when the job did, however it did. Only then is told what
/// the job changed: who waits for it goes on first.
fn spawn_local(runtime: &Handle, job: Job) -> Result<oneshot::Receiver<()>, YorisoiError> {
    let waiting = Slot(Arc::new(Mutex::new(Some(job))));
    let taken = waiting.clone();
    let (end, ended) = oneshot::channel();
    let run = move || {
        if let Some(job) = taken.take() {
            let held = Held::new();
            job();
            drop(end);
            drop(held);
        }
    };
    // The runtime panics where the platform gives it no thread. The job then still stands in its queue: it is taken from there,
    // since what is reported as failed must not happen after all.
    catch_unwind(AssertUnwindSafe(|| drop(runtime.spawn_blocking(run)))).map_err(|_| {
        drop(waiting.take());
        no_threads()
    })?;
    Ok(ended)
}

fn no_threads() -> YorisoiError {
    YorisoiError::setting("the platform gave no threads")
}

/// What a call gives, once it ran.
struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Slot<T> {
    fn fill(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }
}

/// What a call will give.
pub(crate) struct Answer<T> {
    task: Task,
    slot: Slot<Result<T, YorisoiError>>,
}

enum Task {
    Local(oneshot::Receiver<()>),
    Remote(Running),
    /// Nothing runs.
    Refused(YorisoiError),
}

impl<T: Send + 'static> Answer<T> {
    fn of_job(runtime: &Handle, call: impl FnOnce() -> Result<T, YorisoiError> + Send + 'static) -> Self {
        let slot = Slot::default();
        let filled = slot.clone();
        let started = spawn_local(runtime, Box::new(move || filled.fill(call())));
        Self { task: started.map_or_else(Task::Refused, Task::Local), slot }
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, YorisoiError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(self.task.ended(context));
        Poll::Ready(self.slot.take().unwrap_or_else(|| Err(self.task.nothing_given())))
    }
}

impl Task {
    /// Whether it is over, however it ended: what it gave stands in its slot, or nothing does.
    fn ended(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Refused(_) => Poll::Ready(()),
            Self::Local(ended) => Pin::new(ended).poll(context).map(drop),
            Self::Remote(Running(handle)) => Pin::new(handle).poll(context).map(drop),
        }
    }

    /// Why nothing stands in the slot.
    fn nothing_given(&mut self) -> YorisoiError {
        match self {
            Self::Refused(error) => std::mem::replace(error, YorisoiError::closed()),
            Self::Local(_) | Self::Remote(_) => YorisoiError::closed(),
        }
    }
}

/// A network call on its way, ended when dropped.
pub(crate) struct Running(JoinHandle<()>);

impl Running {
    pub(crate) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
