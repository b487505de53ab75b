//! `ticket inspect`: what a phone would say of a QR code, and why. The code that the ticket carries is never printed.

use std::fmt::Write;
use std::io::Read;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::signed::KeyId;
use yorisoi_protocol::ticket::{Ticket as Scanned, TicketError, TicketKeys};
use yorisoi_protocol::wire::PublicKey;
use yorisoi_protocol::{Programme, Timestamp, Words};

use super::trust::{self, SignedFile};
use super::{CliError, print, time};

/// More of standard input is not read; a ticket's text is far shorter.
const INPUT_MAX_BYTES: u64 = 4096;

#[derive(Subcommand)]
pub(super) enum Ticket {
    /// Says what a phone that holds this manifest would say of a QR code.
    Inspect(Inspect),
}

#[derive(Args)]
pub(super) struct Inspect {
    /// What was scanned or pasted; `-` reads it from standard input, which no other process sees.
    payload: String,
    /// The manifest that the phone holds. Without a root its signature is not checked.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// A root key, as `manifest root` prints it. Two at most.
    #[arg(long = "root", value_name = "PUBLIC_KEY", allow_hyphen_values = true, value_parser = trust::public_key)]
    roots: Vec<PublicKey>,
    /// The time to judge at.
    #[arg(long, value_name = "TIME", value_parser = time::instant)]
    at: Timestamp,
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// The part of a manifest that judges tickets.
struct Judge {
    keys: TicketKeys,
    programmes: Vec<Programme>,
    manifest: ManifestState,
}

/// What is printed.
#[derive(Serialize)]
struct Answer {
    accepted: bool,
    words: Words,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<Shown>,
    manifest: ManifestState,
}

/// What a verified ticket says, without its code.
#[derive(Serialize)]
struct Shown {
    issuer: Municipality,
    not_before: Timestamp,
    expires: Timestamp,
    issued_at: Timestamp,
    key: KeyId,
    programme_index: u16,
    rule_set_version: u32,
}

/// The manifest that judged.
#[derive(Serialize)]
struct ManifestState {
    version: u64,
    verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<Words>,
}

impl Ticket {
    pub(super) fn run(&self) -> Result<(), CliError> {
        let Self::Inspect(inspect) = self;
        let answer = inspect.judge()?.answer(&inspect.text()?, inspect.at);
        let text = match inspect.json {
            // An answer is made of numbers and texts; it always has a JSON text.
            true => serde_json::to_string_pretty(&answer).unwrap_or_default() + "\n",
            false => answer.text(),
        };
        print(&text)?;
        if answer.accepted { Ok(()) } else { Err(CliError::NotAccepted) }
    }
}

impl Inspect {
    fn text(&self) -> Result<String, CliError> {
        if self.payload != "-" {
            return Ok(self.payload.clone());
        }
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(INPUT_MAX_BYTES).read_to_end(&mut bytes);
        read.map_err(|error| CliError::File(error.kind()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn judge(&self) -> Result<Judge, CliError> {
        let roots = trust::roots(&self.roots)?;
        let file = SignedFile::read(&self.manifest)?;
        let Some(roots) = roots else {
            let draft = file.unverified()?;
            let programmes = draft.programmes.iter().filter_map(|text| Programme::parse(text.get()).ok());
            return Ok(Judge {
                programmes: programmes.collect(),
                manifest: ManifestState { version: draft.version, verified: false, notice: None },
                keys: TicketKeys::new(draft.ticket_keys, draft.revoked_cards),
            });
        };
        let manifest = file.verify(&roots)?;
        Ok(Judge {
            keys: manifest.ticket_keys().clone(),
            manifest: ManifestState {
                version: manifest.version,
                verified: true,
                notice: manifest.standing(self.at).words(),
            },
            programmes: manifest.programmes,
        })
    }
}

impl Judge {
    fn answer(self, text: &str, now: Timestamp) -> Answer {
        let refused = |error: TicketError| (false, error.words(), error.to_string());
        let read = Scanned::parse(text, &self.keys);
        let (accepted, words, reason) = match &read {
            Err(error) => refused(error.clone()),
            Ok(ticket) => match ticket.programme(&self.programmes) {
                Err(error) => refused(error),
                Ok(programme) => {
                    let inside = ticket.validity(now).allowed();
                    let window = if inside { "inside its window" } else { "outside its window" };
                    (inside, ticket.words(now), format!("verified for {}, {window}", programme.id))
                }
            },
        };
        let ticket = read.ok().map(Shown::of);
        Answer { accepted, words, reason, ticket, manifest: self.manifest }
    }
}

impl Shown {
    fn of(ticket: Scanned) -> Self {
        Self {
            key: ticket.key,
            programme_index: ticket.code().programme_index(),
            issuer: ticket.terms.issuer,
            not_before: ticket.terms.not_before,
            expires: ticket.terms.expires,
            issued_at: ticket.terms.issued_at,
            rule_set_version: ticket.terms.rule_set_version,
        }
    }
}

impl Answer {
    /// Japanese, English, then the detail.
    fn text(&self) -> String {
        let mut text = format!("{}\n{}\nreason: {}\n", self.words.ja, self.words.en, self.reason);
        // Writing to a string never fails.
        if let Some(ticket) = &self.ticket {
            let _ = writeln!(text, "issuer: {}", ticket.issuer);
            let _ = writeln!(text, "window: {} to {}", ticket.not_before, ticket.expires);
            let _ = writeln!(text, "issued: {}", ticket.issued_at);
            let _ = writeln!(text, "key: {}", ticket.key);
            let _ = writeln!(text, "programme index: {}", ticket.programme_index);
            let _ = writeln!(text, "rule set version: {}", ticket.rule_set_version);
        }
        let verified = if self.manifest.verified { "verified" } else { "its signature was not checked" };
        let _ = writeln!(text, "manifest: version {}, {verified}", self.manifest.version);
        if let Some(notice) = &self.manifest.notice {
            let _ = writeln!(text, "{}\n{}", notice.ja, notice.en);
        }
        text
    }
}
