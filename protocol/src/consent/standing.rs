//! Where a purpose stands, given the ledger and the text an app would show now.
//!
//! A decision holds for its purpose and the major version of its text:
//! - without an entry a purpose is denied;
//! - a grant holds for its own major version; a text with a higher one asks for more and is asked for anew, while the
//!   old grant stays in force for what it covered;
//! - saying no to the wider text leaves the narrower grant as it was;
//! - withdrawing ends every grant of the purpose, whatever its version, at once;
//! - who said no, and has no older grant in force, is not asked again by a newer text: a no to less is a no to more.

use super::text_id::TextId;
use super::{ConsentEntry, ConsentState, Purpose};

/// Where a purpose stands with respect to one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Never decided: denied, and may be asked.
    NeverAsked,
    /// Granted for this text.
    Granted,
    /// Refused. An older grant for less may still be in force.
    Denied {
        /// The name of the text whose grant still is in force, if there is one.
        old: Option<String>,
    },
    /// Granted once and taken back.
    Withdrawn,
    /// Granted for another major version only: this one is to be asked for, and until then the old scope holds.
    AskAgain {
        /// The name of the text whose grant is in force.
        old: String,
    },
}

impl Standing {
    /// Whether what this very text asks for may be done.
    pub fn granted(&self) -> bool {
        *self == Self::Granted
    }

    /// Whether a person may be asked. Who said no is not.
    pub fn may_ask(&self) -> bool {
        matches!(self, Self::NeverAsked | Self::AskAgain { .. })
    }
}

/// What was last said under each major version; `None` for texts whose name has none. A handful at most, so a list.
type Decisions<'a> = Vec<(Option<u16>, &'a ConsentEntry)>;

/// Where `purpose` stands by these entries, oldest first, for this text.
pub fn standing(entries: &[ConsentEntry], purpose: Purpose, text: &TextId) -> Standing {
    let decisions = decisions(entries, purpose);
    let old = || in_force(&decisions).map(|entry| entry.text_id.clone());
    let own = decisions.iter().find(|(major, _)| *major == Some(text.major));
    match own.map(|(_, entry)| entry.state) {
        Some(ConsentState::Grant) => Standing::Granted,
        Some(ConsentState::Deny) => Standing::Denied { old: old() },
        Some(ConsentState::Withdraw) => Standing::Withdrawn,
        None => match (old(), last_state(entries, purpose)) {
            (Some(old), _) => Standing::AskAgain { old },
            (None, None) => Standing::NeverAsked,
            (None, Some(ConsentState::Withdraw)) => Standing::Withdrawn,
            (None, Some(_)) => Standing::Denied { old: None },
        },
    }
}

/// Whether any grant of this purpose is in force, for whatever it covers.
pub fn granted(entries: &[ConsentEntry], purpose: Purpose) -> bool {
    in_force(&decisions(entries, purpose)).is_some()
}

/// What was last said about a purpose; `None` where nothing was.
pub fn last_state(entries: &[ConsentEntry], purpose: Purpose) -> Option<ConsentState> {
    entries.iter().rev().find(|entry| entry.purpose == purpose).map(|entry| entry.state)
}

/// The grant in force with the highest version.
fn in_force<'a>(decisions: &Decisions<'a>) -> Option<&'a ConsentEntry> {
    let grants = decisions.iter().filter(|(_, entry)| entry.state == ConsentState::Grant);
    grants.max_by_key(|(major, _)| *major).map(|(_, entry)| *entry)
}

fn decisions(entries: &[ConsentEntry], purpose: Purpose) -> Decisions<'_> {
    let mut decisions = Decisions::new();
    for entry in entries.iter().filter(|entry| entry.purpose == purpose) {
        if entry.state == ConsentState::Withdraw {
            decisions.iter_mut().for_each(|(_, decision)| *decision = entry);
        }
        let major = TextId::parse(&entry.text_id).ok().map(|text| text.major);
        decisions.retain(|(known, _)| *known != major);
        decisions.push((major, entry));
    }
    decisions
}
