//! Breaking a text into lines: Japanese between characters, English between words.
//!
//! A line does not begin with a closing mark, a small kana or a lengthening bar, and does not end with an opening
//! bracket (JIS X 4051, kinsoku). What may not be parted moves to the next line together.

/// Never first in a line.
const NOT_FIRST: &str = "、。，．・：；？！‐–—…‥ー々〜～゠）〕］｝〉》」』】〙〗’”\
    ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ!),.:;?]}%/-";
/// Never last in a line.
const NOT_LAST: &str = "（〔［｛〈《「『【〘〖‘“([{";

/// Where a text may be parted besides its spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// Between any two Japanese characters that kinsoku lets part.
    Characters,
    /// Behind 、 and 。 only: in a list that is read aloud, a word in two lines is easily read as two.
    Pauses,
}

/// One line and how wide it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line<'t> {
    pub(super) text: &'t str,
    pub(super) width: f32,
}

/// Breaks `text` into lines at most `width` wide, in the unit of `advance`. A word wider than a line is parted between
/// characters; a single character is never refused, so a line can be too wide only if it is one character long.
pub(super) fn lines(
    text: &str,
    width: f32,
    parting: Parting,
    advance: impl Fn(char) -> f32,
) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for piece in pieces(text, parting) {
        let end = piece.start + text.get(piece.clone()).map_or(0, |piece| piece.trim_end().len());
        if measured(text, start, end, &advance) <= width {
            continue;
        }
        if piece.start > start {
            lines.extend(line(text, start, piece.start, &advance));
            start = piece.start;
        }
        // Alone in its line and still too wide: parted wherever it must be.
        while measured(text, start, end, &advance) > width {
            let cut = longest(text, start, end, width, &advance);
            if cut >= end {
                break;
            }
            lines.extend(line(text, start, cut, &advance));
            start = cut;
        }
    }
    lines.extend(line(text, start, text.len(), &advance));
    lines
}

fn measured(text: &str, start: usize, end: usize, advance: &impl Fn(char) -> f32) -> f32 {
    text.get(start..end).map_or(0.0, |part| part.chars().map(advance).sum())
}

fn line<'t>(text: &'t str, start: usize, end: usize, advance: &impl Fn(char) -> f32) -> Option<Line<'t>> {
    let part = text.get(start..end)?.trim();
    let width = part.chars().map(advance).sum();
    (!part.is_empty()).then_some(Line { text: part, width })
}

/// Where the longest part from `start` ends that fits; at least one character.
fn longest(text: &str, start: usize, end: usize, width: f32, advance: &impl Fn(char) -> f32) -> usize {
    let mut used = 0.0;
    let mut cut = start;
    for c in text.get(start..end).unwrap_or_default().chars() {
        used += advance(c);
        if used > width && cut > start {
            break;
        }
        cut += c.len_utf8();
    }
    cut
}

/// The parts that are not broken, each with the spaces behind it.
fn pieces(text: &str, parting: Parting) -> Vec<std::ops::Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        if before.is_some_and(|before| may_part(before, c, parting)) {
            pieces.push(start..at);
            start = at;
        }
        before = Some(c);
    }
    if start < text.len() {
        pieces.push(start..text.len());
    }
    pieces
}

fn may_part(before: char, after: char, parting: Parting) -> bool {
    if after.is_whitespace() {
        return false;
    }
    if before.is_whitespace() {
        return true;
    }
    if parting == Parting::Pauses && !matches!(before, '、' | '。') {
        return false;
    }
    (is_japanese(before) || is_japanese(after)) && !NOT_FIRST.contains(after) && !NOT_LAST.contains(before)
}

/// Kana, kanji and their full-width punctuation: whatever may be parted without a space.
fn is_japanese(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
#[path = "line_break_tests.rs"]
mod tests;
