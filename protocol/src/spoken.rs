//! A code as it is read aloud, at a desk or on the phone.
//!
//! Many letters sound alike in Japanese (ビー, ディー, ジー; エム, エヌ), so each of them comes with an everyday word it
//! begins; English uses the words of the ICAO alphabet (Annex 10, volume II, 5.2.1.3). A text that holds this beside
//! the code itself holds no second code: commas part the words, and no four of them stand together.

use crate::code::EnrollmentCode;
use crate::words::Words;

/// How each symbol is said, in the order of [`crate::typed_text::ALPHABET`].
const SAID: [(&str, &str); 32] = [
    ("ゼロ", "Zero"),
    ("いち", "One"),
    ("に", "Two"),
    ("さん", "Three"),
    ("よん", "Four"),
    ("ご", "Five"),
    ("ろく", "Six"),
    ("なな", "Seven"),
    ("はち", "Eight"),
    ("きゅう", "Nine"),
    ("アップルのエー", "Alfa"),
    ("ボールのビー", "Bravo"),
    ("カメラのシー", "Charlie"),
    ("ドアのディー", "Delta"),
    ("エレベーターのイー", "Echo"),
    ("フルーツのエフ", "Foxtrot"),
    ("ゴルフのジー", "Golf"),
    ("ホテルのエイチ", "Hotel"),
    ("ジャムのジェー", "Juliett"),
    ("キッチンのケー", "Kilo"),
    ("ミルクのエム", "Mike"),
    ("ノートのエヌ", "November"),
    ("ピアノのピー", "Papa"),
    ("クイズのキュー", "Quebec"),
    ("ラジオのアール", "Romeo"),
    ("スープのエス", "Sierra"),
    ("テニスのティー", "Tango"),
    ("ビデオのブイ", "Victor"),
    ("ワゴンのダブリュー", "Whiskey"),
    ("エックス", "X-ray"),
    ("ヨットのワイ", "Yankee"),
    ("ズームのゼット", "Zulu"),
];

impl EnrollmentCode {
    /// The code as it is read aloud: four groups, a short pause after each symbol and a long one after each group.
    ///
    /// Whoever hears it holds the code: it belongs on the card's sheet and in a mouth, not in a log.
    pub fn spoken(&self) -> Words {
        let said = || self.symbols().iter().filter_map(|value| SAID.get(usize::from(*value)));
        Words::new(
            paused(said().map(|said| said.0), "、", "。"),
            paused(said().map(|said| said.1), ", ", ". ").trim_end(),
        )
    }
}

fn paused<'a>(words: impl Iterator<Item = &'a str>, short: &str, long: &str) -> String {
    let mut text = String::new();
    for (number, word) in (1..).zip(words) {
        text.push_str(word);
        text.push_str(if number % 4 == 0 { long } else { short });
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::card_text::CardInput;
    use crate::code::CodeError;
    use crate::typed_text::ALPHABET;

    #[test]
    fn a_code_is_said_in_four_groups() {
        let said = EnrollmentCode::parse("1037-K9QX-R2M3-TQ4R").unwrap().spoken();
        assert_eq!(
            said.ja,
            "いち、ゼロ、さん、なな。キッチンのケー、きゅう、クイズのキュー、エックス。\
             ラジオのアール、に、ミルクのエム、さん。テニスのティー、クイズのキュー、よん、ラジオのアール。"
        );
        assert_eq!(
            said.en,
            "One, Zero, Three, Seven. Kilo, Nine, Quebec, X-ray. Romeo, Two, Mike, Three. Tango, Quebec, Four, Romeo."
        );
    }

    #[test]
    fn no_two_symbols_are_said_alike() {
        for said in [SAID.map(|said| said.0), SAID.map(|said| said.1)] {
            assert_eq!(said.iter().collect::<BTreeSet<_>>().len(), ALPHABET.len());
        }
        // What follows the helping word is the letter's own name, and differs too.
        let names: BTreeSet<&str> = SAID.iter().filter_map(|said| said.0.rsplit('の').next()).collect();
        assert_eq!(names.len(), ALPHABET.len());
    }

    #[test]
    fn letters_are_said_with_a_word_that_begins_with_them() {
        for (symbol, (ja, en)) in ALPHABET.chars().zip(SAID) {
            if symbol.is_ascii_alphabetic() {
                assert!(en.starts_with(symbol), "{symbol}");
                assert!(ja.contains('の') || symbol == 'X', "{symbol}");
            }
        }
    }

    #[test]
    fn what_is_said_holds_no_code_itself() {
        let word = |symbols: [u8; 13]| EnrollmentCode::of_data(symbols).spoken();
        for value in 0..32 {
            let said = word(std::array::from_fn(|place| if place == 0 { 1 } else { value }));
            for text in [said.ja.clone(), said.en.clone(), format!("{}\n{}", said.en, said.ja).repeat(3)] {
                let refused = CardInput::parse(&text).unwrap_err();
                assert!(
                    matches!(refused, CodeError::NoCodeFound | CodeError::Unreadable(_)),
                    "{value}: {refused}"
                );
            }
        }
    }
}
