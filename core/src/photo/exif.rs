//! The one thing an Exif block (CIPA DC-008) says that a picture needs: which way is up.

/// Tag of the orientation in the first directory.
const ORIENTATION: u16 = 0x0112;
/// TIFF's type for 16 bits.
const SHORT: u16 = 3;

/// The orientation, 2 to 8, of a TIFF block in either byte order. Upright, absent, impossible or broken is none.
pub(super) fn orientation(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let short = |at: usize| {
        let two = *tiff.get(at..)?.first_chunk()?;
        Some(if little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let long = *tiff.get(4..)?.first_chunk()?;
    let first =
        usize::try_from(if little { u32::from_le_bytes(long) } else { u32::from_be_bytes(long) }).ok()?;
    for entry in 0..usize::from(short(first)?) {
        let at = first.checked_add(2 + 12 * entry)?;
        if short(at)? == ORIENTATION {
            let value = short(at.checked_add(8)?)?;
            let well_formed = short(at.checked_add(2)?)? == SHORT;
            return u8::try_from(value).ok().filter(|value| well_formed && (2..=8).contains(value));
        }
    }
    None
}

/// A TIFF block that says nothing but the orientation: header, one entry, no next directory.
pub(super) fn only(orientation: u8) -> [u8; 26] {
    let mut block = *b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    if let Some(value) = block.get_mut(19) {
        *value = orientation;
    }
    block
}
