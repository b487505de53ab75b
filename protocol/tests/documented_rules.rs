//! The section on rules in `docs/protocol.md` is true: its rules are read to the letter and give the answers of its table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use yorisoi_protocol::eligibility::{DateFact, Residence};
use yorisoi_protocol::{CivilDate, Decision, Eligibility, Facts, RuleSet, Timestamp};

const PAGE: &str = include_str!("../../docs/protocol.md");

fn rules() -> RuleSet {
    let after = PAGE.split("<!-- example: RuleSet -->").nth(1).expect("an example of rules");
    let text = after.split("```").nth(1).unwrap().strip_prefix("json\n").unwrap().trim_end();
    let rules = RuleSet::parse(text).unwrap();
    assert_eq!(serde_json::to_string(&rules).unwrap(), text, "written as it is read");
    rules
}

/// What a card of the programme proves, and what the cell says was told.
fn facts(rules: &RuleSet, told: &str) -> Facts {
    let mut moved_out = None;
    let mut facts = Facts {
        programme: 40,
        residence: Residence::NotTold,
        delivered: DateFact::NotTold,
        children: vec![DateFact::NotTold],
        caregiver_since: Some(DateFact::NotTold),
    };
    for fact in told.split(", ").filter(|fact| !fact.is_empty()) {
        let (name, date) = fact.split_once(' ').unwrap();
        match name {
            "delivered" => facts.delivered = DateFact::parse(date).unwrap(),
            "child" => facts.children = vec![DateFact::parse(date).unwrap()],
            "moved" => moved_out = Some(CivilDate::parse(date).unwrap()),
            other => panic!("no fact: {other}"),
        }
    }
    facts.residence = Residence::Known { municipality: rules.municipality.clone(), moved_out };
    facts
}

fn decide(rules: &RuleSet, asked: &str, facts: &Facts, at: Timestamp) -> Decision {
    match asked.split_once(", begun ") {
        Some(("send", begun)) => rules.send_at(facts, Timestamp::parse(begun).unwrap(), at),
        None if asked == "use" => rules.use_at(facts, at),
        None if asked == "redeem" => rules.redeem_at(facts, at),
        _ => panic!("nothing that is asked: {asked}"),
    }
}

/// As the page writes an answer.
fn written(answer: &Eligibility) -> String {
    match answer {
        Eligibility::Eligible { until: Some(until) } => format!("`eligible` {until}"),
        Eligibility::Eligible { until: None } => "`eligible`".to_owned(),
        Eligibility::NotYet { from } => format!("`not_yet` {from}"),
        Eligibility::Ended { since } => format!("`ended` {since}"),
        Eligibility::Unknown { missing } => {
            let names: Vec<_> = missing.iter().map(|fact| serde_json::to_string(fact).unwrap()).collect();
            format!("`unknown` {}", names.join(", ").replace('"', ""))
        }
    }
}

#[test]
fn the_documented_rules_give_the_documented_answers_in_the_documented_words() {
    let rules = rules();
    let table = PAGE.split("<!-- answers -->\n").nth(1).expect("a table of answers");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut kinds = std::collections::BTreeSet::new();
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [asked, told, at, answer, words] = cells[..] else { panic!("five cells a row: {row}") };
        let facts = facts(&rules, told);
        let decision = decide(&rules, asked, &facts, Timestamp::parse(at).unwrap());
        assert_eq!(written(&decision.eligibility), answer, "{row}");
        assert_eq!(decision.eligibility.words().ja, words, "{row}");
        kinds.insert((asked.split(',').next().unwrap(), answer.split(' ').next().unwrap()));
    }
    let of_use = kinds.iter().filter(|(asked, _)| *asked == "use").count();
    assert_eq!((of_use, kinds.len()), (4, 8), "every kind of answer is shown: {kinds:?}");
}
