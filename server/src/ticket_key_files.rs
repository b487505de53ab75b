//! The keys that sign tickets: one file each beside the server's other keys, named after its public half.
//!
//! They are made where cards are printed and sign nothing but tickets. A root vouches for them in the manifest; their
//! theft spoils a batch of cards, not the programme.

use std::path::{Path, PathBuf};

use ring::signature::Ed25519KeyPair;
use yorisoi_protocol::signed::{KeyId, public_key};
use yorisoi_protocol::wire::PublicKey;

use crate::keys::{KeyError, read, sync_directory, write_new};

const FILE: &str = "tickets-<key id>.pk8";

/// The directory of the keys, as far as tickets are concerned.
#[derive(Debug, Clone)]
pub(crate) struct TicketKeyFiles(PathBuf);

impl TicketKeyFiles {
    pub(crate) fn in_directory(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// Makes a key, durable before this returns, and gives its public half.
    pub(crate) fn make(&self) -> Result<PublicKey, KeyError> {
        let file = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new());
        let file = file.map_err(|_| KeyError::Unusable)?;
        let pair = Ed25519KeyPair::from_pkcs8(file.as_ref()).map_err(|_| KeyError::Unusable)?;
        let public = public_key(&pair);
        write_new(&self.0, &name(KeyId::of(&public)), FILE, file.as_ref())?;
        sync_directory(&self.0, FILE)?;
        Ok(public)
    }

    /// Loads the key of this public half.
    pub(crate) fn load(&self, public: &PublicKey) -> Result<Ed25519KeyPair, KeyError> {
        let bytes = read(&self.0, &name(KeyId::of(public)), FILE)?;
        let pair = Ed25519KeyPair::from_pkcs8(&bytes).map_err(|_| KeyError::Broken { file: FILE })?;
        if public_key(&pair) == *public { Ok(pair) } else { Err(KeyError::Foreign { file: FILE }) }
    }
}

fn name(id: KeyId) -> String {
    format!("tickets-{id}.pk8")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_ticket_key_is_its_owners_alone_and_a_cut_or_foreign_file_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let files = TicketKeyFiles::in_directory(dir.path());
        let (one, other) = (files.make().unwrap(), files.make().unwrap());
        assert_eq!(public_key(&files.load(&one).unwrap()), one);
        let path = |public: &PublicKey| dir.path().join(name(KeyId::of(public)));
        assert_eq!(std::fs::metadata(path(&one)).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::copy(path(&other), path(&one)).unwrap();
        assert!(matches!(files.load(&one), Err(KeyError::Foreign { .. })));
        std::fs::write(path(&one), "cut").unwrap();
        assert!(matches!(files.load(&one), Err(KeyError::Broken { .. })));
        std::fs::remove_file(path(&one)).unwrap();
        assert!(matches!(files.load(&one), Err(KeyError::Missing { .. })));
    }
}
