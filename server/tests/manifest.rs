//! The commands about manifests and tickets, run as a real process: what an operator types and what comes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};
use yorisoi_protocol::carriage::TicketText;
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::signed::{KeyId, public_key};
use yorisoi_protocol::ticket::{CardPrefix, TicketTerms};
use yorisoi_protocol::{CivilDate, EnrollmentCode, Ticket, Timestamp};

const FUCHU: &str = include_str!("../../sandbox/programmes/fuchu-2021.json");

/// A directory with a root key, and what signs tickets.
struct Desk {
    dir: tempfile::TempDir,
    root: String,
    batch: Ed25519KeyPair,
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yorisoi-server")).args(arguments).output().unwrap()
}

/// The standard output of a command that must end with this status.
fn told(status: i32, arguments: &[&str]) -> String {
    let output = run(arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {error}");
    assert!(status != 0 || error.is_empty(), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one line on standard error of a command that must fail and print nothing.
fn failed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

fn at(day: &str) -> Timestamp {
    CivilDate::parse(day).unwrap().starts_at()
}

fn code() -> EnrollmentCode {
    EnrollmentCode::issue(37, 0x1234_5678_9abc).unwrap()
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = told(0, &["manifest", "root", "--out", &file(&dir, "root.pk8")]);
        let batch = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        Self { root: root.trim_end().to_owned(), batch, dir }
    }

    fn file(&self, name: &str) -> String {
        file(&self.dir, name)
    }

    fn draft(&self) -> Value {
        let public = public_key(&self.batch);
        let programme: Value = serde_json::from_str(FUCHU).unwrap();
        json!({
            "format": 1, "version": 3, "issued_at": at("2021-08-01"), "not_after": at("2021-10-01"),
            "smallest_sdk": "0.1.0",
            "ticket_keys": [{
                "kid": KeyId::of(&public), "public": public, "issuers": ["132063"],
                "not_before": at("2021-07-01"), "expires": at("2021-09-01"), "status": "active",
            }],
            "receipt_keys": [], "programmes": [programme], "revoked_cards": [],
        })
    }

    /// Writes a draft as an operator would see it.
    fn written(&self, draft: &Value) -> String {
        let path = self.file("draft.json");
        std::fs::write(&path, serde_json::to_vec_pretty(draft).unwrap()).unwrap();
        path
    }

    fn sign(&self, draft: &Value, out: &str) -> [String; 8] {
        let words =
            ["manifest", "sign", "--root", &self.file("root.pk8"), "--in", &self.written(draft), "--out"];
        let [a, b, c, d, e, f, g] = words.map(str::to_owned);
        [a, b, c, d, e, f, g, self.file(out)]
    }

    fn signed(&self, draft: &Value, out: &str) -> String {
        let arguments = self.sign(draft, out);
        told(0, &arguments.each_ref().map(String::as_str));
        self.file(out)
    }

    fn refused(&self, draft: &Value) -> String {
        let arguments = self.sign(draft, "refused.cose");
        let error = failed(&arguments.each_ref().map(String::as_str));
        assert!(!Path::new(&self.file("refused.cose")).exists());
        error
    }

    fn ticket(&self) -> String {
        let terms = TicketTerms {
            issuer: Municipality::parse("132063").unwrap(),
            not_before: at("2021-08-02"),
            expires: at("2022-01-01"),
            issued_at: at("2021-08-01"),
            rule_set_version: 1,
        };
        let bytes = Ticket::sign(&terms, &code(), &self.batch).unwrap();
        TicketText::of(&bytes).to_uri("card.example.jp")
    }
}

fn file(dir: &tempfile::TempDir, name: &str) -> String {
    PathBuf::from(dir.path()).join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_root_key_is_made_once_and_only_its_owner_reads_it() {
    let desk = Desk::new();
    let path = desk.file("root.pk8");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let key = Ed25519KeyPair::from_pkcs8(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(String::from(public_key(&key)), desk.root);
    let before = std::fs::read(&path).unwrap();
    assert!(failed(&["manifest", "root", "--out", &path]).contains("exists"));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_manifest_is_signed_shown_and_verified() {
    let desk = Desk::new();
    let signed = desk.signed(&desk.draft(), "3.cose");
    let shown = told(0, &["manifest", "show", &signed]);
    for part in ["version 3\n", "not verified", "active 132063", "programme fuchu-2021 index 37 府中市"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let told_so =
        told(0, &["manifest", "verify", &signed, "--root", &desk.root, "--at", "2021-09-30T23:59:59"]);
    assert!(
        told_so.contains("version 3 signed by") && told_so.contains("in force until 2021-10-01"),
        "{told_so}"
    );
    let late = told(1, &["manifest", "verify", &signed, "--root", &desk.root, "--at", "2021-10-01"]);
    assert!(late.contains("expired since 2021-10-01 00:00:00 JST"), "{late}");
    let early = told(1, &["manifest", "verify", &signed, "--root", &desk.root, "--at", "2021-07-31"]);
    assert!(early.contains("not issued before 2021-08-01"), "{early}");
    let other = Desk::new().root;
    assert!(failed(&["manifest", "verify", &signed, "--root", &other]).contains("not a root"));
    told(0, &["manifest", "verify", &signed, "--root", &other, "--root", &desk.root]);
    told(2, &["manifest", "verify", &signed, "--root", &other, "--root", &other, "--root", &other]);
    // One key in 64 begins with a hyphen.
    let hyphen = String::from(yorisoi_protocol::wire::PublicKey([0xf8; 32]));
    assert!(failed(&["manifest", "verify", &signed, "--root", &hyphen]).contains("not a root"));
    told(2, &["manifest", "verify", &signed]);
    told(2, &["manifest", "verify", &signed, "--root", "short"]);
}

#[test]
fn a_step_back_is_refused() {
    let desk = Desk::new();
    let third = desk.signed(&desk.draft(), "3.cose");
    let mut draft = desk.draft();
    draft["version"] = json!(2);
    let second = desk.signed(&draft, "2.cose");
    draft["version"] = json!(3);
    draft["not_after"] = json!(at("2021-11-01"));
    let other_third = desk.signed(&draft, "3b.cose");
    let verify = |file, previous| {
        ["manifest", "verify", file, "--root", &desk.root, "--previous", previous].map(str::to_owned)
    };
    let verify = |file, previous| verify(file, previous).to_vec();
    let ok = |arguments: Vec<String>| told(0, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let no = |arguments: Vec<String>| failed(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(ok(verify(&third, &second)).contains("newer than version 2"));
    assert!(ok(verify(&third, &third)).contains("the same"));
    assert!(no(verify(&second, &third)).contains("version 3 is held already"));
    assert!(no(verify(&other_third, &third)).contains("another content"));
}

#[test]
fn a_draft_that_a_device_would_not_take_whole_is_not_signed() {
    let desk = Desk::new();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut draft = desk.draft();
        change(&mut draft);
        desk.refused(&draft)
    };
    assert!(with(&|draft| draft["version"] = json!(0)).contains("version"));
    assert!(with(&|draft| draft["ticket_keys"][0]["kid"] = json!("00000000")).contains("kid"));
    assert!(with(&|draft| draft["ticket_keys"][0]["status"] = json!("activ")).contains("status"));
    assert!(with(&|draft| draft["ticket_keys"][0]["isuers"] = json!([])).contains("ticket_keys.1.isuers"));
    assert!(with(&|draft| draft["revoked"] = json!([])).contains("revoked"));
    let zone = with(&|draft| draft["programmes"][0]["zone"] = json!("Europe/Berlin"));
    assert!(zone.contains("programme 1: ") && zone.contains("zone: only Asia/Tokyo"), "{zone}");
    assert!(
        with(&|draft| draft["programmes"] = json!([draft["programmes"][0], draft["programmes"][0]]))
            .contains("id")
    );
    let line = with(&|draft| draft["issued_at"] = json!("2021-08-01"));
    assert!(line.contains("line 3, column 27: invalid type") && !line.contains("at line"), "{line}");
}

#[test]
fn a_signed_file_is_never_overwritten_and_a_broken_one_is_named() {
    let desk = Desk::new();
    let signed = desk.signed(&desk.draft(), "3.cose");
    let before = std::fs::read(&signed).unwrap();
    let again = desk.sign(&desk.draft(), "3.cose");
    assert!(failed(&again.each_ref().map(String::as_str)).contains("exists"));
    assert_eq!(std::fs::read(&signed).unwrap(), before);
    std::fs::write(&signed, &before[..before.len() - 1]).unwrap();
    assert!(failed(&["manifest", "show", &signed]).contains("byte"));
    assert!(failed(&["manifest", "show", &desk.file("none.cose")]).contains("not found"));
    let key = desk.file("root.pk8");
    std::fs::write(desk.file("cut.pk8"), &std::fs::read(&key).unwrap()[..40]).unwrap();
    let draft = desk.written(&desk.draft());
    let cut = ["manifest", "sign", "--root", &desk.file("cut.pk8"), "--in", &draft, "--out", &desk.file("x")];
    assert!(failed(&cut).contains("no Ed25519 key"));
}

#[test]
fn a_support_desk_hears_what_the_phone_would_say_and_why() {
    let desk = Desk::new();
    let signed = desk.signed(&desk.draft(), "3.cose");
    let ticket = desk.ticket();
    let inspect = |status, payload: &str, manifest: &str, at: &str| {
        told(
            status,
            &["ticket", "inspect", payload, "--manifest", manifest, "--root", &desk.root, "--at", at],
        )
    };
    let answer = inspect(0, &ticket, &signed, "2021-08-02");
    let lines: Vec<&str> = answer.lines().collect();
    assert!(lines[0].starts_with("カードを確認しました。") && lines[1].starts_with("The card is confirmed."));
    for part in [
        "reason: verified for fuchu-2021, inside",
        "issuer: 132063",
        "programme index: 37",
        "manifest: version 3, verified",
    ] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    assert!(inspect(1, &ticket, &signed, "2021-08-01").contains("2021年8月2日から"));
    assert!(inspect(1, &ticket, &signed, "2022-01-01").contains("2021年12月31日で"));
    // The manifest has expired: it is said, and the card is still confirmed.
    let expired = inspect(0, &ticket, &signed, "2021-10-01");
    assert!(expired.contains("2021年10月1日から更新されていません"), "{expired}");
    let mut draft = desk.draft();
    draft["ticket_keys"][0]["status"] = json!("revoked");
    assert!(inspect(1, &ticket, &desk.signed(&draft, "stolen.cose"), "2021-08-02").contains("was revoked"));
    draft = desk.draft();
    draft["programmes"] = json!([]);
    assert!(
        inspect(1, &ticket, &desk.signed(&draft, "none.cose"), "2021-08-02")
            .contains("no programme of index 37")
    );
    draft = desk.draft();
    draft["revoked_cards"] =
        json!([{"kid": KeyId::of(&public_key(&desk.batch)), "cards": [CardPrefix::of(&code())]}]);
    assert!(
        inspect(1, &ticket, &desk.signed(&draft, "card.cose"), "2021-08-02").contains("the card was revoked")
    );
    let typed = inspect(1, &code().grouped(), &signed, "2021-08-02");
    assert!(typed.contains("16文字のコード") && typed.contains("not a ticket"), "{typed}");
    told(2, &["ticket", "inspect", &ticket, "--manifest", &signed, "--at", "yesterday"]);
}

#[test]
fn json_and_text_never_show_the_code() {
    let desk = Desk::new();
    let signed = desk.signed(&desk.draft(), "3.cose");
    let ticket = desk.ticket();
    let plain = ["ticket", "inspect", &ticket, "--manifest", &signed, "--at", "2021-08-02"];
    let text = told(0, &plain);
    assert!(text.contains("its signature was not checked"));
    let printed = told(0, &[&plain[..], &["--json"]].concat());
    let json: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&json["accepted"], &json["manifest"]["verified"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&json["ticket"]["programme_index"], &json["ticket"]["issuer"]),
        (&json!(37), &json!("132063"))
    );
    assert_eq!(json["ticket"]["expires"], json!(at("2022-01-01")));
    let mut damaged = ticket.clone();
    damaged.pop();
    let refused =
        told(1, &["ticket", "inspect", &damaged, "--manifest", &signed, "--at", "2021-08-02", "--json"]);
    let refused_json: Value = serde_json::from_str(&refused).unwrap();
    assert_eq!(refused_json["accepted"], json!(false));
    assert!(refused_json.get("ticket").is_none());
    let body = ticket.split_once('#').unwrap().1;
    for printed in [text, printed, refused] {
        let bare = printed.replace('-', "");
        assert!(!bare.contains(&code().compact()) && !printed.contains(&body[..20]), "{printed}");
    }
}

#[test]
fn a_payload_can_be_given_on_standard_input() {
    let desk = Desk::new();
    let signed = desk.signed(&desk.draft(), "3.cose");
    let mut child = Command::new(env!("CARGO_BIN_EXE_yorisoi-server"))
        .args(["ticket", "inspect", "-", "--manifest", &signed, "--at", "2021-08-02"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(desk.ticket().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("verified for fuchu-2021"));
}
