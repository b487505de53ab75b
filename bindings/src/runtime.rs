//! The threads the library owns: a runtime of its own, so that nothing runs on the caller's thread.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use yorisoi_core::YorisoiClient;

use crate::error::YorisoiError;

/// The client with the threads its calls run on.
pub(crate) struct Threads {
    client: Arc<YorisoiClient>,
    /// Taken only when dropped.
    runtime: Option<Runtime>,
}

impl Threads {
    pub(crate) fn new(client: YorisoiClient) -> Result<Self, YorisoiError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(4)
            .thread_name("yorisoi")
            .enable_all()
            .build()
            .map_err(|_| YorisoiError::setting("the platform gave no threads"))?;
        Ok(Self { client: Arc::new(client), runtime: Some(runtime) })
    }

    /// Runs a local call off the caller's thread. Dropping it lets the call finish.
    pub(crate) async fn local<T: Send + 'static>(
        &self,
        call: impl FnOnce(&YorisoiClient) -> Result<T, YorisoiError> + Send + 'static,
    ) -> Result<T, YorisoiError> {
        let client = Arc::clone(&self.client);
        let runtime = self.runtime.as_ref().ok_or_else(closed)?;
        runtime.spawn_blocking(move || call(&client)).await.map_err(|_| closed())?
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
        self.start(call)?.finish().await
    }

    /// Starts a network call that goes on by itself.
    pub(crate) fn start<T, F>(
        &self,
        call: impl FnOnce(Arc<YorisoiClient>) -> F,
    ) -> Result<Running<T>, YorisoiError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, YorisoiError>> + Send + 'static,
    {
        let runtime = self.runtime.as_ref().ok_or_else(closed)?;
        Ok(Running(runtime.spawn(call(Arc::clone(&self.client)))))
    }
}

/// The last handle may be dropped on one of our own threads, where waiting for the others would be a deadlock.
impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A call on its way, ended when dropped.
pub(crate) struct Running<T>(JoinHandle<Result<T, YorisoiError>>);

impl<T> Running<T> {
    async fn finish(mut self) -> Result<T, YorisoiError> {
        (&mut self.0).await.map_err(|_| closed())?
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

fn closed() -> YorisoiError {
    YorisoiError::setting("the client was closed")
}
