//! Rules of `card inspect`, run as a real process: words, details and status, and never the code.

use std::process::{Command, Output};

use serde_json::{Value, json};

const CODE: &str = "1037-K9QX-R2M3-TQ4R";

fn inspect(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yorisoi-server"))
        .args(["card", "inspect"])
        .args(arguments)
        .output()
        .unwrap()
}

/// Status and standard output; nothing may stand on standard error.
fn text(typed: &str) -> (i32, String) {
    let output = inspect(&[typed]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn json(typed: &str) -> (i32, Value) {
    let output = inspect(&[typed, "--json"]);
    assert!(output.stderr.is_empty());
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_code_is_accepted_with_its_programme_and_never_printed() {
    for typed in [
        CODE,
        "１０３７ーｋ９ｑｘーｒ２ｍ３ーｔｑ４ｒ",
        "登録コード：1037K9QXR2M3TQ4Rです",
        "-1037-K9QX-R2M3-TQ4R",
    ] {
        let (status, printed) = text(typed);
        assert_eq!(status, 0, "{printed}");
        let lines: Vec<&str> = printed.lines().collect();
        assert!(lines[0].contains("正しい形です") && lines[1].starts_with("This has the form"));
        assert_eq!(lines[2..], ["input: code", "programme index: 3"]);
        let (status, told) = json(typed);
        assert_eq!((status, &told["accepted"], &told["programme_index"]), (0, &json!(true), &json!(3)));
        for group in CODE.split('-') {
            assert!(!printed.contains(group) && !told.to_string().contains(group));
        }
    }
}

#[test]
fn a_refusal_says_which_group_or_which_character() {
    let (status, printed) = text("1037-K9QX-R2N3-TQ4R");
    assert_eq!(status, 1);
    assert_eq!(
        printed,
        "3番目の4文字を、もう一度カードと見くらべてください。\nPlease compare group 3 with the card once more.\n\
         error: card_check_failed\nlook at group: 3\n"
    );
    let (status, printed) = text("1037-あ");
    assert_eq!(status, 1);
    assert_eq!(
        printed,
        "6文字目のひらがな・カタカナは、コードには使われていません。\n\
         Character 6 is kana; codes do not contain it.\n\
         error: card_foreign_character\nposition: 6\ncharacter: kana\n"
    );
    let (status, told) = json("103U");
    let expected = json!({
        "accepted": false,
        "error": "card_foreign_character",
        "ja": "4文字目の英字の「U」は、コードには使われていません。",
        "en": "Character 4 is the letter U; codes do not contain it.",
        "position": 4,
        "foreign": "letter_u",
    });
    assert_eq!((status, told), (1, expected));
    let (status, told) = json("1037-K9QX-2RM3-TQ4R");
    assert_eq!((status, &told["groups"]), (1, &json!([3])));
}

#[test]
fn every_other_refusal_has_its_own_code() {
    let long = "ここにはコードがありません。".repeat(5);
    for (typed, code) in [
        ("", "card_empty"),
        ("1037", "card_wrong_length"),
        ("0000-0000-0000-0K7W", "card_unknown_version"),
        (&format!("{CODE}、1010-0000-0000-0SG9"), "card_several_codes"),
        (&long, "card_no_code_found"),
        (&long.repeat(20), "card_too_long"),
    ] {
        let (status, told) = json(typed);
        assert_eq!((status, told["error"].as_str()), (1, Some(code)));
        assert_eq!(told.as_object().unwrap().len(), 4, "{told}");
    }
}

#[test]
fn a_ticket_is_sent_on_to_the_command_for_tickets() {
    let ticket = format!("HTTPS://EXAMPLE.JP/E#{}", "2KCEGIUBAEQGAAKFZDDWIDMFSRWVSGSZ".repeat(6));
    let (status, told) = json(&ticket);
    assert_eq!((status, told["input"].as_str()), (1, Some("ticket")));
    let (status, printed) = text(&ticket);
    assert!(status == 1 && printed.contains("ticket inspect") && !printed.contains("2KCEG"));
}

#[test]
fn misuse_has_its_own_status() {
    assert_eq!(inspect(&[]).status.code(), Some(2));
    assert_eq!(inspect(&["1037", "K9QX"]).status.code(), Some(2));
}
