//! The tasks of `cargo xtask bench ffi` in Rust, and the store in which all languages do them.
//!
//! `ffi-bench fill DIRECTORY` makes the store and prints its key. `ffi-bench play DIRECTORY KEY` says `ready`, reads lines
//! `TASK CALLS` and answers each with the nanoseconds of the call that one in ten beat. The programs in Swift and Kotlin do the same.

mod fill;
mod phone;
mod play;

use std::process::ExitCode;

/// Whatever went wrong.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["fill", directory] => fill::run(directory),
        ["play", directory, key] => play::run(directory, key),
        _ => Err("usage: ffi-bench fill DIRECTORY | play DIRECTORY KEY".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ffi-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
