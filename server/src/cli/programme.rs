//! `programme add`: takes in a programme file and prints the programme's id.

use std::path::PathBuf;

use clap::Subcommand;

use super::{CliError, Places, print};

#[derive(Subcommand)]
pub(super) enum Programme {
    /// Adds the programme of a file and prints its id.
    Add {
        /// The programme file.
        file: PathBuf,
        #[command(flatten)]
        places: Places,
    },
}

impl Programme {
    pub(super) fn run(&self) -> Result<(), CliError> {
        let Self::Add { file, places } = self;
        let text = std::fs::read_to_string(file).map_err(|error| CliError::File(error.kind()))?;
        let id = places.config().open()?.add_programme(&text)?;
        print(&format!("{id}\n"))
    }
}
