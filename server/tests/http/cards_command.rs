//! Rules of `cards revoke`, `cards replace`, `cards list` and `phrase`, run as a real process.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use yorisoi_protocol::EnrollmentCode;

use crate::operator::{done, fuchu};

/// Runs a command that reads `typed` on standard input.
fn typing(data: &Path, arguments: &str, typed: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_yorisoi-server"))
        .args(arguments.split(' '))
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that is misused ends without reading.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

/// The line on standard error of a command that must fail with this status, print nothing and repeat nothing.
fn failed(data: &Path, arguments: &str, typed: &str, status: i32) -> String {
    let output = typing(data, arguments, typed);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{arguments}: {error}");
    assert!(output.stdout.is_empty());
    assert!(typed.is_empty() || !error.contains(typed.trim()), "{error}");
    error
}

/// A database with the programme of Fuchu and three cards.
fn printed() -> (tempfile::TempDir, PathBuf, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::write(dir.path().join("clock"), "1630508400000").unwrap();
    done(&data, "init");
    done(&data, &format!("programme add {}", fuchu(dir.path())));
    let at = dir.path().join("clock");
    let codes =
        done(&data, &format!("cards issue --programme fuchu-2021 --count 3 --clock {}", at.display()));
    let codes = codes.lines().map(str::to_owned).collect();
    (dir, data, codes)
}

#[test]
fn a_list_shows_what_became_of_each_card_and_no_code() {
    let (dir, data, codes) = printed();
    let clock = dir.path().join("clock");
    std::fs::write(&clock, "1630594800000").unwrap();
    let at = format!("--clock {}", clock.display());
    assert_eq!(done(&data, &format!("cards revoke --programme fuchu-2021 --number 1 {at}")), "1\n");
    assert_eq!(done(&data, &format!("cards revoke --programme fuchu-2021 --number 1 {at}")), "1\n");
    let new = done(&data, &format!("cards replace --programme fuchu-2021 --number 2 {at}"));
    let parsed = EnrollmentCode::parse(new.trim_end()).unwrap();
    assert_eq!(new, parsed.grouped() + "\n", "the code and nothing else");
    assert!(!codes.contains(&parsed.grouped()));
    let list = done(&data, "cards list --programme fuchu-2021");
    assert_eq!(
        list,
        "1 1 revoked 0 2021-09-02\n2 1 replaced-by-4 0 2021-09-02\n3 1 issued 0 2021-09-02\n\
         4 2 issued 0 2021-09-03\nissued 4 redeemed 0 revoked 1 replaced 1\n"
    );
}

#[test]
fn a_card_is_revoked_by_its_code_however_it_is_typed() {
    let (_dir, data, codes) = printed();
    let full_width = |code: &str| -> String {
        let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap();
        code.chars().map(|c| if c == '-' { 'ー' } else { wide(c) }).collect()
    };
    let typed = [codes[0].clone(), codes[1].to_lowercase().replace('-', " ") + "\r\n", full_width(&codes[2])];
    for (number, typed) in (1..).zip(typed) {
        let output = typing(&data, "cards revoke --programme fuchu-2021 --card", &typed);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{number}\n"), "{typed}");
    }
    assert!(done(&data, "cards list --programme fuchu-2021").ends_with("revoked 3 replaced 0\n"));
}

#[test]
fn a_card_at_hand_is_listed_for_the_next_manifest_and_looked_up_without_its_code() {
    let (_dir, data, codes) = printed();
    let inspect = |code: &str| done(&data, &format!("card inspect {code}"));
    assert!(inspect(&codes[0]).contains("card on this server: issued\ncard number: 1\npersons joined: 0"));
    done(&data, "keys ticket new --programme fuchu-2021 --last 2099-12-31");
    let draft = || done(&data, "manifest draft --not-after 2099-12-31");
    assert!(draft().contains("\"revoked_cards\": []"));
    let revoked = typing(&data, "cards revoke --programme fuchu-2021 --card", &codes[0]);
    assert_eq!(revoked.stdout, b"1\n");
    let code = yorisoi_protocol::EnrollmentCode::parse(&codes[0]).unwrap();
    let prefix: String = code.data_bits()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(draft().contains(&prefix));
    let told = inspect(&codes[0]);
    assert!(told.contains("card on this server: revoked") && !told.contains(&codes[0]), "{told}");
    let never = yorisoi_protocol::EnrollmentCode::issue(37, 99).unwrap().grouped();
    assert!(inspect(&never).contains("card on this server: unknown"));
}

#[test]
fn what_is_no_card_of_the_programme_is_refused_and_not_repeated() {
    let (_dir, data, codes) = printed();
    let revoke = "cards revoke --programme fuchu-2021";
    let wrong = format!("{}0", &codes[0][..18]);
    let unreadable = if wrong == codes[0] { format!("{}1", &codes[0][..18]) } else { wrong };
    assert!(failed(&data, &format!("{revoke} --card"), &unreadable, 1).contains("not the code of a card"));
    let stranger = EnrollmentCode::issue(37, 5).unwrap().grouped();
    assert!(failed(&data, &format!("{revoke} --card"), &stranger, 1).contains("no such card"));
    assert!(failed(&data, &format!("{revoke} --number 4"), "", 1).contains("no such card"));
    assert!(failed(&data, "cards replace --programme fuchu-2021 --number 4", "", 1).contains("no such card"));
    assert!(failed(&data, "cards revoke --programme none --number 1", "", 1).contains("no such programme"));
    done(&data, "cards replace --programme fuchu-2021 --number 1");
    let again = failed(&data, "cards replace --programme fuchu-2021 --number 1", "", 1);
    assert!(again.contains("replaced by number 4"), "{again}");
    assert!(failed(&data, &format!("{revoke} --card"), &codes[0], 1).contains("replaced by number 4"));
    failed(&data, revoke, "", 2);
    failed(&data, &format!("{revoke} --number 1 --card"), "", 2);
    assert!(done(&data, "cards list --programme fuchu-2021").ends_with("revoked 0 replaced 1\n"));
}

#[test]
fn a_phrase_is_read_from_standard_input_and_never_printed() {
    let (_dir, data, _) = printed();
    assert!(failed(&data, "phrase revoke --programme fuchu-2021", "", 1).contains("no phrase"));
    let set = typing(&data, "phrase set --programme fuchu-2021 --joins-per-day 3", "てをあらおう\n");
    assert!(set.status.success() && set.stdout.is_empty() && set.stderr.is_empty());
    let report = done(&data, "report --programme fuchu-2021");
    assert!(report.contains("households that joined with the phrase: 0\n"), "{report}");
    assert_eq!(done(&data, "phrase revoke --programme fuchu-2021"), "");
    failed(&data, "phrase revoke --programme fuchu-2021", "", 1);
    failed(&data, "phrase set --programme fuchu-2021 --joins-per-day 0", "てをあらおう", 1);
    failed(&data, "phrase set --programme none", "てをあらおう", 1);
}
