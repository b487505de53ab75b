//! The rule of sizes: a sealed value tells its length only roughly.
//!
//! Four bytes of length, the value, zeros up to the padded size. That size is the next multiple of 64 bytes, and from
//! 1 KiB on the next size by Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication
//! with PURBs", 2019), which adds at most 12 %.

const LENGTH_BYTES: usize = 4;
const STEP: usize = 64;

/// The padded size of a value of this many bytes, its length field included.
pub fn padded_len(value: usize) -> usize {
    let bare = value.saturating_add(LENGTH_BYTES);
    let exponent = bare.max(1).ilog2();
    let mantissa = exponent.max(1).ilog2() + 1;
    let step = STEP.max(1usize << exponent.saturating_sub(mantissa));
    bare.div_ceil(step).saturating_mul(step)
}

/// Appends the padded value.
pub fn pad_into(target: &mut Vec<u8>, value: &[u8]) {
    let end = target.len() + padded_len(value.len());
    target.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
    target.extend_from_slice(value);
    target.resize(end, 0);
}

/// The value in a padded one; `None` if it is not padded by the rule.
pub fn unpad(mut padded: Vec<u8>) -> Option<Vec<u8>> {
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    if length > rest.len() || padded.len() != padded_len(length) {
        return None;
    }
    padded.drain(..LENGTH_BYTES);
    padded.truncate(length);
    Some(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_documented_rule() {
        for (value, padded) in
            [(0, 64), (60, 64), (61, 128), (1020, 1024), (1021, 1088), (4000, 4096), (100_000, 100_352)]
        {
            assert_eq!(padded_len(value), padded, "{value}");
        }
        for value in (1024..200_000).step_by(97) {
            assert!(padded_len(value) * 100 <= (value + LENGTH_BYTES) * 112, "{value}");
        }
    }

    #[test]
    fn what_is_padded_unpads_and_nothing_else_does() {
        for length in [0, 1, 59, 60, 61, 5000] {
            let value = vec![7u8; length];
            let mut padded = Vec::new();
            pad_into(&mut padded, &value);
            assert_eq!(unpad(padded.clone()), Some(value));
            padded.pop();
            assert_eq!(unpad(padded), None);
        }
        assert_eq!(unpad(vec![]), None);
        assert_eq!(unpad(vec![255; 64]), None);
    }
}
