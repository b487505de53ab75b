//! What a rewritten photo keeps, what it loses, and which files are refused.

use std::io::{Cursor, Read};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::samples::{CANARY, chunk, encoded, from_a_phone, profile, screenshot, segment, tiff};
use super::*;

fn rewritten(file: &[u8]) -> Result<(Vec<u8>, PhotoFacts), PhotoError> {
    let mut written = Vec::new();
    let facts = rewrite(&mut &file[..], &mut written)?;
    Ok((written, facts))
}

fn written(file: &[u8]) -> Vec<u8> {
    rewritten(file).unwrap().0
}

fn refusal(file: &[u8]) -> PhotoError {
    rewritten(file).unwrap_err()
}

fn tells(file: &[u8], what: &[u8]) -> bool {
    file.windows(what.len()).any(|window| window == what)
}

/// Pixels, orientation and profile, as a decoder that is not ours sees them.
fn seen(file: &[u8]) -> (DynamicImage, Orientation, Option<Vec<u8>>) {
    let mut decoder =
        ImageReader::new(Cursor::new(file)).with_guessed_format().unwrap().into_decoder().unwrap();
    let orientation = decoder.orientation().unwrap();
    let profile = decoder.icc_profile().unwrap();
    (DynamicImage::from_decoder(decoder).unwrap(), orientation, profile)
}

fn scan_of(file: &[u8]) -> &[u8] {
    let from = file.windows(2).position(|two| two == [0xff, 0xda]).unwrap();
    let end = file[from..].windows(2).position(|two| two == [0xff, 0xd9]).unwrap();
    &file[from..from + end]
}

#[test]
fn a_phones_jpeg_keeps_its_picture_and_its_orientation_and_tells_nothing_else() {
    let plain = encoded(ImageFormat::Jpeg);
    for orientation in 1..=8_u16 {
        for little in [true, false] {
            let (clean, facts) = rewritten(&from_a_phone(&plain, orientation, little)).unwrap();
            assert!(!tells(&clean, CANARY));
            assert_eq!(tells(&clean, b"Exif"), orientation != 1);
            let (pixels, turned, colours) = seen(&clean);
            assert_eq!(pixels, seen(&plain).0);
            assert_eq!(turned.to_exif(), u8::try_from(orientation).unwrap());
            assert_eq!(colours, profile::rewrite(&profile()));
            assert_eq!(scan_of(&clean), scan_of(&plain));
            let bytes = clean.len() as u64;
            assert_eq!(facts, PhotoFacts { kind: PhotoKind::Jpeg, width: 67, height: 45, bytes });
            assert_eq!(written(&clean), clean, "again changes nothing");
        }
    }
}

#[test]
fn a_screenshot_keeps_its_picture_and_its_orientation_and_tells_nothing_else() {
    let plain = encoded(ImageFormat::Png);
    for orientation in 1..=8 {
        let (clean, facts) = rewritten(&screenshot(&plain, orientation)).unwrap();
        assert!(!tells(&clean, CANARY));
        for dropped in [b"iTXt", b"tEXt", b"tIME", b"acTL", b"fdAT", b"prVt"] {
            assert!(!tells(&clean, dropped));
        }
        let (pixels, turned, colours) = seen(&clean);
        assert_eq!(pixels, seen(&plain).0);
        assert_eq!(u16::from(turned.to_exif()), orientation);
        assert_eq!(colours, profile::rewrite(&profile()));
        assert_eq!((facts.kind, facts.width, facts.height), (PhotoKind::Png, 67, 45));
        assert_eq!(written(&clean), clean, "again changes nothing");
    }
}

#[test]
fn a_profile_keeps_colour_and_names_nobody() {
    let kept = profile::rewrite(&profile()).unwrap();
    assert!(!tells(&kept, CANARY) && !tells(&kept, b"dmnd"));
    for tag in [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"] {
        assert!(tells(&kept, tag));
    }
    assert_eq!(profile::rewrite(&kept), Some(kept));
    assert_eq!(profile::rewrite(&[0; 200]), None);
}

/// Colour transform, restart interval, progressive scans with tables between them, and what hides there.
fn progressive() -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    file.extend(segment(0xee, &[b"Adobe\0\x65\x12\x34\x56\x78\x02", CANARY]));
    file.extend(segment(0xdb, &[&[0], &[1; 64]]));
    file.extend(segment(0xc2, &[&[8, 0, 16, 0, 16, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]]));
    file.extend(segment(0xdd, &[&[0, 1]]));
    file.extend(segment(0xc4, &[&[0], &[0; 15], &[1], &[0]]));
    file.extend(segment(0xda, &[&[4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0x01]]));
    file.extend(b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd1");
    file.extend(segment(0xe1, &[b"Exif\0\0", CANARY]));
    file.extend(segment(0xc4, &[&[0x10], &[0; 15], &[1], &[0]]));
    file.extend(segment(0xda, &[&[1, 2, 0, 1, 63, 0x20]]));
    file.extend(b"\x9a\xff\x00\xff\xd9");
    file
}

#[test]
fn scans_restarts_and_adobes_transform_come_through() {
    let clean = written(&progressive());
    assert!(!tells(&clean, CANARY));
    assert!(tells(&clean, b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x02"));
    assert!(tells(&clean, b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd1\xff\xc4"));
    assert!(clean.ends_with(b"\x9a\xff\x00\xff\xd9"));
    assert_eq!(written(&clean), clean);
}

struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let most = room.len().min(self.1);
        self.0.read(&mut room[..most])
    }
}

#[test]
fn how_the_bytes_arrive_does_not_matter() {
    for file in
        [from_a_phone(&encoded(ImageFormat::Jpeg), 6, true), screenshot(&encoded(ImageFormat::Png), 6)]
    {
        let whole = written(&file);
        for most in (1..70).chain([255, 256, 4095, 16_383, 16_384]) {
            let mut clean = Vec::new();
            rewrite(&mut Slow(&file, most), &mut clean).unwrap();
            assert_eq!(clean, whole, "{most} at a time");
        }
    }
}

#[test]
fn a_photo_cut_anywhere_is_broken_and_one_with_a_changed_byte_never_panics() {
    let jpeg = written(&from_a_phone(&encoded(ImageFormat::Jpeg), 6, true));
    let png = written(&screenshot(&encoded(ImageFormat::Png), 6));
    for file in [jpeg, png, progressive()] {
        for end in 0..file.len() {
            assert_eq!(refusal(&file[..end]), PhotoError::Broken(Flaw::CutShort), "cut at {end}");
        }
        for at in 0..file.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = file.clone();
                changed[at] ^= change;
                if let Ok((clean, _)) = rewritten(&changed) {
                    assert_eq!(written(&clean), clean, "byte {at}");
                }
            }
        }
    }
}

#[test]
fn no_changed_byte_of_a_png_goes_unnoticed() {
    let file = written(&screenshot(&encoded(ImageFormat::Png), 6));
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 0x04;
        assert!(rewritten(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn another_format_is_told_by_its_content() {
    for (start, found) in [
        (&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], Foreign::Heic),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Foreign::Heic),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Foreign::Avif),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isom", Foreign::Unknown),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Foreign::Webp),
        (b"GIF89a", Foreign::Gif),
        (b"II\x2a\0\x08\0\0\0", Foreign::Tiff),
        (b"MM\0\x2a\0\0\0\x08", Foreign::Tiff),
        (b"%PDF-1.7", Foreign::Pdf),
        (b"name,age", Foreign::Unknown),
    ] {
        assert_eq!(refusal(start), PhotoError::NotSupported { found });
    }
}

#[test]
fn a_jpeg_no_phone_writes_and_an_impossible_one_are_refused() {
    let with = |from: &[u8], to: &[u8]| {
        let file = progressive();
        let at = file.windows(from.len()).position(|window| window == from).unwrap();
        refusal(&[&file[..at], to, &file[at + from.len()..]].concat())
    };
    let rare = PhotoError::NotSupported { found: Foreign::RareJpeg };
    for process in [0xc3, 0xc5, 0xc9, 0xcc, 0xde] {
        assert_eq!(with(b"\xff\xc2", &[0xff, process]), rare);
    }
    assert_eq!(with(b"\x08\0\x10\0\x10", b"\x08\0\0\0\x10"), rare, "height told later");
    assert_eq!(with(b"\x08\0\x10\0\x10", b"\x08\0\x10\0\0"), PhotoError::Broken(Flaw::Header));
    assert_eq!(with(b"\xff\xc2", b"\xff\xfe"), PhotoError::Broken(Flaw::Scan), "no frame before the scan");
    assert_eq!(with(b"\xff\xdb\0\x43", b"\xff\xdb\0\x42"), PhotoError::Broken(Flaw::Table));
    assert_eq!(with(b"\xff\xdd", b"\x00\xff\xdd"), PhotoError::Broken(Flaw::Marker));
}

#[test]
fn chunks_of_a_png_stand_in_order_and_critical_ones_are_known() {
    let plain = encoded(ImageFormat::Png);
    let with = |at: usize, more: Vec<u8>| refusal(&[&plain[..at], &more, &plain[at..]].concat());
    let end = plain.len() - 12;
    assert_eq!(with(33, chunk(b"CgBI", &[])), PhotoError::Broken(Flaw::Chunk));
    assert_eq!(with(8, chunk(b"CgBI", &[0; 4])), PhotoError::Broken(Flaw::Header));
    assert_eq!(
        with(end, [chunk(b"tIME", &[0; 7]), chunk(b"IDAT", &[])].concat()),
        PhotoError::Broken(Flaw::Order)
    );
    assert_eq!(with(33, chunk(b"tRNS", &[0; 5])), PhotoError::Broken(Flaw::Table));
    let wide = [&100_000_u32.to_be_bytes()[..], &[0, 0, 0, 1, 8, 2, 0, 0, 0]].concat();
    let file = [&png::SIGNATURE[..], &chunk(b"IHDR", &wide)].concat();
    assert_eq!(refusal(&file), PhotoError::TooWide { cap: MAX_SIDE });
}

#[test]
fn a_broken_or_impossible_orientation_is_none() {
    assert_eq!(exif::orientation(&tiff(6, true)), Some(6));
    for orientation in [0, 1, 9, 0x0600] {
        assert_eq!(exif::orientation(&tiff(orientation, false)), None);
    }
    for end in 0..30 {
        assert_eq!(exif::orientation(&tiff(6, false)[..end]), None);
    }
    for value in 2..=8 {
        assert_eq!(exif::orientation(&exif::only(value)), Some(value));
    }
}

#[test]
fn size_is_capped_on_both_sides() {
    let start = progressive();
    let scan = start.len() - 5;
    let mut endless = (&start[..scan]).chain(std::io::repeat(0x11));
    let failed = rewrite(&mut endless, &mut std::io::sink());
    assert_eq!(failed, Err(PhotoError::TooLarge { cap: MAX_WRITTEN }));
    let comment = segment(0xfe, &[&[0; 60_000]]);
    let comments = comment.repeat(600);
    assert_eq!(refusal(&[&start[..2], &comments].concat()), PhotoError::TooLarge { cap: MAX_READ });
    let behind = (&start[..]).chain(std::io::repeat(0).take(2 * MAX_READ));
    assert!(rewrite(&mut { behind }, &mut std::io::sink()).is_ok(), "what stands behind does not count");
}

#[test]
fn a_failing_source_or_target_is_named() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(ErrorKind::PermissionDenied.into())
        }
    }
    let failed = rewrite(&mut Fails, &mut std::io::sink());
    assert_eq!(failed, Err(PhotoError::SourceFailed(ErrorKind::PermissionDenied)));
    let mut room = [0; 10];
    let failed = rewrite(&mut &progressive()[..], &mut &mut room[..]);
    assert_eq!(failed, Err(PhotoError::TargetFailed(ErrorKind::WriteZero)));
}
