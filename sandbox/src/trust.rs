//! The sandbox's own roots, ticket key and manifest.
//!
//! The seeds stand here for everybody to read, so that a manifest and a ticket of the sandbox are the same everywhere.
//! They are good for nothing else: an app that believed these roots would believe anybody.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::value::RawValue;
use yorisoi_protocol::carriage::TicketText;
use yorisoi_protocol::manifest::{MANIFEST_FORMAT, Manifest, ManifestDraft, SdkVersion};
use yorisoi_protocol::programme::Programme;
use yorisoi_protocol::rescue::{RescueKey, RescuePrivateKey};
use yorisoi_protocol::signed::{self, KeyId, MANIFEST_AAD, public_key};
use yorisoi_protocol::ticket::{KeyStatus, Ticket, TicketKey, TicketTerms};
use yorisoi_protocol::{CivilDate, EnrollmentCode};

use crate::programmes::{FUCHU_2021, ITABASHI_2021, SETAGAYA_2021};
use crate::rig::RigError;

const ROOT_SEEDS: [[u8; 32]; 2] =
    [*b"yorisoi sandbox root, the first.", *b"yorisoi sandbox root, the second"];
const TICKET_SEED: [u8; 32] = *b"yorisoi sandbox key of tickets..";
/// The private half of the key to which phones in the first of these programmes seal what waits.
pub const RESCUE_SECRET: [u8; 32] = *b"yorisoi sandbox key of rescues..";
/// The programmes that ship as data.
const SHIPPED: [&str; 3] = [FUCHU_2021, ITABASHI_2021, SETAGAYA_2021];

/// The public halves of the two roots, as an app's configuration names them.
///
/// # Errors
/// [`RigError`].
pub fn roots() -> Result<[String; 2], RigError> {
    let [first, second] = ROOT_SEEDS;
    let text = |seed| Ok::<_, RigError>(BASE64URL_NOPAD.encode(pair(&seed)?.public_key().as_ref()));
    Ok([text(first)?, text(second)?])
}

/// From when until when what is signed here holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first day.
    pub from: CivilDate,
    /// The first day on which tickets and their key no longer hold. A manifest holds a year longer.
    pub until: CivilDate,
}

impl Validity {
    /// That of the programmes that ship as data: 2021-04-01 to the end of 2021.
    ///
    /// # Errors
    /// None in fact: both days exist.
    pub fn shipped() -> Result<Self, RigError> {
        Ok(Self { from: day("2021-04-01")?, until: day("2022-01-01")? })
    }
}

/// The signed manifest of the three programmes that ship as data: version 1, from 2021-04-01, good until 2022-12-31.
///
/// # Errors
/// [`RigError`].
pub fn manifest() -> Result<Vec<u8>, RigError> {
    manifest_of(&SHIPPED)
}

/// The same manifest with the programmes of these texts instead. Its key signs for all municipalities that ship as data,
/// so that a ticket can be of a programme that the manifest does not know.
///
/// # Errors
/// [`RigError`].
pub fn manifest_of(texts: &[&str]) -> Result<Vec<u8>, RigError> {
    manifest_within(texts, "fuchu-2021", Validity::shipped()?)
}

/// The same for another time, with the rescue key as the key of the programme `rescued`.
///
/// # Errors
/// [`RigError`].
pub fn manifest_within(texts: &[&str], rescued: &str, validity: Validity) -> Result<Vec<u8>, RigError> {
    let [root, _] = ROOT_SEEDS;
    Ok(Manifest::sign(&draft(texts, rescued, validity)?, &pair(&root)?)?)
}

/// The same as a newer server would sign it: with rules and words that this version does not know, which an operator of
/// this version could not sign.
///
/// # Errors
/// [`RigError`].
pub fn newer_manifest(texts: &[&str], rescued: &str, validity: Validity) -> Result<Vec<u8>, RigError> {
    let [root, _] = ROOT_SEEDS;
    Ok(signed::sign(&pair(&root)?, &draft(texts, rescued, validity)?, MANIFEST_AAD))
}

fn draft(texts: &[&str], rescued: &str, validity: Validity) -> Result<Vec<u8>, RigError> {
    let programmes = texts.iter().map(|text| RawValue::from_string(text.trim().to_owned()));
    let issuers = SHIPPED.map(|text| Programme::parse(text).map(|programme| programme.municipality));
    let public = public_key(&pair(&TICKET_SEED)?);
    let (from, until) = (validity.from.starts_at(), validity.until.starts_at());
    let draft = ManifestDraft {
        format: MANIFEST_FORMAT,
        version: 1,
        issued_at: from,
        // After 29 February there is no such day; one day later is as well.
        not_after: validity.until.corresponding_day(12).unwrap_or(validity.until.plus_days(366)).starts_at(),
        smallest_sdk: SdkVersion::parse("0.1.0")?,
        ticket_keys: vec![TicketKey {
            kid: KeyId::of(&public),
            public,
            issuers: issuers.into_iter().collect::<Result<_, _>>()?,
            not_before: from,
            expires: until,
            status: KeyStatus::Active,
        }],
        receipt_keys: Vec::new(),
        rescue_keys: vec![rescue_key(rescued)?],
        programmes: programmes.collect::<Result<_, _>>()?,
        revoked_cards: Vec::new(),
    };
    Ok(serde_json::to_vec(&draft)?)
}

/// The text of the QR code of a card, valid from the first to the last day of its programme.
///
/// # Errors
/// [`RigError`] for a code of none of the three programmes.
pub fn ticket(code: &EnrollmentCode) -> Result<String, RigError> {
    let of = |text: &str| Programme::parse(text).ok().filter(|it| it.index == code.programme_index());
    let programme = SHIPPED.into_iter().find_map(of);
    let programme = programme.ok_or("the code is of none of the sandbox's programmes")?;
    let first = day(if programme.index == 37 { "2021-08-02" } else { "2021-04-20" })?;
    ticket_within(code, programme, first, Validity::shipped()?)
}

/// The text of the QR code of a card of this programme, valid from its first day on.
///
/// # Errors
/// [`RigError`] for terms that no ticket can state.
pub fn ticket_within(
    code: &EnrollmentCode,
    programme: Programme,
    first: CivilDate,
    validity: Validity,
) -> Result<String, RigError> {
    let terms = TicketTerms {
        not_before: first.starts_at(),
        expires: validity.until.starts_at(),
        issued_at: validity.from.starts_at(),
        issuer: programme.municipality,
        rule_set_version: 1,
    };
    let bytes = Ticket::sign(&terms, code, &pair(&TICKET_SEED)?).ok_or("terms that no ticket can state")?;
    Ok(TicketText::of(&bytes).to_prefixed())
}

fn rescue_key(programme: &str) -> Result<RescueKey, RigError> {
    let public = RescuePrivateKey::from_bytes(RESCUE_SECRET).public();
    let public = public.map_err(|_| "a secret that is no key")?;
    Ok(RescueKey { programme: programme.to_owned(), public })
}

fn pair(seed: &[u8; 32]) -> Result<Ed25519KeyPair, RigError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| "a seed that is no key".into())
}

fn day(text: &str) -> Result<CivilDate, RigError> {
    CivilDate::parse(text).ok_or_else(|| "a day that does not exist".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bindings' tests and a vendor's first app read these files.
    #[test]
    fn the_files_beside_the_programmes_are_what_is_signed_here() {
        let again = "write them again: cargo run -p yorisoi-sandbox --example sandbox_manifest";
        assert!(include_bytes!("../manifest/sandbox.cose")[..] == manifest().unwrap(), "{again}");
        assert_eq!(include_str!("../manifest/roots.txt"), roots().unwrap().join("\n") + "\n", "{again}");
    }
}
