//! Receipts as they are kept: those of one reply together, under the signature that vouches for all of them.
//!
//! A reply acknowledges hundreds of operations with one signature over a tree of hashes. Kept once they take 32 bytes for each
//! operation, and the operation's own row stays as it was queued; a receipt that stands by itself is made when somebody looks.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use yorisoi_protocol::wire::{Held, Receipt, ReceiptSignature, SignedReceipts, WireBytes};

use super::StoreError;
use super::operations::Found;
use super::records::{Records, blob};
use crate::sync::{Plan, Settlement};
use crate::vault::{Place, Table};

const HASH_LEN: usize = 32;

/// What is sealed of the receipts of one reply.
#[derive(Serialize, Deserialize)]
struct Kept {
    signature: ReceiptSignature,
    /// Which operations they are of.
    of: Vec<Run>,
    /// The hashes of their texts, one after the other.
    leaves: WireBytes,
}

/// Operations that follow each other in number and receipt, and are held alike.
#[derive(Serialize, Deserialize)]
struct Run {
    first: u64,
    count: u64,
    held: Held,
}

/// The receipts of one reply, to look into.
struct Book {
    number: i64,
    of: Vec<Run>,
    receipts: SignedReceipts,
}

/// The receipts looked into last: neighbours mostly have theirs from the same reply.
#[derive(Default)]
pub(super) struct OpenBook(Option<Book>);

impl Records<'_> {
    /// The number under which the next receipts are kept.
    pub(super) fn next_receipts(&self) -> Result<i64, StoreError> {
        let mut next = self.sql.prepare_cached("SELECT coalesce(max(number), 0) + 1 FROM receipts")?;
        Ok(next.query_row([], |row| row.get(0))?)
    }

    /// Keeps the receipts of a reply.
    pub(super) fn keep_receipts(&self, number: i64, plan: &Plan) -> Result<(), StoreError> {
        let Some(receipts) = &plan.receipts else {
            return Ok(());
        };
        let mut of: Vec<Run> = Vec::new();
        for settled in &plan.settled {
            let Settlement::Held(held) = settled.settlement else { continue };
            match of.last_mut().filter(|run| run.first + run.count == settled.seq && run.held == held) {
                Some(run) => run.count += 1,
                None => of.push(Run { first: settled.seq, count: 1, held }),
            }
        }
        let signature = receipts.signature().clone();
        let kept = Kept { signature, of, leaves: WireBytes(receipts.leaves().concat()) };
        let sealed = self.seal(place(&number.to_be_bytes()), &kept)?;
        self.sql
            .prepare_cached("INSERT INTO receipts (number, sealed) VALUES (?1, ?2)")?
            .execute(params![number, sealed])?;
        Ok(())
    }

    /// The receipt of an operation, if it has one.
    pub(super) fn receipt(&self, found: &Found, open: &mut OpenBook) -> Result<Option<Receipt>, StoreError> {
        let Some(number) = found.receipts else {
            return Ok(found.stored.receipt.clone());
        };
        let book = match open.0.take().filter(|book| book.number == number) {
            Some(book) => book,
            None => self.book(number)?,
        };
        let receipt = book.receipt(found.seq);
        open.0 = Some(book);
        receipt.map(Some).ok_or(StoreError::Damaged)
    }

    /// Forgets the receipts that no operation has any more.
    pub(super) fn forget_old_receipts(&self) -> Result<(), StoreError> {
        self.sql.execute(
            "DELETE FROM receipts WHERE number NOT IN
             (SELECT receipts FROM operation WHERE receipts IS NOT NULL)",
            [],
        )?;
        Ok(())
    }

    fn book(&self, number: i64) -> Result<Book, StoreError> {
        let mut statement = self.sql.prepare_cached("SELECT sealed FROM receipts WHERE number = ?1")?;
        let kept = statement
            .query_row([number], |row| {
                Ok(blob(row.get_ref(0)?).map(|sealed| self.unseal(place(&number.to_be_bytes()), sealed)))
            })
            .optional()?;
        let Kept { signature, of, leaves } = kept.ok_or(StoreError::Damaged)???;
        let (leaves, rest) = leaves.0.as_chunks::<HASH_LEN>();
        let receipts = SignedReceipts::kept(signature, leaves.to_vec()).filter(|_| rest.is_empty());
        Ok(Book { number, of, receipts: receipts.ok_or(StoreError::Damaged)? })
    }
}

impl Book {
    fn receipt(&self, seq: u64) -> Option<Receipt> {
        let mut before = 0;
        for Run { first, count, held } in &self.of {
            match seq.checked_sub(*first).filter(|place| place < count) {
                Some(place) => return self.receipts.receipt(u32::try_from(before + place).ok()?, *held),
                None => before += count,
            }
        }
        None
    }
}

/// Receipts are written once.
fn place(row: &[u8]) -> Place<'_> {
    Place { table: Table::Receipts, row, version: 1 }
}
