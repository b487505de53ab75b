//! `phrase set` and `phrase revoke`. The phrase is read from standard input: arguments stand in histories and process
//! lists. It is kept as its tag only and never printed.

use clap::Subcommand;

use super::{CliError, Setting, typed};

#[derive(Subcommand)]
pub(super) enum Phrase {
    /// Reads a phrase from standard input and sets it, in the place of the one the programme had.
    Set {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        /// How many devices may join with it on one day in Japan.
        #[arg(long, default_value_t = 500)]
        joins_per_day: u32,
        #[command(flatten)]
        setting: Setting,
    },
    /// Revokes the programme's phrase. Nobody joins with it any more; whoever joined goes on as before.
    Revoke {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        #[command(flatten)]
        setting: Setting,
    },
}

impl Phrase {
    pub(super) fn run(&self) -> Result<(), CliError> {
        match self {
            Self::Set { programme, joins_per_day, setting } => {
                Ok(setting.config()?.open()?.set_phrase(programme, &typed()?, *joins_per_day)?)
            }
            Self::Revoke { programme, setting } => Ok(setting.config()?.open()?.revoke_phrase(programme)?),
        }
    }
}
