//! The keys that sign tickets: made, listed, retired, revoked, and used when cards are printed.

use yorisoi_protocol::carriage::TicketText;
use yorisoi_protocol::signed::KeyId;
use yorisoi_protocol::ticket::{CardPrefix, KeyStatus, RevokedCards, Ticket, TicketKey, TicketTerms};
use yorisoi_protocol::{CivilDate, Eligibility, EnrollmentCode, Programme, Timestamp};

use super::Service;
use super::setup::{SetupError, stored};
use crate::storage::Transaction;

const KEYS: &str = "ticket_keys";
const REVOKED: &str = "revoked_cards";

impl Service {
    /// Makes a key for the tickets of this programme's municipality. It signs from today until the end of `last`, or of
    /// the last day on which a card may be redeemed. Devices know it once a manifest names it.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn make_ticket_key(&self, programme: &str, last: Option<CivilDate>) -> Result<TicketKey, SetupError> {
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        let not_before = self.now().civil_date().starts_at();
        let expires = last.map(CivilDate::ends_at).or(redeem_ends(&programme, self.now()));
        let expires = expires.ok_or(SetupError::TicketKeyWindow)?;
        if expires <= not_before {
            return Err(SetupError::TicketKeyWindow);
        }
        let public = self.ticket_key_files.make()?;
        let issuers = vec![programme.municipality];
        let status = KeyStatus::Active;
        let key = TicketKey { kid: KeyId::of(&public), public, issuers, not_before, expires, status };
        let mut keys = ticket_keys(&*tx)?;
        keys.push(key.clone());
        keep(&*tx, KEYS, &keys)?;
        tx.commit()?;
        Ok(key)
    }

    /// Every key ever made here, the oldest first.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn ticket_keys(&self) -> Result<Vec<TicketKey>, SetupError> {
        ticket_keys(&*self.storage.begin()?)
    }

    /// Retires a key (it signs no more, its cards stay good) or revokes it (its cards' QR codes are dead; the typed codes
    /// below them are not). Nothing turns a revoked key back. Devices hear of it with the next manifest.
    ///
    /// # Errors
    /// [`SetupError::UnknownTicketKey`] and others.
    pub fn set_ticket_key_status(&self, id: KeyId, status: KeyStatus) -> Result<(), SetupError> {
        let tx = self.storage.begin()?;
        let mut keys = ticket_keys(&*tx)?;
        let key = keys.iter_mut().find(|key| key.kid == id && key.status != KeyStatus::Revoked);
        let key = key.ok_or(SetupError::UnknownTicketKey)?;
        key.status = status;
        if status == KeyStatus::Retired {
            // What it signed up to now stays good, so this very millisecond is still inside. A clock that was set back must
            // not leave a window without a moment in it, which devices refuse.
            key.expires = key.expires.min(self.now().plus_millis(1)).max(key.not_before.plus_millis(1));
        }
        keep(&*tx, KEYS, &keys)?;
        Ok(tx.commit()?)
    }

    /// Signs the ticket of a card with the newest active key of its programme's municipality. It may be redeemed from
    /// today until the programme's last day of redeeming.
    ///
    /// # Errors
    /// [`SetupError::NoTicketKey`] if there is none, and others.
    pub fn sign_ticket(
        &self,
        programme: &Programme,
        code: &EnrollmentCode,
    ) -> Result<TicketText, SetupError> {
        let now = self.now();
        let usable = |key: &TicketKey| {
            let in_time = key.not_before <= now && now < key.expires;
            key.status == KeyStatus::Active && in_time && key.issuers.contains(&programme.municipality)
        };
        let keys = self.ticket_keys()?;
        let key = keys.iter().rev().find(|key| usable(key)).ok_or(SetupError::NoTicketKey)?;
        let terms = TicketTerms {
            issuer: programme.municipality.clone(),
            not_before: ticket_begins(programme, now),
            expires: redeem_ends(programme, now).ok_or(SetupError::TicketKeyWindow)?,
            issued_at: now,
            rule_set_version: programme.rules.version(),
        };
        let pair = self.ticket_key_files.load(&key.public)?;
        Ok(TicketText::of(&Ticket::sign(&terms, code, &pair).ok_or(SetupError::TicketKeyWindow)?))
    }

    /// Puts a card that is at hand on the list of every later manifest, so that its ticket is refused without network as
    /// well. The database knows codes by their HMAC only, so a card that is lost cannot be listed: it is refused when it
    /// is redeemed.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn list_as_revoked(&self, code: &EnrollmentCode) -> Result<(), SetupError> {
        let tx = self.storage.begin()?;
        let mut lists = revoked_cards(&*tx)?;
        for key in ticket_keys(&*tx)? {
            let card = CardPrefix::of(code);
            match lists.iter_mut().find(|list| list.kid == key.kid) {
                Some(list) if list.cards.contains(&card) => {}
                Some(list) => list.cards.push(card),
                None => lists.push(RevokedCards { kid: key.kid, cards: vec![card] }),
            }
        }
        keep(&*tx, REVOKED, &lists)?;
        Ok(tx.commit()?)
    }
}

pub(super) fn ticket_keys(tx: &dyn Transaction) -> Result<Vec<TicketKey>, SetupError> {
    kept(tx, KEYS)
}

pub(super) fn revoked_cards(tx: &dyn Transaction) -> Result<Vec<RevokedCards>, SetupError> {
    kept(tx, REVOKED)
}

/// The first instant at which a card can no longer be redeemed: the programme's own last day, or the end of its use.
fn redeem_ends(programme: &Programme, now: Timestamp) -> Option<Timestamp> {
    let end_of_use = || match programme.use_at(&programme.card_facts(), now).eligibility {
        Eligibility::Eligible { until } => until,
        _ => None,
    };
    programme.redeem_ends_at().or_else(end_of_use)
}

/// The first instant of the window where it lies ahead, else the beginning of today.
fn ticket_begins(programme: &Programme, now: Timestamp) -> Timestamp {
    match programme.use_at(&programme.card_facts(), now).eligibility {
        Eligibility::NotYet { from } => from,
        _ => now.civil_date().starts_at(),
    }
}

pub(super) fn kept<T: serde::de::DeserializeOwned>(
    tx: &dyn Transaction,
    name: &'static str,
) -> Result<Vec<T>, SetupError> {
    let Some(bytes) = tx.meta(name)? else {
        return Ok(Vec::new());
    };
    serde_json::from_slice(&bytes).map_err(|_| crate::storage::StorageError::Damaged { table: "meta" }.into())
}

pub(super) fn keep<T: serde::Serialize>(
    tx: &dyn Transaction,
    name: &str,
    values: &[T],
) -> Result<(), SetupError> {
    // Lists of numbers and texts; they always have a JSON text.
    Ok(tx.set_meta(name, &serde_json::to_vec(values).unwrap_or_default())?)
}
