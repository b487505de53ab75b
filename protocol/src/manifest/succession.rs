//! Whether an offered manifest may take the place of the one that is held. Never backwards.

use crate::manifest::{Manifest, ManifestError};

/// Which manifest is held. Its content is what the SHA-256 is of, not its envelope: the same content under the other
/// root's signature is the same manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Its version.
    pub version: u64,
    /// SHA-256 of its JSON.
    pub sha256: [u8; 32],
}

/// What an offered manifest is to the one that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Succession {
    /// The very one.
    Same,
    /// A newer one, to be kept in its place.
    Newer,
}

impl Manifest {
    /// Whether it may take the place of `held`; anything may, of nothing.
    ///
    /// # Errors
    /// [`ManifestError::Rollback`] for a lower version, [`ManifestError::OtherBytes`] for the same version with another
    /// content.
    pub fn follows(&self, held: Option<&Held>) -> Result<Succession, ManifestError> {
        let Some(held) = held else {
            return Ok(Succession::Newer);
        };
        let own = self.held();
        match own.version.cmp(&held.version) {
            std::cmp::Ordering::Greater => Ok(Succession::Newer),
            std::cmp::Ordering::Less => {
                Err(ManifestError::Rollback { held: held.version, offered: own.version })
            }
            std::cmp::Ordering::Equal if own.sha256 == held.sha256 => Ok(Succession::Same),
            std::cmp::Ordering::Equal => Err(ManifestError::OtherBytes { version: own.version }),
        }
    }
}
