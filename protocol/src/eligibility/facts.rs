//! What is known of a household when a rule is asked. Anything may be untold; nothing here says whether a child lives.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::date::CivilDate;
use crate::municipality::Municipality;
use crate::words::Words;

/// A date, as far as it was told: in text `YYYY-MM-DD`, `YYYY-MM` or `unknown`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DateFact {
    /// The day.
    Known(CivilDate),
    /// Only the month.
    Month {
        /// The year, 1 to 9999.
        year: i32,
        /// The month, 1 to 12.
        month: u32,
    },
    /// Nothing.
    NotTold,
}

/// Where a household lives, as far as it was told.
#[derive(Clone, PartialEq, Eq)]
pub enum Residence {
    /// In this municipality.
    Known {
        /// Which.
        municipality: Municipality,
        /// The day of moving out of it, if that was told.
        moved_out: Option<CivilDate>,
    },
    /// Not told.
    NotTold,
}

/// What the rules are asked about. Twins are one household with two entries in `children`, and one entitlement: a rule
/// on a child's age holds while it holds for any of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts {
    /// The index of the programme whose card the household has.
    pub programme: u16,
    /// Where it lives.
    pub residence: Residence,
    /// The day of the delivery, stillbirth and miscarriage included.
    pub delivered: DateFact,
    /// The birth dates of the children, each as far as told; empty where there is none.
    pub children: Vec<DateFact>,
    /// Since when a child that somebody else gave birth to is cared for; `None` where that is not so.
    pub caregiver_since: Option<DateFact>,
}

/// Text that is no [`DateFact`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not YYYY-MM-DD, YYYY-MM or unknown")]
pub struct DateFactError;

/// A fact on which an answer turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Where the household lives.
    Residence,
    /// The day of the delivery.
    DeliveryDate,
    /// A child's birth date.
    ChildBirthDate,
    /// Since when a child is cared for.
    CaregiverSince,
    /// What the city decides for a household that moved out.
    MoveOutRule,
    /// An app, or a server, that knows the rule.
    NewerVersion,
}

impl Facts {
    /// These facts, with the birth date of the child that a question is about. It makes an entry exact that it fits, the
    /// most exact of several; where it fits none it is one more child, since who asks about an older child has not said
    /// that there is no younger one.
    #[must_use]
    pub fn with_child(mut self, born: CivilDate) -> Self {
        let fitting = self.children.iter_mut().filter(|child| child.may_be(born));
        match fitting.min_by_key(|child| child.vagueness()) {
            Some(child) => *child = DateFact::Known(born),
            None => self.children.push(DateFact::Known(born)),
        }
        self
    }

    /// Whether the household lives, or lived until it moved out, in this municipality.
    pub(crate) fn lives_in(&self, municipality: &Municipality) -> bool {
        matches!(&self.residence, Residence::Known { municipality: home, .. } if home == municipality)
    }
}

impl DateFact {
    /// Reads `YYYY-MM-DD`, `YYYY-MM` or `unknown`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "unknown" {
            return Some(Self::NotTold);
        }
        if let Some(day) = CivilDate::parse(text) {
            return Some(Self::Known(day));
        }
        CivilDate::month(text)?;
        let (year, month) = text.split_once('-')?;
        Some(Self::Month { year: year.parse().ok()?, month: month.parse().ok()? })
    }

    /// The first and the last day it may be; `None` where it may be any, or the month does not exist.
    pub fn days(self) -> Option<[CivilDate; 2]> {
        match self {
            Self::Known(day) => Some([day, day]),
            Self::Month { year, month } => {
                let first = CivilDate::new(year, month, 1)?;
                Some([first, first.month_end()])
            }
            Self::NotTold => None,
        }
    }

    fn may_be(self, day: CivilDate) -> bool {
        self.days().is_none_or(|[first, last]| first <= day && day <= last)
    }

    fn vagueness(self) -> u8 {
        match self {
            Self::Known(_) => 0,
            Self::Month { .. } => 1,
            Self::NotTold => 2,
        }
    }
}

impl TryFrom<String> for DateFact {
    type Error = DateFactError;

    fn try_from(text: String) -> Result<Self, DateFactError> {
        Self::parse(&text).ok_or(DateFactError)
    }
}

impl From<DateFact> for String {
    fn from(date: DateFact) -> Self {
        match date {
            DateFact::Known(day) => day.to_string(),
            DateFact::Month { year, month } => format!("{year:04}-{month:02}"),
            DateFact::NotTold => "unknown".to_owned(),
        }
    }
}

/// Only how much was told: a birth date is nobody's to log.
impl fmt::Debug for DateFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "Known",
            Self::Month { .. } => "Month",
            Self::NotTold => "NotTold",
        })
    }
}

/// Only how much was told.
impl fmt::Debug for Residence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known { moved_out: None, .. } => "Known",
            Self::Known { .. } => "Known, moved out",
            Self::NotTold => "NotTold",
        })
    }
}

/// Only how much was told.
impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("programme", &self.programme)
            .field("residence", &self.residence)
            .field("delivered", &self.delivered)
            .field("children", &self.children)
            .field("caregiver_since", &self.caregiver_since)
            .finish()
    }
}

impl Missing {
    /// All of them, in the order in which they are named.
    pub(super) const ALL: [Self; 6] = [
        Self::Residence,
        Self::DeliveryDate,
        Self::ChildBirthDate,
        Self::CaregiverSince,
        Self::MoveOutRule,
        Self::NewerVersion,
    ];

    /// What a person is asked for; `None` for what they cannot tell.
    fn asked(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Residence => Some(("お住まいの市区町村", "the municipality you live in")),
            Self::DeliveryDate => Some(("出産日", "the day of the delivery")),
            Self::ChildBirthDate => Some(("お子さまの生年月日", "the child's date of birth")),
            Self::CaregiverSince => {
                Some(("お子さまを育てはじめた日", "the day you began to care for the child"))
            }
            Self::MoveOutRule | Self::NewerVersion => None,
        }
    }

    /// Asks for what is missing.
    pub(super) fn words(missing: &[Self]) -> Words {
        let mut words = Words::new("", "");
        for (japanese, english) in missing.iter().filter_map(|fact| fact.asked()) {
            let first = words.ja.is_empty();
            words.ja += if first { "" } else { "、" };
            words.en += if first { "Please tell us " } else { ", " };
            words.ja += japanese;
            words.en += english;
        }
        if !words.ja.is_empty() {
            words.ja += "を教えてください。";
            words.en += ".";
        }
        if missing.contains(&Self::MoveOutRule) {
            add(
                &mut words,
                "転出後のご利用については、市区町村の窓口におたずねください。",
                "Please ask the municipality whether this can be used after moving out.",
            );
        }
        if missing.contains(&Self::NewerVersion) {
            add(&mut words, "アプリを新しくしてください。", "Please update the app.");
        }
        words
    }
}

fn add(words: &mut Words, japanese: &str, english: &str) {
    if !words.en.is_empty() {
        words.en += " ";
    }
    words.ja += japanese;
    words.en += english;
}
