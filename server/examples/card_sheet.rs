//! Prints cards that nobody issued, to look at paper and to measure it: `card_sheet PROGRAMME.json HOST COUNT OUT.pdf`.
//!
//! Codes and tickets are made up from the cards' numbers, so they open nothing. What stands on each card goes to
//! standard output, one card a line: code, address of its QR code, spelling in Japanese and in English, with tabs.

use std::error::Error;

use data_encoding::BASE32_NOPAD;
use yorisoi_protocol::{EnrollmentCode, Programme, Words};
use yorisoi_server::print::{Edition, Faces, PrintedCard, Sheet, TicketHost, pdf};

/// As long as a signed ticket is.
const TICKET_BYTES: u8 = 129;
/// Spreads small numbers over all bits (2^64 divided by the golden ratio).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("card_sheet PROGRAMME.json HOST COUNT OUT.pdf");
    let programme = Programme::parse(&std::fs::read_to_string(next()?)?)?;
    let host = TicketHost::parse(&next()?)?;
    let count: u32 = next()?.parse()?;
    let out = next()?;
    let cards: Option<Vec<PrintedCard>> = (1..=count).map(|number| card(&programme, number)).collect();
    let cards = cards.ok_or("no code has the programme's index")?;
    let faces = Faces::installed()?;
    let sheet = Sheet::lay_out(&Edition::new(&programme, host.clone()), &cards, &faces)?;
    std::fs::write(out, pdf::write(&sheet, &faces)?)?;
    for card in &cards {
        let address = format!("HTTPS://{}/E#{}", host.as_str(), BASE32_NOPAD.encode(&card.ticket));
        println!("{}\t{address}\t{}\t{}", card.code.grouped(), card.spoken.ja, card.spoken.en);
    }
    Ok(())
}

fn card(programme: &Programme, number: u32) -> Option<PrintedCard> {
    let code = EnrollmentCode::issue(programme.index, u64::from(number).wrapping_mul(SPREAD))?;
    let byte = |place: u8| SPREAD.wrapping_mul(u64::from(place) * 1009 + u64::from(number)).to_be_bytes()[0];
    Some(PrintedCard { number, code, spoken: spoken(&code), ticket: (0..TICKET_BYTES).map(byte).collect() })
}

fn spoken(code: &EnrollmentCode) -> Words {
    let joined = |between: &str| code.compact().chars().map(String::from).collect::<Vec<_>>().join(between);
    Words::new(joined("、"), joined(", "))
}
