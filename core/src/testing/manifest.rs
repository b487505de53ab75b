//! Manifests, root keys, ticket keys and tickets of the tests.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json, value::RawValue};
use yorisoi_protocol::carriage::TicketText;
use yorisoi_protocol::manifest::Manifest;
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::rescue::RescuePrivateKey;
use yorisoi_protocol::signed::KeyId;
use yorisoi_protocol::ticket::{CardPrefix, Ticket, TicketTerms};
use yorisoi_protocol::{CivilDate, EnrollmentCode, Timestamp};

use super::{FUCHU, public};

/// What a manifest of the tests says. Everything else in it is fixed.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) version: u64,
    pub(crate) root: u8,
    pub(crate) programmes: Vec<String>,
    pub(crate) ticket_key_status: &'static str,
    pub(crate) revoked: Vec<EnrollmentCode>,
    pub(crate) not_after: Timestamp,
    pub(crate) smallest_sdk: &'static str,
    /// Whether it names a key to which what waits is sealed.
    pub(crate) rescue: bool,
}

impl Signed {
    pub(crate) fn version(version: u64) -> Self {
        Self {
            version,
            root: 1,
            programmes: vec![FUCHU.to_owned()],
            ticket_key_status: "active",
            revoked: Vec::new(),
            not_after: day("2022-08-01"),
            smallest_sdk: "0.1.0",
            rescue: false,
        }
    }

    pub(crate) fn sign(&self) -> Vec<u8> {
        let key = public(&pair(TICKETS));
        let kid = KeyId::of(&key).to_string();
        let revoked: Vec<_> = self.revoked.iter().map(CardPrefix::of).collect();
        let programmes: Vec<Box<RawValue>> =
            self.programmes.iter().map(|text| RawValue::from_string(text.clone()).unwrap()).collect();
        let rescue = RescuePrivateKey::from_bytes([5; 32]).public().unwrap();
        let mut manifest = json!({
            "format": 1,
            "version": self.version,
            "issued_at": day("2021-07-01"),
            "not_after": self.not_after,
            "smallest_sdk": self.smallest_sdk,
            "ticket_keys": [{
                "kid": kid,
                "public": key,
                "issuers": ["132063"],
                "not_before": day("2021-07-01"),
                "expires": day("2022-01-01"),
                "status": self.ticket_key_status,
            }],
            "receipt_keys": [],
            "programmes": programmes,
            "revoked_cards": if revoked.is_empty() { Value::Array(vec![]) } else { json!([{ "kid": kid, "cards": revoked }]) },
        });
        if self.rescue {
            manifest["rescue_keys"] = json!([{ "programme": "fuchu-2021", "public": rescue }]);
        }
        Manifest::sign(&serde_json::to_vec(&manifest).unwrap(), &pair(self.root)).unwrap()
    }
}

const TICKETS: u8 = 9;

/// The text of the QR code of this card.
pub(crate) fn ticket(code: &EnrollmentCode) -> String {
    let terms = TicketTerms {
        issuer: Municipality::parse("132063").unwrap(),
        not_before: day("2021-08-02"),
        expires: day("2022-01-01"),
        issued_at: day("2021-07-20"),
        rule_set_version: 1,
    };
    TicketText::of(&Ticket::sign(&terms, code, &pair(TICKETS)).unwrap()).to_prefixed()
}

/// The app's two roots.
pub(crate) fn roots() -> [String; 2] {
    [1, 2].map(|seed| BASE64URL_NOPAD.encode(pair(seed).public_key().as_ref()))
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

pub(crate) fn day(text: &str) -> Timestamp {
    CivilDate::parse(text).unwrap().starts_at()
}
