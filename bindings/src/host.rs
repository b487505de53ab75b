//! What the app supplies, as Swift protocols and Kotlin interfaces.
//!
//! An exception in one of these is never a crash: a key store that throws is failing, a clock that throws is replaced by
//! the system's, a listener that throws is not asked again for that notice. The library waits for key store and clock, and
//! for no listener.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use yorisoi_core::host as core;
use yorisoi_protocol::Timestamp;

use crate::app_code::awaited;
use crate::error::YorisoiError;
use crate::notices::Teller;
use crate::types::Moment;

/// Keeps one root key of 32 bytes: Keychain, Android Keystore. A failure to read is never the absence of a key. Called from the
/// library's own threads. A call of the library from inside is `setting_invalid`; do not wait for one on another thread.
#[uniffi::export(foreign)]
pub trait KeyStore: Send + Sync {
    /// The key; nothing only if it is certain that none was ever saved or that it is gone.
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreFailure>;
    /// Keeps a new key durably. Called once in the life of an installation.
    fn save(&self, key: Vec<u8>) -> Result<(), KeyStoreFailure>;
}

/// Why a key store gave no answer.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum KeyStoreFailure {
    /// Locked for now, such as before the first unlock after a restart.
    #[error("locked")]
    Locked,
    /// Something else; trying again may help.
    #[error("failing")]
    Failing,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KeyStoreFailure {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failing
    }
}

/// Tells the time. Called from the library's own threads, often: return at once. A call of the library from inside is
/// `setting_invalid`; do not wait for one on another thread.
#[uniffi::export(foreign)]
pub trait Clock: Send + Sync {
    /// All clocks of the phone at one moment.
    fn read(&self) -> Result<ClockReading, HostFailure>;
}

/// All clocks of a phone at one moment.
#[derive(uniffi::Record)]
pub struct ClockReading {
    /// The clock on the wall, which the owner may set.
    pub wall: Moment,
    /// Milliseconds since the phone was started, sleep included.
    pub since_boot_millis: i64,
    /// Names the current run of the phone: another value after a restart.
    pub boot: String,
    /// A time the platform vouches for, where it has one.
    pub trusted: Option<Moment>,
}

/// Is told what changed, after it is stored: in order, one at a time, from a thread of the library for which no call waits. It may
/// take its time and call the library. What changes meanwhile waits, each thing once, and what waits when the library is let go is told.
#[uniffi::export(foreign)]
pub trait Notices: Send + Sync {
    /// These things changed, each named once. Read them anew.
    fn changed(&self, notices: Vec<Notice>) -> Result<(), HostFailure>;
}

/// One thing that changed.
#[derive(uniffi::Enum)]
pub enum Notice {
    /// What was decided about a purpose, and with it what may be asked and sent.
    Consents,
    /// A consultation: a message, a step, the unread count.
    Consultation {
        /// Which.
        id: String,
    },
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

/// The app's own code failed.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum HostFailure {
    /// It threw. What it threw is not kept: it may hold anything.
    #[error("the app's code threw")]
    Threw,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostFailure {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Threw
    }
}

/// The host as the core sees it.
pub(crate) fn host(
    keys: Arc<dyn KeyStore>,
    clock: Arc<dyn Clock>,
    notices: Arc<dyn Notices>,
) -> Result<core::Host, YorisoiError> {
    Ok(core::Host {
        keys: Arc::new(Keys(keys)),
        clock: Arc::new(Clocks(clock)),
        notices: Arc::new(Teller::new(notices)?),
        randomness: Arc::new(core::SystemRandomness::default()),
    })
}

struct Keys(Arc<dyn KeyStore>);

impl core::KeyStore for Keys {
    fn load(&self) -> Result<Option<Vec<u8>>, core::KeyStoreError> {
        awaited(|| self.0.load()).map_err(key_store_error)
    }

    fn save(&self, key: &[u8]) -> Result<(), core::KeyStoreError> {
        awaited(|| self.0.save(key.to_vec())).map_err(key_store_error)
    }
}

fn key_store_error(failure: KeyStoreFailure) -> core::KeyStoreError {
    match failure {
        KeyStoreFailure::Locked => core::KeyStoreError::Locked,
        KeyStoreFailure::Failing => core::KeyStoreError::Failing,
    }
}

struct Clocks(Arc<dyn Clock>);

impl core::Clock for Clocks {
    fn read(&self) -> core::ClockReading {
        match awaited(|| self.0.read()) {
            Ok(reading) => core::ClockReading {
                wall: reading.wall.into(),
                since_boot_millis: reading.since_boot_millis,
                boot: reading.boot,
                trusted: reading.trusted.map(Timestamp::from),
            },
            Err(_) => system_clock(),
        }
    }
}

/// The system's own clock, for a host whose clock throws. How long the phone has been on is not known, so every reading names
/// a boot of its own: none is held against another, as after a restart.
fn system_clock() -> core::ClockReading {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    core::ClockReading {
        wall: Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)),
        since_boot_millis: 0,
        boot: format!("unknown-{}", since_epoch.as_nanos()),
        trusted: None,
    }
}

impl From<&core::Notice> for Notice {
    fn from(notice: &core::Notice) -> Self {
        match notice {
            core::Notice::Consents => Self::Consents,
            core::Notice::Consultation(id) => Self::Consultation { id: id.to_string() },
            core::Notice::Drafts => Self::Drafts,
            core::Notice::Enrollment => Self::Enrollment,
            core::Notice::Erasure => Self::Erasure,
            core::Notice::Family => Self::Family,
            core::Notice::Manifest => Self::Manifest,
            core::Notice::Survey => Self::Survey,
            core::Notice::Sync => Self::Sync,
        }
    }
}

#[cfg(test)]
mod tests {

    use yorisoi_core::host::Clock as _;

    use super::*;

    struct Throwing;

    impl Clock for Throwing {
        fn read(&self) -> Result<ClockReading, HostFailure> {
            Err(HostFailure::Threw)
        }
    }

    #[test]
    fn readings_without_a_clock_of_the_host_are_never_held_against_each_other() {
        let clock = Clocks(Arc::new(Throwing));
        let first = clock.read();
        assert_ne!(first.boot, clock.read().boot);
    }
}
