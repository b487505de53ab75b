//! The claims of a ticket behind a good signature: a stolen or careless key may sign anything.
//!
//! Promises: memory has a cap; claims that are accepted have the one spelling; their window has a moment in it, and the
//! answer about it never contradicts its own instant; the same payload is no ticket under the manifest's name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yorisoi_fuzz::bounded;
use yorisoi_fuzz::keys::{SIGNER, TICKET_KEYS};
use yorisoi_protocol::Eligibility;
use yorisoi_protocol::signed::{self, MANIFEST_AAD, TICKET_AAD};
use yorisoi_protocol::ticket::claims::Claims;
use yorisoi_protocol::ticket::{TICKET_MAX_BYTES, Ticket, TicketError};

fuzz_target!(|payload: &[u8]| {
    // The envelope adds 80 bytes; what is longer than a ticket is refused before it is looked at.
    if payload.len() > TICKET_MAX_BYTES {
        return;
    }
    if let Ok(claims) = bounded(0, 0, 0, || Claims::read(payload)) {
        assert_eq!(claims.write(), payload, "read, and not the one spelling");
    }
    let bytes = signed::sign(&SIGNER, payload, TICKET_AAD);
    match bounded(0, 0, 4096, || Ticket::verify(&bytes, &TICKET_KEYS)) {
        Ok(ticket) => {
            assert_eq!(Ticket::sign(&ticket.terms, ticket.code(), &SIGNER), Some(bytes));
            window_agrees(&ticket);
            let confused = signed::sign(&SIGNER, payload, MANIFEST_AAD);
            assert_eq!(Ticket::verify(&confused, &TICKET_KEYS), Err(TicketError::SignatureWrong));
        }
        Err(error) => {
            assert!(error != TicketError::SignatureWrong, "the signature is good");
            assert!(!error.words().ja.is_empty());
        }
    }
});

fn window_agrees(ticket: &Ticket) {
    let (from, until) = (ticket.terms.not_before, ticket.terms.expires);
    assert_eq!(ticket.validity(from.plus_millis(-1)), Eligibility::NotYet { from });
    assert_eq!(ticket.validity(from), Eligibility::Eligible { until: Some(until) });
    assert_eq!(ticket.validity(until.plus_millis(-1)), Eligibility::Eligible { until: Some(until) });
    assert_eq!(ticket.validity(until), Eligibility::Ended { since: until });
}
