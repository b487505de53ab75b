//! Decision 5 as a table, and what holds for every text.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> String {
    SharedPhrase::parse(text).unwrap().as_str().to_owned()
}

#[test]
fn every_way_to_type_the_same_kana_gives_the_same_phrase() {
    for typed in [
        "てをあらおう",
        "テヲアラオウ",
        "ﾃｦｱﾗｵｳ",
        "　てを\u{3042}らおう \n",
        "ーてをあらおうー",
        "- てをアラオウ -〜",
        "\u{feff}てをあらおう\u{200b}",
    ] {
        assert_eq!(read(typed), "てをあらおう", "{typed:?}");
    }
    for typed in ["がぱゔー", "ｶﾞﾊﾟｳﾞｰ", "か\u{3099}は\u{309a}う\u{3099}", "ガパヴー"]
    {
        assert_eq!(read(typed), "がぱゔ", "{typed:?}");
    }
    assert_eq!(read("ラーメンﾃﾞｨ"), "らーめんでぃ");
    assert_eq!(read("ヵヶゝヾ㌔ゟ"), "ゕゖゝゞきろより");
}

#[test]
fn what_is_no_kana_is_named_at_its_place_in_the_text_as_typed() {
    use ForeignKind::*;
    for (typed, kind, position) in [
        ("てを洗おう", Kanji, 3),
        ("てをarau", Latin, 3),
        ("てをＵ", Latin, 3),
        ("ｶﾞｶﾞ1", Digit, 5),
        ("て を", Space, 2),
        ("　て　　を", Space, 3),
        ("て\nを", Space, 2),
        ("て\u{200b}を", Invisible, 2),
        ("て-を", Sign, 2),
        ("て〜を", Sign, 2),
        ("て -漢", Space, 2),
        ("てを。", Sign, 3),
        ("て・を", Sign, 2),
        ("てΩ", Greek, 2),
        ("てЯ", Cyrillic, 2),
        ("て😀", Emoji, 2),
        ("て٣", OtherDigit, 2),
        // Kana without a hiragana of their own, and marks with nothing to stand on.
        ("てㇰ", OtherLetter, 2),
        ("てワ\u{3099}", OtherLetter, 3),
        ("\u{3099}てを", OtherLetter, 1),
        ("てあﾞ", OtherLetter, 3),
        ("てか゛", Sign, 3),
        ("て \u{3099}", Space, 2),
    ] {
        let expected = PhraseError::Foreign { kind, position };
        assert_eq!(SharedPhrase::parse(typed), Err(expected), "{typed:?}");
    }
}

#[test]
fn a_phrase_has_two_to_thirty_two_characters() {
    for nothing in ["", " ー　-", "〜"] {
        assert_eq!(SharedPhrase::parse(nothing), Err(PhraseError::Empty));
    }
    assert_eq!(SharedPhrase::parse(" あ ー"), Err(PhraseError::WrongLength { found: 1 }));
    assert_eq!(read("あい").chars().count(), 2);
    assert_eq!(read(&"ｶﾞ".repeat(32)).chars().count(), 32);
    assert_eq!(SharedPhrase::parse(&"あ".repeat(33)), Err(PhraseError::WrongLength { found: 33 }));
    assert_eq!(SharedPhrase::parse(&"あ".repeat(86)), Err(PhraseError::TooLong { bytes: 258 }));
}

#[test]
fn debug_output_and_refusals_never_show_a_phrase() {
    assert_eq!(format!("{:?}", SharedPhrase::parse("てをあらおう")), "Ok(SharedPhrase)");
    let refused = SharedPhrase::parse("てをあらX").unwrap_err();
    assert!(!format!("{refused} {refused:?} {:?}", refused.words()).contains("あら"));
}

/// Decision 5 to the letter, on the whole text at once.
fn by_the_letter(text: &str) -> Option<String> {
    let hiragana = |folded: char| match folded {
        'ァ'..='ヶ' | 'ヽ' | 'ヾ' => char::from_u32(u32::from(folded) - 0x60).unwrap(),
        other => other,
    };
    let read: String = text.nfkc().map(hiragana).collect();
    let read = read.trim_matches(|c| is_dash(c) || is_space(c));
    let fits = read.chars().all(|c| matches!(c, 'ぁ'..='ゖ' | 'ゝ' | 'ゞ' | 'ー'));
    (fits && (2..=32).contains(&read.chars().count())).then(|| read.to_owned())
}

fn keyboard() -> impl Strategy<Value = String> {
    let pieces = [
        "て", "を", "か", "う", "は", "ワ", "ガ", "ヴ", "ヷ", "ｶ", "ｦ", "ｧ", "ﾞ", "ﾟ", "\u{3099}", "\u{309a}",
        "゛", "ー", "ｰ", "-", "−", "〜", " ", "　", "\n", "\u{200b}", "ゝ", "ヽ", "㌔", "ゟ", "・", "。",
        "漢", "A", "1", "😀",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat())
}

/// Mostly phrases, so that what holds for phrases is met.
fn kana() -> impl Strategy<Value = String> {
    "[ ー　-]{0,2}[ぁ-ゖァ-ヶｦ-ﾟー]{1,20}[ ー　~]{0,2}"
}

proptest! {
    #[test]
    fn reading_is_total_idempotent_and_to_the_letter(text in prop_oneof![any::<String>(), keyboard(), kana()]) {
        prop_assume!(text.len() <= PHRASE_TEXT_MAX_BYTES);
        let phrase = SharedPhrase::parse(&text).ok();
        prop_assert_eq!(phrase.as_ref().map(|phrase| phrase.as_str().to_owned()), by_the_letter(&text));
        if let Some(phrase) = phrase {
            prop_assert_eq!(SharedPhrase::parse(phrase.as_str()), Ok(phrase));
        }
    }
}
