//! Prints `docs/errors.md`, written from the library's own catalogue.

use yorisoi_core::view::SyncAttempt;
use yorisoi_core::{ErrorKind, YorisoiError};

fn main() {
    println!("# Errors\n");
    println!("Written by `cargo xtask errors` from the library's catalogue; edit that, not this.\n");
    println!(
        "An error has a kind (few, and for good), a stable code, whether trying again may help, and words for the"
    );
    println!("person in Japanese and English. None carries anybody's text, code, key or name.\n");
    for kind in kinds() {
        println!("## {kind:?}\n\n{}\n", advice(kind));
        println!("| code | try again | cause | ja | en |\n|---|---|---|---|---|");
        for error in YorisoiError::catalogue().iter().filter(|error| error.kind() == kind) {
            let (words, again) = (error.words(), if error.retryable() { "yes" } else { "no" });
            println!("| `{}` | {again} | {error} | {} | {} |", error.code(), words.ja, words.en);
        }
        println!();
    }
    println!("## What is kept of an attempt to sync\n");
    println!(
        "`SyncState.last_attempt` keeps the code of an error, or one of these, which are none; with them its words.\n"
    );
    println!("| code | ja | en |\n|---|---|---|");
    for (code, words) in SyncAttempt::endings() {
        println!("| `{code}` | {} | {} |", words.ja, words.en);
    }
}

fn kinds() -> Vec<ErrorKind> {
    let mut kinds: Vec<_> = YorisoiError::catalogue().iter().map(YorisoiError::kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Card => {
            "Found on the phone; nothing was sent. Show the words beside the field and keep what was typed."
        }
        ErrorKind::Enrollment => "Show the words; they say whom to ask. Never show a code again.",
        ErrorKind::Window => {
            "Show the words; they name the date. History, safety contacts and export stay open."
        }
        ErrorKind::Consent => "Show the consent text, then repeat the call.",
        ErrorKind::Input => "Show the words beside the field and keep what was typed.",
        ErrorKind::NotFound => "Read the list anew.",
        ErrorKind::Setting => "A mistake of the app; found in its first run.",
        ErrorKind::Key => "A state with a way on. Never delete anything because of it.",
        ErrorKind::Storage => "Nothing of the call was stored, and nothing else was lost.",
        ErrorKind::Suspended => "Call `resume` when the app is in front again, then repeat the call.",
        ErrorKind::Network => {
            "No alarm: what was written is saved and will be sent. Try again when the network changes."
        }
        ErrorKind::Server => "What was written is saved. Try again later; report the code if it stays.",
    }
}
