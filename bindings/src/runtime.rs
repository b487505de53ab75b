//! The threads the library owns: a runtime of its own, so that nothing runs on the caller's thread.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use yorisoi_core::YorisoiClient;

use crate::app_code::refuse_inside;
use crate::error::YorisoiError;

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
        let client = runtime.spawn_blocking(open).await.map_err(|_| YorisoiError::closed())??;
        Ok(Self { client: Arc::new(client), runtime, _end: end })
    }

    /// Runs a local call off the caller's thread. Dropping it lets the call finish.
    pub(crate) async fn local<T: Send + 'static>(
        &self,
        call: impl FnOnce(&YorisoiClient) -> Result<T, YorisoiError> + Send + 'static,
    ) -> Result<T, YorisoiError> {
        refuse_inside()?;
        let client = Arc::clone(&self.client);
        self.runtime.spawn_blocking(move || call(&client)).await.map_err(|_| YorisoiError::closed())?
    }

    /// Runs a network call. Dropping it ends the call at its next await.
    pub(crate) async fn remote<T, F>(
        &self,
        call: impl FnOnce(Arc<YorisoiClient>) -> F,
    ) -> Result<T, YorisoiError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, YorisoiError>> + Send + 'static,
    {
        refuse_inside()?;
        self.start(call).finish().await
    }

    /// Starts a network call that goes on by itself.
    pub(crate) fn start<T, F>(&self, call: impl FnOnce(Arc<YorisoiClient>) -> F) -> Running<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, YorisoiError>> + Send + 'static,
    {
        Running(self.runtime.spawn(call(Arc::clone(&self.client))))
    }
}

/// A runtime on a thread of its own, and what ends it when dropped.
fn start() -> Result<(Handle, oneshot::Sender<()>), YorisoiError> {
    let none = |_| YorisoiError::setting("the platform gave no threads");
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(LOCAL_CALLS)
        .thread_name("yorisoi")
        .enable_all()
        .build()
        .map_err(none)?;
    let handle = runtime.handle().clone();
    let (end, ended) = oneshot::channel();
    let run = move || {
        // Whether the sender spoke or was dropped, it is the end.
        let _ = runtime.block_on(ended);
        runtime.shutdown_background();
    };
    std::thread::Builder::new().name("yorisoi-network".to_owned()).spawn(run).map_err(none)?;
    Ok((handle, end))
}

/// A call on its way, ended when dropped.
pub(crate) struct Running<T>(JoinHandle<Result<T, YorisoiError>>);

impl<T> Running<T> {
    async fn finish(mut self) -> Result<T, YorisoiError> {
        (&mut self.0).await.map_err(|_| YorisoiError::closed())?
    }

    pub(crate) fn stop(&self) {
        self.0.abort();
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.stop();
    }
}
