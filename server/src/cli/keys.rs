//! `keys ticket new`, `list`, `retire` and `revoke`: the keys that sign the QR codes of cards. `keys rescue new` and `list`:
//! the keys to which phones seal what waits to be sent, so that it outlives the phone's own key. Root keys are none of this
//! machine's: `manifest root` makes one where no server runs.

use clap::Subcommand;
use yorisoi_protocol::CivilDate;
use yorisoi_protocol::rescue::RescueKey;
use yorisoi_protocol::signed::KeyId;
use yorisoi_protocol::ticket::{KeyStatus, TicketKey};

use super::manifest::status;
use super::{CliError, Setting, print};

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Keys that sign tickets. Devices hear of every change with the next manifest.
    #[command(subcommand)]
    Ticket(TicketKeys),
    /// Keys to which phones seal what waits. Devices hear of a new one with the next manifest.
    #[command(subcommand)]
    Rescue(RescueKeys),
}

#[derive(Subcommand)]
pub(super) enum RescueKeys {
    /// Makes a key for a programme and prints its id. The keys before it go on opening what was sealed to them.
    New {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        #[command(flatten)]
        setting: Setting,
    },
    /// Prints `<key id> <programme>` for each key, the oldest first.
    List {
        #[command(flatten)]
        setting: Setting,
    },
}

#[derive(Subcommand)]
pub(super) enum TicketKeys {
    /// Makes a key for the tickets of a programme's municipality and prints its id.
    New {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        /// The last day on which it signs; without it, the last day on which a card may be redeemed.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        last: Option<CivilDate>,
        #[command(flatten)]
        setting: Setting,
    },
    /// Prints `<key id> <state> <municipalities> <first instant> to <end>` for each key, the oldest first.
    List {
        #[command(flatten)]
        setting: Setting,
    },
    /// Ends a key. It signs no more; the cards it signed stay good.
    Retire {
        /// Its id.
        #[arg(value_name = "KID", value_parser = key_id)]
        id: KeyId,
        #[command(flatten)]
        setting: Setting,
    },
    /// Declares a key stolen, for good. The QR codes it signed are dead; the codes typed from the same cards are not.
    Revoke {
        /// Its id.
        #[arg(value_name = "KID", value_parser = key_id)]
        id: KeyId,
        #[command(flatten)]
        setting: Setting,
    },
}

impl Keys {
    pub(super) fn run(&self) -> Result<(), CliError> {
        match self {
            Self::Ticket(keys) => keys.run(),
            Self::Rescue(RescueKeys::New { programme, setting }) => {
                let key = setting.config()?.open()?.make_rescue_key(programme)?;
                print(&format!("{}\n", KeyId::of(&key.public)))
            }
            Self::Rescue(RescueKeys::List { setting }) => {
                let keys = setting.config()?.open()?.rescue_keys()?;
                let line = |key: &RescueKey| format!("{} {}\n", KeyId::of(&key.public), key.programme);
                print(&keys.iter().map(line).collect::<String>())
            }
        }
    }
}

impl TicketKeys {
    fn run(&self) -> Result<(), CliError> {
        match self {
            Self::New { programme, last, setting } => {
                let key = setting.config()?.open()?.make_ticket_key(programme, *last)?;
                print(&format!("{}\n", key.kid))
            }
            Self::List { setting } => {
                let keys = setting.config()?.open()?.ticket_keys()?;
                print(&keys.iter().map(line).collect::<String>())
            }
            Self::Retire { id, setting } => {
                Ok(setting.config()?.open()?.set_ticket_key_status(*id, KeyStatus::Retired)?)
            }
            Self::Revoke { id, setting } => {
                Ok(setting.config()?.open()?.set_ticket_key_status(*id, KeyStatus::Revoked)?)
            }
        }
    }
}

fn line(key: &TicketKey) -> String {
    let issuers: Vec<&str> = key.issuers.iter().map(|issuer| issuer.as_str()).collect();
    let state = status(key.status);
    format!("{} {state} {} {} to {}\n", key.kid, issuers.join(","), key.not_before, key.expires)
}

fn key_id(text: &str) -> Result<KeyId, String> {
    KeyId::try_from(text.to_owned()).map_err(|_| "a key id is eight hexadecimal digits".to_owned())
}

/// Reads a day.
pub(super) fn day(text: &str) -> Result<CivilDate, String> {
    CivilDate::parse(text).ok_or_else(|| "a day is 2021-12-31".to_owned())
}
