//! `programme add`, `programme show` and `programme reopen`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Subcommand;
use yorisoi_protocol::Timestamp;
use yorisoi_server::service::{DoorState, ProgrammeState};
use yorisoi_server::storage::Way;

use super::{CliError, Places, Setting, print};

#[derive(Subcommand)]
pub(super) enum Programme {
    /// Adds the programme of a file and prints its id.
    Add {
        /// The programme file.
        file: PathBuf,
        #[command(flatten)]
        places: Places,
    },
    /// Prints how a programme stands: its deadline, its cards, failed attempts to redeem, and what is shut because of them.
    Show {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        #[command(flatten)]
        setting: Setting,
    },
    /// Opens what guesses have shut, forgets them, and prints what was opened.
    Reopen {
        /// The programme's id.
        #[arg(long)]
        programme: String,
        #[command(flatten)]
        setting: Setting,
    },
}

impl Programme {
    pub(super) fn run(&self) -> Result<(), CliError> {
        match self {
            Self::Add { file, places } => {
                let text = std::fs::read_to_string(file).map_err(|error| CliError::File(error.kind()))?;
                let id = places.config().open()?.add_programme(&text)?;
                print(&format!("{id}\n"))
            }
            Self::Show { programme, setting } => {
                print(&show(&setting.config()?.open()?.programme_state(programme)?))
            }
            Self::Reopen { programme, setting } => {
                let reopened = setting.config()?.open()?.reopen_programme(programme)?;
                let line = |door: &DoorState| format!("reopened {}\n", label(door.way).1);
                print(&reopened.iter().map(line).collect::<String>())
            }
        }
    }
}

fn show(state: &ProgrammeState) -> String {
    let ProgrammeState { programme, name, at, redeem, redeem_ends_at, .. } = state;
    let mut text = format!("{} / {}\n{programme}  {at}\n\n", name.ja, name.en);
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{}\n{}", redeem.ja, redeem.en);
    let ends = redeem_ends_at.map_or_else(|| "—".to_owned(), |at| at.to_string());
    let _ = writeln!(text, "登録の締切 / redeeming ends: {ends}");
    for (ja, en, count) in [
        ("使えるカード", "cards issued and good", state.cards_issued),
        ("失効したカード", "cards revoked", state.cards_revoked),
        ("再発行済みのカード", "cards replaced", state.cards_replaced),
        ("登録に使われたカード", "cards somebody joined with", state.cards_redeemed),
    ] {
        let _ = writeln!(text, "{ja} / {en}: {count}");
    }
    for door in &state.doors {
        let (ja, en) = label(door.way);
        let failures = door.failures;
        let _ = writeln!(text, "{ja}の誤り（1時間以内） / unknown {en} in the last hour: {failures}");
        let _ = writeln!(text, "{ja}の受付 / {en}: {}", standing(door, *at));
    }
    text
}

fn standing(door: &DoorState, at: Timestamp) -> String {
    match door.shut {
        None => "開いています / open".to_owned(),
        Some(shut) if door.is_shut(at) => {
            format!("停止中 / shut: {} – {}", shut.since, shut.until)
        }
        Some(shut) => format!("開いています / open; 前回の停止 / last shut: {} – {}", shut.since, shut.until),
    }
}

fn label(way: Way) -> (&'static str, &'static str) {
    match way {
        Way::Code => ("コード", "codes"),
        Way::Phrase => ("合言葉", "phrases"),
    }
}
