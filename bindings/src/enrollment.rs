//! Cards, places in a programme, and the manifest, as Swift and Kotlin see them.

use yorisoi_core::view as core;
use yorisoi_protocol::wire;

use crate::types::{Eligibility, Moment, Words};
use crate::views::EligibilityView;

/// A card whose code is well formed or whose ticket is signed. Whether it may still be used, only the server knows.
#[derive(uniffi::Record)]
pub struct CardView {
    /// The programme's id.
    pub programme: String,
    /// The programme's name.
    pub name: Words,
    /// What was read.
    pub kind: CardKind,
    /// Whether it may be redeemed now.
    pub redeem: EligibilityView,
}

/// What was read of a card.
#[derive(uniffi::Enum)]
pub enum CardKind {
    /// The typed code. It needs the server.
    Code,
    /// The ticket of its QR code, verified on the phone.
    Ticket {
        /// Whether it gives a provisional place now, without network.
        provisional: Eligibility,
    },
}

/// This device's place in a programme.
#[derive(uniffi::Record)]
pub struct EnrollmentView {
    /// The programme's id.
    pub programme: String,
    /// The programme's name.
    pub name: Words,
    /// How far it is settled.
    pub state: EnrollmentState,
    /// How far the programme trusts that this household was meant.
    pub trust: Trust,
    /// The household's place; absent until the server gave one.
    pub enrollment: Option<String>,
    /// The person; absent until the server gave a place.
    pub member: Option<String>,
    /// Since when.
    pub since: Moment,
}

/// How far a place in a programme is settled.
#[derive(uniffi::Enum)]
pub enum EnrollmentState {
    /// A ticket was verified on the phone. What is asked waits for the server to redeem the card.
    Provisional {
        /// The first instant at which the ticket is no longer valid.
        until: Moment,
    },
    /// The server redeemed the card.
    Redeemed,
    /// The server did not redeem the ticket's card. What was written stays on the phone, and goes on with another card.
    Refused {
        /// The code of the error that enrolling gave.
        code: String,
    },
}

/// How far a programme trusts that the household was meant.
#[derive(uniffi::Enum)]
pub enum Trust {
    /// It was handed a card of its own.
    HouseholdCard,
    /// It knew a phrase that a whole town knows.
    SharedPhrase,
}

/// The manifest this device goes by.
#[derive(uniffi::Record)]
pub struct ManifestView {
    /// Its number.
    pub version: u64,
    /// When it was signed.
    pub issued_at: Moment,
    /// Until when it is good.
    pub not_after: Moment,
    /// Whether that is over. Everything goes on; dates, numbers and keys may have changed since.
    pub degraded: bool,
    /// Whether it asks for a newer version of this library.
    pub update_needed: bool,
}

impl From<core::CardView> for CardView {
    fn from(view: core::CardView) -> Self {
        let kind = match view.kind {
            core::CardKind::Code => CardKind::Code,
            core::CardKind::Ticket { provisional } => CardKind::Ticket { provisional: provisional.into() },
        };
        Self { programme: view.programme, name: view.name.into(), kind, redeem: view.redeem.into() }
    }
}

impl From<core::EnrollmentView> for EnrollmentView {
    fn from(view: core::EnrollmentView) -> Self {
        Self {
            programme: view.programme,
            name: view.name.into(),
            state: match view.state {
                core::EnrollmentState::Provisional { until } => {
                    EnrollmentState::Provisional { until: until.into() }
                }
                core::EnrollmentState::Redeemed => EnrollmentState::Redeemed,
                core::EnrollmentState::Refused(refusal) => {
                    EnrollmentState::Refused { code: yorisoi_core::error::refusal_code(refusal).to_owned() }
                }
            },
            trust: match view.trust {
                wire::Trust::HouseholdCard => Trust::HouseholdCard,
                wire::Trust::SharedPhrase => Trust::SharedPhrase,
            },
            enrollment: view.enrollment.map(|id| id.to_string()),
            member: view.member.map(|id| id.to_string()),
            since: view.since.into(),
        }
    }
}

impl From<core::ManifestView> for ManifestView {
    fn from(view: core::ManifestView) -> Self {
        Self {
            version: view.version,
            issued_at: view.issued_at.into(),
            not_after: view.not_after.into(),
            degraded: view.degraded,
            update_needed: view.update_needed,
        }
    }
}
