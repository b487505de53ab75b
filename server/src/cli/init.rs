//! `init`: makes a database and its keys, and overwrites neither.

use clap::Args;
use yorisoi_server::{Service, SystemRandomness};

use super::{CliError, Places};

#[derive(Args)]
pub(super) struct Init {
    #[command(flatten)]
    places: Places,
}

impl Init {
    pub(super) fn run(&self) -> Result<(), CliError> {
        let random = SystemRandomness::default();
        Ok(Service::init(&self.places.data, &self.places.keys(), &random)?)
    }
}
