//! Moves what stands in the tables of the first schema into those of the second, sealed anew.
//!
//! The types are the rows as the first schema had them; nothing else uses them.

use std::collections::HashMap;

use data_encoding::BASE64;
use rusqlite::{Connection, params};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::ids::{ChangeId, ConsultationId, OperationId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};

use super::StoreError;
use super::entries::{Entries, Entry};
use super::operations::row_id;
use super::records::{Record, Records, blob};
use super::rescue::RescueCache;
use super::rows::{Consultation, Draft, OwnMessage, Totals};
use crate::host::Randomness;
use crate::vault::{FirstTable, FirstVault, Place, RootKey, Table, Vault};

/// A consultation as the first schema had it.
#[derive(Deserialize)]
struct FirstConsultation {
    service: Service,
    subject: Subject,
    preview: String,
    entries: Vec<FirstEntry>,
    #[serde(default)]
    taken: Option<(Timestamp, ClinicianRole)>,
    unread: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FirstEntry {
    Own {
        seq: u64,
        at: Timestamp,
        #[serde(default)]
        held: Option<Timestamp>,
        #[serde(default)]
        due: Option<Timestamp>,
        #[serde(default)]
        refused: bool,
    },
    Answer {
        id: ChangeId,
        at: Timestamp,
    },
}

impl FirstEntry {
    fn at(&self) -> Timestamp {
        match self {
            Self::Own { at, .. } | Self::Answer { at, .. } => *at,
        }
    }
}

/// A row's id and its value.
type Opened = (Vec<u8>, Vec<u8>);

/// The move, inside the transaction that brings the file up to date.
pub(super) struct FirstSchema<'a> {
    first: FirstVault,
    records: Records<'a>,
}

impl<'a> FirstSchema<'a> {
    pub(super) fn new(
        sql: &'a Connection,
        root: &RootKey,
        database: &[u8; 16],
        vault: &'a Vault,
        randomness: &'a dyn Randomness,
        rescue: &'a RescueCache,
    ) -> Self {
        let records = Records { sql, vault, randomness, rescue, seals: std::cell::Cell::new(0) };
        Self { first: FirstVault::new(root, database), records }
    }

    pub(super) fn move_all(&self) -> Result<(), StoreError> {
        self.move_operations()?;
        let numbers = self.move_changes()?;
        self.move_consultations(&numbers)?;
        self.move_drafts()?;
        self.move_records()?;
        self.records.sql.execute(
            "INSERT INTO sync_progress (id, epoch, position, digest, reading)
             SELECT id, epoch, position, digest, 1 FROM sync_progress_1",
            [],
        )?;
        Ok(())
    }

    fn move_operations(&self) -> Result<(), StoreError> {
        let sql = self.records.sql;
        let mut read = sql.prepare("SELECT seq, id, state, version, sealed FROM operation_1 ORDER BY seq")?;
        let mut write = sql
            .prepare("INSERT INTO operation (seq, id, state, version, sealed) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut rows = read.query([])?;
        while let Some(row) = rows.next()? {
            let (number, state, version): (i64, i64, i64) = (row.get(0)?, row.get(2)?, row.get(3)?);
            let seq = u64::try_from(number).map_err(|_| StoreError::Damaged)?;
            let id = OperationId::from_bytes(sixteen(blob(row.get_ref(1)?)?)?);
            let place = row_id(seq, &id);
            let value = self.first.open(FirstTable::Operation, &place, version, blob(row.get_ref(4)?)?)?;
            let sealed =
                self.records.seal_bytes(Place { table: Table::Operation, row: &place, version }, &value)?;
            write.execute(params![number, &id.as_bytes()[..], state, version, sealed])?;
        }
        Ok(())
    }

    /// The number each change has now. Those that the present epoch did not tell count as told in no reading.
    fn move_changes(&self) -> Result<HashMap<ChangeId, i64>, StoreError> {
        let sql = self.records.sql;
        let mut read = sql.prepare(
            "SELECT id, version, sealed, epoch IN (SELECT epoch FROM sync_progress_1) FROM change_1 ORDER BY id",
        )?;
        let mut rows = read.query([])?;
        let mut numbers = HashMap::new();
        while let Some(row) = rows.next()? {
            let id = ChangeId::from_bytes(sixteen(blob(row.get_ref(0)?)?)?);
            let text =
                self.first.open(FirstTable::Change, id.as_bytes(), row.get(1)?, blob(row.get_ref(2)?)?)?;
            let text = String::from_utf8(text).map_err(|_| StoreError::Damaged)?;
            let number = i64::try_from(numbers.len()).map_err(|_| StoreError::Damaged)?.saturating_add(1);
            self.records.add_change(number, &id, row.get(3)?, &text)?;
            numbers.insert(id, number);
        }
        Ok(numbers)
    }

    fn move_consultations(&self, numbers: &HashMap<ChangeId, i64>) -> Result<(), StoreError> {
        let mut found: Vec<(Vec<u8>, FirstConsultation)> =
            self.all(FirstTable::Consultation, "consultation_1")?;
        // The one written in last gets the highest rank.
        found.sort_by_cached_key(|(_, first)| first.entries.iter().map(FirstEntry::at).max());
        let mut unread = 0u32;
        for (id, first) in found {
            let id = ConsultationId::from_bytes(sixteen(&id)?);
            let summary = self.second(id, first, numbers)?;
            unread = unread.saturating_add(summary.unread);
            self.records.add_ranked(Table::Consultation, id.as_bytes(), &summary)?;
        }
        self.records.put_record(Record::Totals, &Totals { unread })
    }

    fn second(
        &self,
        id: ConsultationId,
        first: FirstConsultation,
        numbers: &HashMap<ChangeId, i64>,
    ) -> Result<Consultation, StoreError> {
        let FirstConsultation { service, subject, preview, entries, taken, unread } = first;
        let own = entries.iter().rev().find_map(|entry| match entry {
            FirstEntry::Own { seq, held, due, refused, .. } => {
                Some(OwnMessage { seq: *seq, held: *held, due: *due, refused: *refused })
            }
            FirstEntry::Answer { .. } => None,
        });
        let answered = entries.iter().filter(|entry| matches!(entry, FirstEntry::Answer { .. }));
        let mut summary = Consultation {
            service,
            subject,
            preview,
            own: own.ok_or(StoreError::Damaged)?,
            last: Timestamp::default(),
            answered: answered.map(FirstEntry::at).max(),
            taken,
            unread,
            pages: 0,
            entries: Entries::default(),
        };
        for entry in entries {
            let at = entry.at();
            let entry = match entry {
                FirstEntry::Own { seq, .. } => Entry::own(seq),
                FirstEntry::Answer { id, .. } => Entry::answer(*numbers.get(&id).ok_or(StoreError::Damaged)?),
            };
            self.records.append(id, &mut summary, entry, at)?;
        }
        Ok(summary)
    }

    fn move_drafts(&self) -> Result<(), StoreError> {
        let mut drafts: Vec<(Vec<u8>, Draft)> = self.all(FirstTable::Draft, "draft_1")?;
        drafts.sort_by_key(|(_, draft)| draft.saved);
        for (id, draft) in drafts {
            self.records.add_ranked(Table::Draft, &sixteen(&id)?, &draft)?;
        }
        Ok(())
    }

    fn move_records(&self) -> Result<(), StoreError> {
        let records = &self.records;
        for (_, bytes) in self.bytes(FirstTable::Identity, "identity")? {
            records.put_record_bytes(Record::Identity, &bytes)?;
        }
        for (_, bytes) in self.bytes(FirstTable::SyncTimes, "sync_times")? {
            records.put_record_bytes(Record::SyncTimes, &bytes)?;
        }
        for (_, entry) in self.all::<ConsentEntry>(FirstTable::Consent, "consent")? {
            records.put_record(Record::Consent(entry.number), &entry)?;
        }
        for (id, bytes) in self.bytes(FirstTable::Survey, "survey")? {
            let id = String::from_utf8(id).map_err(|_| StoreError::Damaged)?;
            records.put_record_bytes(Record::Survey(&id), &bytes)?;
        }
        for (id, bytes) in self.bytes(FirstTable::Settings, "settings")? {
            if id == b"manifest" {
                let text: String = serde_json::from_slice(&bytes)?;
                let signed = BASE64.decode(text.as_bytes()).map_err(|_| StoreError::Damaged)?;
                records.put_record_bytes(Record::Manifest, &signed)?;
            } else {
                records.put_record_bytes(Record::Settings, &bytes)?;
            }
        }
        Ok(())
    }

    fn all<T: DeserializeOwned>(
        &self,
        table: FirstTable,
        name: &str,
    ) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
        let rows = self.bytes(table, name)?.into_iter();
        rows.map(|(id, bytes)| Ok((id, serde_json::from_slice(&bytes)?))).collect()
    }

    /// Every row of a table, opened.
    fn bytes(&self, table: FirstTable, name: &str) -> Result<Vec<Opened>, StoreError> {
        let mut read = self.records.sql.prepare(&format!("SELECT id, version, sealed FROM {name}"))?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let id = blob(row.get_ref(0)?)?;
            let value = self.first.open(table, id, row.get(1)?, blob(row.get_ref(2)?)?)?;
            found.push((id.to_vec(), value));
        }
        Ok(found)
    }
}

fn sixteen(bytes: &[u8]) -> Result<[u8; 16], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged)
}
