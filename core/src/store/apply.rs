//! Applying a reply: outcomes, changes, cursor and digest in one transaction.
//!
//! Applying the same reply again changes nothing: an operation settled before and a change held before are passed over.

use rusqlite::{OptionalExtension, params};
use yorisoi_protocol::digest::{ENTRY_VERSION, StreamDigest};
use yorisoi_protocol::ids::{ChangeId, ConsultationId, Epoch};
use yorisoi_protocol::wire::{Change, ChangeBody, Cursor, EntryText, OperationBody, OperationHead};

use super::database::Durability;
use super::operations::{ACKNOWLEDGED, REFUSED};
use super::records::Records;
use super::rows::Entry;
use super::{Applied, Progress, Store, StoreError};
use crate::host::Notice;
use crate::sync::{Incoming, Plan, Settled, Settlement};
use crate::vault::{Place, Table};

/// How a change differs from what was held before.
enum Held {
    New,
    FromAnotherEpoch,
    Already,
}

impl Store {
    /// Applies what the engine made of a reply.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it is applied.
    pub fn apply(&self, plan: &Plan) -> Result<Applied, StoreError> {
        let before = self.progress()?;
        if plan.is_empty() && before.is_some_and(|progress| progress.cursor == plan.cursor) {
            let digest = before.map(|progress| progress.digest).unwrap_or_default();
            return Ok(Applied { digest, pending: self.pending()?, notices: Vec::new() });
        }
        self.write(Durability::Process, |records| {
            let mut digest = records.progress()?.map_or(StreamDigest::EMPTY, |progress| progress.digest);
            let mut notices = Vec::new();
            for settled in &plan.settled {
                digest = records.settle_operation(settled, digest, &mut notices)?;
            }
            for incoming in &plan.changes {
                digest = records.take_in(incoming, plan.cursor, digest, &mut notices)?;
            }
            records.keep_progress(Progress { cursor: plan.cursor, digest })?;
            Ok(Applied { digest, pending: records.pending()?, notices })
        })
    }
}

impl Records<'_> {
    fn settle_operation(
        &self,
        settled: &Settled,
        digest: StreamDigest,
        notices: &mut Vec<Notice>,
    ) -> Result<StreamDigest, StoreError> {
        let (id, state, mut stored) = self.operation(settled.seq)?;
        if id != settled.id || state == ACKNOWLEDGED || state == REFUSED {
            return Ok(digest);
        }
        let (state, digest) = match &settled.settlement {
            Settlement::Held(receipt) => {
                stored.receipt = Some(receipt.clone());
                (ACKNOWLEDGED, digest.with(id.as_bytes(), ENTRY_VERSION, &stored.text.hash()))
            }
            Settlement::Refused(refusal) => {
                stored.refusal = Some(refusal.clone());
                (REFUSED, digest)
            }
        };
        self.settle(settled.seq, &id, state, &stored)?;
        let body = OperationHead::read(&stored.text).and_then(|head| head.body());
        match body.map_err(|_| StoreError::Damaged)? {
            OperationBody::Ask { consultation, .. } | OperationBody::FollowUp { consultation, .. } => {
                self.settle_entry(consultation, settled)?;
                notices.push(Notice::Consultation(consultation));
            }
            OperationBody::Survey { .. } => notices.push(Notice::Survey),
            OperationBody::Consent(_) => {}
        }
        Ok(digest)
    }

    fn settle_entry(&self, consultation: ConsultationId, settled: &Settled) -> Result<(), StoreError> {
        let mut summary = self.consultation(consultation)?.ok_or(StoreError::Damaged)?;
        for entry in &mut summary.entries {
            let Entry::Own { seq, held, due, refused, .. } = entry else {
                continue;
            };
            if *seq != settled.seq {
                continue;
            }
            match &settled.settlement {
                Settlement::Held(receipt) => {
                    *held = Some(receipt.at);
                    *due = receipt.due;
                }
                Settlement::Refused(_) => *refused = true,
            }
        }
        self.put(Table::Consultation, consultation.as_bytes(), &summary)
    }

    fn take_in(
        &self,
        incoming: &Incoming,
        cursor: Cursor,
        digest: StreamDigest,
        notices: &mut Vec<Notice>,
    ) -> Result<StreamDigest, StoreError> {
        let held = self.hold_change(incoming, cursor.epoch)?;
        if matches!(held, Held::Already) {
            return Ok(digest);
        }
        if let (Held::New, Some(change)) = (held, &incoming.change) {
            self.project(change, notices)?;
        }
        Ok(digest.with(incoming.id.as_bytes(), ENTRY_VERSION, &incoming.text.hash()))
    }

    /// Keeps the text of a change, of a kind unknown here too: a newer version of the library will read it.
    fn hold_change(&self, incoming: &Incoming, epoch: Epoch) -> Result<Held, StoreError> {
        let id = incoming.id.as_bytes();
        let mut known = self.sql.prepare_cached("SELECT epoch FROM change WHERE id = ?1")?;
        let known: Option<Vec<u8>> = known.query_row([&id[..]], |row| row.get(0)).optional()?;
        match known {
            Some(known) if known == epoch.as_bytes() => Ok(Held::Already),
            Some(_) => {
                self.sql
                    .prepare_cached("UPDATE change SET epoch = ?2 WHERE id = ?1")?
                    .execute(params![&id[..], &epoch.as_bytes()[..]])?;
                Ok(Held::FromAnotherEpoch)
            }
            None => {
                let sealed =
                    self.seal(Place { table: Table::Change, row: id, version: 1 }, &incoming.text)?;
                self.sql
                    .prepare_cached("INSERT INTO change (id, epoch, version, sealed) VALUES (?1, ?2, 1, ?3)")?
                    .execute(params![&id[..], &epoch.as_bytes()[..], sealed])?;
                Ok(Held::New)
            }
        }
    }

    /// Lets the change show in its consultation. A consultation this device does not have is passed over; the change is
    /// kept all the same.
    fn project(&self, change: &Change, notices: &mut Vec<Notice>) -> Result<(), StoreError> {
        let (ChangeBody::Taken { consultation, .. } | ChangeBody::Answer { consultation, .. }) = &change.body;
        let Some(mut summary) = self.consultation(*consultation)? else {
            return Ok(());
        };
        match &change.body {
            ChangeBody::Taken { role, .. } => summary.taken = Some((change.at, *role)),
            ChangeBody::Answer { .. } => {
                summary.entries.push(Entry::Answer { id: change.id, at: change.at });
                summary.unread = summary.unread.saturating_add(1);
            }
        }
        notices.push(Notice::Consultation(*consultation));
        self.put(Table::Consultation, consultation.as_bytes(), &summary)
    }

    /// The text of a change.
    pub(super) fn change(&self, id: ChangeId) -> Result<Option<EntryText>, StoreError> {
        let mut statement = self.sql.prepare_cached("SELECT version, sealed FROM change WHERE id = ?1")?;
        let found: Option<(i64, Vec<u8>)> =
            statement.query_row([&id.as_bytes()[..]], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let place = |version| Place { table: Table::Change, row: id.as_bytes(), version };
        found.map(|(version, sealed)| self.unseal(place(version), &sealed)).transpose()
    }
}
