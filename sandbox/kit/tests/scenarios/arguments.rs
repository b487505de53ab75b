//! The arguments of a step, read as the types of the library. An argument nobody asked for is a slip in the scenario.

use std::collections::BTreeSet;
use std::fmt::Debug;

use serde_json::{Map, Value};
use yorisoi_core::YorisoiError;
use yorisoi_core::family::FamilyFact;
use yorisoi_protocol::CivilDate;
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::eligibility::DateFact;
use yorisoi_protocol::question::{Service, Subject};

use crate::exercised::note;
use crate::values::plain;

pub struct Arguments {
    members: Map<String, Value>,
    read: BTreeSet<String>,
}

/// An id that is none names nothing, and a date that is none is a setting: as the bindings have it.
fn no_id<E>(_: E) -> YorisoiError {
    YorisoiError::NotFound
}

impl Arguments {
    pub fn new(with: Value) -> Self {
        let members = match with {
            Value::Object(members) => members,
            Value::Null => Map::new(),
            other => panic!("arguments are an object, not {other}"),
        };
        Self { members, read: BTreeSet::new() }
    }

    /// Every argument was asked for.
    pub fn finish(&self) {
        let strange: Vec<&String> = self.members.keys().filter(|name| !self.read.contains(*name)).collect();
        assert!(strange.is_empty(), "arguments that the call does not have: {strange:?}");
    }

    pub fn value(&mut self, name: &str) -> Value {
        self.read.insert(name.to_owned());
        self.members.get(name).cloned().unwrap_or(Value::Null)
    }

    pub fn text(&mut self, name: &str) -> String {
        self.text_perhaps(name).unwrap_or_else(|| panic!("`{name}` is no text"))
    }

    pub fn text_perhaps(&mut self, name: &str) -> Option<String> {
        match self.value(name) {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => panic!("`{name}` is no text: {other}"),
        }
    }

    pub fn number(&mut self, name: &str) -> u64 {
        self.number_perhaps(name).unwrap_or_else(|| panic!("`{name}` is no number"))
    }

    pub fn number_perhaps(&mut self, name: &str) -> Option<u64> {
        let value = self.value(name);
        assert!(value.is_null() || value.is_u64(), "`{name}` is no number: {value}");
        value.as_u64()
    }

    pub fn small(&mut self, name: &str) -> u32 {
        self.number(name).try_into().unwrap()
    }

    pub fn yes_or_no(&mut self, name: &str) -> bool {
        self.value(name).as_bool().unwrap_or_else(|| panic!("`{name}` is neither true nor false"))
    }

    pub fn id<T, E>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, YorisoiError> {
        parse(&self.text(name)).map_err(no_id)
    }

    pub fn id_perhaps<T, E>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, YorisoiError> {
        self.text_perhaps(name).map(|text| parse(&text).map_err(no_id)).transpose()
    }

    pub fn service(&mut self, name: &str) -> Service {
        one_of("Service", &self.text(name), &[Service::Obstetrics, Service::Pediatrics])
    }

    pub fn purpose(&mut self, name: &str) -> Purpose {
        let all = [
            Purpose::Service,
            Purpose::Photo,
            Purpose::MunicipalHandoff,
            Purpose::Survey,
            Purpose::Statistics,
        ];
        one_of("Purpose", &self.text(name), &all)
    }

    pub fn consent_state(&mut self, name: &str) -> ConsentState {
        one_of(
            "ConsentState",
            &self.text(name),
            &[ConsentState::Grant, ConsentState::Deny, ConsentState::Withdraw],
        )
    }

    pub fn subject(&mut self, name: &str) -> Result<Subject, YorisoiError> {
        let value = self.value(name);
        if value == "parent" {
            return Ok(Subject::Parent);
        }
        let born = match value.get("child").unwrap_or_else(|| panic!("no subject: {value}")).get("born") {
            None | Some(Value::Null) => None,
            Some(day) => Some(date(day.as_str().unwrap())?),
        };
        Ok(Subject::Child { born })
    }

    pub fn family_fact(&mut self, name: &str) -> Result<FamilyFact, YorisoiError> {
        let value = self.value(name);
        let (variant, fields) = value.as_object().and_then(|fact| fact.iter().next()).expect("a fact");
        note(format!("variant FamilyFact.{variant}"));
        let day = || date_fact(&fields["day"]);
        Ok(match variant.as_str() {
            "children" => {
                let born = fields["born"].as_array().unwrap().iter().map(date_fact);
                FamilyFact::Children(born.collect::<Result<_, _>>()?)
            }
            "delivered" => FamilyFact::Delivered(day()?),
            "caregiver_since" => FamilyFact::CaregiverSince(day()?),
            "moved_out" => FamilyFact::MovedOut(fields["day"].as_str().map(date).transpose()?),
            other => panic!("there is no fact `{other}`"),
        })
    }
}

fn one_of<T: Copy + Debug>(of: &str, name: &str, all: &[T]) -> T {
    let found = all.iter().copied().find(|value| plain(of, value) == name);
    found.unwrap_or_else(|| panic!("there is no {of} `{name}`"))
}

fn date(text: &str) -> Result<CivilDate, YorisoiError> {
    CivilDate::parse(text).ok_or(YorisoiError::Setting("a date"))
}

fn date_fact(value: &Value) -> Result<DateFact, YorisoiError> {
    if value == "not_told" {
        return Ok(DateFact::NotTold);
    }
    if let Some(month) = value.get("month") {
        let number = |name: &str| month[name].as_i64().unwrap();
        let (year, month) = (number("year").try_into().unwrap(), number("month").try_into().unwrap());
        return Ok(DateFact::Month { year, month });
    }
    Ok(DateFact::Known(date(value["known"]["day"].as_str().unwrap())?))
}
