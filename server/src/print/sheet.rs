//! The model of what is printed: pages of marks, each with its place in millimetres from the upper left corner.
//!
//! Laying out needs only the widths of characters, which [`Measure`] tells.

use std::fmt;

use super::card_layout::{CARD, card_marks};
use super::text_box::ASCENT;
use super::{Edition, PrintError, PrintedCard};

/// Millimetres in a point (1/72 inch).
pub const MM_PER_POINT: f32 = 25.4 / 72.0;
/// A sheet of A4 (ISO 216).
pub const PAGE: Area = Area { left: 0.0, top: 0.0, width: 210.0, height: 297.0 };
const COLUMNS: usize = 2;
const ROWS: usize = 2;
/// Cards on a page: four of A6, so that two cuts part them with nothing to throw away.
pub const CARDS_PER_PAGE: usize = COLUMNS * ROWS;

/// A rectangle, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// From the left edge of the page.
    pub left: f32,
    /// From its upper edge.
    pub top: f32,
    /// To the right.
    pub width: f32,
    /// Downwards.
    pub height: f32,
}

impl Area {
    /// Its right edge.
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    /// Its lower edge.
    pub fn bottom(&self) -> f32 {
        self.top + self.height
    }

    /// The same rectangle elsewhere.
    #[must_use]
    pub fn moved(&self, right: f32, down: f32) -> Self {
        Self { left: self.left + right, top: self.top + down, ..*self }
    }
}

/// Which face a text is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typeface {
    /// Sentences and names.
    Text,
    /// The code: every letter and digit has one width.
    Code,
}

/// Tells how wide characters are.
pub trait Measure {
    /// The advance of a character in ems; `None` if the face has no shape for it.
    fn advance(&self, typeface: Typeface, c: char) -> Option<f32>;
}

/// One line of text.
#[derive(Clone, PartialEq)]
pub struct Run {
    /// Its face.
    pub typeface: Typeface,
    /// Its size in points.
    pub points: f32,
    /// Where it begins, in millimetres.
    pub left: f32,
    /// Where its letters stand, in millimetres.
    pub baseline: f32,
    /// How wide it is, in millimetres.
    pub width: f32,
    /// The text.
    pub text: String,
}

impl Run {
    /// The rectangle of its em boxes.
    pub fn area(&self) -> Area {
        let em = self.points * MM_PER_POINT;
        Area { left: self.left, top: self.baseline - ASCENT * em, width: self.width, height: em }
    }
}

/// The text may be a code.
impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Run({} pt at {:?})", self.points, self.area())
    }
}

/// Something printed. Everything is black but the lines, which are grey.
#[derive(Clone, PartialEq)]
pub enum Mark {
    /// A line of text.
    Text(Run),
    /// A QR code.
    Symbol {
        /// Its place with the quiet zone around it.
        area: Area,
        /// The side of a module.
        module: f32,
        /// What is dark, row by row.
        dark: Vec<Area>,
    },
    /// Where to cut: a hairline from one point to another.
    Cut {
        /// `(left, top)` of its beginning.
        from: (f32, f32),
        /// `(left, top)` of its end.
        to: (f32, f32),
    },
}

/// One side of paper.
#[derive(Clone, PartialEq)]
pub struct Page {
    /// What is printed on it, in the order in which it is read.
    pub marks: Vec<Mark>,
}

/// All pages of one printing.
#[derive(Clone, PartialEq)]
pub struct Sheet {
    /// What the document is called.
    pub title: String,
    /// The pages.
    pub pages: Vec<Page>,
}

impl Sheet {
    /// Lays out the cards, four to a page, in their order.
    ///
    /// # Errors
    /// [`PrintError`], naming the text that does not fit.
    pub fn lay_out(
        edition: &Edition,
        cards: &[PrintedCard],
        measure: &dyn Measure,
    ) -> Result<Self, PrintError> {
        let (Some(first), Some(last)) = (cards.first(), cards.last()) else {
            return Err(PrintError::NoCards);
        };
        let pages = cards.chunks(CARDS_PER_PAGE).map(|cards| page(edition, cards, measure));
        Ok(Self {
            title: format!("{} {}–{}", edition.programme, first.number, last.number),
            pages: pages.collect::<Result<_, _>>()?,
        })
    }
}

fn page(edition: &Edition, cards: &[PrintedCard], measure: &dyn Measure) -> Result<Page, PrintError> {
    let mut marks = Vec::new();
    for (place, card) in cards.iter().enumerate() {
        let (row, column) = (place / COLUMNS, place % COLUMNS);
        let corner = (CARD.width * column as f32, CARD.height * row as f32);
        marks.extend(card_marks(edition, card, corner, measure)?);
    }
    let (middle, centre) = (CARD.width, CARD.height);
    marks.push(Mark::Cut { from: (middle, PAGE.top), to: (middle, PAGE.bottom()) });
    marks.push(Mark::Cut { from: (PAGE.left, centre), to: (PAGE.right(), centre) });
    Ok(Page { marks })
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
