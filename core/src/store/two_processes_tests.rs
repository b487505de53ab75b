//! Rules of two processes on one database: the app and its notification extension.
//!
//! The other process is this test binary, started again with [`PLAY`] set; it does what it reads on its standard input.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::question::{Service, Subject};

use super::*;
use crate::testing::Phone;

/// The directory of the database the other process works on.
const PLAY: &str = "YORISOI_TEST_OTHER_PROCESS";
const KEY: [u8; 32] = [7; 32];
const DRAFTS: u8 = 40;

fn phone() -> Phone {
    let phone = Phone::new();
    *phone.keys.key.lock().unwrap() = Some(KEY.to_vec());
    phone
}

fn draft(text: &str) -> Draft {
    let (service, subject, at) = (Service::Obstetrics, Subject::Parent, Timestamp::from_seconds(0));
    Draft {
        service: service.into(),
        subject: subject.into(),
        consultation: None,
        text: text.to_owned(),
        begun: at,
        saved: at,
        ready: None,
    }
}

fn write_drafts(store: &Store, first: u8) {
    for number in first..first + DRAFTS {
        store.save_draft(MessageId::from_bytes([number; 16]), &draft("眠れない日が")).unwrap();
    }
}

/// Nothing by itself; the other process when it is told so.
#[test]
fn other_process() {
    let Ok(directory) = std::env::var(PLAY) else {
        return;
    };
    let path = Path::new(&directory).join(DATABASE_FILE);
    let holding = rusqlite::Connection::open(path).unwrap();
    let say = |word: &str| std::io::stdout().write_all(format!("\n{word}\n").as_bytes()).unwrap();
    for line in std::io::stdin().lines() {
        match line.unwrap().as_str() {
            "hold" => holding.execute_batch("BEGIN IMMEDIATE").unwrap(),
            "let go" => holding.execute_batch("ROLLBACK").unwrap(),
            "write" => {
                let host = phone().host();
                write_drafts(&Store::open(Path::new(&directory), &host).unwrap(), 100);
            }
            other => panic!("{other}"),
        }
        say("done");
    }
}

/// The other process, ended when dropped.
struct Other {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Other {
    fn start(phone: &Phone) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "store::two_processes_tests::other_process"])
            .env(PLAY, phone.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, orders, answers: BufReader::new(answers) }
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
    }

    fn wait(&mut self) {
        let done = (&mut self.answers).lines().map(Result::unwrap).any(|line| line == "done");
        assert!(done, "the other process ended");
    }

    fn ordered(&mut self, order: &str) {
        self.order(order);
        self.wait();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn while_another_process_writes_a_call_waits_so_long_and_no_longer() {
    let phone = phone();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let save = || store.save_draft(MessageId::from_bytes([1; 16]), &draft("眠れない日が"));
    let mut other = Other::start(&phone);
    other.ordered("hold");
    assert_eq!(save(), Err(StoreError::Busy));
    assert!(store.drafts(None, 100).unwrap().rows.is_empty(), "reading waits for nobody");
    other.ordered("let go");
    save().unwrap();
    other.ordered("hold");
    drop(other);
    save().unwrap();
    assert_eq!(store.drafts(None, 100).unwrap().rows.len(), 1);
}

#[test]
fn suspending_waits_for_no_other_process() {
    let phone = phone();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let mut other = Other::start(&phone);
    other.ordered("hold");
    std::thread::scope(|scope| {
        let begun = Instant::now();
        let waiting =
            scope.spawn(|| store.save_draft(MessageId::from_bytes([1; 16]), &draft("眠れない日が")));
        while !store.database.is_waiting() {
            assert!(begun.elapsed() < Duration::from_secs(1), "it never waited");
            std::thread::yield_now();
        }
        store.suspend();
        assert_eq!(waiting.join().unwrap(), Err(StoreError::Suspended));
    });
    other.ordered("let go");
    store.resume().unwrap();
    assert!(store.drafts(None, 100).unwrap().rows.is_empty());
}

#[test]
fn what_two_processes_write_at_once_is_all_there() {
    let phone = phone();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let mut other = Other::start(&phone);
    other.order("write");
    write_drafts(&store, 0);
    other.wait();
    assert_eq!(store.drafts(None, 100).unwrap().rows.len(), 2 * usize::from(DRAFTS));
    let sound: String = rusqlite::Connection::open(phone.path().join(DATABASE_FILE))
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
}
