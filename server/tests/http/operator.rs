//! Rules of the commands, run as a real process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use yorisoi_protocol::EnrollmentCode;

/// Runs a command with `--data <data>` and gives what it wrote.
pub(crate) fn run(data: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yorisoi-server"))
        .args(arguments.split(' '))
        .arg("--data")
        .arg(data)
        .output()
        .unwrap()
}

/// The standard output of a command that must do.
pub(crate) fn done(data: &Path, arguments: &str) -> String {
    let output = run(data, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The one line on standard error of a command that must fail with this status and print nothing.
pub(crate) fn failed(data: &Path, arguments: &str, status: i32) -> String {
    let output = run(data, arguments);
    assert_eq!(output.status.code(), Some(status), "{arguments}");
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(status == 2 || text.lines().count() == 1, "{text}");
    text
}

pub(crate) fn fuchu(dir: &Path) -> String {
    let file = dir.join("fuchu.json");
    std::fs::write(&file, crate::world::FUCHU).unwrap();
    file.to_str().unwrap().to_owned()
}

/// A serving process; it is told to end, and must, when dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) address: std::net::SocketAddr,
}

impl Serving {
    pub(crate) fn start(data: &Path, clock: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_yorisoi-server"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .arg("--clock")
            .arg(clock)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening http://").unwrap().parse();
        Self { child, address: address.unwrap() }
    }

    /// Asks it to end, and gives everything it wrote to standard error.
    pub(crate) fn stop(mut self) -> String {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(told.success());
        let mut log = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut log).unwrap();
        assert!(self.child.wait().unwrap().success(), "it closes cleanly");
        log
    }
}

#[test]
fn an_operator_sets_up_a_programme_and_prints_cards() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    assert_eq!(done(&data, "init"), "");
    assert_eq!(done(&data, &format!("programme add {}", fuchu(dir.path()))), "fuchu-2021\n");
    let clock = dir.path().join("clock");
    std::fs::write(&clock, "1630508400000").unwrap();
    let at = format!("--clock {}", clock.display());
    let printed = done(&data, &format!("cards issue --programme fuchu-2021 --count 50 {at}"));
    let codes: Vec<&str> = printed.lines().collect();
    assert_eq!(codes.len(), 50);
    for code in &codes {
        let parsed = EnrollmentCode::parse(code).unwrap();
        assert_eq!((parsed.grouped(), parsed.programme_index()), ((*code).to_owned(), 37));
    }
    done(&data, &format!("cards issue --programme fuchu-2021 --count 1 {at}"));
    let list = done(&data, "cards list --programme fuchu-2021");
    assert!(list.starts_with("1 1 issued 0 2021-09-02\n"), "{list}");
    let end = "51 2 issued 0 2021-09-02\nissued 51 redeemed 0 revoked 0 replaced 0\n";
    assert!(list.ends_with(end), "{list}");
    assert!(codes.iter().all(|code| !list.contains(code)));
    let report = done(&data, "report --programme fuchu-2021");
    assert!(report.contains("cards issued: 51\n"), "{report}");
    let json: serde_json::Value =
        serde_json::from_str(&done(&data, "report --programme fuchu-2021 --json")).unwrap();
    assert_eq!(json["cards_issued"], 51);
    let password = done(&data, "clinician add --login sato --role pediatrician");
    assert_eq!(password.trim_end().len(), 25);
}

#[test]
fn what_cannot_be_done_says_so_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    assert!(failed(&data, "cards list --programme fuchu-2021", 1).contains("no database"));
    done(&data, "init");
    assert!(failed(&data, "init", 1).contains("already"));
    assert!(failed(&data, "cards issue --programme none --count 1", 1).contains("no such programme"));
    failed(&data, "cards issue --programme none", 2);
    let file = fuchu(dir.path());
    done(&data, &format!("programme add {file}"));
    assert!(failed(&data, &format!("programme add {file}"), 1).contains("already"));
    failed(&data, "cards issue --programme fuchu-2021 --count 0", 1);
    failed(&data, "clinician add --login Dr.Sato --role midwife", 1);
    done(&data, "clinician add --login sato --role midwife");
    failed(&data, "clinician add --login sato --role midwife", 1);
    let wrong = dir.path().join("wrong.json");
    std::fs::write(&wrong, crate::world::FUCHU.replace("\"services\"", "\"servises\"")).unwrap();
    let message = failed(&data, &format!("programme add {}", wrong.display()), 1);
    assert!(message.contains("line 8"), "{message}");
}

#[test]
fn keys_that_are_missing_or_of_another_database_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    done(&one, "init");
    done(&two, "init");
    for file in ["content.key", "codes.key", "receipts.pk8"] {
        let own = one.join("keys").join(file);
        let kept = std::fs::read(&own).unwrap();
        std::fs::copy(two.join("keys").join(file), &own).unwrap();
        let message = failed(&one, "serve", 1);
        assert!(message.contains(file) && message.contains("another database"), "{message}");
        std::fs::remove_file(&own).unwrap();
        assert!(failed(&one, "serve", 1).contains("missing"));
        // Not even `init` makes a new key for a database that has one.
        failed(&one, "init", 1);
        assert!(!own.exists());
        std::fs::write(&own, kept).unwrap();
    }
    let clock = dir.path().join("clock");
    std::fs::write(&clock, "1630508400000").unwrap();
    Serving::start(&one, &clock).stop();
}

#[test]
fn a_database_of_a_newer_server_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    done(&data, "init");
    let database = rusqlite::Connection::open(data.join("yorisoi.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    assert!(failed(&data, "serve", 1).contains("version 99"));
}
