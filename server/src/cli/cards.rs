//! `cards issue`, `cards sheet`, `cards list`, `cards revoke` and `cards replace`. A code is printed once, when it is made;
//! the list knows numbers only. A code that is read comes from standard input: arguments stand in histories and process lists.

use clap::{Args, Subcommand};
use yorisoi_server::service::CardState;
use yorisoi_server::storage::CardStatus;

use super::cards_sheet::CardsSheet;
use super::{CliError, Places, Setting, print, typed};

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
    /// Prints `<number> <batch> <state> <persons joined> <day issued>` for each card, then the totals.
    List {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        #[command(flatten)]
        places: Places,
    },
    /// Issues cards and prints them into a PDF, the only place where their codes are.
    Sheet(CardsSheet),
    /// Revokes a card and prints its number. Nobody joins with it any more; whoever joined goes on as before.
    Revoke {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        setting: Setting,
    },
    /// Issues a card in the place of another and prints its code, and nothing else. Whoever joined with the old one goes
    /// on as before; the places left are those of the new one.
    Replace {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        /// The number of the old card.
        #[arg(long)]
        number: u32,
        #[command(flatten)]
        setting: Setting,
    },
}

/// Which card.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// Its number.
    #[arg(long)]
    number: Option<u32>,
    /// Reads its code from standard input. Then the next manifest lists it too, and its QR code is refused without
    /// network; a card known by its number alone is refused when it is redeemed.
    #[arg(long)]
    card: bool,
}

impl Cards {
    pub(super) fn run(&self) -> Result<(), CliError> {
        match self {
            Self::Issue { programme, count, setting } => {
                let codes = setting.config()?.open()?.issue_cards(programme, *count)?;
                let lines: String = codes.iter().map(|code| code.grouped() + "\n").collect();
                print(&lines)
            }
            Self::Sheet(command) => command.run(),
            Self::List { programme, places } => print(&list(&places.config().open()?.cards(programme)?)),
            Self::Revoke { programme, which, setting } => {
                let service = setting.config()?.open()?;
                let number = match which.number {
                    Some(number) => {
                        service.revoke_card(programme, number)?;
                        number
                    }
                    None => service.revoke_card_at_hand(programme, &typed()?)?,
                };
                print(&format!("{number}\n"))
            }
            Self::Replace { programme, number, setting } => {
                let code = setting.config()?.open()?.replace_card(programme, *number)?;
                print(&(code.grouped() + "\n"))
            }
        }
    }
}

fn list(cards: &[CardState]) -> String {
    let lines: String = cards.iter().map(line).collect();
    let count = |counted: fn(&CardState) -> bool| cards.iter().filter(|card| counted(card)).count();
    format!(
        "{lines}issued {} redeemed {} revoked {} replaced {}\n",
        cards.len(),
        count(|card| card.members > 0),
        count(|card| card.status == CardStatus::Revoked),
        count(|card| matches!(card.status, CardStatus::Replaced { .. })),
    )
}

fn line(card: &CardState) -> String {
    let state = match card.status {
        CardStatus::Issued => "issued".to_owned(),
        CardStatus::Revoked => "revoked".to_owned(),
        CardStatus::Replaced { by } => format!("replaced-by-{by}"),
    };
    let day = card.issued_at.civil_date();
    format!("{} {} {state} {} {day}\n", card.number, card.batch, card.members)
}
