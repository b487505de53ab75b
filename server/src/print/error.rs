//! Why cards cannot be printed. Names the text that is wrong, never a code.

use std::io::ErrorKind;

use super::faces::PACKAGE;

/// Why there is no sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// The font is not on this machine.
    #[error(
        "the font BIZ UDGothic is not installed: install the Debian package {PACKAGE}, or name a font file with --font"
    )]
    FontMissing,
    /// The font file cannot be read.
    #[error("the font file cannot be read: {0}")]
    FontUnreadable(ErrorKind),
    /// The file holds no font that can be printed with.
    #[error("the file holds no TrueType or OpenType font")]
    FontBroken,
    /// Letters and digits of the font differ in width, so groups of a code would not stand under each other.
    #[error("the font is not monospaced: letters and digits of a code must have one width")]
    FontNotMonospaced,
    /// Not the name of a host.
    #[error("the host has 1 to 100 letters, digits, hyphens and dots, such as soudan.example.jp")]
    Host,
    /// A text does not fit its place at the smallest size that can be read.
    #[error("{text} is too long for a card")]
    TextTooLong {
        /// Which.
        text: &'static str,
    },
    /// The font has no shape for a character of a text.
    #[error("the font cannot print U+{character:04X} of {text}")]
    NoGlyph {
        /// In which text.
        text: &'static str,
        /// The character's code point.
        character: u32,
    },
    /// The ticket would make the modules of its symbol too small to scan.
    #[error("the ticket is too long for the symbol on a card")]
    TicketTooLong,
    /// Nothing to print.
    #[error("a sheet has at least one card")]
    NoCards,
    /// The PDF library refused what it was given.
    #[error("the PDF cannot be written")]
    Pdf,
}
