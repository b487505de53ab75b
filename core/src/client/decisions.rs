//! What a person decides: consent, loss mode.

use data_encoding::HEXLOWER;
use yorisoi_protocol::consent::{self, Actor, ConsentEntry, ConsentState, Purpose, Standing, TextId};
use yorisoi_protocol::digest::sha256;
use yorisoi_protocol::loss::FamilyStatus;
use yorisoi_protocol::time::{ClockState, TrustedTime};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;

use crate::view::ConsentView;

/// The text a person saw before deciding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentText {
    /// Its name and version, such as `service-ja-1`: a [`TextId`] as text.
    pub id: String,
    /// Its language, `ja` or `en`.
    pub language: String,
    /// The text itself; the ledger keeps its SHA-256.
    pub text: String,
}

impl YorisoiClient {
    /// Writes down a decision about a purpose. It is in force here at once and sent by the next sync.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`]; [`YorisoiError::Setting`] for a text whose name is no [`TextId`] of its language,
    /// except to withdraw; and the errors of the store.
    pub fn decide_consent(
        &self,
        purpose: Purpose,
        state: ConsentState,
        text: &ConsentText,
    ) -> Result<(), YorisoiError> {
        let _inside = self.calls.enter();
        self.place()?;
        check_name(text, state)?;
        let TrustedTime { now: at, state: clock } = self.time();
        let entry = |number, previous_sha256| ConsentEntry {
            number,
            purpose,
            text_id: text.id.clone(),
            text_sha256: HEXLOWER.encode(&sha256(text.text.as_bytes())),
            language: text.language.clone(),
            state,
            at,
            previous_sha256,
            actor: Some(Actor::Own),
            clock: Some(clock_name(clock).to_owned()),
            sdk: Some(env!("CARGO_PKG_VERSION").to_owned()),
        };
        let no_longer_ready = self.store.append_consent(entry, at)?;
        self.tell(if no_longer_ready > 0 {
            &[Notice::Consents, Notice::Drafts]
        } else {
            &[Notice::Consents]
        });
        Ok(())
    }

    /// What was last said about each purpose. A purpose without an entry was never decided and counts as denied.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn consents(&self) -> Result<Vec<ConsentView>, YorisoiError> {
        let mut views: Vec<ConsentView> = Vec::new();
        for entry in self.store.consents()? {
            views.retain(|view| view.purpose != entry.purpose);
            views.push(ConsentView { purpose: entry.purpose, state: entry.state, at: entry.at });
        }
        Ok(views)
    }

    /// Where a purpose stands with respect to the text the app would show now: granted, refused, or to be asked (again).
    ///
    /// # Errors
    /// [`YorisoiError::Setting`] for a name that is no [`TextId`], and the errors of the store.
    pub fn consent_standing(&self, purpose: Purpose, text_id: &str) -> Result<Standing, YorisoiError> {
        let text = TextId::parse(text_id).map_err(|_| YorisoiError::Setting("the name of a consent text"))?;
        Ok(consent::standing(&self.store.consents()?, purpose, &text))
    }

    /// Whether loss mode is on.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn loss_mode(&self) -> Result<bool, YorisoiError> {
        Ok(self.store.settings()?.loss_mode)
    }

    /// Turns loss mode on or off. No reason is asked, nothing is sent, entitlement stays. Birth dates that were told are
    /// kept and shown no more until it is off.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn set_loss_mode(&self, on: bool) -> Result<(), YorisoiError> {
        self.store.change_settings(|settings| settings.loss_mode = on)?;
        self.tell(&[Notice::Survey, Notice::Family]);
        Ok(())
    }

    /// As [`YorisoiClient::loss_mode`], in the word of the rules.
    pub(super) fn family_status(&self) -> Result<FamilyStatus, YorisoiError> {
        Ok(FamilyStatus::from_loss_mode(self.loss_mode()?))
    }
}

/// A withdrawal is never refused for the name of its text; anything else is written down under a version.
fn check_name(text: &ConsentText, state: ConsentState) -> Result<(), YorisoiError> {
    let named = TextId::parse(&text.id).is_ok_and(|id| id.language == text.language);
    if named || state == ConsentState::Withdraw {
        return Ok(());
    }
    Err(YorisoiError::Setting("the name of a consent text"))
}

/// As it stands in the ledger.
fn clock_name(state: ClockState) -> &'static str {
    match state {
        ClockState::Good => "good",
        ClockState::Plausible => "plausible",
        ClockState::Adjusted => "adjusted",
        ClockState::ClockSuspect => "clock_suspect",
    }
}
