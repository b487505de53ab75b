//! Survey, consent and settings: what a person decided.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::{self, ConsentEntry, Purpose};
use yorisoi_protocol::wire::OperationBody;

use super::database::Durability;
use super::records::{Record, Records};
use super::{Draft, Settings, Store, StoreError, SurveyRecord};
use crate::vault::Table;

impl Store {
    /// What was answered to a survey.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn survey(&self, id: &str) -> Result<Option<SurveyRecord>, StoreError> {
        self.read(|records| records.record(Record::Survey(id)))
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
            if records.record::<SurveyRecord>(Record::Survey(id))?.is_some() {
                return Ok(false);
            }
            let queued = records.enqueue(body, at)?;
            records.put_record(Record::Survey(id), &record(queued.seq))?;
            Ok(true)
        })
    }

    /// The consent ledger, oldest entry first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn consents(&self) -> Result<Vec<ConsentEntry>, StoreError> {
        self.read(|records| records.consents())
    }

    /// Appends to the ledger what `entry` makes of its number and its predecessor's hash. Without the consent to the service no
    /// draft is ready any more; how many were.
    pub(crate) fn append_consent(
        &self,
        entry: impl FnOnce(u32, String) -> ConsentEntry,
        at: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(Durability::Power, |records| {
            let ledger = records.consents()?;
            let last = ledger.last();
            let number = last.map_or(0, |entry| entry.number).saturating_add(1);
            let previous = last.map_or_else(ConsentEntry::chain_start, ConsentEntry::chain_hash);
            let entry = entry(number, previous);
            records.enqueue(OperationBody::Consent(entry.clone()), at)?;
            records.put_record(Record::Consent(number), &entry)?;
            if records.consented()? { Ok(0) } else { records.make_no_draft_ready() }
        })
    }

    /// The settings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settings(&self) -> Result<Settings, StoreError> {
        Ok(self.read(|records| records.record(Record::Settings))?.unwrap_or_default())
    }

    /// Changes the settings in one transaction, so that two changes at once lose neither.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            let mut settings = records.record(Record::Settings)?.unwrap_or_default();
            change(&mut settings);
            records.put_record(Record::Settings, &settings)
        })
    }
}

impl Records<'_> {
    /// Whether the consent to the service is given.
    fn consented(&self) -> Result<bool, StoreError> {
        Ok(consent::granted(&self.consents()?, Purpose::Service))
    }

    /// Looked at in the transaction of what needs it: another process may just have written down that it was withdrawn.
    pub(super) fn insist_on_consent(&self) -> Result<(), StoreError> {
        if self.consented()? { Ok(()) } else { Err(StoreError::NotConsented) }
    }

    fn make_no_draft_ready(&self) -> Result<usize, StoreError> {
        let mut rows = self.page::<Draft>(Table::Draft, None, u32::MAX)?;
        rows.retain(|row| row.value.ready.is_some());
        for row in &mut rows {
            self.mark_draft(row, None)?;
        }
        Ok(rows.len())
    }

    /// The lines of the ledger, which are numbered without gaps from 1.
    pub(super) fn consents(&self) -> Result<Vec<ConsentEntry>, StoreError> {
        let mut entries = Vec::new();
        for number in 1.. {
            match self.record(Record::Consent(number))? {
                Some(entry) => entries.push(entry),
                None => break,
            }
        }
        Ok(entries)
    }
}
