//! A programme: one municipality's offer, read from a file that an operator writes.
//!
//! An operator's file is read strictly ([`Programme::parse`]); a device reads leniently ([`Programme::read`]), so that an
//! app survives a file that is newer than itself.

use serde::{Deserialize, Serialize};

use crate::code::PROGRAMME_INDEX_MAX;
use crate::date::Timestamp;
use crate::eligibility::{DateFact, Decision, Eligibility, Facts, Residence};
use crate::municipality::Municipality;
use crate::operator_file::{self, FileError};
use crate::question::Service;
use crate::red_flags::{self, RedFlagList};
use crate::rule_set::RuleSet;
use crate::safety::SafetyPack;
use crate::survey::SurveyDefinition;
use crate::words::Words;

/// The longest programme file that is read, in bytes.
pub const PROGRAMME_MAX_BYTES: usize = 64 * 1024;
/// The only format of programme files so far.
pub const PROGRAMME_FORMAT: u32 = 1;

/// One municipality's offer with its services, window, rules and texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Programme {
    /// The format of the file: [`PROGRAMME_FORMAT`].
    pub format: u32,
    /// Its name in commands and reports, such as `fuchu-2021`: lower-case letters, digits and hyphens.
    pub id: String,
    /// Which index its cards carry, 0 to 1023.
    pub index: u16,
    /// The municipality.
    pub municipality: Municipality,
    /// Its name for a person, with the prefecture where the city's name is not unique.
    pub name: Words,
    /// The zone of all its dates; only `Asia/Tokyo` is known.
    pub zone: String,
    /// What it offers.
    pub services: Vec<Service>,
    /// Who may use it, and when.
    pub rules: RuleSet,
    /// How many persons may join with one card.
    pub members_per_card: u8,
    /// Within how many hours of arrival a question is answered.
    pub answer_within_hours: u32,
    /// Whom to ask about cards and access.
    pub ask_about_cards: Words,
    /// Lines to call, with no network. 119 stands first even where a file leaves it out.
    pub safety: SafetyPack,
    /// Published signs to call for help at once, word for word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub red_flags: Vec<RedFlagList>,
    /// The survey at the end, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyDefinition>,
    /// What in this file the sources do not say, in plain words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<String>,
}

/// What is wrong with a programme file.
pub type ProgrammeError = FileError;

impl Programme {
    /// Reads a programme file that an operator wrote. Nothing in it may be unknown.
    ///
    /// # Errors
    /// [`ProgrammeError`] with the line or the field.
    pub fn parse(text: &str) -> Result<Self, ProgrammeError> {
        operator_file::read(text, PROGRAMME_MAX_BYTES, |programme: &Self| {
            programme.check()?;
            programme.rules.check_known().map_err(|error| error.within("rules"))?;
            programme.check_card()
        })
    }

    /// Reads a programme as a device does: what it does not know it passes over, and a rule it does not know is unknown
    /// at every instant.
    ///
    /// # Errors
    /// [`ProgrammeError`], of a value without its line.
    pub fn read(json: &[u8]) -> Result<Self, ProgrammeError> {
        if json.len() > PROGRAMME_MAX_BYTES {
            return Err(FileError::TooLarge { bytes: json.len(), most: PROGRAMME_MAX_BYTES });
        }
        let programme: Self = serde_json::from_slice(json)?;
        programme.check()?;
        Ok(programme)
    }

    /// What a card alone proves: whose programme it is of, and that a visitor of the municipality handed it out to one of
    /// its households.
    pub fn card_facts(&self) -> Facts {
        Facts {
            programme: self.index,
            residence: Residence::Known { municipality: self.municipality.clone(), moved_out: None },
            delivered: DateFact::NotTold,
            children: vec![DateFact::NotTold],
            caregiver_since: Some(DateFact::NotTold),
        }
    }

    /// May the programme be used at `now`? See [`RuleSet::use_at`].
    pub fn use_at(&self, facts: &Facts, now: Timestamp) -> Decision {
        self.rules.use_at(facts, now)
    }

    /// May a card be redeemed at `now`? See [`RuleSet::redeem_at`].
    pub fn redeem_at(&self, facts: &Facts, now: Timestamp) -> Decision {
        self.rules.redeem_at(facts, now)
    }

    /// May a message begun at `begun` be sent at `now`? See [`RuleSet::send_at`].
    pub fn send_at(&self, facts: &Facts, begun: Timestamp, now: Timestamp) -> Decision {
        self.rules.send_at(facts, begun, now)
    }

    /// The last instant (exclusive) at which a card may be redeemed, if there is such a deadline.
    pub fn redeem_ends_at(&self) -> Option<Timestamp> {
        self.rules.redeem_until.map(|last| last.ends_at())
    }

    fn check(&self) -> Result<(), ProgrammeError> {
        let value = |field: &str, problem| Err(FileError::value(field, problem));
        if self.format != PROGRAMME_FORMAT {
            return value("format", "this version reads only format 1");
        }
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || self.id.len() > 64 || !self.id.chars().all(known) {
            return value("id", "1 to 64 lower-case letters, digits and hyphens");
        }
        if self.index > PROGRAMME_INDEX_MAX {
            return value("index", "0 to 1023");
        }
        if self.zone != "Asia/Tokyo" {
            return value("zone", "only Asia/Tokyo is known");
        }
        if self.services.is_empty() {
            return value("services", "at least one");
        }
        if !(1..=8).contains(&self.members_per_card) {
            return value("members_per_card", "1 to 8");
        }
        if !(1..=24 * 14).contains(&self.answer_within_hours) {
            return value("answer_within_hours", "1 to 336");
        }
        self.rules.check().map_err(|error| error.within("rules"))?;
        if self.rules.programme() != self.id {
            return value("rules.id", "the programme's id, a slash and a version from 1");
        }
        if self.rules.municipality != self.municipality {
            return value("rules.municipality", "not the municipality of the programme");
        }
        self.check_people()
    }

    fn check_people(&self) -> Result<(), ProgrammeError> {
        let value = |field| move |problem| FileError::value(field, problem);
        self.safety.check().map_err(value("safety"))?;
        red_flags::check(&self.red_flags).map_err(value("red_flags"))?;
        self.survey.as_ref().map_or(Ok(()), SurveyDefinition::check_definition).map_err(value("survey"))
    }

    /// Rules under which no card could ever be used are a slip: another programme's index, or windows that never meet.
    fn check_card(&self) -> Result<(), ProgrammeError> {
        let ever = self.redeem_at(&self.card_facts(), Timestamp::EARLIEST).eligibility;
        match ever {
            Eligibility::Ended { .. } => Err(FileError::value("rules.use", "no card could ever be redeemed")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "programme_tests.rs"]
mod tests;
