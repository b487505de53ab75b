//! What an export takes along: all but the threads and the operations as of one moment, and those page by page.
//!
//! Consultations and messages are added and never taken away, so whoever takes their ids first and reads them later misses
//! none of that moment.

use rusqlite::params;
use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::ids::{ConsultationId, MessageId, OperationId};
use yorisoi_protocol::wire::{EntryText, OperationRefusal, Receipt};

use super::operations::Found;
use super::receipts::OpenBook;
use super::records::{Record, Records, blob};
use super::rows::StoredOperation;
use super::{
    Consultation, Draft, Identity, Settings, Store, StoreError, StoredPhoto, SurveyRecord, ThreadPage,
};
use crate::vault::Table;

/// Rows read in one transaction.
const PAGE: u32 = 64;

/// All of one moment but threads and operations.
pub(crate) struct Holdings {
    pub(crate) identity: Option<Identity>,
    pub(crate) settings: Settings,
    pub(crate) consents: Vec<ConsentEntry>,
    /// By the id of their survey.
    pub(crate) surveys: Vec<(String, SurveyRecord)>,
    /// The one saved last first.
    pub(crate) drafts: Vec<(MessageId, Draft)>,
    /// Of messages in the order in which they were queued, then of drafts.
    pub(crate) photos: Vec<(MessageId, Vec<StoredPhoto>)>,
    /// The one written in last first.
    pub(crate) consultations: Vec<ConsultationId>,
}

/// An operation with what became of it.
pub(crate) struct HeldOperation {
    pub(crate) seq: u64,
    pub(crate) id: OperationId,
    pub(crate) text: EntryText,
    pub(crate) receipt: Option<Receipt>,
    pub(crate) refusal: Option<OperationRefusal>,
}

impl Store {
    /// What there is now. `survey`: the one of the programme.
    pub(crate) fn holdings(&self, survey: Option<&str>) -> Result<Holdings, StoreError> {
        self.read(|records| {
            let settings: Settings = records.record(Record::Settings)?.unwrap_or_default();
            let shown = settings.surveys_shown.keys().map(String::as_str);
            let mut surveys = Vec::new();
            for id in survey.into_iter().chain(shown.filter(|id| Some(*id) != survey)) {
                surveys.extend(records.record(Record::Survey(id))?.map(|record| (id.to_owned(), record)));
            }
            let drafts = records.page(Table::Draft, None, u32::MAX)?.into_iter();
            let drafts: Vec<(MessageId, Draft)> =
                drafts.map(|row| (MessageId::from_bytes(row.id), row.value)).collect();
            let messages = records.ids("SELECT id FROM operation ORDER BY seq")?.into_iter();
            let owners = messages.map(MessageId::from_bytes).chain(drafts.iter().map(|(id, _)| *id));
            let mut photos = Vec::new();
            for owner in owners {
                let held = records.photos(owner)?;
                if !held.is_empty() {
                    photos.push((owner, held));
                }
            }
            let consultations = records.ids("SELECT id FROM consultation ORDER BY rank DESC")?;
            Ok(Holdings {
                identity: records.record(Record::Identity)?,
                consents: records.consents()?,
                consultations: consultations.into_iter().map(ConsultationId::from_bytes).collect(),
                settings,
                surveys,
                drafts,
                photos,
            })
        })
    }

    /// What the list shows of a consultation.
    pub(crate) fn summary(&self, id: ConsultationId) -> Result<Consultation, StoreError> {
        let row = self.read(|records| records.consultation(id))?;
        row.map(|row| row.value).ok_or(StoreError::NotFound)
    }

    /// A thread from its first message on, each page in a transaction of its own.
    pub(crate) fn thread_pages(
        &self,
        id: ConsultationId,
    ) -> impl Iterator<Item = Result<ThreadPage, StoreError>> + '_ {
        let mut next = Some((0, PAGE));
        std::iter::from_fn(move || {
            let (first, end) = next.take()?;
            let page = self.thread(id, Some(end), end - first);
            if let Ok(page) = &page {
                let (from, total) = (end, page.summary.messages());
                next = (from < total).then(|| (from, from.saturating_add(PAGE).min(total)));
            }
            Some(page)
        })
    }

    /// Every operation, oldest first, each page in a transaction of its own. Whoever meets an error stops: the same page comes again.
    pub(crate) fn operation_pages(
        &self,
    ) -> impl Iterator<Item = Result<Vec<HeldOperation>, StoreError>> + '_ {
        let mut after = 0;
        std::iter::from_fn(move || {
            let page = self.read(|records| records.operations_after(after));
            if let Ok(page) = &page {
                after = page.last().map(|last| i64::try_from(last.seq).unwrap_or(i64::MAX))?;
            }
            Some(page)
        })
    }
}

impl Records<'_> {
    fn ids(&self, select: &str) -> Result<Vec<[u8; 16]>, StoreError> {
        let mut statement = self.sql.prepare_cached(select)?;
        let mut rows = statement.query([])?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.push(blob(row.get_ref(0)?)?.try_into().map_err(|_| StoreError::Damaged)?);
        }
        Ok(ids)
    }

    fn operations_after(&self, seq: i64) -> Result<Vec<HeldOperation>, StoreError> {
        let mut statement =
            self.sql.prepare_cached("SELECT seq FROM operation WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
        let numbers = statement.query_map(params![seq, PAGE], |row| row.get::<_, i64>(0))?;
        let (mut page, mut open) = (Vec::new(), OpenBook::default());
        for number in numbers {
            let found = self.operation(u64::try_from(number?).map_err(|_| StoreError::Damaged)?)?;
            let receipt = self.receipt(&found, &mut open)?;
            let Found { seq, id, stored: StoredOperation { text, refusal, .. }, .. } = found;
            page.push(HeldOperation { seq, id, text, receipt, refusal });
        }
        Ok(page)
    }
}
