//! What holds for every rule, household and instant, checked on random ones; and an evaluator written a second time, the
//! slow and obvious way, that must agree.

use proptest::prelude::*;

use super::*;
use crate::age::{Counting, Period};
use crate::date::{CivilDate, Timestamp};
use crate::municipality::Municipality;
use crate::rule_set::RuleSet;

const DAY: i64 = 86_400_000;
const CODES: [&str; 3] = ["132063", "131121", "131199"];

/// Days of about two years, so that rules and facts meet.
fn a_day() -> impl Strategy<Value = CivilDate> {
    (0i64..800).prop_map(|offset| CivilDate::new(2021, 1, 1).unwrap().plus_days(offset))
}

fn an_instant() -> impl Strategy<Value = Timestamp> {
    let near = [-1i64, 0, 1, DAY / 2];
    (-400i64..1600, 0..near.len()).prop_map(move |(days, near_by)| {
        CivilDate::new(2021, 1, 1).unwrap().plus_days(days).starts_at().plus_millis(near[near_by])
    })
}

fn a_date_fact() -> impl Strategy<Value = DateFact> {
    prop_oneof![
        4 => a_day().prop_map(DateFact::Known),
        2 => (2021i32..2023, 1u32..=12).prop_map(|(year, month)| DateFact::Month { year, month }),
        1 => Just(DateFact::NotTold),
    ]
}

fn a_period() -> impl Strategy<Value = Period> {
    let count = prop_oneof![Just(Counting::AgeLaw), Just(Counting::Art140), Just(Counting::Day0)];
    (any::<bool>(), 1u32..40, count).prop_map(|(months, length, count)| {
        if months { Period::months(length % 14 + 1, count) } else { Period::days(length, count) }
    })
}

fn a_leaf() -> impl Strategy<Value = Rule> {
    prop_oneof![
        4 => (a_day(), 0i64..200).prop_map(|(first, days)| Rule::Window([first, first.plus_days(days)])),
        1 => (37u16..39).prop_map(Rule::Programme),
        2 => (0..CODES.len()).prop_map(|code| Rule::Resides(Municipality::parse(CODES[code]).unwrap())),
        3 => a_period().prop_map(Rule::DeliveredWithin),
        3 => a_period().prop_map(Rule::ChildAgeLt),
        2 => Just(Rule::CaregiverOfInfant),
        1 => Just(Rule::Newer { kind: "later".to_owned() }),
    ]
}

fn a_rule(with_not: bool) -> impl Strategy<Value = Rule> {
    a_leaf().prop_recursive(4, 24, 4, move |inner| {
        let parts = prop::collection::vec(inner.clone(), 1..4);
        if with_not {
            prop_oneof![
                parts.clone().prop_map(Rule::All),
                parts.prop_map(Rule::Any),
                inner.prop_map(|rule| Rule::Not(Box::new(rule))),
            ]
            .boxed()
        } else {
            parts.prop_map(Rule::All).boxed()
        }
    })
}

fn a_residence() -> impl Strategy<Value = Residence> {
    let known = (0..CODES.len(), prop::option::of(a_day())).prop_map(|(code, moved_out)| Residence::Known {
        municipality: Municipality::parse(CODES[code]).unwrap(),
        moved_out,
    });
    prop_oneof![4 => known, 1 => Just(Residence::NotTold)]
}

fn some_facts() -> impl Strategy<Value = Facts> {
    let children = prop::collection::vec(a_date_fact(), 0..3);
    (37u16..39, a_residence(), a_date_fact(), children, prop::option::of(a_date_fact())).prop_map(
        |(programme, residence, delivered, children, caregiver_since)| Facts {
            programme,
            residence,
            delivered,
            children,
            caregiver_since,
        },
    )
}

fn a_policy() -> impl Strategy<Value = MoveOut> {
    prop_oneof![
        Just(MoveOut::EndOnDate),
        Just(MoveOut::EndOfMonth),
        Just(MoveOut::RunToProgrammeEnd),
        (0u32..40).prop_map(MoveOut::GraceDays),
        Just(MoveOut::Undecided),
        Just(MoveOut::Newer),
    ]
}

fn asked(rule: &Rule, facts: &Facts, policy: MoveOut, now: Timestamp) -> Eligibility {
    Case::new(rule, facts, policy, [None, None]).decide(now).eligibility
}

/// Instants to look at between two: the moments around one midnight a month, from a random day on, and both ends.
fn between(from: Timestamp, until: Timestamp, phase: i64) -> impl Iterator<Item = Timestamp> {
    let first = from.civil_date().starts_at().plus_millis(phase * DAY);
    (0..90)
        .flat_map(move |month| [-1, 0, 1].map(|near| first.plus_millis(month * 29 * DAY + near)))
        .chain([from, until.plus_millis(-1)])
        .filter(move |at| from <= *at && *at < until)
}

/// True, false or unknown, by trying every date that a fact may be. A date that was not told is unknown where two far
/// dates disagree with each other, which they always do for a period.
mod slow {
    use super::*;

    pub(super) fn truth(rule: &Rule, facts: &Facts, policy: MoveOut, at: Timestamp) -> Option<bool> {
        let today = at.civil_date();
        let part = |rule: &Rule| truth(rule, facts, policy, at);
        match rule {
            Rule::All(rules) => {
                let parts: Vec<_> = rules.iter().map(part).collect();
                if parts.contains(&Some(false)) {
                    Some(false)
                } else if parts.contains(&None) {
                    None
                } else {
                    Some(true)
                }
            }
            Rule::Any(rules) => {
                let parts: Vec<_> = rules.iter().map(part).collect();
                if parts.contains(&Some(true)) {
                    Some(true)
                } else if parts.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Rule::Not(rule) => part(rule).map(|truth| !truth),
            Rule::Window([first, last]) => Some(*first <= today && today <= *last),
            Rule::Programme(index) => Some(facts.programme == *index),
            Rule::Resides(code) => resides(code, facts, policy, today),
            Rule::DeliveredWithin(period) => each(facts.delivered, |day| within(*period, day, today)),
            Rule::ChildAgeLt(period) => youngest(*period, facts, today),
            Rule::CaregiverOfInfant => {
                let cares =
                    facts.caregiver_since.map_or(Some(false), |since| each(since, |day| day <= today));
                match (cares, youngest(Period::months(12, Counting::AgeLaw), facts, today)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }
            }
            Rule::Newer { .. } => None,
        }
    }

    fn resides(code: &Municipality, facts: &Facts, policy: MoveOut, today: CivilDate) -> Option<bool> {
        let Residence::Known { municipality, moved_out } = &facts.residence else {
            return None;
        };
        if municipality != code {
            return Some(false);
        }
        let Some(moved) = moved_out else {
            return Some(true);
        };
        match policy {
            MoveOut::EndOnDate => Some(today <= *moved),
            MoveOut::EndOfMonth => Some(today.to_string()[..7] <= moved.to_string()[..7]),
            MoveOut::RunToProgrammeEnd => Some(true),
            MoveOut::GraceDays(days) => Some(today.plus_days(-i64::from(days)) <= *moved),
            MoveOut::Undecided | MoveOut::Newer => (today <= *moved).then_some(true),
        }
    }

    fn youngest(period: Period, facts: &Facts, today: CivilDate) -> Option<bool> {
        let children: Vec<_> =
            facts.children.iter().map(|born| each(*born, |day| within(period, day, today))).collect();
        if children.contains(&Some(true)) {
            Some(true)
        } else if children.contains(&None) {
            None
        } else {
            Some(false)
        }
    }

    fn within(period: Period, day: CivilDate, today: CivilDate) -> bool {
        day <= today && today <= period.last_day(day)
    }

    fn each(fact: DateFact, holds: impl Fn(CivilDate) -> bool) -> Option<bool> {
        let days: Vec<CivilDate> = match fact {
            DateFact::Known(day) => vec![day],
            DateFact::Month { year, month } => {
                (1..=31).filter_map(|day| CivilDate::new(year, month, day)).collect()
            }
            DateFact::NotTold => return None,
        };
        let first = holds(days[0]);
        days.into_iter().all(|day| holds(day) == first).then_some(first)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_answer_agrees_with_a_slow_evaluation_at_every_instant(
        rule in a_rule(true), facts in some_facts(), policy in a_policy(), now in an_instant(),
    ) {
        let expected = slow::truth(&rule, &facts, policy, now);
        let found = match asked(&rule, &facts, policy, now) {
            Eligibility::Eligible { .. } => Some(true),
            Eligibility::Unknown { missing } => {
                prop_assert!(!missing.is_empty());
                None
            }
            Eligibility::NotYet { .. } | Eligibility::Ended { .. } => Some(false),
        };
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_answer_contradicts_its_own_date(
        rule in a_rule(true), facts in some_facts(), policy in a_policy(), now in an_instant(), phase in 0i64..29,
    ) {
        let answer = asked(&rule, &facts, policy, now);
        let later = |at| asked(&rule, &facts, policy, at);
        let horizon = CivilDate::new(2026, 1, 1).unwrap().starts_at();
        match &answer {
            Eligibility::Eligible { until } => {
                let end = until.unwrap_or(horizon);
                prop_assert!(between(now, end, phase).all(|at| later(at) == answer));
                if let Some(end) = until {
                    prop_assert!(now < *end && !later(*end).allowed());
                    prop_assert!(later(end.plus_millis(-1)) == answer);
                }
            }
            Eligibility::NotYet { from } => {
                prop_assert!(now < *from);
                prop_assert!(between(now, *from, phase).all(|at| later(at) == answer));
                prop_assert!(!later(*from).refused());
            }
            Eligibility::Ended { since } => {
                prop_assert!(*since <= now);
                prop_assert!(between(*since, now.max(since.plus_millis(1)), phase).all(|at| later(at) == answer));
                prop_assert!(between(now, horizon, phase).all(|at| later(at) == answer));
                if *since > Timestamp::EARLIEST {
                    prop_assert!(!later(since.plus_millis(-1)).refused());
                }
            }
            Eligibility::Unknown { .. } => prop_assert!(!answer.refused() && !answer.allowed()),
        }
    }

    /// Windows, ages and residences that only `all` joins: not yet, then maybe, then ended, and never back.
    #[test]
    fn without_not_and_any_time_goes_one_way(
        rule in a_rule(false), mut facts in some_facts(), policy in a_policy(), phase in 0i64..29,
    ) {
        // Two children are two periods, which is `any` again.
        facts.children.truncate(1);
        let stage = |at| match asked(&rule, &facts, policy, at) {
            Eligibility::NotYet { .. } => 0,
            Eligibility::Eligible { .. } | Eligibility::Unknown { .. } => 1,
            Eligibility::Ended { .. } => 2,
        };
        let from = CivilDate::new(2020, 6, 1).unwrap().starts_at();
        let until = CivilDate::new(2025, 6, 1).unwrap().starts_at();
        let mut instants: Vec<_> = between(from, until, phase).collect();
        instants.sort();
        prop_assert!(instants.into_iter().map(stage).is_sorted());
    }

    /// A server looks at each message's beginning only where the programme cannot be used now.
    #[test]
    fn what_may_be_used_now_takes_what_was_begun_at_any_time(
        rule in a_rule(true), facts in some_facts(), policy in a_policy(),
        begun in an_instant(), now in an_instant(), grace in 0u32..200,
    ) {
        let rules = RuleSet {
            id: "any/1".to_owned(),
            municipality: Municipality::parse(CODES[0]).unwrap(),
            use_rule: rule,
            redeem_until: None,
            move_out: policy,
            answers_grace_hours: grace,
        };
        let sent = rules.send_at(&facts, begun, now).eligibility;
        prop_assert!(rules.use_at(&facts, now).eligibility.refused() || !sent.refused());
    }

    #[test]
    fn the_path_ends_at_a_rule_that_turns_with_the_whole(
        rule in a_rule(true), facts in some_facts(), policy in a_policy(), now in an_instant(),
    ) {
        let decision = Case::new(&rule, &facts, policy, [None, None]).decide(now);
        let turn = match decision.eligibility {
            Eligibility::Eligible { until: Some(turn) } => turn,
            Eligibility::NotYet { from } => from,
            Eligibility::Ended { since } if since > Timestamp::EARLIEST => since,
            _ => return Ok(()),
        };
        let mut part = &rule;
        for step in &decision.path {
            let (kind, index) = step.split_once('/').unwrap_or((step, "1"));
            part = match part {
                Rule::All(parts) if kind == "all" => &parts[index.parse::<usize>().unwrap() - 1],
                Rule::Any(parts) if kind == "any" => &parts[index.parse::<usize>().unwrap() - 1],
                Rule::Not(inner) if kind == "not" => inner,
                leaf => leaf,
            };
        }
        let value = |at| slow::truth(part, &facts, policy, at);
        prop_assert_ne!(value(turn), value(turn.plus_millis(-1)), "{:?}", decision.path);
        prop_assert!(!decision.reason.ja.is_empty() && decision.reason.en.is_ascii());
    }

    #[test]
    fn rules_are_written_as_they_are_read(rule in a_rule(true)) {
        let text = serde_json::to_vec(&rule).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Rule>(&text).unwrap(), rule);
    }
}
