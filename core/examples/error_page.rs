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
    println!("Below each kind stands what an app does. 各種別の下に、アプリがすることを書いています。\n");
    for kind in kinds() {
        let [ja, en] = advice(kind);
        println!("## {kind:?}\n\n{ja}\n\n{en}\n");
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

/// What an app does, in Japanese and English.
fn advice(kind: ErrorKind) -> [&'static str; 2] {
    match kind {
        ErrorKind::Card => [
            "端末の中だけで見つかった誤りで、何も送っていません。入力欄のそばに文言を表示し、入力されたものは残してください。",
            "Found on the phone; nothing was sent. Show the words beside the field and keep what was typed.",
        ],
        ErrorKind::Enrollment => [
            "文言を表示してください。たずね先も書かれています。カードのコードは二度と表示しないでください。",
            "Show the words; they say whom to ask. Never show a code again.",
        ],
        ErrorKind::Window => [
            "文言を表示してください。日付が書かれています。履歴・緊急の連絡先・書き出し・消去は、いつでも使えるようにしておいてください。",
            "Show the words; they name the date. History, safety contacts, export and erasure stay open.",
        ],
        ErrorKind::Consent => [
            "同意の文面を表示し、決めてもらってから、もう一度呼び出してください。",
            "Show the consent text, let the person decide, then repeat the call.",
        ],
        ErrorKind::Input => [
            "入力欄のそばに文言を表示し、入力されたものは残してください。",
            "Show the words beside the field and keep what was typed.",
        ],
        ErrorKind::NotFound => ["一覧を読みなおしてください。", "Read the list anew."],
        ErrorKind::Setting => [
            "アプリの作りの誤りです。最初に動かしたときに見つかります。",
            "A mistake of the app; found in its first run.",
        ],
        ErrorKind::Key => [
            "続け方のある状態です。これを理由に何かを消してはいけません。`key_locked` と `key_failing` は、ロックの解除後や少し時間をおいてから開きなおします。\
             `key_missing` と `key_foreign` は、この端末の履歴を開けなくなったことを本人に伝えてから `start_over` を呼び出します。送っていない相談は失われません。",
            "A state with a way on. Never delete anything because of it. With `key_locked` and `key_failing` open again after \
             unlocking or a little later. With `key_missing` and `key_foreign` tell the person that the history is lost to this \
             phone, then call `start_over`; questions that were not sent are not lost.",
        ],
        ErrorKind::Storage => [
            "この呼び出しの内容は保存されていません。ほかのものは失われていません。文言を表示してください。",
            "Nothing of the call was stored, and nothing else was lost. Show the words.",
        ],
        ErrorKind::Suspended => [
            "アプリが前面に戻ったら `resume` を呼び出し、もう一度呼び出してください。",
            "Call `resume` when the app is in front again, then repeat the call.",
        ],
        ErrorKind::Network => [
            "警告にしないでください。書かれたものは保存されていて、あとで送られます。通信の状態が変わったら、もう一度試してください。",
            "No alarm: what was written is saved and will be sent. Try again when the network changes.",
        ],
        ErrorKind::Server => [
            "書かれたものは保存されています。あとでもう一度試し、続くようならコードをお知らせください。",
            "What was written is saved. Try again later; report the code if it stays.",
        ],
    }
}
