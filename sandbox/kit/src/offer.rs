//! What a world's municipality offers: the programmes that ship as data, or one that is open today.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yorisoi_protocol::eligibility::Rule;
use yorisoi_protocol::manifest::Roots;
use yorisoi_protocol::wire::PublicKey;
use yorisoi_protocol::{CivilDate, EnrollmentCode, Programme, Timestamp};
use yorisoi_sandbox::programmes::{FUCHU_2021, ITABASHI_2021, SETAGAYA_2021};
use yorisoi_sandbox::trust::{self, Validity};

use crate::KitError;

/// The programme of a world that lives today.
pub const TODAY: &str = "sandbox-today";
/// The programme of a world that lives a family's year.
pub const YEAR: &str = "sandbox-year";
/// How many days ago it was opened, and for how many it still is.
const OPEN_DAYS: [i64; 2] = [30, 180];

/// Programmes, and the manifest that names them.
pub struct Offer {
    /// The programmes' files.
    pub programmes: Vec<String>,
    /// Signed by the sandbox's first root.
    pub manifest: Vec<u8>,
    validity: Validity,
}

impl Offer {
    /// These of the three programmes that ship as data; all of them if none is named. [`YEAR`] alone is [`Offer::of_a_year`].
    ///
    /// # Errors
    /// [`KitError`] for another name.
    pub fn shipped(names: &[String]) -> Result<Self, KitError> {
        if names == [YEAR] {
            return Self::of_a_year();
        }
        let all = [FUCHU_2021, ITABASHI_2021, SETAGAYA_2021];
        let mut programmes = Vec::new();
        for text in all {
            let id = Programme::parse(text)?.id;
            if names.is_empty() || names.contains(&id) {
                programmes.push(text.to_owned());
            }
        }
        if programmes.len() < names.len() {
            return Err("a programme that does not ship as data".into());
        }
        Ok(Self { programmes, manifest: trust::manifest()?, validity: Validity::shipped()? })
    }

    /// One programme, Fuchu's, with its window moved so that it is open at `now`.
    ///
    /// # Errors
    /// [`KitError`].
    pub fn open_at(now: Timestamp) -> Result<Self, KitError> {
        let today = now.civil_date();
        let [before, after] = OPEN_DAYS;
        Self::moved(TODAY, [today.plus_days(-before), today.plus_days(after)], today)
    }

    /// One programme, Fuchu's, with a window of a whole year: 2021-04-01 to 2022-03-31.
    ///
    /// # Errors
    /// [`KitError`].
    pub fn of_a_year() -> Result<Self, KitError> {
        let day = |text| CivilDate::parse(text).ok_or_else(|| KitError::from("a day that does not exist"));
        let (first, last) = (day("2021-04-01")?, day("2022-03-31")?);
        Self::moved(YEAR, [first, last], first)
    }

    fn moved(id: &str, [first, last]: [CivilDate; 2], verified_on: CivilDate) -> Result<Self, KitError> {
        let mut file: Value = serde_json::from_str(FUCHU_2021)?;
        put(&mut file, "/id", id.into())?;
        put(&mut file, "/rules/id", format!("{id}/1").into())?;
        put(&mut file, "/rules/use/all/1/window", json!([first.to_string(), last.to_string()]))?;
        put(&mut file, "/rules/redeem_until", last.to_string().into())?;
        put(
            &mut file,
            "/survey/open",
            json!([last.plus_days(-13).to_string(), last.plus_days(21).to_string()]),
        )?;
        put(&mut file, "/safety/verified_on", verified_on.to_string().into())?;
        let text = serde_json::to_string(&file)?;
        Programme::parse(&text)?;
        let validity = Validity { from: first, until: last.plus_days(1) };
        let manifest = trust::manifest_within(&[&text], id, validity)?;
        Ok(Self { programmes: vec![text], manifest, validity })
    }

    /// The same with other values at these places (RFC 6901) of the first programme's file. What an operator of this version
    /// could not add, such as a rule that it does not know, stands in the manifest alone, as if a newer server had signed it.
    ///
    /// # Errors
    /// [`KitError`] for a place that the file does not have.
    pub fn with_changes(mut self, changes: &BTreeMap<String, Value>) -> Result<Self, KitError> {
        if changes.is_empty() {
            return Ok(self);
        }
        let first = self.programmes.first_mut().ok_or("no programme to change")?;
        let mut file: Value = serde_json::from_str(first)?;
        for (pointer, value) in changes {
            put(&mut file, pointer, value.clone())?;
        }
        let changed = serde_json::to_string(&file)?;
        let id = file.pointer("/id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let known = Programme::parse(&changed).is_ok();
        let kept = if known { changed.clone() } else { first.clone() };
        *first = changed;
        let texts: Vec<&str> = self.programmes.iter().map(String::as_str).collect();
        self.manifest = trust::newer_manifest(&texts, &id, self.validity)?;
        if let Some(first) = self.programmes.first_mut() {
            *first = kept;
        }
        Ok(self)
    }

    /// The roots by which the manifest is believed.
    ///
    /// # Errors
    /// [`KitError`].
    pub fn roots(&self) -> Result<Roots, KitError> {
        let [first, second] = trust::roots()?;
        let key =
            |text: String| PublicKey::try_from(text).map_err(|_| KitError::from("a root that is no key"));
        Ok(Roots([key(first)?, key(second)?]))
    }

    /// The programme of this id, or the first.
    ///
    /// # Errors
    /// [`KitError`] if there is none.
    pub fn programme(&self, id: Option<&str>) -> Result<Programme, KitError> {
        for text in &self.programmes {
            let programme = Programme::parse(text)?;
            if id.is_none_or(|id| id == programme.id) {
                return Ok(programme);
            }
        }
        Err("this world has no such programme".into())
    }

    /// The programme whose card this is.
    ///
    /// # Errors
    /// [`KitError`] for a card of another world.
    pub fn programme_of(&self, code: &EnrollmentCode) -> Result<Programme, KitError> {
        for text in &self.programmes {
            let programme = Programme::parse(text)?;
            if programme.index == code.programme_index() {
                return Ok(programme);
            }
        }
        Err("a card of another world".into())
    }

    /// The text of the QR code of a card of this world.
    ///
    /// # Errors
    /// [`KitError`].
    pub fn ticket(&self, code: &EnrollmentCode) -> Result<String, KitError> {
        let programme = self.programme_of(code)?;
        let first = first_day(&programme).ok_or("a programme without a window")?;
        trust::ticket_within(code, programme, first, self.validity)
    }
}

fn put(file: &mut Value, pointer: &str, value: Value) -> Result<(), KitError> {
    let place = file.pointer_mut(pointer).ok_or_else(|| format!("the programme's file has no {pointer}"))?;
    *place = value;
    Ok(())
}

fn first_day(programme: &Programme) -> Option<CivilDate> {
    match &programme.rules.use_rule {
        Rule::All(rules) => rules.iter().find_map(|rule| match rule {
            Rule::Window([first, _]) => Some(*first),
            _ => None,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programme_of_today_is_open_today_and_its_manifest_is_believed() {
        let now = Timestamp::parse("2028-02-29T03:12:00+09:00").unwrap();
        let offer = Offer::open_at(now).unwrap();
        let programme = offer.programme(Some(TODAY)).unwrap();
        let decision = programme.use_at(&programme.card_facts(), now);
        assert!(
            matches!(decision.eligibility, yorisoi_protocol::Eligibility::Eligible { .. }),
            "{decision:?}"
        );
        assert!(offer.programme(Some("fuchu-2021")).is_err());
    }

    #[test]
    fn only_what_ships_as_data_can_be_named() {
        assert_eq!(Offer::shipped(&[]).unwrap().programmes.len(), 3);
        assert_eq!(Offer::shipped(&["itabashi-2021".to_owned()]).unwrap().programmes.len(), 1);
        assert!(Offer::shipped(&["atlantis-2021".to_owned()]).is_err());
    }
}
