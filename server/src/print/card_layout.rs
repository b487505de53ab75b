//! Where everything stands on one card of A6.
//!
//! Every text has a box of its own, and no two boxes meet; a text that does not fit its box is refused, so nothing
//! can run into anything. The symbol's dark modules begin where the text begins; its quiet zone reaches into the margin.

use super::line_break::Parting;
use super::sheet::{Area, Mark, Measure, Typeface};
use super::symbol::Symbol;
use super::text_box::{Align, TEXT_MIN_POINTS, TextBox};
use super::{Edition, PrintError, PrintedCard};

/// A card: A6 (ISO 216), the size of many a 母子健康手帳, whose cover holds it.
pub(super) const CARD: Area = Area { left: 0.0, top: 0.0, width: 105.0, height: 148.5 };
/// What stays white at each edge: office printers do not reach the last 5 mm, and a cut may be off by two.
const MARGIN: f32 = 8.0;
const WIDTH: f32 = CARD.width - 2.0 * MARGIN;
/// The symbol with its quiet zone: 43 mm make it at least 31 mm without, whatever its version.
const SYMBOL: Area = area(MARGIN - 2.8, 26.0, 43.0, 43.0);
const BESIDE: f32 = SYMBOL.left + SYMBOL.width + 1.0;
const BESIDE_WIDTH: f32 = CARD.width - MARGIN - BESIDE;
/// The smallest size of the typed code, in points.
const CODE_MIN_POINTS: f32 = 14.0;

const NAME: TextBox = text("the programme's name (ja)", area(MARGIN, 8.0, WIDTH, 7.8), 21.0, 1.2);
const SERVICES: TextBox = text("the services (ja)", area(MARGIN, 17.0, WIDTH, 4.4), 11.5, 1.2);
const NAME_EN: TextBox =
    text("the programme's name and services (en)", area(MARGIN, 22.2, WIDTH, 3.4), 9.0, 1.2);
const START: TextBox = text("how to start (ja)", area(BESIDE, 28.8, BESIDE_WIDTH, 22.4), 9.5, 1.45);
const START_EN: TextBox = text("how to start (en)", area(BESIDE, 52.6, BESIDE_WIDTH, 13.6), 8.0, 1.3);
const CODE_LABEL: TextBox = text("the words above the code", area(MARGIN, 69.6, WIDTH, 3.2), 8.5, 1.2);
const CODE: TextBox = TextBox {
    typeface: Typeface::Code,
    least: CODE_MIN_POINTS,
    ..text("the code", area(MARGIN, 73.6, WIDTH, 9.0), 25.0, 1.0)
};
const SPOKEN_LABEL: TextBox = text("the words above the spelling", area(MARGIN, 84.2, WIDTH, 3.2), 8.5, 1.2);
/// Room for sixteen of the longest words: which code a card has must not decide whether it can be printed.
const SPOKEN: TextBox = TextBox {
    parting: Parting::Pauses,
    ..text("the spelling (ja)", area(MARGIN, 88.2, WIDTH, 18.2), 8.0, 1.3)
};
const SPOKEN_EN: TextBox = text("the spelling (en)", area(MARGIN, 107.2, WIDTH, 9.0), 8.0, 1.25);
const DEADLINE: TextBox = text("the deadline (ja)", area(MARGIN, 116.9, 53.0, 4.2), 10.5, 1.2);
const DEADLINE_EN: TextBox =
    text("the deadline (en)", area(62.0, 117.5, CARD.width - MARGIN - 62.0, 3.6), 8.0, 1.2);
const ASK: TextBox = text("whom to ask about cards (ja)", area(MARGIN, 122.4, WIDTH, 7.2), 8.5, 1.3);
const ASK_EN: TextBox = text("whom to ask about cards (en)", area(MARGIN, 130.2, WIDTH, 6.4), 8.0, 1.25);
const NUMBER: TextBox =
    TextBox { align: Align::Right, ..text("the card's number", area(MARGIN, 137.9, WIDTH, 2.6), 7.0, 1.2) };

/// The marks of a card whose upper left corner is at `corner`, in the order in which they are read.
pub(super) fn card_marks(
    edition: &Edition,
    card: &PrintedCard,
    corner: (f32, f32),
    measure: &dyn Measure,
) -> Result<Vec<Mark>, PrintError> {
    let mut marks = Vec::new();
    let mut set = |place: TextBox, text: &str| {
        let area = place.area.moved(corner.0, corner.1);
        let set = TextBox { area, ..place }.set(text, measure)?;
        let lowest = set.iter().map(|run| run.area().bottom()).fold(area.top, f32::max);
        marks.extend(set.into_iter().map(Mark::Text));
        Ok::<f32, PrintError>(lowest - corner.1)
    };
    set(NAME, &edition.name.ja)?;
    set(SERVICES, &edition.services.ja)?;
    set(NAME_EN, &format!("{} – {}", edition.name.en, edition.services.en))?;
    let end = set(START, &edition.start.ja)?;
    set(below(START_EN, end + 2.8), &edition.start.en)?;
    set(CODE_LABEL, &format!("{}　{}", edition.code_label.ja, edition.code_label.en))?;
    set(CODE, &card.code.grouped())?;
    set(SPOKEN_LABEL, &format!("{}　{}", edition.spoken_label.ja, edition.spoken_label.en))?;
    let end = set(SPOKEN, &card.spoken.ja)?;
    set(below(SPOKEN_EN, end + 1.4), &card.spoken.en)?;
    set(DEADLINE, &edition.deadline.ja)?;
    set(DEADLINE_EN, &edition.deadline.en)?;
    let end = set(ASK, &edition.ask.ja)?;
    set(below(ASK_EN, end + 1.2), &edition.ask.en)?;
    set(NUMBER, &format!("{} No. {}", edition.programme, card.number))?;
    let symbol = Symbol::new(&edition.host, &card.ticket)?;
    marks.push(symbol.set(SYMBOL.moved(corner.0, corner.1))?);
    Ok(marks)
}

/// The box moved up to `top` where the text above it ended early, so that the two stay together. Never down: what lies
/// below keeps its place.
fn below(place: TextBox, top: f32) -> TextBox {
    let area = Area { top: top.min(place.area.top), ..place.area };
    TextBox { area, ..place }
}

const fn area(left: f32, top: f32, width: f32, height: f32) -> Area {
    Area { left, top, width, height }
}

const fn text(name: &'static str, area: Area, points: f32, leading: f32) -> TextBox {
    TextBox {
        name,
        area,
        typeface: Typeface::Text,
        points,
        least: TEXT_MIN_POINTS,
        leading,
        align: Align::Left,
        parting: Parting::Characters,
    }
}
