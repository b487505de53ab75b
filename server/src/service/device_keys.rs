//! The keys of devices that were heard of lately. A device has one key as long as there is one of its id, so what is kept here is
//! never wrong; whether the device still is enrolled is looked at where it is served.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use yorisoi_protocol::ids::DeviceId;

/// How many are kept: a megabyte or two. When there are more, all are forgotten, and each is read once more.
const MOST: usize = 1 << 14;

/// The public keys of devices by their ids.
#[derive(Default)]
pub(super) struct DeviceKeys(Mutex<HashMap<DeviceId, [u8; 32]>>);

impl DeviceKeys {
    /// The key of this device, if it is kept.
    pub(super) fn get(&self, id: DeviceId) -> Option<[u8; 32]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    /// Keeps the key of this device.
    pub(super) fn keep(&self, id: DeviceId, key: [u8; 32]) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST {
            keys.clear();
        }
        keys.insert(id, key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_many_are_forgotten_together() {
        let keys = DeviceKeys::default();
        let id = |number: usize| DeviceId::from_bytes((number as u64).to_be_bytes());
        (0..MOST).for_each(|number| keys.keep(id(number), [number as u8; 32]));
        assert_eq!(keys.get(id(7)), Some([7; 32]));
        keys.keep(id(MOST), [1; 32]);
        assert_eq!((keys.get(id(7)), keys.get(id(MOST))), (None, Some([1; 32])));
    }
}
