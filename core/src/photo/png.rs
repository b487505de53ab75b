//! PNG (W3C, third edition), chunk by chunk; compressed rows pass through untouched.

use std::io::{Read, Write};

use crc32fast::Hasher;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::input::Input;
use super::output::Output;
use super::{Flaw, MAX_SIDE, PhotoError, exif, profile};

/// The first bytes of every PNG.
pub(super) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// The largest length a chunk may say.
const MAX_LENGTH: u32 = 0x7fff_ffff;
/// Of a dropped chunk's data nothing is held; of the others this much at most.
const MAX_HELD: usize = 64 * 1024;
/// Name, end of name, and the one method of compression: what a profile is written with.
const PROFILE_NAME: &[u8] = b"icc\0\0";

/// Copies the picture; its width and height.
pub(super) fn rewrite(input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(u32, u32), PhotoError> {
    input.skip(SIGNATURE.len())?;
    output.write(&SIGNATURE)?;
    let (length, name) = head(input)?;
    if name != *b"IHDR" || length != 13 {
        return Err(Flaw::Header.into());
    }
    let first = held(input, length, name)?;
    let (size, colour, depth) = header(&first)?;
    write_chunk(name, &first, output)?;
    let mut picture = Picture { colour, depth, palette: None, pixels: Pixels::Before, seen: Vec::new() };
    loop {
        let (length, name) = head(input)?;
        if name == *b"IDAT" {
            picture.pixels = picture.to_pixels()?;
            pixels(input, length, output)?;
            continue;
        }
        if picture.pixels == Pixels::Within {
            picture.pixels = Pixels::Behind;
        }
        if name == *b"IEND" {
            held(input, length, name)?;
            return if picture.pixels == Pixels::Before {
                Err(Flaw::Scan.into())
            } else if length != 0 {
                Err(Flaw::Chunk.into())
            } else {
                write_chunk(name, &[], output).map(|()| size)
            };
        }
        let data = held(input, length, name)?;
        if let Some(kept) = picture.kept(name, length, &data)? {
            picture.seen.push(name);
            write_chunk(name, &kept, output)?;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pixels {
    Before,
    Within,
    Behind,
}

struct Picture {
    colour: u8,
    depth: u8,
    /// Its entries.
    palette: Option<usize>,
    pixels: Pixels,
    /// Names of what was kept: each once, so never more than there are names to keep.
    seen: Vec<[u8; 4]>,
}

impl Picture {
    fn to_pixels(&self) -> Result<Pixels, PhotoError> {
        match self.pixels {
            Pixels::Behind => Err(Flaw::Order.into()),
            _ if self.colour == 3 && self.palette.is_none() => Err(Flaw::Table.into()),
            _ => Ok(Pixels::Within),
        }
    }

    /// What is written of a chunk, if anything.
    fn kept(&mut self, name: [u8; 4], length: u32, data: &[u8]) -> Result<Option<Vec<u8>>, PhotoError> {
        let before_pixels = self.pixels == Pixels::Before;
        match &name {
            b"PLTE" => {
                let entries = data.len() / 3;
                if !before_pixels || self.palette.is_some() || self.seen.contains(b"tRNS") {
                    return Err(Flaw::Order.into());
                }
                let most = if self.colour == 3 { 1 << self.depth } else { 256 };
                if matches!(self.colour, 0 | 4) || !length.is_multiple_of(3) || entries == 0 || entries > most
                {
                    return Err(Flaw::Table.into());
                }
                self.palette = Some(entries);
                return Ok(Some(data.to_vec()));
            }
            b"tRNS" => {
                let possible = match self.colour {
                    0 => data.len() == 2,
                    2 => data.len() == 6,
                    3 => self.palette.is_some_and(|entries| (1..=entries).contains(&data.len())),
                    _ => false,
                };
                if !before_pixels || self.seen.contains(&name) {
                    return Err(Flaw::Order.into());
                }
                return if possible { Ok(Some(data.to_vec())) } else { Err(Flaw::Table.into()) };
            }
            [first, ..] if first.is_ascii_uppercase() => return Err(Flaw::Chunk.into()),
            _ if self.seen.contains(&name) => return Ok(None),
            b"eXIf" => return Ok(exif::orientation(data).map(|orientation| exif::only(orientation).to_vec())),
            _ => {}
        }
        // What colours need stands before the palette and the pixels; elsewhere no reader looks for it.
        if !before_pixels || self.palette.is_some() {
            return Ok(None);
        }
        let samples = match self.colour {
            0 => 1,
            4 => 2,
            6 => 4,
            _ => 3,
        };
        let well_formed = match &name {
            b"sRGB" => data.len() == 1,
            b"gAMA" | b"cICP" => data.len() == 4,
            b"cHRM" => data.len() == 32,
            b"sBIT" => data.len() == samples,
            b"iCCP" => {
                // One is tried, good or not: inflating each of many would be work without end.
                self.seen.push(name);
                return Ok(compressed_profile(data));
            }
            _ => false,
        };
        Ok(well_formed.then(|| data.to_vec()))
    }
}

fn head(input: &mut Input<'_>) -> Result<(u32, [u8; 4]), PhotoError> {
    let length = u32::from_be_bytes(input.four()?);
    let name = input.four()?;
    if length > MAX_LENGTH || !name.iter().all(u8::is_ascii_alphabetic) {
        return Err(Flaw::Chunk.into());
    }
    Ok((length, name))
}

/// The start of a chunk's data, as much as may be held of it, once its checksum is found right.
fn held(input: &mut Input<'_>, length: u32, name: [u8; 4]) -> Result<Vec<u8>, PhotoError> {
    let most = match &name {
        b"iCCP" => profile::MAX_BYTES,
        b"IHDR" | b"PLTE" | b"tRNS" | b"sRGB" | b"gAMA" | b"cICP" | b"cHRM" | b"sBIT" | b"eXIf" => MAX_HELD,
        _ => 0,
    };
    let mut data = Vec::new();
    let mut checksum = Hasher::new();
    checksum.update(&name);
    input.pieces(as_size(length), |piece| {
        checksum.update(piece);
        let room = most - data.len();
        data.extend_from_slice(piece.get(..room).unwrap_or(piece));
        Ok(())
    })?;
    if input.four()? == checksum.finalize().to_be_bytes() { Ok(data) } else { Err(Flaw::Checksum.into()) }
}

fn pixels(input: &mut Input<'_>, length: u32, output: &mut Output<'_>) -> Result<(), PhotoError> {
    output.write(&length.to_be_bytes())?;
    output.write(b"IDAT")?;
    let mut checksum = Hasher::new();
    checksum.update(b"IDAT");
    input.pieces(as_size(length), |piece| {
        checksum.update(piece);
        output.write(piece)
    })?;
    let told = input.four()?;
    if told == checksum.finalize().to_be_bytes() { output.write(&told) } else { Err(Flaw::Checksum.into()) }
}

fn write_chunk(name: [u8; 4], data: &[u8], output: &mut Output<'_>) -> Result<(), PhotoError> {
    let length = u32::try_from(data.len()).map_err(|_| Flaw::Chunk)?;
    let mut checksum = Hasher::new();
    checksum.update(&name);
    checksum.update(data);
    output.write(&length.to_be_bytes())?;
    output.write(&name)?;
    output.write(data)?;
    output.write(&checksum.finalize().to_be_bytes())
}

/// Size, colour type and bit depth.
fn header(data: &[u8]) -> Result<((u32, u32), u8, u8), PhotoError> {
    let [w3, w2, w1, w0, h3, h2, h1, h0, depth, colour, 0, 0, 0 | 1] = data else {
        return Err(Flaw::Header.into());
    };
    let size = (u32::from_be_bytes([*w3, *w2, *w1, *w0]), u32::from_be_bytes([*h3, *h2, *h1, *h0]));
    let possible =
        matches!((colour, depth), (0, 1 | 2 | 4 | 8 | 16) | (3, 1 | 2 | 4 | 8) | (2 | 4 | 6, 8 | 16));
    let longest = size.0.max(size.1);
    if !possible || size.0 == 0 || size.1 == 0 || longest > MAX_LENGTH {
        return Err(Flaw::Header.into());
    }
    if longest > MAX_SIDE { Err(PhotoError::TooWide { cap: MAX_SIDE }) } else { Ok((size, *colour, *depth)) }
}

/// The profile without its name, inflated to its cap, rewritten, and deflated again.
fn compressed_profile(data: &[u8]) -> Option<Vec<u8>> {
    let end = data.iter().take(80).position(|byte| *byte == 0)?;
    let deflated = data.get(end + 1..)?.strip_prefix(&[0])?;
    let mut inflated = Vec::new();
    ZlibDecoder::new(deflated).take(profile::MAX_BYTES as u64 + 1).read_to_end(&mut inflated).ok()?;
    let mut encoder = ZlibEncoder::new(PROFILE_NAME.to_vec(), Compression::default());
    encoder.write_all(&profile::rewrite(&inflated)?).ok()?;
    encoder.finish().ok()
}

fn as_size(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
