//! Search over everything written, answered and drafted, without an index on disk: rows are opened and looked through, and
//! only those that may hold the words are read (see [`super::needle`]).

use std::fmt;

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ChangeId, MessageId};
use yorisoi_protocol::wire::{Change, ChangeBody, OperationBody, OperationHead};

use super::apply::{change_place, change_row};
use super::needle::{Needle, folded};
use super::records::{Records, blob};
use super::rows::StoredOperation;
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
    /// Messages and drafts that hold `words`, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search(&self, words: &str) -> Result<Vec<Hit>, StoreError> {
        let needle = Needle::new(words);
        self.read(|records| {
            let (mut hits, mut folding) = (Vec::new(), String::new());
            let mut look = |found_in, at, text: &str| {
                hits.extend(snippet(text, needle.words()).map(|snippet| Hit { found_in, at, snippet }));
            };
            records.scan_operations(|bytes| {
                if !needle.may_stand_in(bytes, &mut folding) {
                    return Ok(());
                }
                let stored: StoredOperation = serde_json::from_slice(bytes)?;
                let head = OperationHead::read(&stored.text).map_err(|_| StoreError::Damaged)?;
                match head.body().map_err(|_| StoreError::Damaged)? {
                    OperationBody::Ask { consultation, text, .. }
                    | OperationBody::FollowUp { consultation, text, .. } => {
                        let message = head.id.into();
                        look(FoundIn::Message { consultation, message }, head.at, &text);
                    }
                    OperationBody::Survey { .. } | OperationBody::Consent(_) => {}
                }
                Ok(())
            })?;
            records.scan_changes(|bytes| {
                if !needle.may_stand_in(bytes, &mut folding) {
                    return;
                }
                // A change of a kind unknown here holds no words of its own.
                let change = serde_json::from_slice(bytes).ok();
                if let Some(Change { id, at, body: ChangeBody::Answer { consultation, text, .. } }) = change {
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
    /// The text of every change, opened and not read.
    fn scan_changes(&self, mut visit: impl FnMut(&[u8])) -> Result<(), StoreError> {
        let mut statement = self.sql.prepare_cached("SELECT number, id, sealed FROM change")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = blob(row.get_ref(1)?)?.try_into().map(ChangeId::from_bytes);
            let place = change_row(row.get(0)?, &id.map_err(|_| StoreError::Damaged)?);
            visit(&self.vault.open(change_place(&place), blob(row.get_ref(2)?)?)?);
        }
        Ok(())
    }
}

/// The words with what stands around them, as written; `None` if the text does not hold them.
fn snippet(text: &str, words: &str) -> Option<String> {
    let found = folded(text);
    let start = found.find(words)?;
    let (before, after) =
        (unfolded(text, found.get(..start)?), unfolded(text, found.get(..start + words.len())?));
    let wanted = after.saturating_sub(before) + 2 * AROUND;
    Some(text.chars().skip(before.saturating_sub(AROUND)).take(wanted).collect())
}

/// How many characters of a text make up the beginning of its folded form that is given. Most letters fold to one; marks melt
/// into the letter before them, and 「㌔」 is two.
fn unfolded(text: &str, beginning: &str) -> usize {
    let as_many = beginning.chars().count();
    let folds_to = |chars: usize| {
        let end = text.char_indices().nth(chars).map_or(text.len(), |(end, _)| end);
        folded(text.get(..end).unwrap_or_default())
    };
    if folds_to(as_many) == beginning {
        return as_many;
    }
    let (mut fewer, mut more) = (0, text.chars().count());
    while fewer < more {
        let middle = usize::midpoint(fewer, more);
        if folds_to(middle).len() < beginning.len() { fewer = middle + 1 } else { more = middle }
    }
    fewer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_shows_the_words_with_their_surroundings() {
        let text = format!("{}38度の熱が{}", "あ".repeat(50), "い".repeat(50));
        let snippet = snippet(&text, &folded("熱が")).unwrap();
        assert!(snippet.contains("38度の熱が"));
        assert!(snippet.chars().count() <= 34);
        assert_eq!(super::snippet(&text, &folded("咳")), None);
    }

    #[test]
    fn a_snippet_shows_the_words_however_the_text_before_them_is_written() {
        // Marks that melt into their letters, and letters that are several.
        for before in ["ｶﾞ", "か\u{3099}", "㌔", "㍻", "ﬃ", "が", "ﾊﾟ㌔"] {
            for (words, written) in
                [("発疹が", "発疹ｶﾞ"), ("がーぜ", "ガーゼ"), ("がーぜ", "ｶﾞｰｾﾞ"), ("milk", "ＭＩＬＫ")]
            {
                for many in [0, 1, 5, 40, 400] {
                    let text = format!("{}{written}と{}", before.repeat(many), "い".repeat(50));
                    let snippet = snippet(&text, &folded(words)).unwrap();
                    assert!(snippet.contains(written), "{before} {many} times: {written} in {snippet}");
                    assert!(snippet.chars().count() <= written.chars().count() + 2 * AROUND + 1);
                }
            }
        }
    }
}
