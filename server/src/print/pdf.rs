//! Writes a [`Sheet`] as a PDF: fonts embedded as subsets, text that can be selected, and for the same sheet and fonts
//! always the same bytes. There is no date in it, and nothing of the machine that made it.

use krilla::Document;
use krilla::color::luma;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};

use super::PrintError;
use super::faces::Faces;
use super::sheet::{Area, MM_PER_POINT, Mark, PAGE, Page, Run, Sheet};

/// The grey of a cut line, 0 black to 255 white.
const CUT_GREY: u8 = 150;
/// A hairline, in points.
const CUT_POINTS: f32 = 0.4;
const DASH_POINTS: [f32; 2] = [3.0, 3.0];

/// The bytes of the PDF.
///
/// # Errors
/// [`PrintError::Pdf`] if the library refuses the fonts, [`PrintError::NoGlyph`] if the sheet was laid out with others.
pub fn write(sheet: &Sheet, faces: &Faces) -> Result<Vec<u8>, PrintError> {
    let mut document = Document::new();
    document.set_metadata(Metadata::new().title(sheet.title.clone()).language("ja".to_owned()));
    for page in &sheet.pages {
        write_page(&mut document, page, faces)?;
    }
    document.finish().map_err(|_| PrintError::Pdf)
}

fn write_page(document: &mut Document, page: &Page, faces: &Faces) -> Result<(), PrintError> {
    let settings = PageSettings::from_wh(points(PAGE.width), points(PAGE.height)).ok_or(PrintError::Pdf)?;
    let mut page_out = document.start_page_with(settings);
    let mut surface = page_out.surface();
    for mark in &page.marks {
        match mark {
            Mark::Text(run) => write_run(&mut surface, run, faces)?,
            Mark::Symbol { dark, .. } => write_symbol(&mut surface, dark)?,
            Mark::Cut { from, to } => write_cut(&mut surface, *from, *to)?,
        }
    }
    surface.finish();
    page_out.finish();
    Ok(())
}

fn write_run(surface: &mut Surface<'_>, run: &Run, faces: &Faces) -> Result<(), PrintError> {
    let face = faces.face(run.typeface);
    let glyph = |(at, c): (usize, char)| {
        let shape = face.shape(c).ok_or(PrintError::NoGlyph { text: "a text", character: u32::from(c) })?;
        Ok(KrillaGlyph {
            glyph_id: GlyphId::new(shape.glyph),
            text_range: at..at + c.len_utf8(),
            x_advance: shape.advance,
            x_offset: 0.0,
            y_offset: 0.0,
            y_advance: 0.0,
            location: None,
        })
    };
    let glyphs = run.text.char_indices().map(glyph).collect::<Result<Vec<_>, PrintError>>()?;
    ink(surface);
    let start = Point::from_xy(points(run.left), points(run.baseline));
    surface.draw_glyphs(start, &glyphs, face.font.clone(), &run.text, run.points, false);
    Ok(())
}

/// One path for the whole symbol: painted module by module, screens would show seams between them.
fn write_symbol(surface: &mut Surface<'_>, dark: &[Area]) -> Result<(), PrintError> {
    let mut path = PathBuilder::new();
    for area in dark {
        let (left, top) = (points(area.left), points(area.top));
        let (right, bottom) = (points(area.right()), points(area.bottom()));
        path.push_rect(Rect::from_ltrb(left, top, right, bottom).ok_or(PrintError::Pdf)?);
    }
    ink(surface);
    surface.draw_path(&path.finish().ok_or(PrintError::Pdf)?);
    Ok(())
}

fn write_cut(surface: &mut Surface<'_>, from: (f32, f32), to: (f32, f32)) -> Result<(), PrintError> {
    let mut path = PathBuilder::new();
    path.move_to(points(from.0), points(from.1));
    path.line_to(points(to.0), points(to.1));
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke {
        paint: luma::Color::new(CUT_GREY).into(),
        width: CUT_POINTS,
        dash: Some(StrokeDash { array: DASH_POINTS.to_vec(), offset: 0.0 }),
        ..Stroke::default()
    }));
    surface.draw_path(&path.finish().ok_or(PrintError::Pdf)?);
    Ok(())
}

fn ink(surface: &mut Surface<'_>) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: luma::Color::black().into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }));
}

fn points(millimetres: f32) -> f32 {
    millimetres / MM_PER_POINT
}
