//! Rules of breaking lines: kinsoku, words that stay whole, nothing lost.

use proptest::prelude::*;

use super::*;

/// Japanese is one em wide, everything else half.
fn advance(c: char) -> f32 {
    if is_japanese(c) { 1.0 } else { 0.5 }
}

fn broken(text: &str, width: f32) -> Vec<&str> {
    lines(text, width, Parting::Characters, advance).into_iter().map(|line| line.text).collect()
}

#[test]
fn japanese_breaks_between_characters() {
    assert_eq!(broken("市区町村のアプリ", 3.0), ["市区町", "村のア", "プリ"]);
}

#[test]
fn no_line_begins_with_a_closing_mark_or_a_small_kana() {
    assert_eq!(broken("市区町。村", 3.0), ["市区", "町。村"]);
    assert_eq!(broken("あいちゃん", 3.0), ["あい", "ちゃん"]);
    assert_eq!(broken("あカード", 2.0), ["あ", "カー", "ド"]);
    assert_eq!(broken("市区（府中）。", 5.0), ["市区（府", "中）。"]);
}

#[test]
fn no_line_ends_with_an_opening_bracket() {
    assert_eq!(broken("府中市（東京）", 4.0), ["府中市", "（東京）"]);
    assert_eq!(broken("ああ「い」", 3.0), ["ああ", "「い」"]);
}

#[test]
fn a_list_that_is_read_aloud_breaks_at_its_pauses() {
    let lines = lines("いち、ボール、さん。エフ", 6.0, Parting::Pauses, advance);
    let texts: Vec<&str> = lines.iter().map(|line| line.text).collect();
    assert_eq!(texts, ["いち、", "ボール、", "さん。エフ"]);
}

#[test]
fn english_breaks_between_words_and_drops_the_space() {
    assert_eq!(broken("type the code below", 4.5), ["type the", "code", "below"]);
}

#[test]
fn latin_words_and_numbers_inside_japanese_stay_whole() {
    assert_eq!(broken("このQR16を", 3.0), ["この", "QR16を"]);
}

#[test]
fn a_word_wider_than_a_line_is_parted() {
    assert_eq!(broken("abcdefgh ij", 2.0), ["abcd", "efgh", "ij"]);
    assert_eq!(broken("あ", 0.1), ["あ"]);
}

#[test]
fn nothing_is_no_line() {
    assert_eq!(broken("", 3.0), [""; 0]);
    assert_eq!(broken("  ", 3.0), [""; 0]);
}

proptest! {
    #[test]
    fn nothing_is_lost_and_lines_fit(text in "[あ-んァ-ヶ一-丁。、（）「」a-zA-Z0-9 .,]{0,60}", width in 1.0f32..20.0) {
        let lines = lines(&text, width, Parting::Characters, advance);
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert_eq!(lines.iter().map(|line| letters(line.text)).collect::<String>(), letters(&text));
        for line in &lines {
            prop_assert!(line.width <= width || line.text.chars().count() == 1, "{}", line.width);
            prop_assert_eq!(line.width, line.text.chars().map(advance).sum::<f32>());
        }
    }

    #[test]
    fn where_there_is_room_no_line_begins_or_ends_with_what_it_may_not(
        // Never more than three in a row that may not be parted, so they always fit a line of eight.
        text in "([あ-ん一-丁]{1,2}[。、」]?|（[あ-ん]）)+",
    ) {
        let text: String = text.chars().take(80).collect();
        let lines = lines(&text, 12.0, Parting::Characters, advance);
        for line in lines.iter().skip(1) {
            prop_assert!(!line.text.starts_with(|c| NOT_FIRST.contains(c)), "{}", text);
        }
        for line in lines.iter().rev().skip(1) {
            prop_assert!(!line.text.ends_with(|c| NOT_LAST.contains(c)), "{}", text);
        }
    }
}
