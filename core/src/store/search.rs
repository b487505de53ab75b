//! Search over everything written, answered and drafted, without an index on disk: rows are opened and looked through.
//!
//! Width, case and kana are folded: 「ミルク」, 「ﾐﾙｸ」 and 「みるく」 find each other.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ChangeId, MessageId};
use yorisoi_protocol::wire::{Change, ChangeBody, OperationBody, OperationHead};

use super::apply::{change_place, change_row};
use super::operations::{PENDING, REFUSED};
use super::records::{Records, blob};
use super::{Draft, Store, StoreError};
use crate::vault::Table;
use crate::view::FoundIn;

/// How many characters stand before and after a hit.
const AROUND: usize = 16;

/// A message or a draft that holds the words.
#[derive(Clone, PartialEq, Eq)]
pub struct Hit {
    /// Where the words stand.
    pub found_in: FoundIn,
    /// When it was written, or last saved.
    pub at: Timestamp,
    /// The words with what stands around them.
    pub snippet: String,
}

/// Without what is written.
impl fmt::Debug for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hit").field("found_in", &self.found_in).finish_non_exhaustive()
    }
}

impl Store {
    /// Messages and drafts that hold `words`, which are folded already, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search(&self, words: &str) -> Result<Vec<Hit>, StoreError> {
        self.read(|records| {
            let mut hits = Vec::new();
            let mut look = |found_in, at, text: &str| {
                hits.extend(snippet(text, words).map(|snippet| Hit { found_in, at, snippet }));
            };
            records.visit_operations(PENDING..=REFUSED, |_, id, stored| {
                let head = OperationHead::read(&stored.text).map_err(|_| StoreError::Damaged)?;
                match head.body().map_err(|_| StoreError::Damaged)? {
                    OperationBody::Ask { consultation, text, .. }
                    | OperationBody::FollowUp { consultation, text, .. } => {
                        look(FoundIn::Message { consultation, message: id.into() }, head.at, &text);
                    }
                    OperationBody::Survey { .. } | OperationBody::Consent(_) => {}
                }
                Ok(true)
            })?;
            records.visit_changes(|Change { id, at, body }| {
                if let ChangeBody::Answer { consultation, text, .. } = body {
                    look(FoundIn::Message { consultation, message: id.into() }, at, &text);
                }
            })?;
            for row in records.page::<Draft>(Table::Draft, None, u32::MAX)? {
                look(FoundIn::Draft(MessageId::from_bytes(row.id)), row.value.saved, &row.value.text);
            }
            hits.sort_by_key(|hit| std::cmp::Reverse(hit.at));
            Ok(hits)
        })
    }
}

impl Records<'_> {
    /// Every change of a kind known here.
    fn visit_changes(&self, mut visit: impl FnMut(Change)) -> Result<(), StoreError> {
        let mut statement = self.sql.prepare_cached("SELECT number, id, sealed FROM change")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = blob(row.get_ref(1)?)?.try_into().map(ChangeId::from_bytes);
            let place = change_row(row.get(0)?, &id.map_err(|_| StoreError::Damaged)?);
            let text = self.vault.open(change_place(&place), blob(row.get_ref(2)?)?)?;
            if let Ok(change) = serde_json::from_slice(&text) {
                visit(change);
            }
        }
        Ok(())
    }
}

/// Text in the form in which it is compared.
pub fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).map(hiragana).collect()
}

fn hiragana(letter: char) -> char {
    match letter {
        'ァ'..='ヶ' => char::from_u32(u32::from(letter) - 0x60).unwrap_or(letter),
        other => other,
    }
}

/// The words with what stands around them, as written; `None` if the text does not hold them.
fn snippet(text: &str, words: &str) -> Option<String> {
    let found = folded(text);
    let start = found.find(words)?;
    // Folding rarely changes the number of characters; where it does, the snippet shifts a little and stays whole.
    let before = found.get(..start)?.chars().count();
    let wanted = words.chars().count() + 2 * AROUND;
    Some(text.chars().skip(before.saturating_sub(AROUND)).take(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_kana_are_folded() {
        for text in ["ミルク", "ﾐﾙｸ", "みるく"] {
            assert_eq!(folded(text), "みるく");
        }
        assert_eq!(folded("ＭＩＬＫ"), "milk");
    }

    #[test]
    fn a_snippet_shows_the_words_with_their_surroundings() {
        let text = format!("{}38度の熱が{}", "あ".repeat(50), "い".repeat(50));
        let snippet = snippet(&text, &folded("熱が")).unwrap();
        assert!(snippet.contains("38度の熱が"));
        assert!(snippet.chars().count() <= 34);
        assert_eq!(super::snippet(&text, &folded("咳")), None);
    }
}
