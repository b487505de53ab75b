//! Printing cards: from codes and tickets to an A4 PDF that an office printer prints and a guillotine cuts.
//!
//! [`sheet`] is the model: which mark stands where, in millimetres, without a font file or a PDF in sight. It is laid
//! out through [`Measure`], so its rules are tested with no font installed. [`faces`] reads the fonts of this machine,
//! [`pdf`] writes the model down, and [`sheet_file`] sees to it that a file with codes is private, whole and never
//! written over another. Nothing here issues a card, and nothing here keeps a code.

mod card_layout;
mod edition;
mod error;
pub mod faces;
mod line_break;
pub mod pdf;
mod printed_card;
pub mod sheet;
pub mod sheet_file;
mod symbol;
mod text_box;
mod ticket_host;

pub use edition::Edition;
pub use error::PrintError;
pub use faces::Faces;
pub use printed_card::PrintedCard;
pub use sheet::{Area, Mark, Measure, Page, Run, Sheet, Typeface};
pub use sheet_file::{SheetFile, SheetFileError};
pub use ticket_host::TicketHost;
