//! The promises of every answer of every rule set, whatever its rules: no answer contradicts its own instant, what has
//! ended stays ended, and the work has a cap.

use yorisoi_protocol::eligibility::{DateFact, Decision, Residence};
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::{CivilDate, Eligibility, Facts, RuleSet, Timestamp};

use crate::bounded;

/// What one answer may allocate: a rule set has at most 64 rules, and an answer a path through them and its words.
const MEMORY: usize = 256 * 1024;

/// Asks for a few households at every turn of the rules, and just before and after it.
///
/// # Panics
/// If an answer breaks a promise.
pub fn agree(rules: &RuleSet) {
    for facts in households(rules) {
        let mut now = Timestamp::from_millis(i64::MIN);
        // Each answer names the next instant to ask at; one that names none is asked about a few days of our time.
        for _ in 0..12 {
            let decision = bounded(0, 0, MEMORY, || rules.use_at(&facts, now));
            holds(rules, &facts, now, &decision);
            let next = match decision.eligibility {
                Eligibility::Eligible { until: Some(until) } => until,
                Eligibility::NotYet { from } => from,
                _ => break,
            };
            assert!(next > now);
            now = next;
        }
        for seconds in
            [1_609_459_200, 1_627_829_999, 1_627_830_000, 1_640_962_799, 1_640_962_800, 1_672_531_200]
        {
            let now = Timestamp::from_seconds(seconds);
            holds(rules, &facts, now, &rules.use_at(&facts, now));
        }
    }
}

fn holds(rules: &RuleSet, facts: &Facts, now: Timestamp, decision: &Decision) {
    let at = |instant: Timestamp| rules.use_at(facts, instant).eligibility;
    let later = now.plus_hours(24 * 400);
    match &decision.eligibility {
        Eligibility::Eligible { until: Some(until) } => {
            assert!(now < *until);
            assert_eq!(at(until.plus_millis(-1)), decision.eligibility, "it may be done until {until}");
            assert_ne!(at(*until), decision.eligibility);
        }
        Eligibility::Eligible { until: None } => assert_eq!(at(later), decision.eligibility),
        Eligibility::NotYet { from } => {
            assert!(now < *from);
            assert_eq!(at(from.plus_millis(-1)), decision.eligibility, "it may not be done before {from}");
            assert!(!at(*from).refused(), "and from {from} on it may be, or may");
        }
        Eligibility::Ended { since } => {
            assert!(*since <= now);
            assert_eq!(at(later), decision.eligibility, "what has ended stays ended");
        }
        Eligibility::Unknown { missing } => assert!(!missing.is_empty()),
    }
    let words = decision.eligibility.words();
    assert!(!words.ja.is_empty() && !words.en.is_empty() && !decision.path.is_empty());
    let redeem = rules.redeem_at(facts, now).eligibility;
    assert!(!redeem.allowed() || decision.eligibility.allowed(), "redeemed outside the window at {now}");
    let send = rules.send_at(facts, now, now).eligibility;
    assert!(!decision.eligibility.allowed() || send.allowed(), "what may be asked may be sent at {now}");
}

fn households(rules: &RuleSet) -> Vec<Facts> {
    let programme = rules.programme().len().try_into().unwrap_or(37);
    let day = |year, month, day| DateFact::Known(CivilDate::new(year, month, day).expect("a day"));
    let home = |municipality: &Municipality, moved_out| Residence::Known {
        municipality: municipality.clone(),
        moved_out,
    };
    let untold = Facts {
        programme: 37,
        residence: home(&rules.municipality, None),
        delivered: DateFact::NotTold,
        children: vec![DateFact::NotTold],
        caregiver_since: Some(DateFact::NotTold),
    };
    let told = Facts {
        delivered: day(2020, 2, 29),
        children: vec![day(2020, 2, 29), DateFact::Month { year: 2021, month: 8 }],
        caregiver_since: None,
        ..untold.clone()
    };
    let moved = Facts { residence: home(&rules.municipality, CivilDate::new(2021, 10, 15)), ..told.clone() };
    let elsewhere = Facts { programme, residence: Residence::NotTold, children: Vec::new(), ..told.clone() };
    vec![untold, told, moved, elsewhere]
}
