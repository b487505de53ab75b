//! Text as HTML: nothing that anybody wrote is ever markup.

use std::fmt::{self, Display, Formatter, Write};

use yorisoi_protocol::eligibility::DateFact;
use yorisoi_protocol::{CivilDate, Timestamp, Words};

/// Text with every character that means something in HTML written by its name. Line ends stay. Control characters, which no HTML
/// may hold, become U+FFFD. Characters that turn the direction of writing stay, and it is the block around a text that keeps them in.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\n' | '\t' => f.write_char(char),
            // Of the two characters that end a line elsewhere the other one stays.
            '\r' => Ok(()),
            _ if char.is_control() => f.write_char(char::REPLACEMENT_CHARACTER),
            _ => f.write_char(char),
        })
    }
}

/// Both languages, Japanese first.
pub(super) struct Both<'a>(pub(super) &'a Words);

impl Display for Both<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (ja, en) = (Escaped(&self.0.ja), Escaped(&self.0.en));
        write!(f, r#"<bdi>{ja}</bdi> <bdi class="en" lang="en">{en}</bdi>"#)
    }
}

/// Fixed words in both languages.
pub(super) fn both(ja: &str, en: &str) -> String {
    Both(&Words::new(ja, en)).to_string()
}

/// An instant in Japan, to the minute: `2021年10月1日 3:12`.
pub(super) struct Minute(pub(super) Timestamp);

impl Display for Minute {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let day = self.0.civil_date();
        let minutes = self.0.since(day.starts_at()) / 60_000;
        write!(f, "{} {}:{:02}", day.japanese(), minutes / 60, minutes % 60)
    }
}

/// A date as far as it was told.
pub(super) fn date(fact: DateFact) -> Option<String> {
    match fact {
        DateFact::Known(day) => Some(CivilDate::japanese(day)),
        DateFact::Month { year, month } => Some(format!("{year}年{month}月")),
        DateFact::NotTold => None,
    }
}
