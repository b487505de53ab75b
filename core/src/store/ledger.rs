//! Survey, consent and settings: what a person decided.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::wire::OperationBody;

use super::database::Durability;
use super::{Settings, Store, StoreError, SurveyRecord};
use crate::vault::Table;

const SETTINGS: &[u8] = b"settings";

impl Store {
    /// What was answered to a survey.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn survey(&self, id: &str) -> Result<Option<SurveyRecord>, StoreError> {
        self.read(|records| records.get(Table::Survey, id.as_bytes()))
    }

    /// Keeps and queues the answers to a survey, once. `false` if it was answered before.
    pub(crate) fn answer_survey(
        &self,
        id: &str,
        record: impl FnOnce(u64) -> SurveyRecord,
        body: OperationBody,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(Durability::Power, |records| {
            if records.get::<SurveyRecord>(Table::Survey, id.as_bytes())?.is_some() {
                return Ok(false);
            }
            let queued = records.enqueue(body, at)?;
            records.put(Table::Survey, id.as_bytes(), &record(queued.seq))?;
            Ok(true)
        })
    }

    /// The consent ledger, oldest entry first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn consents(&self) -> Result<Vec<ConsentEntry>, StoreError> {
        let rows = self.read(|records| records.all(Table::Consent))?;
        Ok(rows.into_iter().map(|(_, entry)| entry).collect())
    }

    /// Appends to the ledger what `entry` makes of its number and its predecessor's hash.
    pub(crate) fn append_consent(
        &self,
        entry: impl FnOnce(u32, String) -> ConsentEntry,
        at: Timestamp,
    ) -> Result<ConsentEntry, StoreError> {
        self.write(Durability::Power, |records| {
            let rows: Vec<(Vec<u8>, ConsentEntry)> = records.all(Table::Consent)?;
            let last = rows.last().map(|(_, entry)| entry);
            let number = last.map_or(0, |entry| entry.number).saturating_add(1);
            let previous = last.map_or_else(ConsentEntry::chain_start, ConsentEntry::chain_hash);
            let entry = entry(number, previous);
            records.enqueue(OperationBody::Consent(entry.clone()), at)?;
            // Big-endian, so that rows stand in the order of the ledger.
            records.put(Table::Consent, &number.to_be_bytes(), &entry)?;
            Ok(entry)
        })
    }

    /// The settings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settings(&self) -> Result<Settings, StoreError> {
        Ok(self.read(|records| records.get(Table::Settings, SETTINGS))?.unwrap_or_default())
    }

    /// Changes the settings in one transaction, so that two changes at once lose neither.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            let mut settings = records.get(Table::Settings, SETTINGS)?.unwrap_or_default();
            change(&mut settings);
            records.put(Table::Settings, SETTINGS, &settings)
        })
    }
}
