//! JPEG (ITU-T T.81), segment by segment; compressed data passes through untouched.

use super::input::Input;
use super::output::Output;
use super::{Flaw, Foreign, PhotoError, exif, profile};

const DHT: u8 = 0xc4;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;

const EXIF: &[u8] = b"Exif\0\0";
const ICC: &[u8] = b"ICC_PROFILE\0";
/// Of a profile in one segment: 65,535 less length, name, number and count.
const ICC_PART: usize = 65_519;
/// JFIF 1.02, square pixels, no thumbnail.
const JFIF: &[u8] = b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0";

/// Copies the picture; its width and height.
pub(super) fn rewrite(input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(u32, u32), PhotoError> {
    input.skip(2)?;
    output.write(&[0xff, 0xd8])?;
    let mut picture = Picture::default();
    let mut marker = next_marker(input)?;
    while marker != EOI {
        let segment = segment(input)?;
        picture.pass(marker, &segment, output)?;
        marker = if marker == SOS { scan(input, output)? } else { next_marker(input)? };
    }
    output.write(&[0xff, EOI])?;
    let frame = picture.frame.ok_or(Flaw::Header)?;
    if picture.scanned { Ok((frame.width.into(), frame.height.into())) } else { Err(Flaw::Scan.into()) }
}

struct Frame {
    width: u16,
    height: u16,
    components: Vec<u8>,
}

/// What was seen so far.
#[derive(Default)]
struct Picture {
    frame: Option<Frame>,
    scanned: bool,
    jfif: bool,
    oriented: bool,
    profile: Vec<u8>,
    profile_parts: u8,
    profile_done: bool,
}

impl Picture {
    fn pass(&mut self, marker: u8, segment: &[u8], output: &mut Output<'_>) -> Result<(), PhotoError> {
        match marker {
            0xc0..=0xc2 if self.frame.is_none() => self.frame = Some(frame(marker, segment)?),
            0xc0..=0xc2 => return Err(Flaw::Header.into()),
            DHT => huffman(segment).ok_or(Flaw::Table)?,
            DQT => quantization(segment).ok_or(Flaw::Table)?,
            DRI if segment.len() == 2 => {}
            DRI => return Err(Flaw::Table.into()),
            SOS => {
                self.scan_header(segment).ok_or(Flaw::Scan)?;
                self.scanned = true;
            }
            0xc3..=0xcf | 0xdc | 0xde | 0xdf => {
                return Err(PhotoError::NotSupported { found: Foreign::RareJpeg });
            }
            APP0..=0xef if !self.scanned => return self.application(marker, segment, output),
            APP0..=0xef | 0xfe => return Ok(()),
            _ => return Err(Flaw::Marker.into()),
        }
        write_segment(marker, &[segment], output)
    }

    fn application(&mut self, marker: u8, segment: &[u8], output: &mut Output<'_>) -> Result<(), PhotoError> {
        match marker {
            APP0 if !self.jfif && segment.starts_with(b"JFIF\0") => {
                self.jfif = true;
                write_segment(APP0, &[JFIF], output)
            }
            APP1 if !self.oriented => match segment.strip_prefix(EXIF).and_then(exif::orientation) {
                Some(orientation) => {
                    self.oriented = true;
                    write_segment(APP1, &[EXIF, &exif::only(orientation)], output)
                }
                None => Ok(()),
            },
            APP2 => match segment.strip_prefix(ICC) {
                Some([number, count, part @ ..]) => self.profile_part(*number, *count, part, output),
                _ => Ok(()),
            },
            // Version, two fields of flags, and the colour transform: the last is all that decoders read.
            APP14 => match segment {
                [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform @ 0..=2, ..] => {
                    write_segment(APP14, &[b"Adobe\0\x64\0\0\0\0", &[*transform]], output)
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Parts come in order; a profile whose parts do not is dropped.
    fn profile_part(
        &mut self,
        number: u8,
        count: u8,
        part: &[u8],
        output: &mut Output<'_>,
    ) -> Result<(), PhotoError> {
        if self.profile_done {
            return Ok(());
        }
        let in_order = self.profile_parts.checked_add(1) == Some(number) && number <= count;
        if !in_order || self.profile.len() + part.len() > profile::MAX_BYTES {
            self.profile_done = true;
            self.profile = Vec::new();
            return Ok(());
        }
        self.profile_parts = number;
        self.profile.extend_from_slice(part);
        if number < count {
            return Ok(());
        }
        self.profile_done = true;
        let Some(kept) = profile::rewrite(&std::mem::take(&mut self.profile)) else { return Ok(()) };
        let parts = u8::try_from(kept.len().div_ceil(ICC_PART)).unwrap_or(u8::MAX);
        for (number, part) in (1..=parts).zip(kept.chunks(ICC_PART)) {
            write_segment(APP2, &[ICC, &[number, parts], part], output)?;
        }
        Ok(())
    }

    /// One to four components of the frame, each with its tables; then spectral selection and approximation.
    fn scan_header(&self, segment: &[u8]) -> Option<()> {
        let frame = self.frame.as_ref()?;
        let (count, rest) = segment.split_first()?;
        let count = usize::from(*count);
        let (components, [first, last, _]) = rest.split_last_chunk()?;
        let known = components
            .chunks(2)
            .all(|pair| matches!(pair, [id, tables] if frame.components.contains(id) && tables & 0xcc == 0));
        let possible = (1..=frame.components.len()).contains(&count) && components.len() == 2 * count;
        (known && possible && first <= last && *last <= 63).then_some(())
    }
}

/// Where a marker must stand; fill bytes before it are passed over.
fn next_marker(input: &mut Input<'_>) -> Result<u8, PhotoError> {
    if input.byte()? != 0xff {
        return Err(Flaw::Marker.into());
    }
    loop {
        let code = input.byte()?;
        if code != 0xff {
            return Ok(code);
        }
    }
}

fn segment(input: &mut Input<'_>) -> Result<Vec<u8>, PhotoError> {
    let length = usize::from(input.u16()?).checked_sub(2).ok_or(Flaw::Marker)?;
    let mut segment = Vec::with_capacity(length);
    input.pieces(length, |piece| {
        segment.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(segment)
}

fn write_segment(marker: u8, parts: &[&[u8]], output: &mut Output<'_>) -> Result<(), PhotoError> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let length = u16::try_from(length + 2).map_err(|_| Flaw::Marker)?;
    output.write(&[0xff, marker])?;
    output.write(&length.to_be_bytes())?;
    parts.iter().try_for_each(|part| output.write(part))
}

/// Compressed data with stuffed bytes and restart markers, up to the marker that ends it.
fn scan(input: &mut Input<'_>, output: &mut Output<'_>) -> Result<u8, PhotoError> {
    loop {
        input.until_ff(|piece| output.write(piece))?;
        let mut code = input.byte()?;
        while code == 0xff {
            code = input.byte()?;
        }
        match code {
            0 | 0xd0..=0xd7 => output.write(&[0xff, code])?,
            _ => return Ok(code),
        }
    }
}

/// Precision, height, width, and for each component its id, sampling 1 to 4 and table 0 to 3.
fn frame(marker: u8, segment: &[u8]) -> Result<Frame, PhotoError> {
    let [precision, h1, h0, w1, w0, count, rest @ ..] = segment else { return Err(Flaw::Header.into()) };
    let (height, width) = (u16::from_be_bytes([*h1, *h0]), u16::from_be_bytes([*w1, *w0]));
    if height == 0 && width > 0 {
        return Err(PhotoError::NotSupported { found: Foreign::RareJpeg });
    }
    let mut components = Vec::with_capacity(4);
    for component in rest.chunks(3) {
        match component {
            [id, sampling, 0..=3]
                if !components.contains(id)
                    && components.len() < 4
                    && (1..=4).contains(&(sampling >> 4))
                    && (1..=4).contains(&(sampling & 15)) =>
            {
                components.push(*id);
            }
            _ => return Err(Flaw::Header.into()),
        }
    }
    let precise = *precision == 8 || *precision == 12 && marker != 0xc0;
    if width == 0 || !precise || components.is_empty() || components.len() != usize::from(*count) {
        return Err(Flaw::Header.into());
    }
    Ok(Frame { width, height, components })
}

fn quantization(mut segment: &[u8]) -> Option<()> {
    while let Some((head, rest)) = segment.split_first() {
        if head & 15 > 3 || head >> 4 > 1 {
            return None;
        }
        segment = rest.get(if head >> 4 == 0 { 64 } else { 128 }..)?;
    }
    Some(())
}

fn huffman(mut segment: &[u8]) -> Option<()> {
    while let Some((head, rest)) = segment.split_first() {
        let (counts, rest) = rest.split_first_chunk::<16>()?;
        let codes: usize = counts.iter().map(|count| usize::from(*count)).sum();
        if head & 15 > 3 || head >> 4 > 1 || codes > 256 {
            return None;
        }
        segment = rest.get(codes..)?;
    }
    Some(())
}
