//! Where random bytes come from: ids, codes, nonces, passwords.

use ring::rand::{SecureRandom, SystemRandom};

/// Draws random bytes.
pub trait Randomness: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`RandomnessError`] if none can be had.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError>;
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes can be had")]
pub struct RandomnessError;

/// The operating system's generator.
#[derive(Debug, Clone)]
pub struct SystemRandomness(SystemRandom);

impl Default for SystemRandomness {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        self.0.fill(bytes).map_err(|_| RandomnessError)
    }
}

/// `N` random bytes.
///
/// # Errors
/// [`RandomnessError`] if none can be had.
pub fn draw<const N: usize>(randomness: &dyn Randomness) -> Result<[u8; N], RandomnessError> {
    let mut bytes = [0u8; N];
    randomness.fill(&mut bytes)?;
    Ok(bytes)
}
