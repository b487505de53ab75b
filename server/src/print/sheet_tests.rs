//! Rules of a sheet of cards, laid out with no font at all.

use yorisoi_protocol::{EnrollmentCode, Programme, Words};

use super::super::TicketHost;
use super::*;

const FUCHU: &str = include_str!("../../../sandbox/programmes/fuchu-2021.json");

/// As wide as a Japanese face makes them: Latin half an em, the rest one. Emoji are missing.
struct Plain;

impl Measure for Plain {
    fn advance(&self, _: Typeface, c: char) -> Option<f32> {
        match c {
            '\u{1F300}'.. => None,
            c if c.is_ascii() => Some(0.5),
            _ => Some(1.0),
        }
    }
}

fn edition() -> Edition {
    let programme = Programme::parse(FUCHU).unwrap();
    Edition::new(&programme, TicketHost::parse("soudan.example.jp").unwrap())
}

fn cards(count: u32) -> Vec<PrintedCard> {
    let card = |number| {
        let code = EnrollmentCode::issue(37, u64::from(number) * 0x9E37_79B9_7F4A).unwrap();
        PrintedCard {
            number,
            code,
            spoken: Words::new(
                "いち、ゼロ、さん、なな。ケー、きゅう、キュー、エックス。アール、に、エム、さん。ティー、キュー、よん、アール。",
                "one, zero, three, seven. Kilo, nine, Quebec, X-ray. Romeo, two, Mike, three. Tango, Quebec, four, Romeo.",
            ),
            ticket: vec![u8::try_from(number % 256).unwrap(); 129],
        }
    };
    (1..=count).map(card).collect()
}

fn sheet(count: u32) -> Sheet {
    Sheet::lay_out(&edition(), &cards(count), &Plain).unwrap()
}

fn place(mark: &Mark) -> Option<Area> {
    match mark {
        Mark::Text(run) => Some(run.area()),
        Mark::Symbol { area, .. } => Some(*area),
        Mark::Cut { .. } => None,
    }
}

fn overlap(a: &Area, b: &Area) -> bool {
    // A hundredth of a millimetre is rounding, not ink.
    let slack = 0.01;
    a.left + slack < b.right()
        && b.left + slack < a.right()
        && a.top + slack < b.bottom()
        && b.top + slack < a.bottom()
}

#[test]
fn cards_fill_pages_of_four_in_their_order() {
    for (count, pages) in [(1, 1), (4, 1), (5, 2), (7, 2), (50, 13)] {
        let sheet = sheet(count);
        assert_eq!(sheet.pages.len(), pages);
        let marks = || sheet.pages.iter().flat_map(|page| &page.marks);
        let printed = marks().filter_map(|mark| match mark {
            Mark::Text(run) if run.typeface == Typeface::Code => Some(run.text.clone()),
            _ => None,
        });
        let codes: Vec<String> = cards(count).iter().map(|card| card.code.grouped()).collect();
        assert_eq!(printed.collect::<Vec<_>>(), codes);
        let symbols = marks().filter(|mark| matches!(mark, Mark::Symbol { .. })).count();
        assert_eq!(symbols, count as usize);
    }
}

#[test]
fn nothing_overlaps_and_the_margin_of_every_card_stays_white() {
    for page in sheet(7).pages {
        let places: Vec<Area> = page.marks.iter().filter_map(place).collect();
        for (index, one) in places.iter().enumerate() {
            for other in places.iter().skip(index + 1) {
                assert!(!overlap(one, other), "{one:?} {other:?}");
            }
        }
        for mark in &page.marks {
            let (inside, margin) = match mark {
                Mark::Text(run) => (run.area(), 7.9),
                Mark::Symbol { area, .. } => (*area, 5.0),
                Mark::Cut { .. } => continue,
            };
            let (x, y) = (inside.left % CARD.width, inside.top % CARD.height);
            assert!(x >= margin && x + inside.width <= CARD.width - margin, "{inside:?}");
            assert!(y >= margin && y + inside.height <= CARD.height - margin, "{inside:?}");
        }
    }
}

#[test]
fn every_symbol_is_at_least_30_mm_with_four_light_modules_around_it() {
    for mark in &sheet(5).pages[0].marks {
        let Mark::Symbol { area, module, dark } = mark else { continue };
        let left = dark.iter().map(|d| d.left).fold(f32::MAX, f32::min);
        let right = dark.iter().map(Area::right).fold(0.0, f32::max);
        let top = dark.iter().map(|d| d.top).fold(f32::MAX, f32::min);
        let bottom = dark.iter().map(Area::bottom).fold(0.0, f32::max);
        assert!(right - left >= 30.0 && bottom - top >= 30.0);
        for quiet in [left - area.left, area.right() - right, top - area.top, area.bottom() - bottom] {
            assert!(quiet >= 4.0 * module - 0.001, "{quiet} {module}");
        }
    }
}

#[test]
fn no_text_is_smaller_than_7_points_and_no_code_smaller_than_14() {
    for mark in sheet(4).pages.iter().flat_map(|page| &page.marks) {
        if let Mark::Text(run) = mark {
            assert!(run.points >= if run.typeface == Typeface::Code { 14.0 } else { 7.0 });
        }
    }
}

#[test]
fn the_cuts_lie_between_the_cards() {
    let cuts = sheet(1).pages[0].marks.iter().filter(|mark| matches!(mark, Mark::Cut { .. })).count();
    assert_eq!(cuts, 2);
    assert_eq!((CARD.width * 2.0, CARD.height * 2.0), (PAGE.width, PAGE.height));
}

#[test]
fn the_longest_spelling_fits() {
    let mut cards = cards(1);
    // The version is a digit; the other fifteen symbols may all be letters with a helping word.
    let ja = ["いち", "エレベーターのイー", "ワゴンのダブリュー"];
    let en = ["One", "November", "November"];
    let all = |words: [&str; 3], short: &str, long: &str| {
        let word = |place: usize| if place == 0 { words[0] } else { words[1 + place % 2] };
        let pause = |place: usize| if place % 4 == 3 { long } else { short };
        (0..16).map(|place| format!("{}{}", word(place), pause(place))).collect::<String>()
    };
    cards[0].spoken = Words::new(all(ja, "、", "。"), all(en, ", ", ". "));
    assert!(Sheet::lay_out(&edition(), &cards, &Plain).is_ok());
}

#[test]
fn a_text_that_does_not_fit_is_refused_by_name() {
    let mut edition = edition();
    edition.ask.en = "word ".repeat(60);
    let refused = Sheet::lay_out(&edition, &cards(1), &Plain).err();
    assert_eq!(refused, Some(PrintError::TextTooLong { text: "whom to ask about cards (en)" }));
}

#[test]
fn a_character_that_the_font_does_not_know_is_refused_by_name() {
    let mut edition = edition();
    edition.name.ja = "府中市🌕".to_owned();
    let refused = Sheet::lay_out(&edition, &cards(1), &Plain).err();
    assert_eq!(refused, Some(PrintError::NoGlyph { text: "the programme's name (ja)", character: 0x1F315 }));
}

#[test]
fn no_cards_are_no_sheet() {
    assert_eq!(Sheet::lay_out(&edition(), &[], &Plain).err(), Some(PrintError::NoCards));
}

#[test]
fn the_shipped_programmes_fit_their_cards() {
    for text in [
        FUCHU,
        include_str!("../../../sandbox/programmes/itabashi-2021.json"),
        include_str!("../../../sandbox/programmes/setagaya-2021.json"),
    ] {
        let edition = Edition::new(&Programme::parse(text).unwrap(), TicketHost::parse("a.jp").unwrap());
        assert!(Sheet::lay_out(&edition, &cards(1), &Plain).is_ok());
    }
}

#[test]
fn a_run_is_shown_without_its_text() {
    let sheet = sheet(1);
    let code = cards(1)[0].code.grouped();
    for mark in &sheet.pages[0].marks {
        if let Mark::Text(run) = mark {
            assert!(!format!("{run:?}").contains(&code));
        }
    }
}
