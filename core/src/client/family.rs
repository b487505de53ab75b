//! What was told of the family, and what is judged and shown by it.
//!
//! Rules are asked with the card and with what was told, here alone. In loss mode they are asked with the same, so that
//! nobody loses what they are entitled to, while no age is shown and nothing of the family is asked for.

use yorisoi_protocol::eligibility::{DateFact, Facts};
use yorisoi_protocol::loss::{FamilyStatus, Prompt};
use yorisoi_protocol::question::Subject;
use yorisoi_protocol::time::{ClockState, TrustedTime};
use yorisoi_protocol::{CivilDate, Decision, Programme};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::family::{CHILDREN_MAX, DateError, FamilyFact, FamilyFacts, MovedOut, check_date};
use crate::host::Notice;
use crate::store::StoreError;
use crate::view::EligibilityView;

/// The family, as far as an answer turns on it.
pub(super) struct Family {
    told: FamilyFacts,
    status: FamilyStatus,
    /// Absent where the phone does not know it well enough.
    today: Option<CivilDate>,
}

impl YorisoiClient {
    /// What was told of the family. In loss mode no birth date is among it; none is forgotten.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn family_facts(&self) -> Result<FamilyFacts, YorisoiError> {
        let Family { mut told, status, .. } = self.family()?;
        if status.silences(Prompt::ChildAge) {
            told.children.clear();
        }
        Ok(told)
    }

    /// Tells something of the family, tells it differently, or takes it back. None of it is ever needed, and none leaves
    /// this phone except in an export.
    ///
    /// # Errors
    /// [`YorisoiError::Date`] for a date that cannot be; [`YorisoiError::NotEnrolled`] for moving out of the municipality of
    /// a programme one is not in; [`YorisoiError::Setting`] for a month that does not exist or too many children; and the
    /// errors of the store.
    pub fn tell_family_fact(&self, fact: FamilyFact) -> Result<(), YorisoiError> {
        let inside = self.calls.enter();
        check_form(&fact)?;
        fact.check(self.today())?;
        let moved_out = match &fact {
            FamilyFact::MovedOut(Some(day)) => Some(self.moved_out(*day)?),
            _ => None,
        };
        self.store.change_settings(|settings| {
            let told = &mut settings.family;
            match fact {
                FamilyFact::Children(children) => told.children = children,
                FamilyFact::Delivered(day) => told.delivered = day,
                FamilyFact::CaregiverSince(day) => told.caregiver_since = day,
                FamilyFact::MovedOut(_) => told.moved_out = moved_out,
            }
        })?;
        drop(inside);
        self.tell(&[Notice::Family]);
        Ok(())
    }

    pub(super) fn family(&self) -> Result<Family, StoreError> {
        let settings = self.store.settings()?;
        let status = FamilyStatus::from_loss_mode(settings.loss_mode);
        Ok(Family { told: settings.family, status, today: self.today() })
    }

    /// Whether the birth date a question carries can be.
    pub(super) fn check_subject(&self, subject: Subject) -> Result<(), DateError> {
        born(subject).map_or(Ok(()), |born| check_date(DateFact::Known(born), self.today()))
    }

    fn moved_out(&self, day: CivilDate) -> Result<MovedOut, YorisoiError> {
        let municipality = self.place()?.programme.municipality.clone();
        Ok(MovedOut { municipality, day })
    }

    fn today(&self) -> Option<CivilDate> {
        let TrustedTime { now, state } = self.time();
        (state != ClockState::ClockSuspect).then(|| now.civil_date())
    }
}

impl Family {
    /// What a programme's rules are asked with.
    pub(super) fn facts(&self, programme: &Programme) -> Facts {
        self.told.with_card(programme)
    }

    /// The same for a message: the birth date it carries is a fact too, if it can be one.
    pub(super) fn facts_about(&self, programme: &Programme, subject: Subject) -> Facts {
        let facts = self.facts(programme);
        let born = born(subject).filter(|born| check_date(DateFact::Known(*born), self.today).is_ok());
        match born {
            Some(born) => facts.with_child(born),
            None => facts,
        }
    }

    /// An answer as this family is shown it.
    pub(super) fn view(&self, decision: Decision) -> EligibilityView {
        let Decision { eligibility, path, reason } = self.status.shown(decision);
        EligibilityView { words: eligibility.words(), eligibility, path, reason }
    }
}

fn born(subject: Subject) -> Option<CivilDate> {
    match subject {
        Subject::Child { born } => born,
        Subject::Parent => None,
    }
}

/// What no screen of an app should let through.
fn check_form(fact: &FamilyFact) -> Result<(), YorisoiError> {
    let dates = match fact {
        FamilyFact::Children(children) if children.len() > CHILDREN_MAX => {
            return Err(YorisoiError::Setting("the number of children"));
        }
        FamilyFact::Children(children) => children.as_slice(),
        FamilyFact::Delivered(day) | FamilyFact::CaregiverSince(day) => std::slice::from_ref(day),
        FamilyFact::MovedOut(_) => &[],
    };
    let exists = |date: &DateFact| *date == DateFact::NotTold || date.days().is_some();
    if dates.iter().all(exists) { Ok(()) } else { Err(YorisoiError::Setting("a month")) }
}
