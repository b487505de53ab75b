//! Passwords of clinicians: made here, shown once, kept as PBKDF2-HMAC-SHA-256.

use std::num::NonZeroU32;

use data_encoding::{Encoding, Specification};
use ring::pbkdf2::{PBKDF2_HMAC_SHA256, derive, verify};

use crate::randomness::{Randomness, RandomnessError, draw};
use crate::storage::PasswordHash;

/// How often a password is iterated before it is kept.
pub const PASSWORD_ITERATIONS: u32 = 600_000;
/// 125 bits in 25 symbols.
const SYMBOLS: usize = 25;
/// Without 0, 1, l, o: passwords are copied by hand.
const ALPHABET: &str = "23456789abcdefghijkmnpqrstuvwxyz";

/// A new password.
pub(super) fn generate(randomness: &dyn Randomness) -> Result<String, RandomnessError> {
    let bytes: [u8; 16] = draw(randomness)?;
    let mut specification = Specification::new();
    specification.symbols.push_str(ALPHABET);
    // The alphabet is a constant of 32 different symbols, which is all an encoding asks for.
    let encoding: Encoding = specification.encoding().map_err(|_| RandomnessError)?;
    Ok(encoding.encode(&bytes).chars().take(SYMBOLS).collect())
}

/// What a password is kept as.
pub(super) fn hash(
    randomness: &dyn Randomness,
    password: &str,
    iterations: u32,
) -> Result<PasswordHash, RandomnessError> {
    let salt = draw(randomness)?;
    let mut kept = PasswordHash { iterations, salt, hash: [0; 32] };
    let rounds = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
    derive(PBKDF2_HMAC_SHA256, rounds, &salt, password.as_bytes(), &mut kept.hash);
    Ok(kept)
}

/// Whether this is the password.
pub(super) fn fits(kept: &PasswordHash, password: &str) -> bool {
    let rounds = NonZeroU32::new(kept.iterations).unwrap_or(NonZeroU32::MIN);
    verify(PBKDF2_HMAC_SHA256, rounds, &kept.salt, password.as_bytes(), &kept.hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::SystemRandomness;

    #[test]
    fn a_password_is_long_random_and_fits_only_itself() {
        let random = SystemRandomness::default();
        let (one, two) = (generate(&random).unwrap(), generate(&random).unwrap());
        assert_eq!(one.len(), SYMBOLS);
        assert_ne!(one, two);
        let kept = hash(&random, &one, 10).unwrap();
        assert!(fits(&kept, &one));
        assert!(!fits(&kept, &two));
        assert!(!fits(&kept, ""));
    }
}
