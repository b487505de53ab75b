//! The answer: may it be done, until or since when, and by which rule.

use serde::Serialize;

use super::facts::Missing;
use super::rule::Rule;
use crate::date::Timestamp;
use crate::words::Words;

/// May it be done?
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Eligibility {
    /// Yes.
    Eligible {
        /// The first instant at which it is no longer certain that it may; `None` where no end is known.
        until: Option<Timestamp>,
    },
    /// Not yet.
    NotYet {
        /// The first instant at which it may, or at which that turns on a fact that is missing.
        from: Timestamp,
    },
    /// No longer, and never again.
    Ended {
        /// The first instant at which it no longer might; [`Timestamp::EARLIEST`] where it never might.
        since: Timestamp,
    },
    /// That turns on facts that were not told.
    Unknown {
        /// Which, each once.
        missing: Vec<Missing>,
    },
}

/// An answer with the rules that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The answer.
    pub eligibility: Eligibility,
    /// The rules from the outermost to the one that decided, such as `all/2`, `window 2021-08-02..2021-12-31`.
    pub path: Vec<String>,
    /// The rule that decided, in words a support desk can read aloud.
    pub reason: Words,
}

impl Decision {
    /// Whether the rule that decided turns on the age of a child.
    pub fn turns_on_age(&self) -> bool {
        let kind = self.path.last().and_then(|step| step.split(' ').next());
        kind.is_some_and(Rule::is_about_age)
    }
}

impl Eligibility {
    /// Whether it is certain that it may be done.
    pub fn allowed(&self) -> bool {
        matches!(self, Self::Eligible { .. })
    }

    /// Whether it is certain that it may not be done. What is unknown is asked for, never refused.
    pub fn refused(&self) -> bool {
        matches!(self, Self::NotYet { .. } | Self::Ended { .. })
    }

    /// The answer in words, with its date. The last day is named, not the midnight after it.
    pub fn words(&self) -> Words {
        let last_day = |end: Timestamp| end.plus_millis(-1).civil_date();
        match self {
            Self::Eligible { until: Some(until) } => Words::new(
                format!("{}までご利用いただけます。", last_day(*until).japanese()),
                format!("You can use this until the end of {}.", last_day(*until)),
            ),
            Self::Eligible { until: None } => Words::new("ご利用いただけます。", "You can use this."),
            Self::NotYet { from } => Words::new(
                format!("{}からご利用いただけます。", from.civil_date().japanese()),
                format!("You can use this from {}.", from.civil_date()),
            ),
            Self::Ended { since } if *since <= Timestamp::EARLIEST => Words::new(
                "この条件ではご利用いただけません。",
                "This cannot be used under these conditions.",
            ),
            Self::Ended { since } => Words::new(
                format!("{}で受付を終了しました。", last_day(*since).japanese()),
                format!("This ended on {}.", last_day(*since)),
            ),
            // Nothing can be told that would help, and nothing is refused.
            Self::Unknown { missing } if missing.is_empty() => Self::Eligible { until: None }.words(),
            Self::Unknown { missing } => Missing::words(missing),
        }
    }
}
