//! The rules of one programme: who may use it and when, until when cards are redeemed, and what an end leaves open.

use serde::{Deserialize, Serialize};

use crate::date::{CivilDate, Timestamp};
use crate::eligibility::{Bound, Case, Decision, Eligibility, Facts, MoveOut, Rule};
use crate::municipality::Municipality;
use crate::operator_file::{self, FileError};
use crate::words::Words;

/// The longest rules file that is read, in bytes.
pub const RULE_SET_MAX_BYTES: usize = 64 * 1024;
/// The longest grace after the end, in hours: 31 days.
const GRACE_HOURS_MAX: u32 = 24 * 31;

/// The rules of one programme, under a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet {
    /// The programme's id and the version, such as `fuchu-2021/1`.
    pub id: String,
    /// The municipality.
    pub municipality: Municipality,
    /// Who may use the programme, and when.
    #[serde(rename = "use")]
    pub use_rule: Rule,
    /// The last day on which a card may be redeemed; without it, as long as it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeem_until: Option<CivilDate>,
    /// What a household that moves out may go on with.
    pub move_out: MoveOut,
    /// For how many hours after the end what was begun inside may still be finished, 0 to 744.
    #[serde(default = "three_days")]
    pub answers_grace_hours: u32,
}

impl RuleSet {
    /// Reads a rules file.
    ///
    /// # Errors
    /// [`FileError`] with the line or the field; a field or a rule that this version does not know is one.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        operator_file::read(text, RULE_SET_MAX_BYTES, |rules: &Self| {
            rules.check().and_then(|()| rules.check_known())
        })
    }

    /// The programme's id.
    pub fn programme(&self) -> &str {
        self.id.rsplit_once('/').map_or(&self.id, |(programme, _)| programme)
    }

    /// The version, from 1; 0 where the id carries none, which no checked rule set does.
    pub fn version(&self) -> u32 {
        self.id.rsplit_once('/').and_then(|(_, version)| version.parse().ok()).unwrap_or(0)
    }

    /// May the programme be used at `now`?
    pub fn use_at(&self, facts: &Facts, now: Timestamp) -> Decision {
        self.case(facts, None).decide(now)
    }

    /// May a card be redeemed at `now`? Like use, and only until the redemption deadline.
    pub fn redeem_at(&self, facts: &Facts, now: Timestamp) -> Decision {
        self.case(facts, self.redeem_until.map(Bound::RedeemUntil)).decide(now)
    }

    /// May a message begun at `begun` be sent at `now`? What was begun inside may be finished for the hours of grace after
    /// that ended, so that a question half-written at midnight is not lost to the clock. Where [`RuleSet::use_at`] does not refuse at
    /// `now`, neither does this, whenever the message was begun.
    pub fn send_at(&self, facts: &Facts, begun: Timestamp, now: Timestamp) -> Decision {
        let case = self.case(facts, None);
        let then = case.decide(begun);
        if self.answers_grace_hours == 0 || then.eligibility.refused() || now < begun {
            return case.decide(now);
        }
        let grace = |end: Timestamp| end.plus_hours(self.answers_grace_hours);
        let doubtful_from = match then.eligibility {
            Eligibility::Eligible { until: Some(until) } => until,
            Eligibility::Eligible { until: None } => return then,
            _ => begun,
        };
        let certain_until = grace(doubtful_from);
        if then.eligibility.allowed() && now < certain_until {
            let until = match case.decide(certain_until).eligibility {
                // Another window is open by then.
                Eligibility::Eligible { until } => until,
                _ => Some(certain_until),
            };
            return self.in_grace(Eligibility::Eligible { until }, then);
        }
        let possible = case.refused_from(begun).is_some_and(|end| now < grace(end));
        let today = case.decide(now);
        if !possible || !today.eligibility.refused() {
            return today;
        }
        // Whether it was still inside when it seemed to end turns on a fact that is missing, and so does the grace.
        let doubtful = case.decide(doubtful_from);
        self.in_grace(doubtful.eligibility.clone(), doubtful)
    }

    fn in_grace(&self, eligibility: Eligibility, begun: Decision) -> Decision {
        let hours = self.answers_grace_hours;
        let mut path = vec![format!("answers_grace_hours {hours}")];
        path.extend(begun.path);
        let reason = Words::new(
            format!("期間中に書きはじめたものは、終了後{hours}時間まで送れます。{}", begun.reason.ja),
            format!("What was begun inside may be sent for {hours} hours after the end. {}", begun.reason.en),
        );
        Decision { eligibility, path, reason }
    }

    /// Whether its values can be.
    pub(crate) fn check(&self) -> Result<(), FileError> {
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let programme = self.programme();
        let named = (1..=64).contains(&programme.len()) && programme.chars().all(known);
        if !named || self.version() == 0 || self.id != format!("{programme}/{}", self.version()) {
            return Err(FileError::value("id", "the programme's id, a slash and a version from 1"));
        }
        if self.answers_grace_hours > GRACE_HOURS_MAX {
            return Err(FileError::value("answers_grace_hours", "0 to 744"));
        }
        if let Some(problem) = self.move_out.problem() {
            return Err(FileError::value("move_out", problem));
        }
        self.use_rule.check().map_err(|found| FileError::value(place(&found.place), found.problem))
    }

    /// Whether this version knows all of it.
    pub(crate) fn check_known(&self) -> Result<(), FileError> {
        if self.move_out == MoveOut::Newer {
            return Err(FileError::value("move_out", "this version does not know this policy"));
        }
        let newer = self.use_rule.newer();
        newer.map_or(Ok(()), |found| Err(FileError::value(place(&found.place), found.problem)))
    }

    fn case<'a>(&'a self, facts: &'a Facts, redeem: Option<Bound>) -> Case<'a> {
        let own = facts.lives_in(&self.municipality).then_some(Bound::MoveOut);
        Case::new(&self.use_rule, facts, self.move_out, [own, redeem])
    }
}

fn place(steps: &[String]) -> String {
    let steps = steps.iter().map(String::as_str);
    std::iter::once("use").chain(steps).collect::<Vec<_>>().join(".")
}

fn three_days() -> u32 {
    72
}

#[cfg(test)]
#[path = "rule_set_tests.rs"]
mod tests;
