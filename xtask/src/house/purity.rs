//! The protocol and the sync engine are pure: whoever calls passes the time, the randomness and the bytes. Only so
//! can a simulation run them through a year in a second and repeat a failure from its seed.

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

pub(super) fn findings(house: &House) -> Vec<String> {
    house
        .ending(".rs")
        .filter(|(path, _)| is_pure_room(path) && !is_test_file(path))
        .flat_map(|(path, text)| {
            let code = code_of(without_tests(text).0);
            let broken = FORBIDDEN.into_iter().filter(move |path| names(&code, path));
            broken.map(move |what| format!("{path}: uses `{what}`"))
        })
        .collect()
}

fn is_pure_room(path: &str) -> bool {
    path.starts_with("protocol/src/") || path.starts_with("core/src/sync/engine")
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
