//! What the scenarios made use of: calls, callbacks, variants, kinds of errors. One line each, for `YORISOI_EXERCISED`.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

static LINES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

pub fn note(line: String) {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).insert(line);
}

/// Adds what was noted to the file the environment names, if it names one.
pub fn write_down() {
    let Some(file) = std::env::var_os("YORISOI_EXERCISED") else { return };
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut file = std::fs::File::options().append(true).create(true).open(file).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// `HeldByServer` as `held_by_server`.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    for sign in name.chars() {
        if sign.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(sign.to_lowercase());
    }
    snake
}
