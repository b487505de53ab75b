//! What is looked for, and a quick no.
//!
//! Width, case and kana are folded: 「ミルク」, 「ﾐﾙｸ」 and 「みるく」 find each other. Texts are folded by NFKC (Unicode Standard
//! Annex 15), lower case, and hiragana for katakana. That costs more than opening a text, so a text is first looked through
//! as the JSON it stands in: almost every text does not hold the words, and most letters are folded by arithmetic.

use memchr::memmem;
use unicode_normalization::UnicodeNormalization;

/// Words to look for, folded.
pub(super) struct Needle {
    words: String,
    finder: memmem::Finder<'static>,
    /// Whether all of it is kanji, which stands in a text as it is unless the text holds one of the few letters that fold to
    /// kanji.
    kanji: bool,
    /// Whether JSON may write it otherwise.
    escaped: bool,
}

impl Needle {
    pub(super) fn new(words: &str) -> Self {
        let words = folded(words);
        Self {
            finder: memmem::Finder::new(words.as_bytes()).into_owned(),
            kanji: words.chars().all(|letter| matches!(letter, '\u{4e00}'..='\u{9fff}')),
            escaped: words.chars().any(|letter| letter.is_control() || matches!(letter, '"' | '\\' | '/')),
            words,
        }
    }

    pub(super) fn words(&self) -> &str {
        &self.words
    }

    /// Whether this JSON may hold the words. A no is certain, a yes is not. `folding` is room to work in.
    pub(super) fn may_stand_in(&self, json: &[u8], folding: &mut String) -> bool {
        if self.escaped || memmem::find(json, b"\\u").is_some() {
            return true;
        }
        if self.kanji && !may_fold_to_kanji(json) {
            return self.finder.find(json).is_some();
        }
        let Ok(text) = std::str::from_utf8(json) else {
            return true;
        };
        folding.clear();
        folding.reserve(text.len());
        for letter in text.chars() {
            match folded_alone(letter) {
                Some(letter) => folding.push(letter),
                None => return self.finder.find(folded(text).as_bytes()).is_some(),
            }
        }
        self.finder.find(folding.as_bytes()).is_some()
    }
}

/// Text in the form in which it is compared.
pub fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).map(hiragana).collect()
}

fn hiragana(letter: char) -> char {
    match letter {
        'ァ'..='ヶ' => moved(letter, 0x60),
        other => other,
    }
}

/// What a letter folds to whatever stands beside it; `None` where that takes the whole text.
fn folded_alone(letter: char) -> Option<char> {
    match letter {
        '\0'..='\u{7f}' => Some(letter.to_ascii_lowercase()),
        // Punctuation, hiragana, the long vowel mark, kanji.
        '、'..='\u{3029}' | 'ぁ'..='ゖ' | '・'..='ヾ' | '\u{4e00}'..='\u{9fff}' => Some(letter),
        'ァ'..='ヶ' => Some(moved(letter, 0x60)),
        '！'..='～' => Some(moved(letter, 0xfee0).to_ascii_lowercase()),
        _ => None,
    }
}

fn moved(letter: char, by: u32) -> char {
    u32::from(letter).checked_sub(by).and_then(char::from_u32).unwrap_or(letter)
}

/// Whether UTF-8 may hold a letter that NFKC turns into kanji: compatibility ideographs (U+F900–FAFF, U+2F800–2FA1F),
/// radicals (U+2E80–2FDF), Hangzhou numerals (U+3038–303A), kanbun and enclosed letters (U+3190–33FF, U+1F200–1F2FF).
fn may_fold_to_kanji(text: &[u8]) -> bool {
    // Each of these letters takes three bytes or more, so none begins in the last two. Slices of one length and no early end
    // let many bytes be looked at together.
    let count = text.len().saturating_sub(2);
    let [first, second, third] = [0, 1, 2].map(|skip| text.get(skip..skip + count).unwrap_or_default());
    let found = first.iter().zip(second).zip(third).fold(0u8, |found, ((first, second), third)| {
        let three = (*first == 0xe3) & ((*second >= 0x86) | ((*second == 0x80) & (*third >= 0xb8)));
        let two = (*first == 0xe2) & (*second >= 0xba) | (*first == 0xef) & (*second < 0xac);
        found | u8::from(three | two | (*first >= 0xf0))
    });
    found != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(words: &str, text: &str) -> bool {
        Needle::new(words).may_stand_in(&serde_json::to_vec(text).unwrap(), &mut String::new())
    }

    #[test]
    fn width_case_and_kana_are_folded() {
        for text in ["ミルク", "ﾐﾙｸ", "みるく"] {
            assert_eq!(folded(text), "みるく");
        }
        assert_eq!(folded("ＭＩＬＫ"), "milk");
    }

    #[test]
    fn every_letter_that_is_folded_alone_is_folded_as_in_a_text() {
        let all = ('\0'..=char::MAX).filter_map(|letter| Some((letter, folded_alone(letter)?)));
        let mut count = 0;
        for (letter, alone) in all {
            count += 1;
            assert_eq!(folded(&letter.to_string()), alone.to_string(), "{letter:?}");
            // Beside letters that others melt into.
            for beside in ["か", "ハ", "a", "。"] {
                let (before, after) = (format!("{beside}{letter}"), format!("{letter}{beside}"));
                assert_eq!(folded(&before), format!("{}{alone}", folded(beside)), "{letter:?}");
                assert_eq!(folded(&after), format!("{alone}{}", folded(beside)), "{letter:?}");
            }
        }
        assert!(count > 21_000, "{count}");
    }

    #[test]
    fn no_letter_that_folds_to_kanji_is_overlooked() {
        for letter in ('\0'..=char::MAX).filter(|letter| !matches!(letter, '\u{4e00}'..='\u{9fff}')) {
            let folds = folded(&letter.to_string());
            let kanji: Vec<char> = folds.chars().filter(|c| matches!(c, '\u{4e00}'..='\u{9fff}')).collect();
            for kanji in kanji {
                assert!(may(&kanji.to_string(), &letter.to_string()), "{letter:?}");
            }
        }
        // It must be able to say no.
        assert!(!may("瑪瑙", "夜中に三十八度の熱が出ました。ミルクは半分…！") && may("瑪瑙", "この瑪瑙は"));
    }

    #[test]
    fn a_no_is_never_wrong() {
        let letters: Vec<char> =
            "aZ1\"\\/\n　かガﾊﾞハﾟー。…！Ａ熱㈱㍻㊗⼀﨑ｱぱ\u{3099}\u{309a}é𠮷😀ヶ〇々〸".chars().collect();
        let mut state = 7u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        let (mut held, mut no) = (0, 0);
        for _ in 0..60_000 {
            let mut pick =
                |count: usize| -> String { (0..count).map(|_| letters[random(letters.len())]).collect() };
            let (text, words) = (pick(12), pick(2));
            let holds = folded(&text).contains(&folded(&words));
            let may = may(&words, &text);
            assert!(may || !holds, "{words:?} in {text:?}");
            held += usize::from(holds);
            no += usize::from(!may);
        }
        assert!(held > 300 && no > 10_000, "{held} held, {no} times no");
        let escaped = br#"{"text":"\u71b1\u304c"}"#;
        assert!(Needle::new("熱が").may_stand_in(escaped, &mut String::new()));
    }
}
