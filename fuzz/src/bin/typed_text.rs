//! Whatever a person typed or pasted into the field for the code.
//!
//! Promises: memory does not depend on the length; a refusal names a character that is there; what was read reads the
//! same in its printed and its compact form; neither error nor debug text shows a code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yorisoi_fuzz::bounded;
use yorisoi_protocol::typed_text::{self, ALPHABET, TypedTextError};
use yorisoi_protocol::{CodeError, EnrollmentCode};

/// What 128 bytes of text can cost at most, NFKC included.
const MEMORY: usize = 16 * 1024;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = bounded(0, 0, MEMORY, || typed_text::symbols(text));
    match &read {
        Ok(symbols) => spelled_reads_the_same(symbols),
        Err(TypedTextError::TooLong { bytes, .. }) => assert_eq!(*bytes, text.len()),
        Err(TypedTextError::Foreign { position, .. }) => {
            assert!((1..=text.chars().count()).contains(position), "character {position} of {text:?}");
        }
    }
    match bounded(0, 0, MEMORY, || EnrollmentCode::parse(text)) {
        Ok(code) => {
            assert_eq!(EnrollmentCode::parse(&code.grouped()), Ok(code));
            assert_eq!(EnrollmentCode::parse(&code.compact()), Ok(code));
            assert!(!format!("{code:?}").contains(&code.compact()));
            assert!(code.programme_index() <= yorisoi_protocol::code::PROGRAMME_INDEX_MAX);
        }
        Err(error) => {
            let words = error.words();
            assert!(!words.ja.is_empty() && !words.en.is_empty());
            refusal_fits(&error, read.map(|symbols| symbols.len()));
        }
    }
});

fn spelled_reads_the_same(symbols: &[u8]) {
    let spelled: String = symbols
        .iter()
        .map(|value| ALPHABET.chars().nth(usize::from(*value)).expect("a symbol of the alphabet"))
        .collect();
    assert_eq!(typed_text::symbols(&spelled).as_deref(), Ok(symbols));
}

fn refusal_fits(error: &CodeError, read: Result<usize, TypedTextError>) {
    match error {
        CodeError::Empty => assert_eq!(read, Ok(0)),
        CodeError::Unreadable(why) => assert_eq!(read.as_ref(), Err(why)),
        CodeError::WrongLength { found } => assert_eq!(read, Ok(*found)),
        CodeError::CheckFailed { groups } => {
            assert_eq!(read, Ok(16));
            assert!(groups.len() <= 2 && groups.iter().all(|group| (1..=4).contains(group)), "{groups:?}");
        }
        CodeError::UnknownVersion => assert_eq!(read, Ok(16)),
        CodeError::SeveralCodes | CodeError::NoCodeFound => panic!("{error} of a text that is one code"),
    }
}
