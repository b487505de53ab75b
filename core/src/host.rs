//! What the host supplies: keys, clock, randomness, and an ear for what changed.
//!
//! Implementations are called from any thread, and never while the library holds a lock or a transaction. Notices of a
//! running sync come while it still has its turn: do not wait for another sync inside one.

use std::sync::Arc;

use ring::rand::{SecureRandom, SystemRandom};
use yorisoi_protocol::ids::ConsultationId;
pub use yorisoi_protocol::time::ClockReading;

/// Everything the host supplies.
#[derive(Clone)]
pub struct Host {
    /// Where the root key lives.
    pub keys: Arc<dyn KeyStore>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Who is told what changed.
    pub notices: Arc<dyn Notices>,
    /// Where random bytes come from.
    pub randomness: Arc<dyn Randomness>,
}

/// Keeps one root key of 32 bytes: Keychain, Android Keystore, a file in tests.
///
/// A failure to read is never the absence of a key. An implementation that cannot tell answers
/// [`KeyStoreError::Failing`].
pub trait KeyStore: Send + Sync {
    /// The key; `None` only if the store is certain that none was ever saved or that it is gone.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError>;

    /// Keeps a new key durably, in place of the one before. Called once in the life of an installation, when
    /// [`KeyStore::load`] gave `None` and there is no database, whenever the app changes the key
    /// ([`crate::YorisoiClient::change_root_key`]), and when everything is erased ([`crate::YorisoiClient::erase`]). An implementation that fails keeps the key it had.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError>;
}

/// Why a key store gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// Locked for now, such as before the first unlock after a restart.
    #[error("the key store is locked")]
    Locked,
    /// Something else; trying again may help.
    #[error("the key store is failing")]
    Failing,
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// All clocks of the phone at one moment.
    fn read(&self) -> ClockReading;
}

/// Is told what changed, after it is stored.
pub trait Notices: Send + Sync {
    /// These things changed, each named once. Read them anew.
    fn changed(&self, changes: &[Notice]);
}

/// One thing that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notice {
    /// What was decided about a purpose, and with it what may be asked and sent.
    Consents,
    /// A consultation: a message, a step, the unread count.
    Consultation(ConsultationId),
    /// The list of drafts.
    Drafts,
    /// The enrollment.
    Enrollment,
    /// Everything was erased, or the server said that it did the same.
    Erasure,
    /// What was told of the family, and with it what may be asked and sent.
    Family,
    /// The manifest: programmes, keys, safety contacts.
    Manifest,
    /// The survey's state.
    Survey,
    /// How far sync has come.
    Sync,
}

/// Gives random bytes fit for keys.
pub trait Randomness: Send + Sync {
    /// Fills the slice.
    ///
    /// # Errors
    /// [`NoRandomness`] if the platform has none to give.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The platform gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the platform gave no random bytes")]
pub struct NoRandomness;

/// The platform's own generator.
#[derive(Debug, Clone)]
pub struct SystemRandomness(SystemRandom);

impl Default for SystemRandomness {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.0.fill(bytes).map_err(|_| NoRandomness)
    }
}

/// Random bytes of a known length.
///
/// # Errors
/// [`NoRandomness`].
pub fn random<const N: usize>(randomness: &dyn Randomness) -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0u8; N];
    randomness.fill(&mut bytes)?;
    Ok(bytes)
}

/// Notices that nobody wants.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNotices;

impl Notices for NoNotices {
    fn changed(&self, _: &[Notice]) {}
}
