//! Files built the way cameras build them, with a canary wherever a file can tell something. Nothing is taken from anybody.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};

/// Stands in every place that must not come through.
pub(crate) const CANARY: &[u8] = b"CANARY-35.6N-139.7E";

/// A picture with detail, so that its scan has stuffed bytes.
pub(crate) fn encoded(format: ImageFormat) -> Vec<u8> {
    let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) >> 3) as u8;
    let picture = RgbImage::from_fn(67, 45, |x, y| image::Rgb([noise(x, y), (x * 3) as u8, noise(y, x * y)]));
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

pub(crate) fn segment(marker: u8, parts: &[&[u8]]) -> Vec<u8> {
    let data = parts.concat();
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], &data].concat()
}

pub(crate) fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&name[..], data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], &body, &crc32fast::hash(&body).to_be_bytes()].concat()
}

/// A TIFF block with maker, orientation, Exif directory and maker note, location directory, and a thumbnail behind.
pub(crate) fn tiff(orientation: u16, little: bool) -> Vec<u8> {
    let short = |value: u16| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let long = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let canary = u32::try_from(CANARY.len()).unwrap();
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&short(tag)[..], &short(kind), &long(count), &value].concat()
    };
    let upright = [short(orientation), [0, 0]].concat().try_into().unwrap();
    let mut block = if little { b"II\x2a\0".to_vec() } else { b"MM\0\x2a".to_vec() };
    block.extend(long(8));
    block.extend(short(4));
    block.extend(entry(0x010f, 2, canary, long(200)));
    block.extend(entry(0x0112, 3, 1, upright));
    block.extend(entry(0x8769, 4, 1, long(80)));
    block.extend(entry(0x8825, 4, 1, long(120)));
    block.extend(long(160));
    block.resize(80, 0);
    block.extend(short(1));
    block.extend(entry(0x927c, 7, canary, long(240)));
    block.resize(120, 0);
    block.extend(short(1));
    block.extend(entry(0x001d, 2, canary, long(200)));
    block.resize(160, 0);
    block.extend(short(1));
    block.extend(entry(0x0201, 4, 1, long(280)));
    block.resize(200, 0);
    block.extend(CANARY);
    block.resize(240, 0);
    block.extend(CANARY);
    block.resize(280, 0);
    block.extend([&[0xff, 0xd8], CANARY, &[0xff, 0xd9]].concat());
    block
}

/// A display profile with names in it.
pub(crate) fn profile() -> Vec<u8> {
    let xyz = [b"XYZ \0\0\0\0".as_slice(), &[1; 12]].concat();
    let curve = b"para\0\0\0\0\0\0\0\0\0\x02\x33\x33".to_vec();
    let named = [b"text\0\0\0\0".as_slice(), CANARY, &[0]].concat();
    let tags: [(&[u8; 4], &[u8]); 9] = [
        (b"desc", &named),
        (b"cprt", &named),
        (b"dmnd", &named),
        (b"rXYZ", &xyz),
        (b"gXYZ", &xyz),
        (b"bXYZ", &xyz),
        (b"rTRC", &curve),
        (b"gTRC", &curve),
        (b"bTRC", &curve),
    ];
    let mut profile = vec![0; 128];
    profile[8] = 4;
    profile[12..24].copy_from_slice(b"mntrRGB XYZ ");
    profile[36..40].copy_from_slice(b"acsp");
    profile[80..99].copy_from_slice(CANARY);
    profile.extend(9_u32.to_be_bytes());
    let mut data = Vec::new();
    for (name, bytes) in tags {
        profile.extend(name);
        profile.extend(u32::try_from(128 + 4 + 9 * 12 + data.len()).unwrap().to_be_bytes());
        profile.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
        data.extend_from_slice(bytes);
    }
    profile.extend(data);
    let length = u32::try_from(profile.len()).unwrap().to_be_bytes();
    profile[..4].copy_from_slice(&length);
    profile
}

/// `plain` with what phones of three makers put in front, and a second image, a video and a trailer behind.
pub(crate) fn from_a_phone(plain: &[u8], orientation: u16, little: bool) -> Vec<u8> {
    let profile = profile();
    let (first, second) = profile.split_at(profile.len() / 2);
    [
        plain[..2].to_vec(),
        segment(0xe1, &[b"Exif\0\0", &tiff(orientation, little)]),
        segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta GContainer>", CANARY]),
        segment(0xe1, &[b"http://ns.adobe.com/xmp/extension/\0", CANARY]),
        segment(0xe2, &[b"ICC_PROFILE\0\x01\x02", first]),
        segment(0xe2, &[b"ICC_PROFILE\0\x02\x02", second]),
        segment(0xe2, &[b"MPF\0MM\0\x2a", CANARY]),
        segment(0xed, &[b"Photoshop 3.0\0", CANARY]),
        segment(0xe5, &[CANARY]),
        segment(0xfe, &[CANARY]),
        vec![0xff, 0xff, 0xff],
        plain[3..].to_vec(),
        plain.to_vec(),
        b"\0\0\0\x18ftypmp42".to_vec(),
        CANARY.to_vec(),
        b"SEFT".to_vec(),
    ]
    .concat()
}

/// A screenshot: `plain` with everything PNG can tell, an animation's frames, and something behind the end.
pub(crate) fn screenshot(plain: &[u8], orientation: u16) -> Vec<u8> {
    let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut deflated, &profile()).unwrap();
    let end = plain.len() - 12;
    [
        plain[..33].to_vec(),
        chunk(b"iCCP", &[CANARY, &[0, 0], &deflated.finish().unwrap()].concat()),
        chunk(b"eXIf", &tiff(orientation, false)),
        chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", CANARY].concat()),
        chunk(b"tEXt", &[b"Comment\0", CANARY].concat()),
        chunk(b"tIME", &[7, 0xd0, 1, 1, 0, 0, 0]),
        chunk(b"acTL", &[0; 8]),
        chunk(b"prVt", CANARY),
        plain[33..end].to_vec(),
        chunk(b"fdAT", CANARY),
        plain[end..].to_vec(),
        CANARY.to_vec(),
    ]
    .concat()
}
