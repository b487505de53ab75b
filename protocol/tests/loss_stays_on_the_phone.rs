//! Loss mode is known to few files: no wire type, no rule of eligibility and no part of the server is among them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

/// How code would name it.
const NAMES: [&str; 6] = ["FamilyStatus", "LossDeclared", "LossMode", "loss_mode", "family_status", "loss::"];
/// The only files of this crate that may.
const KNOW: [&str; 6] =
    ["lib.rs", "loss.rs", "safety/shown.rs", "safety/tests.rs", "survey/offer.rs", "survey_tests.rs"];

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "sql" || ending == "html")
        {
            found.push(path);
        }
    }
    found
}

fn names_it(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap();
    NAMES.into_iter().any(|name| text.contains(name))
}

#[test]
fn no_wire_type_and_no_rule_of_eligibility_mentions_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let all = sources(&root);
    assert!(all.iter().any(|path| path.starts_with(root.join("wire"))), "the wire was looked at");
    let found: Vec<_> = all
        .iter()
        .filter(|path| names_it(path))
        .map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"))
        .filter(|path| !KNOW.contains(&path.as_str()))
        .collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(names_it(&root.join("loss.rs")), "the search finds what is there");
}

#[test]
fn the_server_and_its_reports_do_not_know_the_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src");
    let found: Vec<_> = sources(&root).into_iter().filter(|path| names_it(path)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_described_wire_does_not_carry_it() {
    let page = include_str!("../../docs/protocol.md");
    assert!(!NAMES.into_iter().any(|name| page.contains(name)));
}

#[test]
fn the_status_has_no_form_for_the_wire() {
    let text = include_str!("../src/loss.rs");
    assert!(!text.contains("Serialize") && !text.contains("serde"));
    let offer = include_str!("../src/survey/offer.rs");
    let facts = offer.split("pub struct SurveyFacts").next().unwrap();
    assert!(!facts.rsplit("///").next().unwrap().contains("Serialize"), "nor have the facts that hold it");
}
