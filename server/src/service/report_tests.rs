//! Rules of the report's cells.

use super::*;
use crate::storage::ServiceFigures;

fn fuchu() -> Programme {
    Programme::parse(include_str!("../../../sandbox/programmes/fuchu-2021.json")).unwrap()
}

fn report(figures: &ProgrammeFigures) -> Report {
    Report::new(&fuchu(), figures, Timestamp::from_seconds(1_640_962_800))
}

/// `top` answers of the highest step, `low` of the lowest, `skipped` without one.
fn surveys(top: usize, low: usize, skipped: usize) -> Vec<(String, u32, String)> {
    let one = |choice: &str| {
        let answers = format!("{{\"q1\":{choice},\"q2\":null}}");
        ("endline-2021".to_owned(), 1, answers)
    };
    let rows = |choice: &str, count| vec![one(choice); count];
    [rows("1", top), rows("4", low), rows("null", skipped)].concat()
}

#[test]
fn a_cell_shows_no_group_of_one_to_nine_and_no_such_rest() {
    for (persons, whole, is_shown) in [
        (0, 0, true),
        (0, 100, true),
        (1, 100, false),
        (9, 100, false),
        (10, 100, true),
        (90, 100, true),
        (91, 100, false),
        (99, 100, false),
        (100, 100, true),
        (0, 9, false),
        (10, 19, false),
        (10, 20, true),
    ] {
        let cell = cell((), persons, whole);
        assert_eq!(cell == Cell::Shown(()), is_shown, "{persons} of {whole}");
    }
}

#[test]
fn one_family_shows_nothing_but_cards_issued() {
    let figures = ProgrammeFigures {
        cards_issued: 5,
        cards_redeemed: 1,
        phrase_members: None,
        members: 2,
        consulted: 1,
        services: vec![ServiceFigures {
            service: Asked::Pediatrics,
            // Many consultations of one person are still one person.
            consultations: 12,
            members: 1,
        }],
        waits: vec![60_000; 12],
        answered_members: 1,
        surveys: surveys(1, 0, 0),
    };
    let report = report(&figures);
    assert_eq!(report.cards_issued, 5);
    assert_eq!(report.cards_redeemed, Cell::Hidden);
    assert_eq!(report.consulted, Cell::Hidden);
    assert!(report.services.iter().all(|row| row.consultations == Cell::Hidden));
    assert_eq!(report.answers, Cell::Hidden);
    assert!(
        report.survey.iter().all(|row| row.answered == Cell::Hidden && row.top_two_percent == Cell::Hidden)
    );
    let text = report.text();
    assert_eq!(text.matches(HIDDEN).count(), 9);
    assert!(text.contains("配布カード / cards issued: 5\n"));
    assert!(!text.contains("12"));
}

#[test]
fn large_groups_are_shown_with_their_n() {
    let figures = ProgrammeFigures {
        cards_issued: 500,
        cards_redeemed: 412,
        phrase_members: None,
        members: 500,
        consulted: 200,
        services: vec![
            ServiceFigures { service: Asked::Pediatrics, consultations: 300, members: 180 },
            ServiceFigures { service: Asked::Obstetrics, consultations: 60, members: 50 },
        ],
        waits: vec![3_600_000, 60_000, 7_260_000],
        answered_members: 200,
        surveys: surveys(71, 29, 20),
    };
    let report = report(&figures);
    assert_eq!(report.cards_redeemed, Cell::Shown(412));
    assert_eq!(report.consulted, Cell::Shown(200));
    assert_eq!(report.services[0].consultations, Cell::Shown(60));
    assert_eq!(report.services[1].consultations, Cell::Shown(300));
    let median = AnswerTimes { n: 3, median_minutes: Some(60) };
    assert_eq!(report.answers, Cell::Shown(median));
    assert_eq!(report.survey[0].answered, Cell::Shown(100));
    assert_eq!(report.survey[0].top_two_percent, Cell::Shown(Some(71)));
    // Nobody answered the second: zero is shown, and no share of nobody.
    assert_eq!(report.survey[1].answered, Cell::Shown(0));
    assert_eq!(report.survey[1].top_two_percent, Cell::Shown(None));
    assert!(report.text().contains("1 h 0 min (n = 3)"));
}

#[test]
fn a_share_is_hidden_where_it_tells_of_a_few() {
    for (top, low, skipped, is_shown) in [
        (91, 9, 0, false),
        (9, 91, 0, false),
        (90, 10, 0, true),
        (100, 0, 0, true),
        (0, 100, 0, true),
        (50, 50, 9, false),
        (50, 50, 10, true),
    ] {
        let figures = ProgrammeFigures { surveys: surveys(top, low, skipped), ..ProgrammeFigures::default() };
        let row = &report(&figures).survey[0];
        let shown = matches!(row.top_two_percent, Cell::Shown(_));
        assert_eq!(shown, is_shown, "{top} {low} {skipped}");
    }
}

#[test]
fn percentages_are_rounded_to_whole_ones() {
    let figures = ProgrammeFigures { surveys: surveys(20, 10, 0), ..ProgrammeFigures::default() };
    assert_eq!(report(&figures).survey[0].top_two_percent, Cell::Shown(Some(67)));
}

#[test]
fn households_that_joined_with_the_phrase_are_counted_apart_from_cards() {
    for (phrase, shown) in [
        (None, None),
        (Some(0), Some(Cell::Shown(0))),
        (Some(9), Some(Cell::Hidden)),
        (Some(80), Some(Cell::Shown(80))),
    ] {
        let figures = ProgrammeFigures {
            cards_issued: 500,
            cards_redeemed: 40,
            phrase_members: phrase,
            members: 120,
            ..ProgrammeFigures::default()
        };
        let report = report(&figures);
        assert_eq!(report.phrase_households, shown);
        assert_eq!((report.cards_issued, &report.cards_redeemed), (500, &Cell::Shown(40)));
        assert_eq!(report.text().contains("joined with the phrase"), phrase.is_some());
    }
}
