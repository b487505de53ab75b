//! Whatever is typed, pasted or scanned where a card is asked for: up to the whole text of a card.
//!
//! Promises: memory is linear up to a cap; a code that is found reads the same however it is written; a refusal names a
//! character that is there; words around a printed code do not hide it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yorisoi_fuzz::bounded;
use yorisoi_protocol::card_text::{CARD_TEXT_MAX_BYTES, CardInput};
use yorisoi_protocol::typed_text::TypedTextError;
use yorisoi_protocol::{CodeError, EnrollmentCode};

const PER_BYTE: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let counted = if text.len() > CARD_TEXT_MAX_BYTES { 0 } else { text.len() };
    match bounded(counted, PER_BYTE, 16 * 1024, || CardInput::parse(text)) {
        Ok(CardInput::Code(code)) => {
            assert_eq!(EnrollmentCode::parse(&code.grouped()), Ok(code));
            assert_eq!(CardInput::parse(&code.compact()), Ok(CardInput::Code(code)));
            let pasted = format!("有効期限 2021-12-31 まで\n{}\n電話 042-123-4567", code.grouped());
            assert_eq!(CardInput::parse(&pasted), Ok(CardInput::Code(code)));
            assert!(!format!("{code:?}").contains(&code.compact()));
        }
        Ok(CardInput::Ticket(ticket)) => {
            assert!(text.contains(&ticket));
            assert_eq!(CardInput::parse(&ticket), Ok(CardInput::Ticket(ticket)));
        }
        Err(error) => {
            let words = error.words();
            assert!(!words.ja.is_empty() && !words.en.is_empty());
            if let CodeError::Unreadable(TypedTextError::Foreign { position, .. }) = error {
                assert!((1..=text.chars().count()).contains(&position), "character {position} of {text:?}");
            }
        }
    }
});
