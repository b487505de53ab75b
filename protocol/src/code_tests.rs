//! Vectors and properties of typed codes.

use proptest::prelude::*;

use super::*;

fn check_failed(text: &str) -> Vec<u8> {
    match EnrollmentCode::parse(text) {
        Err(CodeError::CheckFailed { groups }) => groups,
        other => panic!("expected a failed check, got {other:?}"),
    }
}

fn change(code: &EnrollmentCode, index: usize, by: u8) -> String {
    let mut symbols = code.symbols;
    symbols[index] ^= by;
    EnrollmentCode { symbols }.grouped()
}

#[test]
fn the_published_vectors_hold() {
    for (data, code) in [
        ("1000000000000", "1000-0000-0000-02XH"),
        ("1010000000000", "1010-0000-0000-0SG9"),
        ("1037K9QXR2M3T", "1037-K9QX-R2M3-TQ4R"),
        ("1ZZZZZZZZZZZZ", "1ZZZ-ZZZZ-ZZZZ-ZPK5"),
    ] {
        let symbols: [u8; DATA] = typed_text::symbols(data).unwrap().try_into().unwrap();
        assert_eq!(EnrollmentCode { symbols: gf32::encode(symbols) }.grouped(), code);
        assert_eq!(EnrollmentCode::parse(code).unwrap().grouped(), code);
    }
}

#[test]
fn a_code_names_its_programme() {
    let code = EnrollmentCode::issue(37, 0x3_dead_beef_cafe).unwrap();
    assert_eq!(code.programme_index(), 37);
    assert!(code.compact().starts_with("115"));
    assert!(EnrollmentCode::issue(1024, 0).is_none());
}

#[test]
fn everything_a_japanese_keyboard_gives_is_understood() {
    let plain = EnrollmentCode::parse("1037-K9QX-R2M3-TQ4R").unwrap();
    for typed in [
        "1037k9qxr2m3tq4r",
        "１０３７ーｋ９ｑｘーｒ２ｍ３ーｔｑ４ｒ",
        "１０３７　Ｋ９ＱＸ　Ｒ２Ｍ３　ＴＱ４Ｒ",
        " 1037‐K9QX–R2M3—TQ4R\n",
        "lo37−K9QX─R2M3━TQ4R",
        "IO37・K9QX〜R2M3~TQ4R",
        "\u{feff}1037.K9QX_R2M3\u{200b}TQ4R",
        "YRS1:1037-K9QX-R2M3-TQ4R",
        "ｙｒｓ１：1037ｰK9QXｰR2M3ｰTQ4R",
        "https://example.jp/e#1037-K9QX-R2M3-TQ4R",
        "①037-K9QX-R2M3-TQ4R",
    ] {
        assert_eq!(EnrollmentCode::parse(typed).as_ref(), Ok(&plain), "{typed:?}");
    }
}

#[test]
fn what_does_not_belong_is_refused_by_name_and_place() {
    for (typed, kind, position) in [
        ("1037-あ", ForeignKind::Kana, 6),
        ("１０３７ーカ", ForeignKind::Kana, 6),
        ("U037", ForeignKind::LetterU, 1),
        ("1037-Ｋ9ｕ", ForeignKind::LetterU, 8),
        ("103А", ForeignKind::Cyrillic, 4),
        ("Α037", ForeignKind::Greek, 1),
        ("10😀", ForeignKind::Emoji, 3),
        ("府中", ForeignKind::Kanji, 1),
        ("10é7", ForeignKind::OtherLetter, 3),
        ("10\u{202e}7", ForeignKind::Invisible, 3),
        ("1037*", ForeignKind::Sign, 5),
    ] {
        let expected = CodeError::Unreadable(TypedTextError::Foreign { kind, position });
        assert_eq!(EnrollmentCode::parse(typed), Err(expected), "{typed:?}");
    }
}

#[test]
fn nothing_too_much_and_too_little_have_their_own_errors() {
    assert_eq!(EnrollmentCode::parse(" ー "), Err(CodeError::Empty));
    assert_eq!(EnrollmentCode::parse("1037-K9QX"), Err(CodeError::WrongLength { found: 8 }));
    assert_eq!(EnrollmentCode::parse("1037-K9QX-R2M3-TQ4R-0"), Err(CodeError::WrongLength { found: 17 }));
    let long = "あ".repeat(43);
    assert_eq!(
        EnrollmentCode::parse(&long),
        Err(CodeError::Unreadable(TypedTextError::TooLong { bytes: 129, most: 128 }))
    );
}

#[test]
fn every_wrong_symbol_points_at_its_group() {
    let code = EnrollmentCode::parse("1037-K9QX-R2M3-TQ4R").unwrap();
    for index in 0..WORD {
        for by in 1..32 {
            assert_eq!(check_failed(&change(&code, index, by)), [u8::try_from(index / 4 + 1).unwrap()]);
        }
    }
}

#[test]
fn every_swap_of_neighbours_points_at_its_group_or_its_two_groups() {
    let code = EnrollmentCode::parse("1037-K9QX-R2M3-TQ4R").unwrap();
    for index in 0..WORD - 1 {
        let mut symbols = code.symbols;
        symbols.swap(index, index + 1);
        let (first, second) = ((index / 4 + 1) as u8, ((index + 1) / 4 + 1) as u8);
        let expected = if first == second { vec![first] } else { vec![first, second] };
        assert_eq!(check_failed(&EnrollmentCode { symbols }.grouped()), expected);
    }
}

#[test]
fn a_code_of_another_version_is_not_pointed_at() {
    let mut data = [0u8; DATA];
    data[0] = 2;
    let code = EnrollmentCode { symbols: gf32::encode(data) };
    assert_eq!(EnrollmentCode::parse(&code.compact()), Err(CodeError::UnknownVersion));
}

#[test]
fn debug_output_never_shows_a_code() {
    let code = EnrollmentCode::parse("1037-K9QX-R2M3-TQ4R").unwrap();
    assert_eq!(format!("{code:?}"), "EnrollmentCode(programme 3)");
}

proptest! {
    #[test]
    fn reading_a_code_back_gives_the_same_code(index in 0u16..1024, random in any::<u64>()) {
        let code = EnrollmentCode::issue(index, random).unwrap();
        prop_assert_eq!(EnrollmentCode::parse(&code.grouped()), Ok(code));
        prop_assert_eq!(EnrollmentCode::parse(&code.compact()), Ok(code));
    }

    #[test]
    fn two_wrong_symbols_never_pass_for_one(random in any::<u64>(), i in 0usize..16, j in 0usize..16,
                                            e in 1u8..32, f in 1u8..32) {
        prop_assume!(i != j);
        let mut symbols = EnrollmentCode::issue(3, random).unwrap().symbols;
        symbols[i] ^= e;
        symbols[j] ^= f;
        prop_assert!(!matches!(gf32::slip(&symbols, |_| true), Some(Slip::Symbol(_))));
    }
}
