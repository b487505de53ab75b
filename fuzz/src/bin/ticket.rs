//! The bytes of a ticket from whoever printed the QR code.
//!
//! Promises: memory has a cap; only the one spelling of a ticket verifies; no ticket verifies with any bit of it
//! changed, or as a manifest; an error names a place in the bytes and has words for the parent.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use yorisoi_fuzz::bounded;
use yorisoi_fuzz::keys::{ROOTS, SIGNER, TICKET_KEYS};
use yorisoi_protocol::manifest::Manifest;
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::ticket::{Ticket, TicketError, TicketTerms};
use yorisoi_protocol::{EnrollmentCode, Timestamp};

/// What a ticket can cost at most: its claims, the text that was signed, a cause and its words.
const MEMORY: usize = 4096;

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let terms = TicketTerms {
        issuer: Municipality::parse("132063").expect("a known code"),
        not_before: Timestamp::from_seconds(1_627_830_000),
        expires: Timestamp::from_seconds(1_640_962_800),
        issued_at: Timestamp::from_seconds(1_627_800_000),
        rule_set_version: 1,
    };
    let code = EnrollmentCode::issue(37, 0x2_5a5a_5a5a_5a5a).expect("an index below 1024");
    Ticket::sign(&terms, &code, &SIGNER).expect("terms of a ticket")
});

fuzz_target!(init: { LazyLock::force(&GOOD); LazyLock::force(&TICKET_KEYS); }, |bytes: &[u8]| {
    match bounded(0, 0, MEMORY, || Ticket::verify(bytes, &TICKET_KEYS)) {
        Ok(ticket) => {
            let again = Ticket::sign(&ticket.terms, ticket.code(), &SIGNER);
            assert_eq!(again.as_deref(), Some(bytes), "verified, and not the one spelling");
            assert!(!format!("{ticket:?}").contains(&ticket.code().compact()));
            assert!(Manifest::verify(bytes, &ROOTS).is_err(), "a ticket taken for a manifest");
        }
        Err(error) => {
            assert!(!error.words().ja.is_empty());
            if let TicketError::Malformed { offset, .. } = error {
                assert!(offset <= bytes.len(), "byte {offset} of {}", bytes.len());
            }
        }
    }
    if let [high, low, change @ 1..=255, ..] = bytes {
        let mut changed = GOOD.clone();
        let place = usize::from(u16::from_be_bytes([*high, *low])) % changed.len();
        changed[place] ^= change;
        assert!(Ticket::verify(&changed, &TICKET_KEYS).is_err(), "byte {place} of a ticket means nothing");
    }
});
