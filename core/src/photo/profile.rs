//! A colour profile (ICC.1) with what colour needs and nothing that names anybody: no description, copyright, serial
//! number, maker, device, date or tag of a maker's own.
//!
//! Numbers are cut to the length their type has. Tables of printing profiles (`A2B`, `B2A`) are kept as they are, to a cap.

use std::collections::BTreeMap;

/// Bytes of a profile at most; a larger one is dropped.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Bytes of one table of a printing profile at most.
pub const MAX_TABLE: usize = 512 * 1024;
/// Tags a profile may list; real ones have some twenty.
const MAX_TAGS: usize = 100;
const HEADER: usize = 128;
/// Illuminant D50, the only one allowed.
const D50: [u8; 12] = [0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d];
/// A date is obligatory: 1 January 2000 for all.
const DATE: [u8; 12] = [0x07, 0xd0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0];

/// The profile rewritten; none if it is no profile, has no tag that says colour, or is too large.
#[must_use]
pub fn rewrite(profile: &[u8]) -> Option<Vec<u8>> {
    if profile.len() > MAX_BYTES || profile.get(36..40)? != b"acsp" {
        return None;
    }
    let count = usize::try_from(number(profile, HEADER)?).ok().filter(|count| *count <= MAX_TAGS)?;
    let mut kept: Vec<([u8; 4], &[u8])> = Vec::new();
    for entry in profile.get(HEADER + 4..)?.chunks_exact(12).take(count) {
        let name = *entry.first_chunk()?;
        let from = usize::try_from(number(entry, 4)?).ok()?;
        let length = usize::try_from(number(entry, 8)?).ok()?;
        if !kept.iter().any(|(known, _)| *known == name)
            && let Some(data) = from.checked_add(length).and_then(|end| profile.get(from..end))
            && let Some(data) = colour(&name, data)
        {
            kept.push((name, data));
        }
    }
    if kept.is_empty() {
        return None;
    }
    let modern = *profile.get(8)? >= 4;
    let (description, copyright) = nobody(modern);
    kept.push((*b"desc", &description));
    kept.push((*b"cprt", &copyright));
    assemble(header(profile)?, &kept)
}

/// The part of a tag's data that says colour, if the tag is one that does.
fn colour<'a>(name: &[u8; 4], data: &'a [u8]) -> Option<&'a [u8]> {
    let (kind, _) = data.split_first_chunk::<4>()?;
    let length = match (name, kind) {
        (b"rXYZ" | b"gXYZ" | b"bXYZ" | b"wtpt", b"XYZ ") => 20,
        (b"chad", b"sf32") => 44,
        (b"rTRC" | b"gTRC" | b"bTRC" | b"kTRC", b"curv") => {
            usize::try_from(number(data, 8)?).ok()?.checked_mul(2)?.checked_add(12)?
        }
        (b"rTRC" | b"gTRC" | b"bTRC" | b"kTRC", b"para") => match data.get(8..10)? {
            [0, 0] => 16,
            [0, 1] => 24,
            [0, 2] => 28,
            [0, 3] => 32,
            [0, 4] => 40,
            _ => return None,
        },
        (
            b"A2B0" | b"A2B1" | b"A2B2" | b"B2A0" | b"B2A1" | b"B2A2",
            b"mft1" | b"mft2" | b"mAB " | b"mBA ",
        ) if data.len() <= MAX_TABLE => data.len(),
        _ => return None,
    };
    data.get(..length)
}

/// An empty description and copyright, which every profile must have, in the types of its version.
fn nobody(modern: bool) -> (Vec<u8>, Vec<u8>) {
    if modern {
        let empty = b"mluc\0\0\0\0\0\0\0\0\0\0\0\x0c".to_vec();
        return (empty.clone(), empty);
    }
    let mut description = b"desc\0\0\0\0\0\0\0\x01".to_vec();
    description.resize(91, 0);
    (description, b"text\0\0\0\0\0".to_vec())
}

/// Version, class, colour spaces and intent of the profile; the rest is the same for all.
fn header(profile: &[u8]) -> Option<Vec<u8>> {
    let mut header = vec![0; 8];
    header.extend_from_slice(profile.get(8..10)?);
    header.extend_from_slice(&[0, 0]);
    header.extend_from_slice(profile.get(12..24)?);
    header.extend_from_slice(&DATE);
    header.extend_from_slice(b"acsp");
    header.resize(64, 0);
    header.extend_from_slice(&[0, 0, 0, profile.get(67)? & 3]);
    header.extend_from_slice(&D50);
    header.resize(HEADER, 0);
    Some(header)
}

/// Equal data is written once, as red, green and blue mostly share their curve.
fn assemble(header: Vec<u8>, kept: &[([u8; 4], &[u8])]) -> Option<Vec<u8>> {
    let mut profile = header;
    profile.extend_from_slice(&u32::try_from(kept.len()).ok()?.to_be_bytes());
    let start = profile.len() + 12 * kept.len();
    let mut places: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut data = Vec::new();
    for (name, bytes) in kept {
        let place = *places.entry(bytes).or_insert_with(|| {
            let place = start + data.len();
            data.extend_from_slice(bytes);
            data.resize(data.len().next_multiple_of(4), 0);
            place
        });
        profile.extend_from_slice(name);
        profile.extend_from_slice(&u32::try_from(place).ok()?.to_be_bytes());
        profile.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_be_bytes());
        if data.len() > MAX_BYTES {
            return None;
        }
    }
    profile.extend_from_slice(&data);
    let length = u32::try_from(profile.len()).ok()?.to_be_bytes();
    profile.get_mut(..4)?.copy_from_slice(&length);
    (profile.len() <= MAX_BYTES).then_some(profile)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
