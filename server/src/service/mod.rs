//! The rules of the server, independent of HTTP and of the database.
//!
//! One [`Service`] serves all requests of a process. Every method is one piece of work in at most one writing
//! transaction: it happened whole, or not at all. [`Service::rescue`] alone has two, because a place must be there before
//! something is taken in for it.

mod address_limit;
mod authenticate;
mod cards;
mod desk;
mod device_keys;
mod effects;
mod enrollment;
mod erasure;
mod failure;
mod failure_counts;
mod judge;
mod live;
mod log_in;
mod manifest;
mod passwords;
mod photos;
mod phrases;
mod prepared_cards;
mod programme_state;
mod pull;
mod readers;
mod redemption_limits;
mod report;
mod rescue;
mod rescue_keys;
mod setup;
mod streams;
mod sync;
mod throttle;
mod ticket_keys;

use std::path::Path;
use std::sync::Arc;

use yorisoi_protocol::ids::Epoch;
use yorisoi_protocol::{Programme, Timestamp};

pub use authenticate::{Signed, SignedRequest};
pub use cards::CardState;
pub use failure::{Failure, Trouble};
pub use live::Listening;
pub use passwords::PASSWORD_ITERATIONS;
pub use phrases::JOINS_PER_DAY_MAX;
pub use prepared_cards::{PRINTED_CARDS_MAX, PreparedCard, PreparedCards};
pub use programme_state::ProgrammeState;
pub use redemption_limits::DoorState;
pub use report::{AnswerTimes, Cell, Report, ServiceRow, SurveyRow};
pub use setup::{DATABASE_FILE, SetupError};

use crate::clock::Clock;
use crate::hints::Hints;
use crate::keys::ServerKeys;
use crate::randomness::Randomness;
use crate::rescue_key_files::RescueKeyFiles;
use crate::storage::{Storage, Transaction};
use crate::ticket_key_files::TicketKeyFiles;
use address_limit::AddressLimit;
use device_keys::DeviceKeys;
use readers::Readers;
use throttle::Throttle;

/// The server without its doors.
pub struct Service {
    storage: Box<dyn Storage>,
    keys: ServerKeys,
    ticket_key_files: TicketKeyFiles,
    rescue_key_files: RescueKeyFiles,
    epoch: Epoch,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    hints: Hints,
    throttle: Throttle,
    addresses: AddressLimit,
    readers: Readers,
    device_keys: DeviceKeys,
}

impl Service {
    /// The service over the database in `data` with the keys in `keys`.
    ///
    /// # Errors
    /// [`SetupError`] if there is no such database or the keys are not its keys.
    pub fn open(
        data: &Path,
        keys: &Path,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, SetupError> {
        let ticket_key_files = TicketKeyFiles::in_directory(keys);
        let rescue_key_files = RescueKeyFiles::in_directory(keys);
        let (storage, keys, epoch) = setup::open(data, keys)?;
        Ok(Self {
            addresses: AddressLimit::new(&*randomness)?,
            readers: Readers::since(clock.now()),
            storage,
            keys,
            ticket_key_files,
            rescue_key_files,
            epoch,
            clock,
            randomness,
            hints: Hints::default(),
            throttle: Throttle::default(),
            device_keys: DeviceKeys::default(),
        })
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn begin(&self) -> Result<Box<dyn Transaction + '_>, Failure> {
        self.storage.begin().map_err(Failure::from)
    }
}

/// Reads a programme that other rows name.
fn programme(tx: &dyn Transaction, id: &str) -> Result<Programme, Failure> {
    let text = tx.programme(id)?;
    let programme = text.and_then(|text| Programme::parse(&text).ok());
    programme.ok_or_else(|| Trouble::Inconsistent("a programme").into())
}
