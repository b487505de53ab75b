//! Benchmarks: each prints rows `name, ours, reference, ratio, bar, verdict`, measured in this run, tab-separated.
//!
//! `cargo xtask bench` runs this and judges. What is not about time is counted, not measured.

mod cards;
mod filled;
mod memory;
mod row;
mod store;
mod sync;

use std::process::ExitCode;

use yorisoi_sandbox::rig::RigError;

fn main() -> ExitCode {
    let result = runtime().map_err(RigError::from).and_then(|runtime| runtime.block_on(run()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Phones work on one thread, set up as in the library that ships (`bindings`); the server on as many as it takes when it is started.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    if std::env::args().nth(1).is_some_and(|command| command == sync::SERVER_COMMAND) {
        return tokio::runtime::Runtime::new();
    }
    tokio::runtime::Builder::new_current_thread().event_interval(1).enable_all().build()
}

async fn run() -> Result<(), RigError> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    // This program once more, as one of the processes that a benchmark needs.
    match wanted.split_first() {
        Some((command, [messages])) if command == memory::COMMAND => return memory::apply(messages.parse()?),
        Some((command, arguments)) if command == sync::SERVER_COMMAND => return sync::serve(arguments).await,
        Some((command, arguments)) if command == sync::MEMORY_COMMAND => {
            return sync::pull_and_tell_memory(arguments).await;
        }
        _ => {}
    }
    let all = wanted.is_empty();
    let known = |name: &str| ["store", "sync", "cards"].contains(&name) || sync::PARTS.contains(&name);
    if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
        let parts = sync::PARTS.join(", ");
        return Err(format!("no benchmark `{unknown}`; there are store, sync ({parts}) and cards").into());
    }
    if all || wanted.iter().any(|name| name == "store") {
        store::run().await?;
    }
    let whole = all || wanted.iter().any(|name| name == "sync");
    sync::run(|part| whole || wanted.iter().any(|name| name == part)).await?;
    if all || wanted.iter().any(|name| name == "cards") {
        cards::run()?;
    }
    Ok(())
}
