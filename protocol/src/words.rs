//! Text that a person reads, Japanese first, English beside it.

use serde::{Deserialize, Serialize};

/// One text in the two languages of the programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The same thing said twice.
    pub fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }

    /// Whether each language has 1 to `most` characters on one line.
    pub(crate) fn fit(&self, most: usize) -> bool {
        let fits =
            |text: &str| (1..=most).contains(&text.chars().count()) && !text.contains(char::is_control);
        fits(&self.ja) && fits(&self.en)
    }
}
