//! The table of decision 4, character by character, and what holds for every text.

use proptest::prelude::*;

use super::*;

fn spelled(symbols: &[u8]) -> String {
    symbols.iter().map(|value| ALPHABET.chars().nth(usize::from(*value)).unwrap()).collect()
}

fn read(text: &str) -> String {
    spelled(&symbols(text).unwrap())
}

fn refusal(text: &str) -> (ForeignKind, usize) {
    match symbols(text) {
        Err(TypedTextError::Foreign { kind, position }) => (kind, position),
        other => panic!("{text:?} gave {other:?}"),
    }
}

#[test]
fn every_separator_of_the_table_is_dropped_and_no_other_sign_is() {
    let table = " \t\n\r\u{a0}\u{3000}\u{200b}\u{200d}\u{feff}-\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\
                 \u{30fc}\u{2500}\u{2501}\u{2d7}\u{301c}~\u{30fb}._";
    // What NFKC makes one of them: wide and narrow forms, small and raised hyphens, spaces of many widths.
    let folded = "\u{ff0d}\u{fe63}\u{fe58}\u{207b}\u{208b}\u{ff70}\u{ff5e}\u{ff65}\u{ff0e}\u{ff3f}\u{2002}\u{2009}\u{202f}\u{2026}";
    for separator in table.chars().chain(folded.chars()) {
        assert_eq!(read(&format!("1{separator}2")), "12", "{separator:?}");
    }
    for sign in "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}、。＝\u{2022}\u{b7}\u{2016}\u{2502}\u{30a0}".chars() {
        assert_eq!(refusal(&format!("1{sign}2")), (ForeignKind::Sign, 2), "{sign:?}");
    }
}

#[test]
fn every_letter_and_digit_reads_alike_in_every_width_case_and_frame() {
    assert_eq!(read("0123456789abcdefghijklmnopqrst"), "0123456789ABCDEFGH1JK1MN0PQRST");
    assert_eq!(read("vwxyz"), "VWXYZ");
    assert_eq!(read("０１２ＡＢｙｚＩｌＯｏ"), "012ABYZ1100");
    assert_eq!(read("①⑳⓪Ⓐⓩ🄰𝟎𝐊ªⅣ"), "1200AZA0KA1V");
}

#[test]
fn what_is_refused_is_named_at_its_place_in_the_text_as_typed() {
    use ForeignKind::*;
    for (typed, expected) in [
        // Kana: full, half, small, with marks joined or apart. ー is a separator, not kana.
        ("1037-ケ", (Kana, 6)),
        ("1037ーｹ", (Kana, 6)),
        ("1ｶﾞ", (Kana, 2)),
        ("1か\u{3099}", (Kana, 2)),
        ("1ーｧ", (Kana, 3)),
        ("1ﾞ", (Kana, 2)),
        ("府中", (Kanji, 1)),
        ("10〇7", (Kanji, 3)),
        // Look-alikes.
        ("103А", (Cyrillic, 4)),
        ("1Ο37", (Greek, 2)),
        ("10٣7", (OtherDigit, 3)),
        ("10३7", (OtherDigit, 3)),
        ("1❷", (OtherDigit, 2)),
        ("103u", (LetterU, 4)),
        ("１０３Ｕ", (LetterU, 4)),
        // An accent typed after its letter belongs to it; alone it is a sign.
        ("1é", (OtherLetter, 2)),
        ("1e\u{301}", (OtherLetter, 2)),
        ("1-\u{301}", (Sign, 3)),
        // Pictures, in whatever way they are made up.
        ("10👨\u{200d}👩\u{200d}👧", (Emoji, 3)),
        ("1\u{fe0f}\u{20e3}0", (Emoji, 1)),
        ("0-1\u{20e3}", (Emoji, 3)),
        ("1🇯🇵", (Emoji, 2)),
        ("1👋🏽", (Emoji, 2)),
        ("1ℹ\u{fe0f}", (Emoji, 2)),
        ("1㊗", (Emoji, 2)),
        ("1 \u{fe0f}", (Invisible, 3)),
        ("1\u{200c}2", (Invisible, 2)),
        ("1\u{202e}2", (Invisible, 2)),
        ("1\0", (Invisible, 2)),
        // NFKC spells these with several characters; the place is still the typed one.
        ("⑳㍿", (Kanji, 2)),
        ("…㌔", (Kana, 2)),
        ("½", (Sign, 1)),
        // A stripped wrapper counts.
        ("YRS1:1あ", (Kana, 7)),
        ("　ＹＲＳ１：あ", (Kana, 7)),
        ("https://a.jp/e#1あ", (Kana, 17)),
        // What only looks like a wrapper is read, and refused.
        ("YRS2:1", (Sign, 5)),
        ("1YRS1:1", (Sign, 6)),
        ("http://a#1", (Sign, 5)),
        ("https://a.jp/1", (Sign, 6)),
        ("https://a b#1", (Sign, 6)),
    ] {
        assert_eq!(refusal(typed), expected, "{typed:?}");
    }
}

#[test]
fn the_cap_is_in_bytes_and_comes_before_everything_else() {
    assert_eq!(symbols(&"1".repeat(128)).unwrap().len(), 128);
    assert_eq!(symbols(&"1".repeat(129)), Err(TypedTextError::TooLong { bytes: 129, most: 128 }));
    assert_eq!(symbols(&"１".repeat(43)), Err(TypedTextError::TooLong { bytes: 129, most: 128 }));
    // Three bytes that NFKC spells with four letters: a text can read as more symbols than it has bytes.
    assert_eq!(symbols(&"Ⅷ".repeat(42)).unwrap().len(), 168);
}

/// What NFKC of the whole text, rather than of each character, would read: the letter of decision 4.
fn by_the_letter(text: &str) -> Option<Vec<u8>> {
    let skipped = Wrapper::of(text).map_or(0, |wrapper| wrapper.end);
    let payload: String = text.chars().skip(skipped).collect();
    payload.nfkc().filter(|folded| !is_separator(*folded)).map(symbol).collect()
}

/// Texts as they come from keyboards in Japan: all widths, kana in all forms, dashes, marks, and what hides.
fn keyboard() -> impl Strategy<Value = String> {
    let pieces = [
        "1",
        "0",
        "k",
        "Ｋ",
        "９",
        "ｑ",
        "I",
        "ｌ",
        "O",
        "U",
        "ｕ",
        "-",
        "ー",
        "ｰ",
        "‐",
        "−",
        "〜",
        "～",
        "・",
        "･",
        "。",
        "　",
        " ",
        "\n",
        "\u{200b}",
        "\u{feff}",
        "あ",
        "ｶ",
        "ﾞ",
        "\u{3099}",
        "\u{301}",
        "ッ",
        "①",
        "⑳",
        "Ⅷ",
        "㈱",
        "㍿",
        "府",
        "😀",
        "\u{fe0f}",
        "\u{20e3}",
        "\u{200d}",
        "YRS1:",
        "ＹＲＳ１：",
        "https://",
        "＃",
        "#",
        "А",
        "Ω",
        "½",
        "゛",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..24).prop_map(|pieces| pieces.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), keyboard(), "[0-9A-Za-z \\-ー]{0,40}"]
}

proptest! {
    #[test]
    fn normalising_is_idempotent(text in any_text()) {
        if let Some(values) = symbols(&text).ok().filter(|values| values.len() <= TYPED_TEXT_MAX_BYTES) {
            prop_assert_eq!(symbols(&spelled(&values)), Ok(values));
        }
    }

    #[test]
    fn reading_each_character_reads_what_nfkc_of_the_whole_text_reads(text in any_text()) {
        prop_assume!(text.len() <= TYPED_TEXT_MAX_BYTES);
        // A picture or a joined mark is refused either way; only its name and place need the text as typed.
        prop_assert_eq!(symbols(&text).ok(), by_the_letter(&text));
    }

    #[test]
    fn a_refusal_names_a_character_that_is_there_and_everything_before_it_reads(text in any_text()) {
        prop_assume!(Wrapper::of(&text).is_none());
        if let Err(TypedTextError::Foreign { position, .. }) = symbols(&text) {
            prop_assert!((1..=text.chars().count()).contains(&position));
            let before: String = text.chars().take(position - 1).collect();
            prop_assert!(symbols(&before).is_ok());
        }
    }
}
