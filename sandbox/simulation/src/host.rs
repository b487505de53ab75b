//! What a phone supplies, and the true time: everything that is not the library's own comes from here and from the seed.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use yorisoi_core::Host;
use yorisoi_core::host::{Clock, ClockReading, KeyStore, KeyStoreError, NoNotices, NoRandomness, Randomness};
use yorisoi_fault_vfs::Chance;
use yorisoi_protocol::Timestamp;

/// What time it really is, in milliseconds since 1970. The server goes by it.
pub(crate) struct TrueTime(AtomicI64);

impl TrueTime {
    pub(crate) fn at(millis: i64) -> Self {
        Self(AtomicI64::new(millis))
    }

    pub(crate) fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::Relaxed);
    }

    pub(crate) fn millis(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl yorisoi_server::Clock for TrueTime {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis())
    }
}

/// A phone's clocks: the owner may turn the one on the wall.
pub(crate) struct PhoneClock {
    pub(crate) time: Arc<TrueTime>,
    pub(crate) turned_millis: AtomicI64,
    pub(crate) boots: AtomicU32,
}

impl Clock for PhoneClock {
    fn read(&self) -> ClockReading {
        let now = self.time.millis();
        ClockReading {
            wall: Timestamp::from_millis(now + self.turned_millis.load(Ordering::Relaxed)),
            since_boot_millis: now,
            boot: self.boots.load(Ordering::Relaxed).to_string(),
            trusted: None,
        }
    }
}

/// A phone's key store, which may be locked for a while.
#[derive(Default)]
pub(crate) struct PhoneKeys {
    key: Mutex<Option<Vec<u8>>>,
    pub(crate) locked: AtomicBool,
}

impl PhoneKeys {
    fn unlocked(&self) -> Result<(), KeyStoreError> {
        if self.locked.load(Ordering::Relaxed) { Err(KeyStoreError::Locked) } else { Ok(()) }
    }
}

impl KeyStore for PhoneKeys {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        self.unlocked()?;
        Ok(lock(&self.key).clone())
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        self.unlocked()?;
        *lock(&self.key) = Some(key.to_vec());
        Ok(())
    }
}

/// Bytes that look random and repeat from the seed.
pub(crate) struct Seeded(Mutex<Chance>);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(Chance::new(seed)))
    }

    fn draw(&self, bytes: &mut [u8]) {
        let mut chance = lock(&self.0);
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(chance.number().to_le_bytes().split_at(part.len()).0);
        }
    }
}

impl Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.draw(bytes);
        Ok(())
    }
}

impl yorisoi_server::Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), yorisoi_server::randomness::RandomnessError> {
        self.draw(bytes);
        Ok(())
    }
}

/// The parts of one phone that outlive its database.
pub(crate) struct Supplies {
    pub(crate) keys: Arc<PhoneKeys>,
    pub(crate) clock: Arc<PhoneClock>,
    randomness: Arc<Seeded>,
}

impl Supplies {
    pub(crate) fn new(time: Arc<TrueTime>, seed: u64) -> Self {
        let (turned_millis, boots) = (AtomicI64::new(0), AtomicU32::new(0));
        Self {
            keys: Arc::default(),
            clock: Arc::new(PhoneClock { time, turned_millis, boots }),
            randomness: Arc::new(Seeded::new(seed)),
        }
    }

    pub(crate) fn host(&self) -> Host {
        Host {
            keys: self.keys.clone(),
            clock: self.clock.clone(),
            notices: Arc::new(NoNotices),
            randomness: self.randomness.clone(),
        }
    }
}

/// Whoever panicked while holding it left it whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
