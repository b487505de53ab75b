//! The server's keys: files in a directory of their own, never in the database and never in a log.
//!
//! `content.key` seals texts at rest, `codes.key` turns codes of cards and phrases into tags, `receipts.pk8` signs receipts. A
//! check value in the database recognises them, so that a server never runs on the keys of another: a file that is
//! missing, cut or foreign is a typed error, and no file is ever overwritten.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair};
use yorisoi_protocol::ids::{DeviceId, ErasureId};
use yorisoi_protocol::phrase::SharedPhrase;
use yorisoi_protocol::wire::{
    ErasureReceipt, PublicKey, ReceiptKeyId, ReceiptSignature, Receipts, erasure_text,
};
use yorisoi_protocol::{EnrollmentCode, Timestamp};

use crate::randomness::{Randomness, draw};
use crate::sealing::Sealing;

const CONTENT: &str = "content.key";
const CODES: &str = "codes.key";
const RECEIPTS: &str = "receipts.pk8";
const CHECK_TABLE: &str = "key_check";
/// No key file is longer; a longer one is not ours.
const FILE_MAX_BYTES: u64 = 1024;

/// What a card's code, or a phrase, is known by: HMAC-SHA-256 under the code key.
pub type CodeTag = [u8; 32];

/// The three keys, ready for use.
pub struct ServerKeys {
    sealing: Sealing,
    codes: hmac::Key,
    receipts: Ed25519KeyPair,
    receipt_key: PublicKey,
}

/// Why the keys cannot be used. Names the file, never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such file.
    #[error("the key file {file} is missing")]
    Missing {
        /// Which.
        file: &'static str,
    },
    /// The file is there and cannot be read or written.
    #[error("the key file {file} cannot be used: {kind}")]
    Unreadable {
        /// Which.
        file: &'static str,
        /// What the system said.
        kind: ErrorKind,
    },
    /// The file holds no key of its kind.
    #[error("the key file {file} holds no such key")]
    Broken {
        /// Which.
        file: &'static str,
    },
    /// The file holds a key, but not the one this database was made with.
    #[error("the key file {file} belongs to another database")]
    Foreign {
        /// Which.
        file: &'static str,
    },
    /// No random bytes, or a cipher that fails.
    #[error("a key cannot be used")]
    Unusable,
}

impl ServerKeys {
    /// Makes the key files that do not exist yet and loads all three. What exists stays as it is.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn create(directory: &Path, randomness: &dyn Randomness) -> Result<Self, KeyError> {
        let unreadable = |error: std::io::Error| KeyError::Unreadable { file: CONTENT, kind: error.kind() };
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unreadable)?;
        let secret = || draw::<32>(randomness).map_err(|_| KeyError::Unusable);
        write_new(directory, CONTENT, CONTENT, &secret()?)?;
        write_new(directory, CODES, CODES, &secret()?)?;
        let pair = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new())
            .map_err(|_| KeyError::Unusable)?;
        write_new(directory, RECEIPTS, RECEIPTS, pair.as_ref())?;
        sync_directory(directory, CONTENT)?;
        Self::load(directory)
    }

    /// Loads the keys of this directory.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn load(directory: &Path) -> Result<Self, KeyError> {
        let content = secret(directory, CONTENT)?;
        let codes = secret(directory, CODES)?;
        let receipts = Ed25519KeyPair::from_pkcs8(&read(directory, RECEIPTS, RECEIPTS)?)
            .map_err(|_| KeyError::Broken { file: RECEIPTS })?;
        let receipt_key = receipts
            .public_key()
            .as_ref()
            .try_into()
            .map(PublicKey)
            .map_err(|_| KeyError::Broken { file: RECEIPTS })?;
        Ok(Self {
            sealing: Sealing::new(&content).map_err(|_| KeyError::Broken { file: CONTENT })?,
            codes: hmac::Key::new(hmac::HMAC_SHA256, &codes),
            receipts,
            receipt_key,
        })
    }

    /// A value for the database by which [`ServerKeys::recognise`] knows these keys again.
    ///
    /// # Errors
    /// [`KeyError::Unusable`].
    pub fn check_value(&self, randomness: &dyn Randomness) -> Result<Vec<u8>, KeyError> {
        self.sealing.seal(randomness, CHECK_TABLE, b"", &self.marks()).map_err(|_| KeyError::Unusable)
    }

    /// Whether these are the keys that [`ServerKeys::check_value`] was made with.
    ///
    /// # Errors
    /// [`KeyError::Foreign`] with the file that is not.
    pub fn recognise(&self, check_value: &[u8]) -> Result<(), KeyError> {
        let marks = self
            .sealing
            .open(CHECK_TABLE, b"", check_value)
            .map_err(|_| KeyError::Foreign { file: CONTENT })?;
        let own = self.marks();
        let (codes, receipts) = own.split_at(32);
        if !marks.starts_with(codes) {
            return Err(KeyError::Foreign { file: CODES });
        }
        if !marks.ends_with(receipts) || marks.len() != own.len() {
            return Err(KeyError::Foreign { file: RECEIPTS });
        }
        Ok(())
    }

    /// Seals and opens texts at rest.
    pub fn sealing(&self) -> &Sealing {
        &self.sealing
    }

    /// The tag of a code.
    pub fn code_tag(&self, code: &EnrollmentCode) -> CodeTag {
        self.tag(&format!("yorisoi/code/1\n{}", code.compact()))
    }

    /// The tag of a programme's phrase.
    pub fn phrase_tag(&self, programme: &str, phrase: &SharedPhrase) -> CodeTag {
        self.tag(&format!("yorisoi/phrase/1\n{programme}\n{}", phrase.as_str()))
    }

    /// What the key of a device that redeems is known by, for as long as its failures are remembered.
    pub fn install_tag(&self, key: &PublicKey) -> CodeTag {
        self.tag(&format!("yorisoi/install/1\n{}", BASE64URL_NOPAD.encode(&key.0)))
    }

    /// A tag that no code and no phrase has.
    pub fn no_tag(&self) -> CodeTag {
        self.tag("yorisoi/none/1")
    }

    /// The public key of receipts.
    pub fn receipt_key(&self) -> PublicKey {
        self.receipt_key
    }

    /// Signs that the server holds these operations; `None` if there are none.
    pub fn sign_receipts(&self, receipts: &Receipts) -> Option<ReceiptSignature> {
        receipts.signed_text().map(|text| self.sign(&text))
    }

    /// Signs that the member of this device is erased.
    pub fn erasure_receipt(&self, device: DeviceId, erasure: ErasureId, at: Timestamp) -> ErasureReceipt {
        let ReceiptSignature { key, signature } = self.sign(&erasure_text(device, erasure, at));
        ErasureReceipt { device, erasure, at, key, signature }
    }

    fn sign(&self, text: &str) -> ReceiptSignature {
        let signature = BASE64URL_NOPAD.encode(self.receipts.sign(text.as_bytes()).as_ref());
        ReceiptSignature { key: ReceiptKeyId::of(&self.receipt_key.0), signature }
    }

    fn tag(&self, text: &str) -> CodeTag {
        let mut tag = [0u8; 32];
        tag.copy_from_slice(hmac::sign(&self.codes, text.as_bytes()).as_ref());
        tag
    }

    fn marks(&self) -> Vec<u8> {
        [self.tag("yorisoi/key-check/1"), self.receipt_key.0].concat()
    }
}

/// Writes a file that is not there yet; one that is stays as it is. `file` is its name in errors.
pub(crate) fn write_new(
    directory: &Path,
    name: &str,
    file: &'static str,
    bytes: &[u8],
) -> Result<(), KeyError> {
    let unreadable = |error: std::io::Error| KeyError::Unreadable { file, kind: error.kind() };
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(directory.join(name));
    match opened {
        Ok(mut opened) => opened.write_all(bytes).and_then(|()| opened.sync_all()).map_err(unreadable),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unreadable(error)),
    }
}

/// The names of new files are durable only once their directory is.
pub(crate) fn sync_directory(directory: &Path, file: &'static str) -> Result<(), KeyError> {
    std::fs::File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| KeyError::Unreadable { file, kind: error.kind() })
}

pub(crate) fn read(directory: &Path, name: &str, file: &'static str) -> Result<Vec<u8>, KeyError> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(directory.join(name))
        .and_then(|opened| opened.take(FILE_MAX_BYTES).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(KeyError::Missing { file }),
        Err(error) => Err(KeyError::Unreadable { file, kind: error.kind() }),
    }
}

fn secret(directory: &Path, file: &'static str) -> Result<[u8; 32], KeyError> {
    read(directory, file, file)?.try_into().map_err(|_| KeyError::Broken { file })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::SystemRandomness;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_are_made_once_and_only_their_owner_reads_them() {
        let dir = tempfile::tempdir().unwrap();
        let random = SystemRandomness::default();
        let first = ServerKeys::create(dir.path(), &random).unwrap();
        let check = first.check_value(&random).unwrap();
        let again = ServerKeys::create(dir.path(), &random).unwrap();
        again.recognise(&check).unwrap();
        for file in [CONTENT, CODES, RECEIPTS] {
            let mode = std::fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_missing_a_cut_and_a_foreign_key_file_are_told_apart() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let random = SystemRandomness::default();
        let keys = ServerKeys::create(dir.path(), &random).unwrap();
        let check = keys.check_value(&random).unwrap();
        ServerKeys::create(other.path(), &random).unwrap();
        for file in [CONTENT, CODES, RECEIPTS] {
            let path = dir.path().join(file);
            let own = std::fs::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert!(matches!(ServerKeys::load(dir.path()), Err(KeyError::Missing { file: f }) if f == file));
            std::fs::write(&path, &own[..own.len() - 1]).unwrap();
            assert!(matches!(ServerKeys::load(dir.path()), Err(KeyError::Broken { file: f }) if f == file));
            std::fs::copy(other.path().join(file), &path).unwrap();
            let loaded = ServerKeys::load(dir.path()).unwrap();
            assert!(matches!(loaded.recognise(&check), Err(KeyError::Foreign { file: f }) if f == file));
            std::fs::write(&path, &own).unwrap();
        }
        ServerKeys::load(dir.path()).unwrap().recognise(&check).unwrap();
    }
}
