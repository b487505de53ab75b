//! A town's shared phrase, in whatever kana.
//!
//! Promises: memory does not depend on the length; what was read reads the same in hiragana, in katakana and with spaces
//! around it; a refusal names a character that is there; debug text does not show the phrase.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yorisoi_fuzz::bounded;
use yorisoi_protocol::SharedPhrase;
use yorisoi_protocol::phrase::{PHRASE_MAX_CHARS, PHRASE_MIN_CHARS, PhraseError};

/// What 256 bytes of text can cost at most.
const MEMORY: usize = 16 * 1024;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match bounded(0, 0, MEMORY, || SharedPhrase::parse(text)) {
        Ok(phrase) => {
            let hiragana = phrase.as_str();
            assert!((PHRASE_MIN_CHARS..=PHRASE_MAX_CHARS).contains(&hiragana.chars().count()));
            assert_eq!(SharedPhrase::parse(hiragana).as_ref(), Ok(&phrase));
            assert_eq!(SharedPhrase::parse(&katakana(hiragana)).as_ref(), Ok(&phrase));
            assert_eq!(SharedPhrase::parse(&format!("\u{3000}{hiragana} \n")).as_ref(), Ok(&phrase));
            assert!(!format!("{phrase:?}").contains(hiragana));
        }
        Err(error) => {
            assert!(!error.words().ja.is_empty());
            if let PhraseError::Foreign { position, .. } = error {
                assert!((1..=text.chars().count()).contains(&position), "character {position} of {text:?}");
            }
        }
    }
});

fn katakana(hiragana: &str) -> String {
    let above = |kana: char| match kana {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(kana) + 0x60).unwrap_or(kana),
        other => other,
    };
    hiragana.chars().map(above).collect()
}
