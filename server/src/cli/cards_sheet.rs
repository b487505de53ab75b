//! `cards sheet`: issues cards and prints them into a PDF.
//!
//! Everything that can fail comes before the cards are issued: the font, the host, every text of every card, the whole
//! file on the disk. Issuing is the last step but one, and giving the file its name the last
//! ([`yorisoi_server::print::sheet_file`] says what a crash in between leaves).

use std::path::PathBuf;

use clap::Args;
use yorisoi_server::Service;
use yorisoi_server::print::{Edition, Faces, PrintedCard, Sheet, SheetFile, TicketHost, pdf};
use yorisoi_server::service::{PreparedCard, PreparedCards};

use super::{CliError, Setting, print};

#[derive(Args)]
pub(super) struct CardsSheet {
    /// The programme's id.
    #[arg(long)]
    programme: String,
    /// How many cards.
    #[arg(long)]
    count: u32,
    /// The host of the address in the QR code, such as `soudan.example.jp`.
    #[arg(long)]
    host: String,
    /// The PDF to write; nothing is overwritten.
    #[arg(long, value_name = "FILE.pdf")]
    out: PathBuf,
    /// A monospaced Japanese font; BIZ UDGothic of this machine if absent.
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
    #[command(flatten)]
    setting: Setting,
}

impl CardsSheet {
    pub(super) fn run(&self) -> Result<(), CliError> {
        let host = TicketHost::parse(&self.host)?;
        let mut file = SheetFile::begin(&self.out)?;
        let service = self.setting.config()?.open()?;
        let prepared = service.prepare_cards(&self.programme, self.count)?;
        let faces = match &self.font {
            Some(file) => Faces::from_file(file)?,
            None => Faces::installed()?,
        };
        let edition = Edition::new(&prepared.programme, host);
        let sheet = Sheet::lay_out(&edition, &printed_cards(&service, &prepared)?, &faces)?;
        file.write(&pdf::write(&sheet, &faces)?)?;
        service.issue_prepared(&prepared)?;
        file.publish()?;
        let numbers = |card: Option<&PreparedCard>| card.map_or(0, |card| card.number);
        let (first, last) = (numbers(prepared.cards.first()), numbers(prepared.cards.last()));
        print(&format!(
            "issued {} numbers {first} to {last} pages {}\n",
            prepared.cards.len(),
            sheet.pages.len()
        ))
    }
}

fn printed_cards(service: &Service, prepared: &PreparedCards) -> Result<Vec<PrintedCard>, CliError> {
    let printed = |card: &PreparedCard| {
        Ok(PrintedCard {
            number: card.number,
            code: card.code,
            spoken: card.code.spoken(),
            ticket: service.sign_ticket(&prepared.programme, &card.code)?.bytes().to_vec(),
        })
    };
    prepared.cards.iter().map(printed).collect()
}
