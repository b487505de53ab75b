//! The rules of a programme as its file writes them.
//!
//! A rule is a JSON object with one key, its kind. A kind this version does not know is read as [`Rule::Newer`], unknown
//! at every instant, so that an older app survives a newer file; the reader of an operator's file refuses it. New
//! conditions therefore come as new kinds, never as new fields of an old one, for those would be overlooked.

use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::age::{Period, WrittenPeriod};
use crate::date::CivilDate;
use crate::municipality::Municipality;

/// How deep rules may stand in each other.
pub const RULE_DEPTH_MAX: usize = 8;
/// How many rules one rule may be made of, itself included.
pub const RULE_NODES_MAX: usize = 64;

/// A rule of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Every one of these.
    All(Vec<Rule>),
    /// At least one of these.
    Any(Vec<Rule>),
    /// Not this.
    Not(Box<Rule>),
    /// From the first day to the last, both included.
    Window([CivilDate; 2]),
    /// A card of the programme with this index.
    Programme(u16),
    /// Living in this municipality; after moving out of it, as long as [`super::MoveOut`] says.
    Resides(Municipality),
    /// From the day of the delivery until the period ends. Stillbirth and miscarriage are deliveries, and no death ends
    /// it (妊産婦, Maternal and Child Health Act art. 6(1); notice 子母発0531第3号 of 2021).
    DeliveredWithin(Period),
    /// From the birth of any of the children until the period ends.
    ChildAgeLt(Period),
    /// Caring, in a parent's place, for a child under one year (保護者 and 乳児, the same Act art. 6(2), 6(4)).
    CaregiverOfInfant,
    /// A rule this version does not know.
    Newer {
        /// Its kind.
        kind: String,
    },
}

/// Something in a rule that cannot be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RuleProblem {
    /// Where: kinds and positions from the outermost rule, such as `all.1.window`.
    pub(crate) place: Vec<String>,
    /// What.
    pub(crate) problem: &'static str,
}

impl Rule {
    /// Whether it is within its caps and its values can be. Visits every rule once.
    pub(crate) fn check(&self) -> Result<(), RuleProblem> {
        let mut nodes = 0;
        self.check_within(RULE_DEPTH_MAX, &mut nodes).map_err(|mut found| {
            found.place.reverse();
            found
        })
    }

    /// The first rule this version does not know.
    pub(crate) fn newer(&self) -> Option<RuleProblem> {
        let place = |mut found: RuleProblem, steps: Vec<String>| {
            found.place.splice(0..0, steps);
            found
        };
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().enumerate().find_map(|(index, rule)| {
                Some(place(rule.newer()?, vec![self.kind().to_owned(), index.to_string()]))
            }),
            Self::Not(rule) => Some(place(rule.newer()?, vec![self.kind().to_owned()])),
            Self::Newer { kind } => Some(RuleProblem {
                place: vec![kind.clone()],
                problem: "this version does not know this rule, or its `count`",
            }),
            _ => None,
        }
    }

    /// Whether rules of this kind turn on the age of a child.
    pub(super) fn is_about_age(kind: &str) -> bool {
        matches!(kind, "child_age_lt" | "caregiver_of_infant")
    }

    /// Its kind, as in a file.
    pub(super) fn kind(&self) -> &str {
        match self {
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
            Self::Window(_) => "window",
            Self::Programme(_) => "programme",
            Self::Resides(_) => "resides",
            Self::DeliveredWithin(_) => "delivered_within",
            Self::ChildAgeLt(_) => "child_age_lt",
            Self::CaregiverOfInfant => "caregiver_of_infant",
            Self::Newer { kind } => kind,
        }
    }

    /// The place of a problem is gathered on the way back, innermost step first.
    fn check_within(&self, depth: usize, nodes: &mut usize) -> Result<(), RuleProblem> {
        *nodes += 1;
        let problem = |problem| Err(RuleProblem { place: vec![self.kind().to_owned()], problem });
        if depth == 0 {
            return problem("rules stand more than 8 deep");
        }
        if *nodes > RULE_NODES_MAX {
            return problem("more than 64 rules");
        }
        match self {
            Self::All(rules) | Self::Any(rules) if rules.is_empty() => problem("at least one rule"),
            Self::All(rules) | Self::Any(rules) => rules.iter().enumerate().try_for_each(|(index, rule)| {
                rule.check_within(depth - 1, nodes).map_err(|mut found| {
                    found.place.extend([index.to_string(), self.kind().to_owned()]);
                    found
                })
            }),
            Self::Not(rule) => rule.check_within(depth - 1, nodes).map_err(|mut found| {
                found.place.push(self.kind().to_owned());
                found
            }),
            Self::Window([first, last]) if first > last => problem("the last day lies before the first"),
            Self::DeliveredWithin(period) | Self::ChildAgeLt(period) if !period.is_possible() => {
                problem("1 to 240 months, or 1 to 7300 days")
            }
            _ => Ok(()),
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        let kind = self.kind();
        match self {
            Self::All(rules) | Self::Any(rules) => map.serialize_entry(kind, rules)?,
            Self::Not(rule) => map.serialize_entry(kind, rule)?,
            Self::Window(days) => map.serialize_entry(kind, days)?,
            Self::Programme(index) => map.serialize_entry(kind, index)?,
            Self::Resides(municipality) => map.serialize_entry(kind, municipality)?,
            Self::DeliveredWithin(period) | Self::ChildAgeLt(period) => map.serialize_entry(kind, period)?,
            Self::CaregiverOfInfant | Self::Newer { .. } => map.serialize_entry(kind, &Nothing {})?,
        }
        map.end()
    }
}

/// `{}`.
#[derive(Serialize, Deserialize)]
struct Nothing {}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneKey)
    }
}

struct OneKey;

impl<'de> Visitor<'de> for OneKey {
    type Value = Rule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rule: an object with one key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rule, A::Error> {
        let Some(kind) = map.next_key::<String>()? else {
            return Err(A::Error::custom("a rule has one key, its kind"));
        };
        let period = |WrittenPeriod(period), known: fn(Period) -> Rule| {
            period.map_or_else(|| Rule::Newer { kind: kind.clone() }, known)
        };
        let rule = match kind.as_str() {
            "all" => Rule::All(map.next_value()?),
            "any" => Rule::Any(map.next_value()?),
            "not" => Rule::Not(map.next_value()?),
            "window" => Rule::Window(map.next_value()?),
            "programme" => Rule::Programme(map.next_value()?),
            "resides" => Rule::Resides(map.next_value()?),
            "delivered_within" => period(map.next_value()?, Rule::DeliveredWithin),
            "child_age_lt" => period(map.next_value()?, Rule::ChildAgeLt),
            "caregiver_of_infant" => map.next_value().map(|Nothing {}| Rule::CaregiverOfInfant)?,
            _ => {
                map.next_value::<IgnoredAny>()?;
                Rule::Newer { kind }
            }
        };
        match map.next_key::<IgnoredAny>()? {
            None => Ok(rule),
            Some(_) => Err(A::Error::custom("a rule has one key, its kind; `all` joins several")),
        }
    }
}
