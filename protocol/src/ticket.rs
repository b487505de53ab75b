//! The ticket: the signed QR payload of a card, the same grant as the code printed below it.
//!
//! A ticket is checked with no network, against the keys of a manifest. That proves that the card was issued, never that
//! it is unused: what follows from it is provisional until a server has redeemed it. Nothing inside is read before a
//! key has verified it. Its claims are appendix A1 of the programme's format notes (see [`claims`]).

pub mod claims;
mod error;
mod keys;

pub use error::TicketError;
pub use keys::{CardPrefix, KeyStatus, RevokedCards, TicketKey, TicketKeys};

use std::fmt;

use ring::signature::Ed25519KeyPair;

use crate::carriage::TicketText;
use crate::code::EnrollmentCode;
use crate::date::Timestamp;
use crate::eligibility::Eligibility;
use crate::municipality::Municipality;
use crate::programme::Programme;
use crate::signed::{self, Envelope, KeyId, TICKET_AAD};
use crate::words::Words;
use claims::Claims;

/// The longest ticket that is read, in bytes.
pub const TICKET_MAX_BYTES: usize = 160;

/// A ticket that a key of the manifest signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// What it says.
    pub terms: TicketTerms,
    /// Which key signed it.
    pub key: KeyId,
    code: EnrollmentCode,
}

/// What a ticket says beside its code. Instants are whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketTerms {
    /// The municipality that issued the card.
    pub issuer: Municipality,
    /// The first instant at which it may be redeemed.
    pub not_before: Timestamp,
    /// The first instant at which it no longer may.
    pub expires: Timestamp,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The version of the programme's rule set at that time.
    pub rule_set_version: u32,
}

impl Ticket {
    /// Signs a ticket for this code. `None` if the terms cannot stand in one: an instant before 1970, or a window
    /// without a moment in it.
    pub fn sign(terms: &TicketTerms, code: &EnrollmentCode, key_pair: &Ed25519KeyPair) -> Option<Vec<u8>> {
        let claims = Claims::of(terms, code)?;
        Some(signed::sign(key_pair, &claims.write(), TICKET_AAD))
    }

    /// Reads the text of a QR code and verifies it.
    ///
    /// # Errors
    /// [`TicketError`].
    pub fn parse(text: &str, keys: &TicketKeys) -> Result<Self, TicketError> {
        Self::verify(TicketText::parse(text)?.bytes(), keys)
    }

    /// Verifies a ticket and then reads it.
    ///
    /// # Errors
    /// [`TicketError`], the first that applies: the shape, the key, the signature, the key's status, the claims, the
    /// key's window and municipalities, the card.
    pub fn verify(bytes: &[u8], keys: &TicketKeys) -> Result<Self, TicketError> {
        let envelope = Envelope::read(bytes, TICKET_MAX_BYTES)?;
        let id = envelope.key_id();
        let mut named = keys.with_id(id).peekable();
        if named.peek().is_none() {
            return Err(TicketError::UnknownKey { key: id });
        }
        let verified =
            named.find_map(|key| envelope.verified_by(&key.public, TICKET_AAD).map(|payload| (key, payload)));
        let (key, payload) = verified.ok_or(TicketError::SignatureWrong)?;
        // Whoever holds a stolen key writes any claims: none of them is looked at.
        if !key.status.verifies() {
            return Err(TicketError::KeyRevoked { key: id });
        }
        let claims = Claims::read(payload).map_err(|error| error.within(envelope.payload_offset()))?;
        let (terms, code) = claims.terms().map_err(|error| error.within(envelope.payload_offset()))?;
        if terms.issued_at < key.not_before || terms.issued_at >= key.expires {
            return Err(TicketError::KeyNotValidThen { key: id, issued_at: terms.issued_at });
        }
        if !key.issuers.contains(&terms.issuer) {
            return Err(TicketError::IssuerNotAllowed { key: id, issuer: terms.issuer });
        }
        if keys.is_revoked(id, CardPrefix::of(&code)) {
            return Err(TicketError::CardRevoked);
        }
        Ok(Self { terms, key: id, code })
    }

    /// The code that is printed below the QR code. Whoever holds it holds the grant.
    pub fn code(&self) -> &EnrollmentCode {
        &self.code
    }

    /// The programme of its card, among those of the manifest.
    ///
    /// # Errors
    /// [`TicketError::UnknownProgramme`] if none has its index, [`TicketError::IssuerNotAllowed`] if it is another
    /// municipality's: one key may sign for several, and an index alone would then reach into a neighbour's programme.
    pub fn programme<'p>(&self, programmes: &'p [Programme]) -> Result<&'p Programme, TicketError> {
        let index = self.code.programme_index();
        let programme = programmes.iter().find(|programme| programme.index == index);
        let programme = programme.ok_or(TicketError::UnknownProgramme { index })?;
        match programme.municipality == self.terms.issuer {
            true => Ok(programme),
            false => Err(TicketError::IssuerNotAllowed { key: self.key, issuer: self.terms.issuer.clone() }),
        }
    }

    /// May it be redeemed at `now`? From `not_before` on, until and without `expires`.
    pub fn validity(&self, now: Timestamp) -> Eligibility {
        let TicketTerms { not_before, expires, .. } = self.terms;
        if now < not_before {
            Eligibility::NotYet { from: not_before }
        } else if now < expires {
            Eligibility::Eligible { until: Some(expires) }
        } else {
            Eligibility::Ended { since: expires }
        }
    }

    /// What to tell the person at `now`. Nobody is told that they are enrolled before a server has said so.
    pub fn words(&self, now: Timestamp) -> Words {
        let validity = self.validity(now);
        if !validity.allowed() {
            return validity.words();
        }
        Words::new(
            "カードを確認しました。登録がすむまでは、読むことと下書きができます。",
            "The card is confirmed. Until it is registered, you can read and write drafts.",
        )
    }
}

/// The code stays out of it.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("terms", &self.terms).field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "ticket/tests.rs"]
mod tests;
