//! The chain of the ledger: each entry names its predecessor by hash, so a lost or altered line is seen.
//!
//! It finds loss and damage. It is no defence against the phone's owner, who could write a new chain, and the last entry
//! has nothing after it to vouch for it; the server's copy and its receipts do that.

use super::ConsentEntry;

/// Where a ledger is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the consent ledger breaks before entry {number}: {kind}")]
pub struct ChainBreak {
    /// The number by which the first entry that does not fit calls itself.
    pub number: u32,
    /// What is wrong there.
    pub kind: ChainBreakKind,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreakKind {
    /// An entry before it is missing.
    #[error("an entry is missing")]
    Gap,
    /// The entries are all there, but not in their order.
    #[error("entries stand out of order")]
    Reordered,
    /// The entry before it is not the one it was written after.
    #[error("the entry before it was altered")]
    Altered,
    /// The first entry continues some other ledger.
    #[error("the first entry continues another ledger")]
    ForeignStart,
}

/// Whether these entries are a whole ledger, oldest first. One pass.
///
/// # Errors
/// [`ChainBreak`] at the first entry that does not fit.
pub fn verify_chain(entries: &[ConsentEntry]) -> Result<(), ChainBreak> {
    let mut expected = (1_u32, ConsentEntry::chain_start());
    for (index, entry) in entries.iter().enumerate() {
        let (number, previous) = &expected;
        let broken = |kind| Err(ChainBreak { number: entry.number, kind });
        if entry.number != *number {
            let elsewhere = entries.iter().skip(index).any(|later| later.number == *number);
            let kind = if entry.number < *number || elsewhere {
                ChainBreakKind::Reordered
            } else {
                ChainBreakKind::Gap
            };
            return broken(kind);
        }
        if entry.previous_sha256 != *previous {
            return broken(if index == 0 { ChainBreakKind::ForeignStart } else { ChainBreakKind::Altered });
        }
        expected = (number.saturating_add(1), entry.chain_hash());
    }
    Ok(())
}
