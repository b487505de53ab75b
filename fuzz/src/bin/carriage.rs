//! The text of a QR code, as a camera app or a keyboard left it.
//!
//! Promises: memory has a cap, because length has one; an error names a character that is there; the bytes of a whole
//! CBOR item come back from each of the ways they travel, and those of an envelope from base45 too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yorisoi_fuzz::bounded;
use yorisoi_protocol::carriage::{CARRIAGE_MAX_CHARS, CarriageError, TicketText};
use yorisoi_protocol::cbor;
use yorisoi_protocol::signed::Envelope;
use yorisoi_protocol::ticket::TICKET_MAX_BYTES;

/// What 600 characters of text can cost at most.
const MEMORY: usize = 64 * 1024;
const BASE45: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        reads(text);
    }
    travels(bytes);
});

fn reads(text: &str) {
    let characters = text.chars().count();
    match bounded(0, 0, MEMORY, || TicketText::parse(text)) {
        Ok(read) => {
            assert!(read.bytes().len() <= text.len());
            travels(read.bytes());
        }
        Err(CarriageError::TooLong) => assert!(characters > CARRIAGE_MAX_CHARS),
        Err(CarriageError::NotATicket) => {}
        Err(CarriageError::Foreign { position, .. } | CarriageError::Encoding { position }) => {
            assert!((1..=characters).contains(&position), "character {position} of {text:?}");
        }
    }
}

/// Only what fits into the cap, and only whole items: what else happens to be readable two ways may be read either way.
fn travels(bytes: &[u8]) {
    if bytes.is_empty() || bytes.len() > 300 || cbor::check(bytes).is_err() {
        return;
    }
    let carried = TicketText::of(bytes);
    for text in [carried.to_prefixed(), carried.to_uri("example.jp"), carried.to_prefixed().to_lowercase()] {
        assert_eq!(TicketText::parse(&text).as_ref(), Ok(&carried), "{text}");
    }
    if bytes.starts_with(&[0x84, 0x49]) {
        let text = base45(bytes);
        assert_eq!(TicketText::parse(&text).as_ref(), Ok(&carried), "{text}");
    }
    // Only of a ticket's shape: `%20` in shorter items can be a meaning of its own. And a text that has `%20` of its own
    // cannot be told from one that was mangled there; it is refused.
    let text = base45(bytes);
    if Envelope::read(bytes, TICKET_MAX_BYTES).is_ok() && !text.contains("%20") {
        let mangled = text.replace(' ', "%20");
        assert_eq!(TicketText::parse(&mangled).as_ref(), Ok(&carried), "{mangled}");
    }
}

/// RFC 9285 section 4.
fn base45(bytes: &[u8]) -> String {
    let mut text = String::from("YRS1:");
    for pair in bytes.chunks(2) {
        let mut number = pair.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        for _ in 0..=pair.len() {
            text.push(char::from(BASE45[number % 45]));
            number /= 45;
        }
    }
    text
}
