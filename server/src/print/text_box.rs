//! A place for one text: the text is set as large as wished or as small as can be read, and otherwise refused by name.

use super::PrintError;
use super::line_break::{self, Parting};
use super::sheet::{Area, MM_PER_POINT, Measure, Run, Typeface};

/// The smallest size of any text, in points.
pub(super) const TEXT_MIN_POINTS: f32 = 7.0;
/// By how much a text shrinks at a time, in points.
const STEP_POINTS: f32 = 0.25;
/// How far the em box of a line reaches above its baseline; the rest lies below. Fits Japanese faces, whose em box is
/// theirs by design.
pub(super) const ASCENT: f32 = 0.88;

/// At which edge of the box lines stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// One place and how its text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextBox {
    /// What stands in it, for a refusal.
    pub(super) name: &'static str,
    pub(super) area: Area,
    pub(super) typeface: Typeface,
    /// The size wished for, in points.
    pub(super) points: f32,
    /// The smallest size, in points.
    pub(super) least: f32,
    /// From baseline to baseline, in ems.
    pub(super) leading: f32,
    pub(super) align: Align,
    pub(super) parting: Parting,
}

impl TextBox {
    /// The lines of `text` from the top of the box.
    ///
    /// # Errors
    /// [`PrintError::NoGlyph`] and [`PrintError::TextTooLong`].
    pub(super) fn set(&self, text: &str, measure: &dyn Measure) -> Result<Vec<Run>, PrintError> {
        let known = |c: &char| measure.advance(self.typeface, *c).is_some();
        if let Some(character) = text.chars().find(|c| !known(c)) {
            return Err(PrintError::NoGlyph { text: self.name, character: u32::from(character) });
        }
        let advance = |c: char| measure.advance(self.typeface, c).unwrap_or_default();
        let mut points = self.points;
        while points >= self.least {
            let em = points * MM_PER_POINT;
            let lines = line_break::lines(text, self.area.width / em, self.parting, advance);
            if self.height(lines.len(), em) <= self.area.height
                && lines.iter().all(|line| line.width * em <= self.area.width)
            {
                return Ok(lines
                    .iter()
                    .enumerate()
                    .map(|(index, line)| self.run(index, line, points))
                    .collect());
            }
            points -= STEP_POINTS;
        }
        Err(PrintError::TextTooLong { text: self.name })
    }

    fn height(&self, lines: usize, em: f32) -> f32 {
        em * (1.0 + self.leading * lines.saturating_sub(1) as f32)
    }

    fn run(&self, index: usize, line: &line_break::Line<'_>, points: f32) -> Run {
        let em = points * MM_PER_POINT;
        let width = line.width * em;
        let left = match self.align {
            Align::Left => self.area.left,
            Align::Right => self.area.right() - width,
        };
        Run {
            typeface: self.typeface,
            points,
            left,
            baseline: self.area.top + em * (ASCENT + self.leading * index as f32),
            width,
            text: line.text.to_owned(),
        }
    }
}
