//! The private halves of the keys to which devices seal what waits: one file each beside the server's other keys, named
//! after its public half.
//!
//! A phone may come with what it sealed to any of them, so none is ever removed here.

use std::path::{Path, PathBuf};

use yorisoi_protocol::rescue::RescuePrivateKey;
use yorisoi_protocol::signed::KeyId;
use yorisoi_protocol::wire::PublicKey;

use crate::keys::{KeyError, read, sync_directory, write_new};

const FILE: &str = "rescue-<key id>.key";

/// The directory of the keys, as far as rescue is concerned.
#[derive(Debug, Clone)]
pub(crate) struct RescueKeyFiles(PathBuf);

impl RescueKeyFiles {
    pub(crate) fn in_directory(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// Keeps a key of these bytes, durable before this returns, and gives its public half.
    pub(crate) fn keep(&self, secret: [u8; 32]) -> Result<PublicKey, KeyError> {
        let public = RescuePrivateKey::from_bytes(secret).public().map_err(|_| KeyError::Unusable)?;
        write_new(&self.0, &name(KeyId::of(&public)), FILE, &secret)?;
        sync_directory(&self.0, FILE)?;
        Ok(public)
    }

    /// Loads the key of this id.
    pub(crate) fn load(&self, id: KeyId) -> Result<RescuePrivateKey, KeyError> {
        let secret = read(&self.0, &name(id), FILE)?.try_into();
        let key = RescuePrivateKey::from_bytes(secret.map_err(|_| KeyError::Broken { file: FILE })?);
        let public = key.public().map_err(|_| KeyError::Broken { file: FILE })?;
        if KeyId::of(&public) == id { Ok(key) } else { Err(KeyError::Foreign { file: FILE }) }
    }
}

fn name(id: KeyId) -> String {
    format!("rescue-{id}.key")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_rescue_key_is_its_owners_alone_and_a_cut_or_foreign_file_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let files = RescueKeyFiles::in_directory(dir.path());
        let ids = [[1; 32], [2; 32]].map(|secret| KeyId::of(&files.keep(secret).unwrap()));
        assert_eq!(KeyId::of(&files.load(ids[0]).unwrap().public().unwrap()), ids[0]);
        let path = |id| dir.path().join(name(id));
        assert_eq!(std::fs::metadata(path(ids[0])).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(path(ids[0]), [2; 32]).unwrap();
        assert!(matches!(files.load(ids[0]), Err(KeyError::Foreign { .. })));
        std::fs::write(path(ids[0]), "cut").unwrap();
        assert!(matches!(files.load(ids[0]), Err(KeyError::Broken { .. })));
        std::fs::remove_file(path(ids[0])).unwrap();
        assert!(matches!(files.load(ids[0]), Err(KeyError::Missing { .. })));
    }
}
