//! Rules of a process that is killed at any moment: what it said was saved is there, the next write wholly or not at all.
//!
//! The process is this test binary, started again with [`LIFE`] set; it writes without end, and says after each call what it
//! did. The system kills it without a word, as it does with an app in the background.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use yorisoi_fault_vfs::Chance;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::question::{Service, Subject};

use super::tests::consented;
use super::*;
use crate::testing::Phone;

/// The directory of the database the process to be killed writes to.
const LIFE: &str = "YORISOI_TEST_KILLED_PROCESS";
const KEY: [u8; 32] = [7; 32];
/// A write that is said to be done.
const DONE: &str = "saved";

fn phone() -> Phone {
    let phone = Phone::new();
    *phone.keys.key.lock().unwrap() = Some(KEY.to_vec());
    phone
}

fn at() -> Timestamp {
    Timestamp::from_seconds(crate::testing::NIGHT)
}

/// The texts stand in an order, so that a missing one shows.
fn write(store: &Store, number: u32) -> Result<(), StoreError> {
    let text = format!("{number}: {}", "眠れない日が".repeat(number as usize % 40));
    let (service, subject) = (Service::Obstetrics, Subject::Parent);
    let draft = Draft {
        service: service.into(),
        subject: subject.into(),
        consultation: None,
        text: text.clone(),
        begun: at(),
        saved: at(),
        ready: None,
    };
    let id = MessageId::from_bytes([1; 16]);
    if number % 3 == 1 {
        store.save_draft(id, &draft)?;
    }
    if number.is_multiple_of(7) {
        // Folds the log into the file, which is killed at times as well.
        store.suspend();
        store.resume()?;
    }
    let sent = (id, draft);
    let sent = (number % 3 == 1).then_some(&sent);
    let first = store.consultations(None, 1)?.0.rows.first().map(|(id, _)| *id);
    match first {
        Some(first) if !number.is_multiple_of(5) => drop(store.follow_up(first, text, at(), at(), sent)?),
        _ => drop(consented(store).ask(Question { service, subject, text, begun: at() }, at(), sent)?),
    }
    Ok(())
}

/// The numbers of what was written, in the order of their operations.
fn written(store: &Store) -> Vec<u32> {
    let waiting = store.collect(0, usize::MAX, usize::MAX).unwrap().operations;
    assert!(
        waiting.iter().map(|outgoing| outgoing.seq).eq(1..=waiting.len() as u64),
        "numbers without a gap"
    );
    let text = |outgoing: &Outgoing| super::consultations::message_text(&outgoing.text).unwrap().unwrap().1;
    let texts: Vec<_> = waiting.iter().map(text).collect();
    let mut shown = Vec::new();
    for (id, _) in store.consultations(None, 1_000_000).unwrap().0.rows {
        shown.extend(store.thread(id, None, 1_000_000).unwrap().messages.into_iter().map(|entry| entry.text));
    }
    assert_eq!(shown.len(), texts.len(), "each operation with its message, and the reverse");
    assert!(shown.iter().all(|text| texts.contains(text)));
    texts.iter().map(|text| text.split_once(':').unwrap().0.parse().unwrap()).collect()
}

/// Nothing by itself; the process to be killed when it is told so.
#[test]
fn killed_process() {
    let Ok(directory) = std::env::var(LIFE) else {
        return;
    };
    let store = Store::open(Path::new(&directory), &phone().host()).unwrap();
    for number in store.pending().unwrap().. {
        write(&store, u32::try_from(number).unwrap()).unwrap();
        std::io::stdout().write_all(format!("\n{DONE} {number}\n").as_bytes()).unwrap();
    }
}

/// Lets it write, kills it after so many words, and tells how many writes it said were done, if it said any.
fn kill_after(phone: &Phone, words: usize, chance: &mut Chance) -> Option<u32> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "store::killed_process_tests::killed_process"])
        .env(LIFE, phone.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let done = |line: String| line.strip_prefix(DONE).map(|number| number.trim().parse::<u32>().unwrap());
    let mut last = lines.by_ref().filter_map(done).take(words).last();
    // Into the middle of what it does next.
    for _ in 0..chance.below(60_000) {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    last = lines.filter_map(done).last().or(last);
    assert_eq!(child.wait().unwrap().signal(), Some(9), "it was killed, and did not end by itself");
    last
}

fn kill_again_and_again(rounds: u32, seed: u64) {
    let (mut phone, mut chance) = (phone(), Chance::new(seed));
    let (mut killed, mut half_way) = (0, 0);
    for round in 0..rounds {
        if round % 20 == 0 {
            phone = self::phone();
        }
        // At times before it has said anything: while the file is made or opened.
        let words = chance.below(6);
        let last = kill_after(&phone, words, &mut chance);
        killed += 1;
        let store = Store::open(phone.path(), &phone.host()).unwrap();
        let found = written(&store);
        let expected = last.map_or(0, |last| last as usize + 1);
        assert!(found.iter().copied().eq(0..found.len() as u32), "round {round}: {found:?}");
        assert!(found.len() >= expected, "round {round}: {expected} were saved, {} are", found.len());
        assert!(last.is_none() || found.len() <= expected + 1, "round {round}: one at most was begun");
        half_way += usize::from(last.is_some() && found.len() > expected);
        drop(store);
        let sql = rusqlite::Connection::open(phone.path().join(DATABASE_FILE)).unwrap();
        assert_eq!(sql.query_row("PRAGMA integrity_check", [], |row| row.get(0)), Ok("ok".to_owned()));
    }
    println!("killed {killed} times, {half_way} of them between saving and saying so");
    assert_eq!(killed, rounds);
}

#[test]
fn a_process_killed_at_any_moment_keeps_what_it_said_was_saved() {
    kill_again_and_again(40, 1);
}

/// The same three hundred times: `cargo test -p yorisoi-core -- --ignored a_process`.
#[test]
#[ignore = "takes a minute"]
fn a_process_killed_three_hundred_times_keeps_what_it_said_was_saved() {
    kill_again_and_again(300, 2);
}
