//! A programme: one municipality's offer, read from a file that an operator writes.

use serde::{Deserialize, Serialize};

use crate::code::PROGRAMME_INDEX_MAX;
use crate::date::{CivilDate, Timestamp};
use crate::eligibility::Rule;
use crate::municipality::Municipality;
use crate::question::Service;
use crate::survey::SurveyDefinition;
use crate::words::Words;

/// The longest programme file that is read, in bytes.
pub const PROGRAMME_MAX_BYTES: usize = 64 * 1024;
/// The only format of programme files so far.
pub const PROGRAMME_FORMAT: u32 = 1;

/// One municipality's offer with its services, window, rules and texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    pub use_rule: Rule,
    /// The last day on which a card may be redeemed.
    pub redeem_until: CivilDate,
    /// How many persons may join with one card.
    pub members_per_card: u8,
    /// Within how many hours of arrival a question is answered.
    pub answer_within_hours: u32,
    /// For how many hours after the end something begun inside may still be sent.
    pub finish_within_hours: u32,
    /// Whom to ask about cards and access.
    pub ask_about_cards: Words,
    /// Telephone numbers to show with no network, most urgent first. 119 stands first even where a file leaves it out.
    pub safety_contacts: Vec<SafetyContact>,
    /// The survey at the end, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyDefinition>,
    /// What in this file the sources do not say, in plain words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<String>,
}

/// A number to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafetyContact {
    /// What it is for.
    pub label: Words,
    /// The number in plain digits and hyphens: iOS cannot call numbers with `#`.
    pub digits: String,
    /// The short form, such as `#7119`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<String>,
}

/// What is wrong with a programme file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgrammeError {
    /// More than [`PROGRAMME_MAX_BYTES`] bytes.
    #[error("the programme file has {bytes} bytes; at most {PROGRAMME_MAX_BYTES} are read")]
    TooLarge {
        /// Bytes found.
        bytes: usize,
    },
    /// Not the JSON of a programme.
    #[error("line {line}, column {column}: {problem}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// The JSON of a programme with a value that cannot be.
    #[error("{field}: {problem}")]
    Value {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Programme {
    /// Reads a programme file.
    ///
    /// # Errors
    /// [`ProgrammeError`] with the line or the field.
    pub fn parse(text: &str) -> Result<Self, ProgrammeError> {
        if text.len() > PROGRAMME_MAX_BYTES {
            return Err(ProgrammeError::TooLarge { bytes: text.len() });
        }
        let programme: Self = serde_json::from_slice(text.as_bytes()).map_err(|error| {
            ProgrammeError::Syntax { line: error.line(), column: error.column(), problem: problem(&error) }
        })?;
        programme.check()?;
        Ok(programme)
    }

    /// The last instant (exclusive) at which a card may be redeemed.
    pub fn redeem_ends_at(&self) -> Timestamp {
        self.redeem_until.ends_at()
    }

    /// 119, which works everywhere and stays on the phone whatever a file says.
    pub fn emergency() -> SafetyContact {
        SafetyContact {
            label: Words::new("救急・消防", "Ambulance and fire"),
            digits: "119".to_owned(),
            short: None,
        }
    }

    /// [`Programme::emergency`] first, then the programme's own numbers.
    pub fn safety_contacts(&self) -> Vec<SafetyContact> {
        let own = self.safety_contacts.iter().filter(|contact| contact.digits != "119");
        std::iter::once(Self::emergency()).chain(own.cloned()).collect()
    }

    fn check(&self) -> Result<(), ProgrammeError> {
        let value = |field, problem| Err(ProgrammeError::Value { field, problem });
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
        if self.finish_within_hours > 24 * 31 {
            return value("finish_within_hours", "0 to 744");
        }
        self.use_rule.check()?;
        self.survey.as_ref().map_or(Ok(()), check_survey)
    }
}

/// serde ends its messages with the place, which [`ProgrammeError::Syntax`] already carries.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(problem, _)| problem.to_owned())
}

fn check_survey(survey: &SurveyDefinition) -> Result<(), ProgrammeError> {
    let value = |problem| Err(ProgrammeError::Value { field: "survey", problem });
    let [first, last] = survey.open;
    if first > last {
        return value("its last day lies before its first");
    }
    if survey.items.is_empty() || survey.items.iter().any(|item| !survey.scales.contains_key(&item.scale)) {
        return value("it needs an item, and every item a scale of the file");
    }
    if survey.scales.values().any(|scale| scale.len() < 2 || scale.len() > 100) {
        return value("a scale has 2 to 100 steps");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUCHU: &str = include_str!("../../sandbox/programmes/fuchu-2021.json");

    #[test]
    fn the_shipped_programmes_are_whole() {
        let fuchu = Programme::parse(FUCHU).unwrap();
        assert_eq!(fuchu.municipality.as_str(), "132063");
        assert_eq!(fuchu.safety_contacts()[0].digits, "119");
        for text in [
            include_str!("../../sandbox/programmes/itabashi-2021.json"),
            include_str!("../../sandbox/programmes/setagaya-2021.json"),
        ] {
            assert!(!Programme::parse(text).unwrap().assumptions.is_empty());
        }
    }

    #[test]
    fn a_mistake_is_refused_with_its_line_or_field() {
        let wrong_line = FUCHU.replace("\"services\"", "\"servises\"");
        let line = FUCHU.lines().position(|l| l.contains("\"services\"")).unwrap() + 1;
        match Programme::parse(&wrong_line) {
            Err(ProgrammeError::Syntax { line: found, .. }) => assert_eq!(found, line),
            other => panic!("{other:?}"),
        }
        for (from, to, field) in [
            ("\"fuchu-2021\"", "\"Fuchu 2021\"", "id"),
            ("\"index\": 37", "\"index\": 1024", "index"),
            ("Asia/Tokyo", "Europe/Berlin", "zone"),
            ("\"members_per_card\": 2", "\"members_per_card\": 0", "members_per_card"),
            ("[\"2021-08-02\", \"2021-12-31\"]", "[\"2021-12-31\", \"2021-08-02\"]", "use_rule"),
            ("[\"2021-12-18\", \"2022-01-21\"]", "[\"2022-12-18\", \"2022-01-21\"]", "survey"),
        ] {
            let text = FUCHU.replacen(from, to, 1);
            assert_ne!(text, FUCHU, "{from}");
            match Programme::parse(&text) {
                Err(ProgrammeError::Value { field: found, .. }) => assert_eq!(found, field),
                other => panic!("{field}: {other:?}"),
            }
        }
        assert!(matches!(
            Programme::parse(&FUCHU.replace("132063", "132064")),
            Err(ProgrammeError::Syntax { .. })
        ));
        let large = " ".repeat(PROGRAMME_MAX_BYTES + 1);
        assert!(matches!(Programme::parse(&large), Err(ProgrammeError::TooLarge { .. })));
    }
}
