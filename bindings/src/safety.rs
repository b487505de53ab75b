//! What an app shows before anything else: numbers to call, and published signs to call for help at once.

use yorisoi_protocol::loss;
use yorisoi_protocol::red_flags as protocol_flags;
use yorisoi_protocol::safety as protocol;

use crate::types::{Moment, Words};

/// A number to call, as it is shown now.
#[derive(uniffi::Record)]
pub struct ShownContact {
    /// The line.
    pub contact: SafetyContact,
    /// Whether it answers now.
    pub hours_now: HoursNow,
    /// Whether its list was not checked for too long: say so beside the number.
    pub stale: bool,
}

impl From<protocol::ShownContact> for ShownContact {
    fn from(shown: protocol::ShownContact) -> Self {
        let protocol::ShownContact { contact, hours_now, stale } = shown;
        Self { contact: contact.into(), hours_now: hours_now.into(), stale }
    }
}

/// A line to call.
#[derive(uniffi::Record)]
pub struct SafetyContact {
    /// What it is for.
    pub label: Words,
    /// The number every phone can call, digits and hyphens.
    pub digits: String,
    /// The short code, such as `#7119`, where there is one. iOS cannot call it: show it, and call `digits`.
    pub short: Option<String>,
    /// In which languages it answers beside Japanese, as tags such as `en`.
    pub languages: Vec<String>,
    /// What else is worth knowing before calling.
    pub note: Option<Words>,
}

impl From<protocol::SafetyContact> for SafetyContact {
    fn from(contact: protocol::SafetyContact) -> Self {
        let protocol::SafetyContact { label, digits, short, languages, note, .. } = contact;
        Self { label: label.into(), digits: digits.into(), short, languages, note: note.map(Words::from) }
    }
}

/// Whether a line answers now.
#[derive(uniffi::Enum)]
pub enum HoursNow {
    /// It does.
    Open {
        /// The first instant at which it no longer does; absent where that is more than a month away or never.
        until: Option<Moment>,
    },
    /// It does not.
    Closed {
        /// The first instant at which it does again; absent where that is more than a month away or never.
        from: Option<Moment>,
    },
}

impl From<protocol::HoursNow> for HoursNow {
    fn from(hours: protocol::HoursNow) -> Self {
        match hours {
            protocol::HoursNow::Open { until } => Self::Open { until: until.map(Moment::from) },
            protocol::HoursNow::Closed { from } => Self::Closed { from: from.map(Moment::from) },
        }
    }
}

/// Published signs to call for help at once, word for word. To be read, not to be ticked.
#[derive(uniffi::Record)]
pub struct RedFlagList {
    /// Its name, the same through all versions.
    pub id: String,
    /// Rises with every change of a word.
    pub version: u32,
    /// SHA-256 of the list, lower-case hex: with id and version, which list was shown.
    pub sha256: String,
    /// What is quoted, and its edition.
    pub source: Words,
    /// Whom the signs are looked for in.
    pub audience: RedFlagAudience,
    /// The signs, in the order and the words of the source.
    pub items: Vec<Words>,
}

impl From<protocol_flags::RedFlagList> for RedFlagList {
    fn from(list: protocol_flags::RedFlagList) -> Self {
        let sha256 = list.shown().sha256;
        let protocol_flags::RedFlagList { id, version, source, audience, items } = list;
        let items = items.into_iter().map(Words::from).collect();
        Self { id, version, sha256, source: source.into(), audience: audience.into(), items }
    }
}

/// Whom the signs of a list are looked for in.
#[derive(uniffi::Enum)]
pub enum RedFlagAudience {
    /// The child.
    Infant,
    /// The parent.
    Parent,
    /// Somebody this version does not know; show the list all the same.
    Other,
}

impl From<protocol_flags::RedFlagAudience> for RedFlagAudience {
    fn from(audience: protocol_flags::RedFlagAudience) -> Self {
        match audience {
            protocol_flags::RedFlagAudience::Infant => Self::Infant,
            protocol_flags::RedFlagAudience::Parent => Self::Parent,
            protocol_flags::RedFlagAudience::Other => Self::Other,
        }
    }
}

/// The numbers that are compiled in, for an app that cannot open the library: 119 and national lines that always answer.
#[uniffi::export]
pub fn compiled_in_contacts() -> Vec<ShownContact> {
    let shown = protocol::shown(None, yorisoi_protocol::Timestamp::default(), loss::FamilyStatus::default());
    shown.into_iter().map(ShownContact::from).collect()
}

/// All that a notice on a lock screen may say.
#[uniffi::export]
pub fn lock_screen_words() -> Words {
    loss::lock_screen_words().into()
}
