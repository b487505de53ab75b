//! `report`: what the municipality sees of a programme.

use clap::Args;

use super::{CliError, Setting, print};

#[derive(Args)]
pub(super) struct Report {
    /// The programme's id.
    #[arg(long)]
    programme: String,
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    setting: Setting,
}

impl Report {
    pub(super) fn run(&self) -> Result<(), CliError> {
        let report = self.setting.config()?.open()?.report(&self.programme)?;
        let text = match self.json {
            // A report is made of numbers and texts; it always has a JSON text.
            true => serde_json::to_string_pretty(&report).unwrap_or_default() + "\n",
            false => report.text(),
        };
        print(&text)
    }
}
