//! `card inspect`: what a phone would say to a text, for whoever answers the telephone. It judges the text alone, and
//! never prints a code back: what is typed here may be a parent's, and the answer may end up in a note.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;
use yorisoi_protocol::code::CodeError;
use yorisoi_protocol::typed_text::{ForeignKind, TypedTextError};
use yorisoi_protocol::{CardInput, Words};
use yorisoi_server::service::CardState;
use yorisoi_server::storage::CardStatus;

use super::{CliError, Places, print};

#[derive(Subcommand)]
pub(super) enum Card {
    /// Judges anything typed or pasted where a code is asked for: the Japanese words a phone would show, the English
    /// ones, and details. Status 0 if it is a code, 1 if not.
    Inspect {
        /// The text, as it was typed.
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// Prints JSON instead of text.
        #[arg(long)]
        json: bool,
        /// Also says what the server with this database knows of the card; never to whom it went.
        #[arg(long)]
        data: Option<PathBuf>,
        /// The directory of that server's keys; `keys` in the data directory if absent.
        #[arg(long, requires = "data")]
        keys: Option<PathBuf>,
    },
}

impl Card {
    pub(super) fn run(&self) -> Result<(), CliError> {
        let Self::Inspect { text, json, data, keys } = self;
        let input = CardInput::parse(text);
        let known = match (data, &input) {
            (Some(data), Ok(CardInput::Code(code))) => {
                let places = Places { data: data.clone(), keys: keys.clone() };
                Some(places.config().open()?.card_status(code)?.as_ref().map_or_else(unknown, known))
            }
            _ => None,
        };
        let verdict = Verdict { server: known, ..Verdict::of(input) };
        let printed = match json {
            // A verdict is made of numbers and texts; it always has a JSON text.
            true => serde_json::to_string_pretty(&verdict).unwrap_or_default() + "\n",
            false => verdict.text(),
        };
        print(&printed)?;
        if verdict.accepted { Ok(()) } else { Err(CliError::NotAccepted) }
    }
}

/// What is said of a text. Fields that do not apply are left out.
#[derive(Default, Serialize)]
struct Verdict {
    accepted: bool,
    /// `code` or `ticket`, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'static str>,
    /// The stable code of the refusal, as `docs/errors.md` lists it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    ja: String,
    en: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    programme_index: Option<u16>,
    /// Groups (1 to 4) to look at again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<u8>,
    /// Where a foreign character stands, counted in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    foreign: Option<ForeignKind>,
    /// What a server knows of the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<Known>,
}

/// What a server knows of a card.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
struct Known {
    /// `unknown`, `issued`, `revoked` or `replaced`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    persons_joined: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<u32>,
}

fn unknown() -> Known {
    Known { state: "unknown", number: None, persons_joined: None, replaced_by: None }
}

fn known(card: &CardState) -> Known {
    let (state, replaced_by) = match card.status {
        CardStatus::Issued => ("issued", None),
        CardStatus::Revoked => ("revoked", None),
        CardStatus::Replaced { by } => ("replaced", Some(by)),
    };
    Known { state, number: Some(card.number), persons_joined: Some(card.members), replaced_by }
}

impl Verdict {
    fn of(input: Result<CardInput, CodeError>) -> Self {
        match input {
            Ok(CardInput::Code(code)) => Self {
                accepted: true,
                input: Some("code"),
                programme_index: Some(code.programme_index()),
                ..Self::saying(Words::new(
                    "カードのコード（16文字）として正しい形です。発行されたものかどうかは、サーバーで確認します。",
                    "This has the form of a card's code (16 symbols). Whether it was issued, the server says.",
                ))
            },
            Ok(CardInput::Ticket(_)) => Self {
                input: Some("ticket"),
                ..Self::saying(Words::new(
                    "カードのコードではなく、QRコードの内容です。「ticket inspect」で確認してください。",
                    "This is no typed code but the content of a QR code. Please use `ticket inspect`.",
                ))
            },
            Err(error) => Self::refusal(&error),
        }
    }

    fn refusal(error: &CodeError) -> Self {
        let verdict = Self { error: Some(error.code()), ..Self::saying(error.words()) };
        match error {
            CodeError::CheckFailed { groups } => Self { groups: groups.clone(), ..verdict },
            CodeError::Unreadable(TypedTextError::Foreign { kind, position }) => {
                Self { foreign: Some(*kind), position: Some(*position), ..verdict }
            }
            _ => verdict,
        }
    }

    fn saying(Words { ja, en }: Words) -> Self {
        Self { ja, en, ..Self::default() }
    }

    /// The two lines for people, then the details, one a line.
    fn text(&self) -> String {
        let mut text = format!("{}\n{}\n", self.ja, self.en);
        let mut detail = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{name}: {value}");
            }
        };
        let groups: Vec<String> = self.groups.iter().map(u8::to_string).collect();
        detail("input", self.input.map(str::to_owned));
        detail("error", self.error.map(str::to_owned));
        detail("programme index", self.programme_index.map(|index| index.to_string()));
        detail("look at group", (!groups.is_empty()).then(|| groups.join(", ")));
        detail("position", self.position.map(|position| position.to_string()));
        detail("character", self.foreign.map(|kind| kind.words().en));
        if let Some(known) = &self.server {
            detail("card on this server", Some(known.state.to_owned()));
            detail("card number", known.number.map(|number| number.to_string()));
            detail("persons joined", known.persons_joined.map(|persons| persons.to_string()));
            detail("replaced by number", known.replaced_by.map(|number| number.to_string()));
        }
        text
    }
}
