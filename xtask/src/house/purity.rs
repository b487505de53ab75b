//! The protocol and the sync engine are pure: whoever calls passes the time, the randomness and the bytes. Only so
//! can a simulation run them through a year in a second and repeat a failure from its seed. The engine, moreover, knows
//! nobody else's state: no lock, no counter shared between threads, none of the host's own parts.

use super::House;
use super::rust_text::{code_of, is_test_file, without_tests};
use super::use_paths::names;

const FORBIDDEN: [&str; 14] = [
    "time::Instant",
    "SystemTime",
    "Utc::now",
    "Local::now",
    "rand",
    "getrandom",
    "SystemRandom",
    "std::thread",
    "tokio",
    "async",
    "await",
    "std::net",
    "std::fs",
    "std::env",
];

const FORBIDDEN_TO_THE_ENGINE: [&str; 14] = [
    "Mutex",
    "RwLock",
    "Condvar",
    "OnceLock",
    "Semaphore",
    "atomic",
    "thread_local",
    "Randomness",
    "Clock",
    "ClockReading",
    "crate::host",
    "crate::transport",
    "reqwest",
    "rusqlite",
];

const ENGINE: [&str; 4] =
    ["core/src/sync/engine", "core/src/sync/events", "core/src/sync/plan", "core/src/sync/transitions"];

pub(super) fn findings(house: &House) -> Vec<String> {
    house
        .ending(".rs")
        .filter(|(path, _)| !is_test_file(path))
        .flat_map(|(path, text)| {
            let code = code_of(without_tests(text).0);
            let broken = forbidden(path).filter(move |path| names(&code, path));
            broken.map(move |what| format!("{path}: uses `{what}`"))
        })
        .collect()
}

fn forbidden(path: &str) -> impl Iterator<Item = &'static str> + use<> {
    let engine = ENGINE.iter().any(|room| path.starts_with(room));
    let pure = engine || path.starts_with("protocol/src/");
    let everywhere = FORBIDDEN.into_iter().filter(move |_| pure);
    everywhere.chain(FORBIDDEN_TO_THE_ENGINE.into_iter().filter(move |_| engine))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        findings(&House::of(&[(path, text)]))
    }

    #[test]
    fn clocks_randomness_async_and_input_are_found_in_pure_rooms() {
        for (text, what) in [
            ("let now = std::time::Instant::now();", "time::Instant"),
            ("use std::time::{Duration, Instant};", "time::Instant"),
            ("use std::time; fn f() { time::Instant::now(); }", "time::Instant"),
            ("use std::time::SystemTime;", "SystemTime"),
            ("use ring::rand;", "rand"),
            ("use std::{fmt, thread};", "std::thread"),
            ("use std::{fmt, fs};", "std::fs"),
            ("async fn f() {}", "async"),
            ("tokio::spawn(x)", "tokio"),
        ] {
            for path in ["protocol/src/code.rs", "core/src/sync/engine.rs", "core/src/sync/engine/plan.rs"] {
                assert_eq!(found(path, text), [format!("{path}: uses `{what}`")], "{text}");
            }
        }
    }

    #[test]
    fn locks_shared_counters_and_the_hosts_parts_are_found_in_the_engine_and_may_be_elsewhere() {
        for (text, what) in [
            ("use std::sync::Mutex;", "Mutex"),
            ("use std::sync::{Arc, RwLock};", "RwLock"),
            ("use std::sync::atomic::AtomicU8;", "atomic"),
            ("use tokio::sync::Semaphore;", "Semaphore"),
            ("use crate::host::Randomness;", "Randomness"),
            ("fn f(clock: &dyn Clock) {}", "Clock"),
            ("use crate::transport::exchange::Exchange;", "crate::transport"),
        ] {
            for path in ["core/src/sync/engine.rs", "core/src/sync/plan.rs", "core/src/sync/transitions.rs"] {
                let found = found(path, text);
                assert!(found.contains(&format!("{path}: uses `{what}`")), "{text}: {found:?}");
            }
            assert!(found("core/src/sync/way.rs", text).is_empty());
            assert!(found("core/src/sync/engine_tests.rs", text).is_empty());
        }
    }

    #[test]
    fn words_comments_tests_and_other_rooms_may_speak_of_them() {
        for text in [
            "//! No async, no tokio.\n/* std::fs */",
            "let text = \"async\"; let operand = 1;",
            "fn thread(fs: u8, net: u8) {}",
            "fn a() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n",
        ] {
            assert_eq!(found("protocol/src/code.rs", text), Vec::<String>::new(), "{text}");
        }
        assert!(found("core/src/sync/driver.rs", "async fn f() {}").is_empty());
        assert!(found("protocol/src/code_tests.rs", "use std::fs;").is_empty());
    }
}
