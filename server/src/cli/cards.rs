//! `cards issue` and `cards list`. A code is printed once, when it is made; the list knows numbers only.

use clap::Subcommand;

use super::{CliError, Places, Setting, print};

#[derive(Subcommand)]
pub(super) enum Cards {
    /// Issues cards and prints one code a line, and nothing else.
    Issue {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        /// How many.
        #[arg(long)]
        count: u32,
        #[command(flatten)]
        setting: Setting,
    },
    /// Prints `<number> <batch> <persons joined>` for each card, then the totals.
    List {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        #[command(flatten)]
        places: Places,
    },
}

impl Cards {
    pub(super) fn run(&self) -> Result<(), CliError> {
        match self {
            Self::Issue { programme, count, setting } => {
                let codes = setting.config()?.open()?.issue_cards(programme, *count)?;
                let lines: String = codes.iter().map(|code| code.grouped() + "\n").collect();
                print(&lines)
            }
            Self::List { programme, places } => {
                let cards = places.config().open()?.cards(programme)?;
                let line = |card: &yorisoi_server::service::CardState| {
                    format!("{} {} {}\n", card.number, card.batch, card.members)
                };
                let lines: String = cards.iter().map(line).collect();
                let redeemed = cards.iter().filter(|card| card.members > 0).count();
                print(&format!("{lines}issued {} redeemed {redeemed}\n", cards.len()))
            }
        }
    }
}
