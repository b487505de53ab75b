//! A photo on its way out: the same picture, without what its file tells besides.
//!
//! The container is written anew and the compressed pixels are copied as they are, so no image decoder is linked. What
//! stays is named here; whatever is not named is dropped, known or not: location, maker notes, thumbnails, XMP, comments,
//! names of cameras, further images, and everything behind the end of the picture (videos, depth maps, trailers).
//!
//! - JPEG (ITU-T T.81): tables, the one frame, its scans and restart markers, to the first EOI. Baseline, extended and
//!   progressive Huffman frames; lossless, hierarchical and arithmetic ones and heights told later (DNL) no phone camera
//!   writes, and they are refused. JFIF (1.02) is written anew without density and thumbnail, Adobe's APP14 with its colour
//!   transform alone. CIPA DC-007 (MPF) images stand behind EOI and are not read. Fill bytes are left out.
//! - PNG (W3C, third edition): IHDR, PLTE, tRNS, IDAT, IEND, and for colours sRGB, gAMA, cHRM, sBIT, cICP, iCCP. Every
//!   checksum is checked, of dropped chunks too. Of an animation (APNG) the still picture stays.
//! - Orientation (CIPA DC-008, Exif 2.32, tag 0x0112): 2 to 8 as the only entry of a new Exif block, 1 as none.
//! - Colour profile (ICC.1): rewritten to the tags colour needs, see [`profile`]; one that cannot be read is dropped.
//!
//! It does not decode: that compressed pixels make a picture is not checked, and bytes a decoder would never reach inside
//! compressed data stay. What the picture shows is the sender's choice.

mod exif;
mod input;
mod jpeg;
mod output;
mod png;
pub mod profile;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use std::io::{ErrorKind, Read, Write};

use yorisoi_protocol::wire::PHOTO_BYTES_MOST;
pub use yorisoi_protocol::wire::PhotoKind;

use input::Input;
use output::Output;

/// Bytes read of a photo at most. What stands behind its end is not read and does not count.
pub const MAX_READ: u64 = 32 * 1024 * 1024;
/// Bytes written of a photo at most: what a server takes.
pub const MAX_WRITTEN: u64 = PHOTO_BYTES_MOST;
/// The longest side in pixels: what JPEG can say, and the same for PNG.
pub const MAX_SIDE: u32 = 65_535;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoFacts {
    /// Container.
    pub kind: PhotoKind,
    /// Pixels in a row, before orientation; 1 to [`MAX_SIDE`].
    pub width: u32,
    /// Rows, before orientation; 1 to [`MAX_SIDE`].
    pub height: u32,
    /// Bytes written, to [`MAX_WRITTEN`].
    pub bytes: u64,
}

/// A format that is not taken. The host converts it to JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// HEIF with HEVC, what iPhones keep.
    Heic,
    /// AVIF.
    Avif,
    /// WebP.
    Webp,
    /// GIF.
    Gif,
    /// TIFF, and raw files built on it.
    Tiff,
    /// PDF.
    Pdf,
    /// A JPEG of a process no camera of a phone writes: lossless, hierarchical, arithmetic, or of a height told later.
    RareJpeg,
    /// None that is known.
    Unknown,
}

/// Where a photo is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It ends before its end.
    CutShort,
    /// A JPEG marker where none may stand, or something else where one must.
    Marker,
    /// The header that says size and components: missing, twice, or not possible.
    Header,
    /// A quantization or Huffman table, a palette or transparency.
    Table,
    /// The header of a scan, or no pixels at all.
    Scan,
    /// A PNG chunk of impossible length or name, or a critical one that nobody knows.
    Chunk,
    /// PNG chunks in an impossible order.
    Order,
    /// The checksum of a PNG chunk.
    Checksum,
}

/// Why no photo was written. What has reached the target until then is no photo and is to be thrown away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// No JPEG and no PNG by content; the host hands over a JPEG.
    #[error("the photo is neither JPEG nor PNG: {found:?}")]
    NotSupported {
        /// What it is.
        found: Foreign,
    },
    /// The file is broken.
    #[error("the photo is broken: {0:?}")]
    Broken(Flaw),
    /// More bytes than are read or written.
    #[error("the photo is larger than {cap} bytes")]
    TooLarge {
        /// [`MAX_READ`] or [`MAX_WRITTEN`].
        cap: u64,
    },
    /// A side is longer than [`MAX_SIDE`].
    #[error("a side of the photo is longer than {cap} pixels")]
    TooWide {
        /// [`MAX_SIDE`].
        cap: u32,
    },
    /// The photo could not be read.
    #[error("the photo could not be read: {0:?}")]
    SourceFailed(ErrorKind),
    /// The photo could not be written.
    #[error("the photo could not be written: {0:?}")]
    TargetFailed(ErrorKind),
}

impl From<Flaw> for PhotoError {
    fn from(flaw: Flaw) -> Self {
        Self::Broken(flaw)
    }
}

/// Copies the picture from `source` to `target` and leaves everything else behind. Memory does not depend on the photo:
/// two buffers, one segment, and a profile of at most [`profile::MAX_BYTES`] with its copies. Rewriting what was written
/// gives the same bytes.
///
/// # Errors
/// [`PhotoError`]; the target holds no photo then.
pub fn rewrite(source: &mut dyn Read, target: &mut dyn Write) -> Result<PhotoFacts, PhotoError> {
    let mut input = Input::new(source);
    let mut output = Output::new(target);
    let (kind, (width, height)) = match recognise(input.ahead()?)? {
        PhotoKind::Jpeg => (PhotoKind::Jpeg, jpeg::rewrite(&mut input, &mut output)?),
        PhotoKind::Png => (PhotoKind::Png, png::rewrite(&mut input, &mut output)?),
    };
    Ok(PhotoFacts { kind, width, height, bytes: output.finish()? })
}

fn recognise(start: &[u8]) -> Result<PhotoKind, PhotoError> {
    let found = match start {
        [0xff, 0xd8, 0xff, ..] => return Ok(PhotoKind::Jpeg),
        _ if start.starts_with(&png::SIGNATURE) => return Ok(PhotoKind::Png),
        _ if png::SIGNATURE.starts_with(start) || [0xff, 0xd8, 0xff].starts_with(start) => {
            return Err(Flaw::CutShort.into());
        }
        [_, _, _, _, b'f', b't', b'y', b'p', brands @ ..] => of_brands(brands),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Foreign::Webp,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Foreign::Gif,
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Foreign::Tiff,
        [b'%', b'P', b'D', b'F', b'-', ..] => Foreign::Pdf,
        _ => Foreign::Unknown,
    };
    Err(PhotoError::NotSupported { found })
}

/// HEIF names its codec among its brands (ISO/IEC 23008-12): the major one, a version, then the compatible ones.
fn of_brands(brands: &[u8]) -> Foreign {
    let mut general = Foreign::Unknown;
    for brand in brands.chunks_exact(4) {
        match brand {
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => {
                return Foreign::Heic;
            }
            b"avif" | b"avis" => return Foreign::Avif,
            b"mif1" | b"msf1" => general = Foreign::Heic,
            _ => {}
        }
    }
    general
}
