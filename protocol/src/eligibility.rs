//! May this be done now, and why: rules as data, evaluated purely.
//!
//! An answer names the rule that decided and the instant it turns, so that a support desk can read it aloud. Windows
//! are civil dates in the programme's zone, inclusive to the last moment of the last day (see [`crate::date`]).

use serde::{Deserialize, Serialize};

use crate::date::{CivilDate, Timestamp};
use crate::programme::{Programme, ProgrammeError};
use crate::words::Words;

/// A rule of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// From the first day to the last, both included.
    Window([CivilDate; 2]),
    /// Every one of these.
    All(Vec<Rule>),
}

/// May it be done?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eligibility {
    /// Yes.
    Eligible {
        /// The first instant at which it no longer may.
        until: Timestamp,
    },
    /// Not yet.
    NotYet {
        /// The first instant at which it may.
        from: Timestamp,
    },
    /// No longer.
    Ended {
        /// The first instant at which it no longer might.
        since: Timestamp,
    },
}

/// An answer with the rules that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub eligibility: Eligibility,
    /// The rules from the outermost to the one that decided, such as `all/2`, `window 2021-08-02..2021-12-31`.
    pub path: Vec<String>,
}

impl Rule {
    pub(crate) fn check(&self) -> Result<(), ProgrammeError> {
        let value = |problem| Err(ProgrammeError::Value { field: "use_rule", problem });
        match self {
            Self::Window([first, last]) if first > last => value("a window's last day lies before its first"),
            Self::Window(_) => Ok(()),
            Self::All(rules) if rules.is_empty() => value("`all` needs at least one rule"),
            Self::All(rules) => rules.iter().try_for_each(Self::check),
        }
    }

    /// What this rule says at `now`.
    pub fn evaluate(&self, now: Timestamp) -> Decision {
        match self {
            Self::Window([first, last]) => {
                let (from, until) = (first.starts_at(), last.ends_at());
                let eligibility = if now < from {
                    Eligibility::NotYet { from }
                } else if now < until {
                    Eligibility::Eligible { until }
                } else {
                    Eligibility::Ended { since: until }
                };
                Decision { eligibility, path: vec![format!("window {first}..{last}")] }
            }
            Self::All(rules) => all(rules, now),
        }
    }
}

/// Whichever rule ended first decides; else whichever begins last; else whichever ends first.
fn all(rules: &[Rule], now: Timestamp) -> Decision {
    let decisions = rules.iter().enumerate().map(|(index, rule)| {
        let Decision { eligibility, path } = rule.evaluate(now);
        let path = std::iter::once(format!("all/{}", index + 1)).chain(path).collect();
        Decision { eligibility, path }
    });
    let weight = |decision: &Decision| match decision.eligibility {
        Eligibility::Ended { since } => (0, since.millis()),
        Eligibility::NotYet { from } => (1, -from.millis()),
        Eligibility::Eligible { until } => (2, until.millis()),
    };
    let none = Decision { eligibility: Eligibility::Ended { since: now }, path: Vec::new() };
    decisions.min_by_key(weight).unwrap_or(none)
}

impl Programme {
    /// May the programme be used at `now`?
    pub fn use_at(&self, now: Timestamp) -> Decision {
        self.use_rule.evaluate(now)
    }

    /// May a card be redeemed at `now`? Like use, and also until the redemption deadline.
    pub fn redeem_at(&self, now: Timestamp) -> Decision {
        let deadline = self.redeem_ends_at();
        let decision = self.use_at(now);
        let path = || vec![format!("redeem_until {}", self.redeem_until)];
        match decision.eligibility {
            Eligibility::Eligible { .. } if now >= deadline => {
                Decision { eligibility: Eligibility::Ended { since: deadline }, path: path() }
            }
            Eligibility::Eligible { until } if deadline < until => {
                Decision { eligibility: Eligibility::Eligible { until: deadline }, path: path() }
            }
            _ => decision,
        }
    }

    /// May a message begun at `begun` be sent at `now`? What was begun inside may be finished within the programme's
    /// grace, so that a question half-written at midnight is not lost to the clock.
    pub fn send_at(&self, begun: Timestamp, now: Timestamp) -> Decision {
        let decision = self.use_at(now);
        let Eligibility::Ended { since } = decision.eligibility else {
            return decision;
        };
        let until = since.plus_hours(self.finish_within_hours);
        let begun_inside = matches!(self.use_at(begun).eligibility, Eligibility::Eligible { .. });
        if begun_inside && now < until {
            let path = vec![format!("finish_within_hours {}", self.finish_within_hours)];
            return Decision { eligibility: Eligibility::Eligible { until }, path };
        }
        decision
    }
}

impl Eligibility {
    /// Whether it may be done.
    pub fn allowed(&self) -> bool {
        matches!(self, Self::Eligible { .. })
    }

    /// The answer in words, with its date. The last day is named, not the midnight after it.
    pub fn words(&self) -> Words {
        let last_day = |end: Timestamp| end.plus_millis(-1).civil_date();
        match self {
            Self::Eligible { until } => Words::new(
                format!("{}までご利用いただけます。", last_day(*until).japanese()),
                format!("You can use this until the end of {}.", last_day(*until)),
            ),
            Self::NotYet { from } => Words::new(
                format!("{}からご利用いただけます。", from.civil_date().japanese()),
                format!("You can use this from {}.", from.civil_date()),
            ),
            Self::Ended { since } => Words::new(
                format!("{}で受付を終了しました。", last_day(*since).japanese()),
                format!("This ended on {}.", last_day(*since)),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, millis: i64) -> Timestamp {
        CivilDate::parse(text).unwrap().starts_at().plus_millis(millis)
    }

    fn fuchu() -> Programme {
        Programme::parse(include_str!("../../sandbox/programmes/fuchu-2021.json")).unwrap()
    }

    #[test]
    fn the_boundary_table_of_the_trial_holds_to_the_millisecond() {
        let (from, until) = (at("2021-08-02", 0), at("2022-01-01", 0));
        for (now, expected) in [
            (at("2021-08-02", -1000), Eligibility::NotYet { from }),
            (at("2021-08-02", -1), Eligibility::NotYet { from }),
            (at("2021-08-02", 0), Eligibility::Eligible { until }),
            (at("2022-01-01", -1), Eligibility::Eligible { until }),
            (at("2022-01-01", 0), Eligibility::Ended { since: until }),
        ] {
            let decision = fuchu().use_at(now);
            assert_eq!(decision.eligibility, expected, "{now}");
            assert!(decision.path.last().unwrap().contains("2021-08-02..2021-12-31"));
        }
    }

    #[test]
    fn what_was_begun_inside_may_be_finished_within_the_grace_and_no_longer() {
        let programme = fuchu();
        let end = at("2022-01-01", 0);
        let inside = end.plus_millis(-1);
        let grace = end.plus_hours(programme.finish_within_hours);
        assert_eq!(programme.send_at(inside, end).eligibility, Eligibility::Eligible { until: grace });
        assert!(programme.send_at(inside, grace.plus_millis(-1)).eligibility.allowed());
        assert_eq!(programme.send_at(inside, grace).eligibility, Eligibility::Ended { since: end });
        assert_eq!(programme.send_at(end, end).eligibility, Eligibility::Ended { since: end });
        let before = at("2021-08-01", 0);
        assert!(!programme.send_at(before, before).eligibility.allowed());
    }

    #[test]
    fn a_redemption_deadline_inside_the_window_ends_redemption_alone() {
        let mut programme = fuchu();
        programme.redeem_until = CivilDate::parse("2021-11-30").unwrap();
        let deadline = at("2021-12-01", 0);
        assert_eq!(programme.redeem_at(deadline).eligibility, Eligibility::Ended { since: deadline });
        assert!(programme.redeem_at(deadline.plus_millis(-1)).eligibility.allowed());
        assert!(programme.use_at(deadline).eligibility.allowed());
    }

    #[test]
    fn all_is_decided_by_the_narrowest_rule() {
        let day = |text| CivilDate::parse(text).unwrap();
        let wide = Rule::Window([day("2021-01-01"), day("2021-12-31")]);
        let narrow = Rule::Window([day("2021-06-01"), day("2021-06-30")]);
        let rule = Rule::All(vec![wide, narrow]);
        let decide = |text| rule.evaluate(at(text, 0));
        assert_eq!(decide("2021-05-01").eligibility, Eligibility::NotYet { from: at("2021-06-01", 0) });
        assert_eq!(decide("2021-06-15").eligibility, Eligibility::Eligible { until: at("2021-07-01", 0) });
        assert_eq!(decide("2021-08-01").eligibility, Eligibility::Ended { since: at("2021-07-01", 0) });
        assert_eq!(decide("2021-08-01").path, ["all/2", "window 2021-06-01..2021-06-30"]);
        assert!(Rule::All(vec![]).check().is_err());
    }

    #[test]
    fn words_name_the_last_day_not_the_midnight_after_it() {
        let words = fuchu().use_at(at("2022-01-01", 0)).eligibility.words();
        assert_eq!(words.ja, "2021年12月31日で受付を終了しました。");
        assert_eq!(words.en, "This ended on 2021-12-31.");
    }
}
