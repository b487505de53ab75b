//! The text of a whole card, as it is pasted; what is no code in it; what is a ticket.

use proptest::prelude::*;

use super::*;

const CODE: &str = "1037-K9QX-R2M3-TQ4R";

fn code() -> EnrollmentCode {
    EnrollmentCode::parse(CODE).unwrap()
}

/// All that a card prints, the code line as given.
fn card(code: &EnrollmentCode, printed: &str) -> String {
    let said = code.spoken();
    format!(
        "府中市\n産後の相談（産婦人科オンライン・小児科オンライン）\nPost-partum consultation, free of charge\n\n\
         登録コード　Code\n{printed}\n\n読み上げるとき：{}\nRead aloud: {}\n\n\
         登録できる日　2021年8月2日（月）から2021年12月31日（金）まで\n\
         Please use this card from 2021-08-02 until 2021-12-31 (31/12/2021, 20211231).\n\
         おたずね先　子育て世代包括支援センター　電話 042-369-5349（平日8:30〜17:15）\n\
         Telephone +81-42-369-5349, 0120-123-456, 090 1234 5678. 郵便番号 183-8703\n\
         https://www.city.example.jp/kosodate/sango.html?id=1000000012345\n",
        said.ja, said.en
    )
}

fn full_width(text: &str) -> String {
    let wide = |c: char| match c {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
        other => other,
    };
    text.chars().map(wide).collect()
}

/// The ways in which a card's text comes out of a clipboard.
fn pastings(text: &str) -> [String; 5] {
    [
        text.to_owned(),
        full_width(text),
        text.to_lowercase(),
        text.replace('\n', ""),
        text.replace('\n', "\r\n　"),
    ]
}

fn found(text: &str) -> Result<EnrollmentCode, CodeError> {
    match CardInput::parse(text)? {
        CardInput::Code(code) => Ok(code),
        CardInput::Ticket(_) => panic!("taken for a ticket"),
    }
}

#[test]
fn the_whole_text_of_a_card_is_understood() {
    for printed in [CODE, "1037ーK9QXーR2M3ーTQ4R"] {
        for text in pastings(&card(&code(), printed)) {
            assert!(text.len() > TYPED_TEXT_MAX_BYTES);
            assert_eq!(found(&text), Ok(code()), "{text}");
        }
    }
    for printed in
        ["1037 K9QX R2M3 TQ4R", "1037K9QXR2M3TQ4R", "1037\nK9QX\nR2M3\nTQ4R", "1037-K9QX\n\nR2M3-TQ4R"]
    {
        let text = card(&code(), printed);
        for text in [full_width(&text), text.replace('\n', "\r\n　"), text] {
            assert_eq!(found(&text), Ok(code()), "{text}");
        }
    }
}

#[test]
fn a_card_without_its_code_holds_none() {
    for text in pastings(&card(&code(), "")) {
        assert_eq!(found(&text), Err(CodeError::NoCodeFound), "{text}");
    }
}

#[test]
fn a_wrong_symbol_in_a_pasted_card_points_at_its_group() {
    for text in pastings(&card(&code(), "1037-K9QX-R2N3-TQ4R")) {
        assert_eq!(found(&text), Err(CodeError::CheckFailed { groups: vec![3] }), "{text}");
    }
    // The same mistake twice is one mistake; two different ones leave open which was meant.
    let twice = card(&code(), "1037-K9QX-R2N3-TQ4R / 1037K9QXR2N3TQ4R");
    assert_eq!(found(&twice), Err(CodeError::CheckFailed { groups: vec![3] }));
    let different = card(&code(), "1037-K9QX-R2N3-TQ4R / 1037-K9QX-R2M3-TQ4S");
    assert_eq!(found(&different), Err(CodeError::CheckFailed { groups: vec![] }));
}

#[test]
fn a_wrong_first_symbol_in_a_pasted_card_points_at_the_first_group() {
    let first_group = || Err(CodeError::CheckFailed { groups: vec![1] });
    for printed in ["7037-K9QX-R2M3-TQ4R", "0137-K9QX-R2M3-TQ4R"] {
        for text in pastings(&card(&code(), printed)) {
            assert_eq!(found(&text), first_group(), "{text}");
        }
    }
    for printed in
        ["7037 K9QX R2M3 TQ4R", "7037-K9QX\nR2M3-TQ4R", "7037-K9QX-R2M3-TQ4R / 7037-K9QX-R2M3-TQ4R"]
    {
        assert_eq!(found(&card(&code(), printed)), first_group(), "{printed}");
    }
    assert_eq!(found("登録コード：7037-K9QX-R2M3-TQ4R"), first_group());
    // A card number, two mistakes, one long word, two such groups: nothing can be said of them.
    for printed in [
        "4242-4242-4242-4242",
        "7037-K9QX-R2M3-TQ4S",
        "7037K9QXR2M3TQ4R",
        "7037 K9QX-R2M3-TQ4R",
        "7037-K9QX-R2M3-TQ4R / 8037-K9QX-R2M3-TQ4R",
        "x7037-K9QX R2M3 TQ4R",
    ] {
        assert_eq!(found(&card(&code(), printed)), Err(CodeError::NoCodeFound), "{printed}");
    }
    // What begins as a code does speaks louder.
    assert_eq!(found(&card(&code(), &format!("7037-K9QX-R2M3-TQ4R / {CODE}"))), Ok(code()));
    let other = card(&code(), "7037-K9QX-R2M3-TQ4R / 1037-K9QX-R2N3-TQ4R");
    assert_eq!(found(&other), Err(CodeError::CheckFailed { groups: vec![3] }));
}

#[test]
fn the_fitting_code_is_taken_and_two_different_ones_are_refused() {
    let other = EnrollmentCode::issue(37, 99).unwrap().grouped();
    assert_eq!(found(&card(&code(), &format!("{CODE} / {CODE}"))), Ok(code()));
    assert_eq!(found(&card(&code(), &format!("1037-K9QX-R2N3-TQ4R / {CODE}"))), Ok(code()));
    assert_eq!(found(&card(&code(), &format!("{CODE} / {other}"))), Err(CodeError::SeveralCodes));
    assert_eq!(found(&format!("{CODE}, {other}")), Err(CodeError::SeveralCodes));
    assert_eq!(found(&format!("{CODE} {other}")), Err(CodeError::SeveralCodes));
}

#[test]
fn a_code_with_a_few_words_around_it_is_found() {
    for typed in [
        CODE,
        "登録コード：1037-K9QX-R2M3-TQ4R",
        "コードー１０３７ーＫ９ＱＸーＲ２Ｍ３ーＴＱ４Ｒです。",
        "Code 1037-K9QX-R2M3-TQ4R",
        "your code: 1037k9qxr2m3tq4r, thank you",
        "👶1037 K9QX R2M3 TQ4R👶",
        "No. 12: 1037-K9QX-R2M3-TQ4R 2021",
        "YRS1:1037-K9QX-R2M3-TQ4R",
        "https://example.jp/e#1037-K9QX-R2M3-TQ4R。",
    ] {
        assert_eq!(found(typed), Ok(code()), "{typed}");
    }
    assert_eq!(found("コード：1037-K9QX-R2M3-TQ4S"), Err(CodeError::CheckFailed { groups: vec![4] }));
}

#[test]
fn a_short_text_without_a_code_is_judged_as_typed() {
    let foreign = |kind, position| Err(CodeError::Unreadable(TypedTextError::Foreign { kind, position }));
    assert_eq!(found("1037-K9QX-あ"), foreign(ForeignKind::Kana, 11));
    assert_eq!(found("YRS1:1037-K9QX-R2M3-TQ4あ"), foreign(ForeignKind::Kana, 24));
    assert_eq!(found("1037-K9QX-R2M3-TQ4"), Err(CodeError::WrongLength { found: 15 }));
    // What would be a code in a pasted page is a slip where a code was typed.
    assert_eq!(found("1037-K9QX-R2M3-TQ4RR"), Err(CodeError::WrongLength { found: 17 }));
    assert_eq!(found("1037-K9QX-R2N3-TQ4R-0"), Err(CodeError::WrongLength { found: 17 }));
    assert_eq!(found("1037-K9QX-R2N3-TQ4R"), Err(CodeError::CheckFailed { groups: vec![3] }));
    assert_eq!(found(" ー "), Err(CodeError::Empty));
    assert_eq!(found("YRS1:"), Err(CodeError::Empty));
}

#[test]
fn part_of_a_longer_word_or_number_is_no_code() {
    let filler = "ここにはコードがありません。".repeat(5);
    for text in [
        "x1037K9QXR2M3TQ4R",
        "1037K9QXR2M3TQ4R1",
        "U1037K9QXR2M3TQ4R",
        "1037K9QXR2M3TQ4Ré",
        "1037 K9QX R2M3 TQ4RU",
        "É1037 K9QX R2M3 TQ4R",
        "1037--K9QX--R2M3--TQ4R٣",
        "1037-K9QX-R2M3、TQ4R",
        "1037-K9QX:R2M3-TQ4R",
        "10-37K9-QXR2-M3TQ-4R",
        "1037 K9QX 😀 R2M3 TQ4R",
        "1037-K9QXR2M3-TQ4R",
        // Groups parted in all ways are something else, unless they fit.
        "1037\nK9QX-R2M3 TQ4S",
        // A fitting check under a version that was never issued.
        "0000-0000-0000-0K7W",
    ] {
        assert_eq!(found(&format!("{filler}{text}{filler}")), Err(CodeError::NoCodeFound), "{text}");
    }
}

#[test]
fn the_cap_is_in_bytes() {
    let mut text = format!("{CODE}、");
    text.push_str(&"a".repeat(CARD_TEXT_MAX_BYTES - text.len()));
    assert_eq!(found(&text), Ok(code()));
    text.push('a');
    let too_long = TypedTextError::TooLong { bytes: CARD_TEXT_MAX_BYTES + 1, most: CARD_TEXT_MAX_BYTES };
    assert_eq!(found(&text), Err(CodeError::Unreadable(too_long)));
}

#[test]
fn a_ticket_is_recognised_and_carried_as_it_is() {
    let base32 = "2KCEGIUBAEQGAAKFZDDWIDMFSRWVSGSZ".repeat(6);
    for ticket in [
        format!("YRS1:{base32}"),
        format!("HTTPS://EXAMPLE.JP/E#{base32}"),
        format!("https://example.jp/e#{}", base32.to_lowercase()),
        format!("YRS1:{}", "NCFOXN%TSMAHN-H$ 8:+*/.".repeat(6)),
    ] {
        assert_eq!(CardInput::parse(&ticket), Ok(CardInput::Ticket(ticket.clone())));
        assert_eq!(CardInput::parse(&format!(" \u{feff}{ticket}\r\n")), Ok(CardInput::Ticket(ticket)));
    }
    // A ticket in the middle of a text, and a text that only begins like one, are texts.
    let within = format!("こちらからどうぞ YRS1:{base32}");
    assert_eq!(CardInput::parse(&within), Err(CodeError::NoCodeFound));
    let page = format!("https://example.jp/e#a\n{}", card(&code(), CODE));
    assert_eq!(found(&page), Ok(code()));
}

#[test]
fn debug_output_never_shows_a_code_or_a_ticket() {
    let secret = "2KCEGIUBAEQGAAKFZDDWIDMFSRWVSGSZ";
    let ticket = CardInput::parse(&format!("YRS1:{secret}")).unwrap();
    assert_eq!(format!("{ticket:?}"), "Ticket(37 bytes)");
    assert_eq!(format!("{:?}", CardInput::parse(CODE).unwrap()), "EnrollmentCode(programme 3)");
}

fn any_code() -> impl Strategy<Value = EnrollmentCode> {
    (0u16..1024, any::<u64>()).prop_map(|(index, random)| EnrollmentCode::issue(index, random).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_code_is_found_in_its_card(code in any_code()) {
        for text in pastings(&card(&code, &code.grouped())) {
            prop_assert_eq!(found(&text), Ok(code));
        }
    }

    #[test]
    fn a_wrong_symbol_in_any_pasted_card_is_noticed_and_never_pointed_at_elsewhere(
        code in any_code(), index in 1..WORD, by in 1u8..32
    ) {
        let mut symbols = *code.symbols();
        symbols[index] ^= by;
        let alphabet: Vec<char> = crate::typed_text::ALPHABET.chars().collect();
        let printed: String = symbols.iter().map(|value| alphabet[usize::from(*value)]).collect();
        let group = u8::try_from(index / 4 + 1).unwrap();
        prop_assert_eq!(found(&card(&code, &printed)), Err(CodeError::CheckFailed { groups: vec![group] }));
    }

    #[test]
    fn whatever_the_first_symbol_is_misread_as_no_code_is_taken_and_its_group_is_named(
        code in any_code(), by in 1u8..32
    ) {
        let mut symbols = *code.symbols();
        symbols[0] ^= by;
        let alphabet: Vec<char> = crate::typed_text::ALPHABET.chars().collect();
        let printed: Vec<char> = symbols.iter().map(|value| alphabet[usize::from(*value)]).collect();
        let grouped: Vec<String> = printed.chunks(4).map(|group| group.iter().collect()).collect();
        let judged = found(&card(&code, &grouped.join("-")));
        prop_assert_eq!(judged, Err(CodeError::CheckFailed { groups: vec![1] }));
    }

    #[test]
    fn dates_and_telephone_numbers_are_no_codes(
        lines in prop::collection::vec(
            "(20[0-9]{2}[-/年. ][01]?[0-9][-/月. ][0-3]?[0-9]日?|0[0-9][-ー ][0-9]{4}[-ー ][0-9]{4}\
             |0[0-9]{2}[-ー ][0-9]{3,4}[-ー ][0-9]{4}|0[0-9]{3}[-ー ][0-9]{2}[-ー ][0-9]{4}|0120-[0-9]{3}-[0-9]{3})[、,; \n]{1,2}",
            16..40,
        )
    ) {
        let found = found(&format!("おたずね先：{}", lines.concat()));
        prop_assert_eq!(found, Err(CodeError::NoCodeFound));
    }

}

proptest! {
    #[test]
    fn reading_is_total(text in prop_oneof![any::<String>(), "(?s)[ -~ー－０-９Ａ-ｚあ-ん\n]{0,400}"]) {
        let _ = CardInput::parse(&text);
    }
}
