//! `eligibility explain`, run as a real process.

use std::path::Path;
use std::process::{Command, Output};

use crate::operator::{done, fuchu};

/// Rules on age, place and delivery, as a city with an age limit would write them.
const SANGO: &str = r#""rules":{"id":"fuchu-2021/1","municipality":"132063",
 "use":{"all":[{"programme":37},{"resides":"132063"},
 {"any":[{"delivered_within":{"months":12,"count":"Art140"}},{"child_age_lt":{"months":12,"count":"AgeLaw"}},{"caregiver_of_infant":{}}]}]},
 "move_out":"EndOfMonth"},"#;

fn explain(file: &str, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yorisoi-server"))
        .args(["eligibility", "explain", "--programme", "fuchu-2021", "--file", file])
        .args(arguments.split(' '))
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn with_limit(dir: &Path) -> String {
    let (before, rest) = crate::world::FUCHU.split_once("\"rules\"").unwrap();
    let (_, after) = rest.split_once("},\n  \"members_per_card\"").unwrap();
    let file = dir.join("sango.json");
    std::fs::write(&file, format!("{before}{SANGO}\n  \"members_per_card\"{after}")).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn the_answer_is_told_with_its_reason_and_rule_and_the_status_says_yes_or_no() {
    let dir = tempfile::tempdir().unwrap();
    let file = fuchu(dir.path());
    for (arguments, status, answer) in [
        ("--at 2021-08-01T23:59:59", 1, "not yet; from 2021-08-02 00:00:00 JST"),
        ("--at 2021-08-02", 0, "eligible until 2022-01-01 00:00:00 JST"),
        ("--at 2021-12-31T23:59:59.999+09:00", 0, "eligible until 2022-01-01 00:00:00 JST"),
        ("--at 2021-12-31T15:00:00Z", 1, "ended; since 2022-01-01 00:00:00 JST"),
        ("--at 2022-01-02 --begun 2021-12-31T23:50", 0, "eligible until 2022-01-04 00:00:00 JST"),
        ("--at 2022-01-04 --begun 2021-12-31T23:50", 1, "ended; since 2022-01-01 00:00:00 JST"),
        ("--at 2021-10-01 --moved-out 2021-09-15", 1, "unknown; missing MoveOutRule"),
    ] {
        let output = explain(&file, arguments);
        let text = text(&output);
        assert_eq!(output.status.code(), Some(status), "{arguments}: {text}");
        assert!(text.contains(&format!("\nanswer  {answer}\n")), "{arguments}: {text}");
    }
    let told = text(&explain(&file, "--at 2021-08-02"));
    let lines: Vec<&str> = told.lines().collect();
    let ja = "2021年12月31日までご利用いただけます。利用できる期間は2021年8月2日から2021年12月31日までです。";
    assert_eq!(lines[0], ja);
    assert!(lines[1].is_ascii() && lines[1].starts_with("You can use this until the end of 2021-12-31."));
    assert!(told.contains("\nrule    all/2 > window 2021-08-02..2021-12-31\n"), "{told}");
}

#[test]
fn what_the_household_tells_decides_and_what_it_does_not_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let file = with_limit(dir.path());
    for (arguments, status, answer) in [
        ("", 1, "unknown; missing DeliveryDate, ChildBirthDate, CaregiverSince"),
        ("--delivered 2021-08-02", 0, "eligible until 2022-08-03 00:00:00 JST"),
        (
            "--delivered 2020-08-02 --caregiver-since none --birth 2021-08-02 --birth 2021-08-03",
            0,
            "eligible until 2022-08-03 00:00:00 JST",
        ),
        (
            "--delivered 2020-08-02 --caregiver-since none --birth none",
            1,
            "ended; since 2021-08-03 00:00:00 JST",
        ),
        (
            "--delivered 2020-10 --caregiver-since none --birth unknown",
            1,
            "unknown; missing DeliveryDate, ChildBirthDate",
        ),
        ("--resides 131121", 1, "never"),
        ("--resides unknown --delivered 2021-08-02", 1, "unknown; missing Residence"),
        ("--delivered 2021-08-02 --moved-out 2021-10-05", 0, "eligible until 2021-11-01 00:00:00 JST"),
    ] {
        let output = explain(&file, format!("--at 2021-10-10 {arguments}").trim_end());
        let text = text(&output);
        assert_eq!(output.status.code(), Some(status), "{arguments}: {text}");
        assert!(text.contains(&format!("\nanswer  {answer}\n")), "{arguments}: {text}");
    }
}

#[test]
fn json_carries_the_same_for_machines() {
    let dir = tempfile::tempdir().unwrap();
    let output = explain(&fuchu(dir.path()), "--at 2022-01-01 --json");
    assert_eq!(output.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(told["eligibility"]["ended"]["since"], 1_640_962_800_000_i64);
    assert_eq!(told["path"], serde_json::json!(["all/2", "window 2021-08-02..2021-12-31"]));
    assert_eq!(told["rules"], "fuchu-2021/1");
    assert_eq!(told["words"]["ja"], "2021年12月31日で受付を終了しました。");
    assert!(told["reason"]["en"].as_str().unwrap().contains("2021-08-02"));
}

#[test]
fn a_server_s_own_programme_is_explained_alike() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    done(&data, "init");
    done(&data, &format!("programme add {}", fuchu(dir.path())));
    let told = done(&data, "eligibility explain --programme fuchu-2021 --at 2021-08-02");
    assert_eq!(told, text(&explain(&fuchu(dir.path()), "--at 2021-08-02")));
}

#[test]
fn misuse_has_a_status_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let file = fuchu(dir.path());
    for arguments in [
        "--at yesterday",
        "--at 2021-08-02 --birth 2021-02-29",
        "--at 2021-08-02 --resides 132064",
        "--at 2021-08-02 --data here",
        "--birth 2021-08-02",
    ] {
        let output = explain(&file, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(output.stdout.is_empty());
    }
    std::fs::write(&file, crate::world::FUCHU.replacen("\"index\": 37", "\"index\": 2037", 1)).unwrap();
    let output = explain(&file, "--at 2021-08-02");
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), line.lines().count()), (Some(1), 1));
    assert!(line.contains("line 4: index: 0 to 1023"), "{line}");
}
