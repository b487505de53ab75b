//! The faces that cards are set in, read from this machine when cards are printed.
//!
//! BIZ UDGothic is a universal-design face that many cities print with: its digits and letters are hard to mistake
//! for each other, and it is free (SIL Open Font License). No font is part of this program.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::path::Path;

use krilla::text::Font;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::PrintError;
use super::sheet::{Measure, Typeface};

/// The Debian package that brings the font.
pub const PACKAGE: &str = "fonts-morisawa-bizud-gothic";
/// Where that package puts it: the proportional face for sentences, the monospaced one for codes.
const INSTALLED_TEXT: &str = "/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf";
const INSTALLED_CODE: &str = "/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Regular.ttf";
/// No font for Japanese is larger; a larger file is not one.
const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A face for each [`Typeface`].
pub struct Faces {
    text: Face,
    code: Face,
}

/// One font and its characters.
pub(super) struct Face {
    pub(super) font: Font,
    /// Glyph and advance in ems by character.
    shapes: HashMap<char, Shape>,
}

/// How a character is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub(super) glyph: u32,
    /// In ems.
    pub(super) advance: f32,
}

impl Faces {
    /// BIZ UDGothic as its Debian package installs it.
    ///
    /// # Errors
    /// [`PrintError::FontMissing`] names the package.
    pub fn installed() -> Result<Self, PrintError> {
        let read = |path: &str| match read(Path::new(path)) {
            Err(PrintError::FontUnreadable(ErrorKind::NotFound)) => Err(PrintError::FontMissing),
            read => Face::new(read?),
        };
        Self { text: read(INSTALLED_TEXT)?, code: read(INSTALLED_CODE)? }.checked()
    }

    /// One font file for everything. It must be monospaced and know Japanese.
    ///
    /// # Errors
    /// [`PrintError`].
    pub fn from_file(path: &Path) -> Result<Self, PrintError> {
        let bytes = read(path)?;
        Self { text: Face::new(bytes.clone())?, code: Face::new(bytes)? }.checked()
    }

    pub(super) fn face(&self, typeface: Typeface) -> &Face {
        match typeface {
            Typeface::Text => &self.text,
            Typeface::Code => &self.code,
        }
    }

    fn checked(self) -> Result<Self, PrintError> {
        let advance = |c: char| self.code.shape(c).map(|shape| shape.advance);
        let first = advance('0');
        let same = ('0'..='9').chain('A'..='Z').chain(['-']).all(|c| advance(c) == first);
        if first.is_none() || !same {
            return Err(PrintError::FontNotMonospaced);
        }
        Ok(self)
    }
}

impl Measure for Faces {
    fn advance(&self, typeface: Typeface, c: char) -> Option<f32> {
        Some(self.face(typeface).shape(c)?.advance)
    }
}

impl Face {
    fn new(bytes: Vec<u8>) -> Result<Self, PrintError> {
        let shapes = shapes(&bytes).ok_or(PrintError::FontBroken)?;
        let font = Font::new(bytes.into(), 0).ok_or(PrintError::FontBroken)?;
        Ok(Self { font, shapes })
    }

    pub(super) fn shape(&self, c: char) -> Option<Shape> {
        self.shapes.get(&c).copied()
    }
}

fn shapes(bytes: &[u8]) -> Option<HashMap<char, Shape>> {
    let font = FontRef::from_index(bytes, 0).ok()?;
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let em = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
    if em <= 0.0 {
        return None;
    }
    let shape = |(character, glyph): (u32, skrifa::GlyphId)| {
        let advance = metrics.advance_width(glyph)? / em;
        Some((char::from_u32(character)?, Shape { glyph: glyph.to_u32(), advance }))
    };
    let shapes: HashMap<char, Shape> = font.charmap().mappings().filter_map(shape).collect();
    (!shapes.is_empty()).then_some(shapes)
}

fn read(path: &Path) -> Result<Vec<u8>, PrintError> {
    let unreadable = |error: std::io::Error| PrintError::FontUnreadable(error.kind());
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_MAX_BYTES {
        return Err(PrintError::FontBroken);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_font_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        for bytes in [&b""[..], b"no font", b"\0\x01\0\0\xFF\xFF", b"ttcf\0\x01\0\0\xFF\xFF\xFF\xFF"] {
            let path = directory.path().join("font.ttf");
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(Faces::from_file(&path).err(), Some(PrintError::FontBroken));
        }
        let missing = Faces::from_file(&directory.path().join("none.ttf")).err();
        assert_eq!(missing, Some(PrintError::FontUnreadable(ErrorKind::NotFound)));
    }

    #[test]
    fn a_missing_font_names_the_package_that_brings_it() {
        assert!(PrintError::FontMissing.to_string().contains(PACKAGE));
    }
}
