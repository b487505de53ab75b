//! Applying a reply: outcomes, changes, cursor and digest in one transaction.
//!
//! Applying the same reply again changes nothing: an operation settled before and a change held before are passed over.
//! A consultation is read once and written once, however many lines of the reply touch it.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use rusqlite::{CachedStatement, OptionalExtension, params};
use yorisoi_protocol::digest::{ENTRY_VERSION, StreamDigest};
use yorisoi_protocol::ids::{ChangeId, ConsultationId};
use yorisoi_protocol::wire::{Change, ChangeBody, OperationRefusal, RefusalCode};

use super::database::Durability;
use super::entries::Entry;
use super::operations::{ACKNOWLEDGED, REFUSED};
use super::receipts::OpenBook;
use super::records::{Ranked, Records, blob};
use super::rows::{Consultation, OwnMessage};
use super::{Applied, Progress, Store, StoreError};
use crate::host::Notice;
use crate::sync::{Concern, Incoming, Plan, Settled, Settlement};
use crate::vault::{Place, Table};

/// How a change differs from what was held before.
enum Held {
    /// It is new, and has this number.
    New(i64),
    /// It was told in an earlier reading of the stream.
    FromAnotherReading,
    Already,
}

/// What comes of a reply that brings nothing and names the place where the device is: nothing is written then.
fn nothing_new(records: &Records<'_>, plan: &Plan) -> Result<Option<Applied>, StoreError> {
    let here = records.progress()?.filter(|progress| progress.cursor == plan.cursor);
    let Some(Progress { digest, .. }) = here else {
        return Ok(None);
    };
    Ok(Some(Applied { digest, pending: records.pending()?, notices: Vec::new(), written: false }))
}

impl Store {
    /// Applies what the engine made of a reply.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it is applied.
    pub fn apply(&self, plan: &Plan) -> Result<Applied, StoreError> {
        if plan.is_empty()
            && let Some(applied) = self.read(|records| nothing_new(records, plan))?
        {
            return Ok(applied);
        }
        self.write(Durability::Power, |records| {
            let before = records.progress()?;
            let mut applying = Applying::after(records, before)?;
            applying.settle_all(plan)?;
            for incoming in &plan.changes {
                applying.take_in(incoming)?;
            }
            let (digest, notices) = applying.write()?;
            // Another process may have read further meanwhile: within an epoch the cursor never goes back.
            let further = before
                .map(|progress| progress.cursor)
                .filter(|cursor| cursor.epoch == plan.cursor.epoch && cursor.position > plan.cursor.position);
            records.keep_progress(Progress { cursor: further.unwrap_or(plan.cursor), digest })?;
            Ok(Applied { digest, pending: records.pending()?, notices, written: true })
        })
    }

    /// Counts a sync in which the server failed at this operation, though it answered without it. After so many syncs it is
    /// given up: refused for this phone, and only its number is sent from then on, so that those behind it are not held
    /// up. Whether it was given up now, and what changed by that.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn doubt(&self, seq: u64, most: u32) -> Result<(bool, Vec<Notice>), StoreError> {
        self.write(Durability::Power, |records| {
            let mut found = records.operation(seq)?;
            if found.stored.refusal.is_some() || found.state == ACKNOWLEDGED || found.state == REFUSED {
                return Ok((false, Vec::new()));
            }
            found.stored.failed = found.stored.failed.saturating_add(1);
            if found.stored.failed < most {
                records.settle(&found)?;
                return Ok((false, Vec::new()));
            }
            let (id, hash) = (found.id, found.stored.text.hash());
            let refusal = OperationRefusal { code: RefusalCode::NotTaken, at: None };
            let mut applying = Applying::after(records, records.progress()?)?;
            let (concern, settlement) = (Concern::of(&found.stored.text), Settlement::Refused(refusal));
            applying.settle(&Settled { seq, id, hash, concern, settlement }, None)?;
            let (_, notices) = applying.write()?;
            records.wait_again(seq)?;
            Ok((true, notices))
        })
    }
}

/// A reply being applied.
struct Applying<'a> {
    records: &'a Records<'a>,
    /// The number of the present reading of the stream.
    reading: i64,
    digest: StreamDigest,
    notices: Vec<Notice>,
    /// Consultations read so far; `None` for one that this device does not have.
    touched: HashMap<ConsultationId, Option<Touched>>,
}

struct Touched {
    row: Ranked<Consultation>,
    unread_before: u32,
    /// Whether anything in the row is new.
    changed: bool,
    /// Whether something was written in it, which brings it to the head of the list.
    written_in: bool,
}

impl<'a> Applying<'a> {
    fn after(records: &'a Records<'a>, before: Option<Progress>) -> Result<Self, StoreError> {
        Ok(Self {
            records,
            reading: records.reading()?,
            digest: before.map_or(StreamDigest::EMPTY, |progress| progress.digest),
            notices: Vec::new(),
            touched: HashMap::new(),
        })
    }

    /// Settles what a reply decided, and keeps its receipts if they are of anything that was not settled before.
    fn settle_all(&mut self, plan: &Plan) -> Result<(), StoreError> {
        let receipts = plan.receipts.as_ref().map(|_| self.records.next_receipts()).transpose()?;
        let mut acknowledged = false;
        for settled in &plan.settled {
            acknowledged |= self.settle(settled, receipts)?;
        }
        match receipts.filter(|_| acknowledged) {
            Some(number) => self.records.keep_receipts(number, plan),
            None => Ok(()),
        }
    }

    /// Whether the operation is acknowledged by this, with its receipt among those of number `receipts`.
    fn settle(&mut self, settled: &Settled, receipts: Option<i64>) -> Result<bool, StoreError> {
        let Settled { seq, id, concern, .. } = settled;
        if let (Settlement::Held(held), Some(concern), Some(receipts)) =
            (&settled.settlement, concern, receipts)
            && self.records.acknowledge_as_queued(*seq, id, receipts)?
        {
            self.digest = self.digest.with(id.as_bytes(), ENTRY_VERSION, &settled.hash);
            self.show(*concern, OwnMessage::held(*seq, *held))?;
            return Ok(true);
        }
        let mut found = self.records.operation(*seq)?;
        if found.id != *id || found.state == ACKNOWLEDGED || found.state == REFUSED {
            return Ok(false);
        }
        let receipt = self.records.receipt(&found, &mut OpenBook::default())?;
        let mut own = OwnMessage::of(*seq, receipt.as_ref(), true);
        let stored = &mut found.stored;
        found.state = match &settled.settlement {
            // No server holds what carried nothing but a number.
            Settlement::Held(_) if stored.refusal.is_some() => REFUSED,
            Settlement::Held(held) => {
                (found.receipts, stored.receipt) = (receipts, None);
                own = OwnMessage::held(*seq, *held);
                self.digest = self.digest.with(id.as_bytes(), ENTRY_VERSION, &settled.hash);
                ACKNOWLEDGED
            }
            // Of what was refused before only the number was sent: the first reason stands.
            Settlement::Refused(_) if stored.refusal.is_some() => REFUSED,
            Settlement::Refused(refusal) => {
                stored.refusal = Some(refusal.clone());
                self.records.keep_photos_here((*id).into())?;
                REFUSED
            }
        };
        self.records.settle(&found)?;
        self.show(Concern::of(&found.stored.text).ok_or(StoreError::Damaged)?, own)?;
        Ok(found.state == ACKNOWLEDGED)
    }

    /// Lets what became of an operation show where it belongs.
    fn show(&mut self, concern: Concern, own: OwnMessage) -> Result<(), StoreError> {
        match concern {
            Concern::Consultation(consultation) => {
                let touched = self.touch(consultation)?.ok_or(StoreError::Damaged)?;
                if touched.row.value.own.seq == own.seq {
                    touched.row.value.own = own;
                    touched.changed = true;
                }
                self.notices.push(Notice::Consultation(consultation));
            }
            Concern::Survey => self.notices.push(Notice::Survey),
            Concern::Consent => {}
        }
        Ok(())
    }

    fn take_in(&mut self, incoming: &Incoming) -> Result<(), StoreError> {
        match (self.records.hold_change(incoming, self.reading)?, &incoming.change) {
            (Held::Already, _) => return Ok(()),
            (Held::New(number), Some(change)) => self.project(number, change)?,
            (Held::New(_), None) | (Held::FromAnotherReading, _) => {}
        }
        self.digest = self.digest.with(incoming.id.as_bytes(), ENTRY_VERSION, &incoming.text.hash());
        Ok(())
    }

    /// Lets the change show in its consultation. A consultation this device does not have is passed over; the change is
    /// kept all the same.
    fn project(&mut self, number: i64, change: &Change) -> Result<(), StoreError> {
        let (ChangeBody::Taken { consultation, .. } | ChangeBody::Answer { consultation, .. }) = &change.body;
        let records = self.records;
        let Some(touched) = self.touch(*consultation)? else {
            return Ok(());
        };
        touched.changed = true;
        let summary = &mut touched.row.value;
        match &change.body {
            ChangeBody::Taken { role, .. } => summary.taken = Some((change.at, *role)),
            ChangeBody::Answer { .. } => {
                records.append(*consultation, summary, Entry::answer(number), change.at)?;
                summary.answered = summary.answered.max(Some(change.at));
                summary.unread = summary.unread.saturating_add(1);
                touched.written_in = true;
            }
        }
        self.notices.push(Notice::Consultation(*consultation));
        Ok(())
    }

    fn touch(&mut self, id: ConsultationId) -> Result<Option<&mut Touched>, StoreError> {
        let touched = match self.touched.entry(id) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(slot) => {
                let row: Option<Ranked<Consultation>> =
                    self.records.ranked(Table::Consultation, id.as_bytes())?;
                slot.insert(row.map(|row| Touched {
                    unread_before: row.value.unread,
                    row,
                    changed: false,
                    written_in: false,
                }))
            }
        };
        Ok(touched.as_mut())
    }

    /// Writes what was touched, in the order in which it stood, so that the same reply always leaves the same ranks.
    fn write(self) -> Result<(StreamDigest, Vec<Notice>), StoreError> {
        let Self { records, digest, notices, touched, .. } = self;
        let mut touched: Vec<_> = touched.into_values().flatten().filter(|touched| touched.changed).collect();
        touched.sort_by_key(|touched| touched.row.rank);
        let (mut more, mut less) = (0u32, 0u32);
        for Touched { mut row, unread_before, written_in, .. } in touched {
            more = more.saturating_add(row.value.unread);
            less = less.saturating_add(unread_before);
            if written_in {
                row.rank = records.next_rank(Table::Consultation)?;
            }
            records.put_ranked(Table::Consultation, &row)?;
        }
        records.change_unread(less, more)?;
        Ok((digest, notices))
    }
}

impl Records<'_> {
    /// Keeps the text of a change, of a kind unknown here too: a newer version of the library will read it.
    fn hold_change(&self, incoming: &Incoming, reading: i64) -> Result<Held, StoreError> {
        let id = incoming.id.as_bytes();
        let mut known = self.sql.prepare_cached("SELECT reading FROM change WHERE id = ?1")?;
        let known: Option<i64> = known.query_row([&id[..]], |row| row.get(0)).optional()?;
        match known {
            Some(known) if known == reading => Ok(Held::Already),
            Some(_) => {
                self.sql
                    .prepare_cached("UPDATE change SET reading = ?2 WHERE id = ?1")?
                    .execute(params![&id[..], reading])?;
                Ok(Held::FromAnotherReading)
            }
            None => {
                let last = self
                    .sql
                    .prepare_cached("SELECT coalesce(max(number), 0) FROM change")?
                    .query_row([], |row| row.get::<_, i64>(0))?;
                let number = last.saturating_add(1);
                self.add_change(number, &incoming.id, reading, incoming.text.as_str())?;
                Ok(Held::New(number))
            }
        }
    }

    pub(super) fn add_change(
        &self,
        number: i64,
        id: &ChangeId,
        reading: i64,
        text: &str,
    ) -> Result<(), StoreError> {
        let sealed = self.seal_bytes(change_place(&change_row(number, id)), text.as_bytes())?;
        self.sql
            .prepare_cached("INSERT INTO change (number, id, reading, sealed) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![number, &id.as_bytes()[..], reading, sealed])?;
        Ok(())
    }

    /// What [`Records::change`] reads with, prepared once for many.
    pub(super) fn changes_by_number(&self) -> Result<CachedStatement<'_>, StoreError> {
        Ok(self.sql.prepare_cached("SELECT id, sealed FROM change WHERE number = ?1")?)
    }

    /// The change of this number, which an entry points at.
    pub(super) fn change(
        &self,
        by_number: &mut CachedStatement<'_>,
        number: i64,
    ) -> Result<Change, StoreError> {
        let mut rows = by_number.query([number])?;
        let row = rows.next()?.ok_or(StoreError::Damaged)?;
        let id = blob(row.get_ref(0)?)?.try_into().map(ChangeId::from_bytes);
        let place = change_row(number, &id.map_err(|_| StoreError::Damaged)?);
        self.unseal(change_place(&place), blob(row.get_ref(1)?)?)
    }
}

/// Number and id, so that no change can take the place of another.
pub(super) fn change_row(number: i64, id: &ChangeId) -> Vec<u8> {
    [&number.to_be_bytes()[..], &id.as_bytes()[..]].concat()
}

/// A change is written once.
pub(super) fn change_place(row: &[u8]) -> Place<'_> {
    Place { table: Table::Change, row, version: 1 }
}
