//! Consultations: what a list shows, and the threads behind it.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ChangeId, ConsultationId, OperationId};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::wire::{Change, ChangeBody, OperationBody, OperationHead};

use super::database::Durability;
use super::operations::Enqueued;
use super::records::Records;
use super::rows::{Consultation, Entry, ThreadEntry};
use super::{Store, StoreError};
use crate::vault::Table;

/// How many characters of a question a list shows.
const PREVIEW_CHARS: usize = 40;

/// A question to be queued.
pub(crate) struct Question {
    pub(crate) service: Service,
    pub(crate) subject: Subject,
    pub(crate) text: String,
    pub(crate) begun: Timestamp,
}

impl Store {
    /// Queues a question: the operation and the consultation it opens, in one transaction. `draft` goes with it.
    pub(crate) fn ask(
        &self,
        question: Question,
        at: Timestamp,
        draft: Option<[u8; 16]>,
    ) -> Result<(ConsultationId, OperationId), StoreError> {
        self.write(Durability::Power, |records| {
            let id = crate::host::random(records.randomness).map_err(|_| StoreError::NoRandomness)?;
            let consultation = ConsultationId::from_bytes(id);
            let Question { service, subject, text, begun } = question;
            let preview = text.chars().take(PREVIEW_CHARS).collect();
            let body = OperationBody::Ask { consultation, service, subject, text, begun };
            let queued = records.enqueue(body, at)?;
            let entries = vec![own(&queued, at)];
            let summary = Consultation { service, subject, preview, entries, taken: None, unread: 0 };
            records.put(Table::Consultation, consultation.as_bytes(), &summary)?;
            records.drop_draft(draft)?;
            Ok((consultation, queued.id))
        })
    }

    /// Queues a follow-up.
    pub(crate) fn follow_up(
        &self,
        consultation: ConsultationId,
        text: String,
        begun: Timestamp,
        at: Timestamp,
        draft: Option<[u8; 16]>,
    ) -> Result<OperationId, StoreError> {
        self.write(Durability::Power, |records| {
            let mut summary = records.consultation(consultation)?.ok_or(StoreError::NotFound)?;
            let queued = records.enqueue(OperationBody::FollowUp { consultation, text, begun }, at)?;
            summary.entries.push(own(&queued, at));
            records.put(Table::Consultation, consultation.as_bytes(), &summary)?;
            records.drop_draft(draft)?;
            Ok(queued.id)
        })
    }

    /// All consultations.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn consultations(&self) -> Result<Vec<(ConsultationId, Consultation)>, StoreError> {
        let rows = self.read(|records| records.all(Table::Consultation))?;
        rows.into_iter().map(|(id, summary)| Ok((consultation_id(id)?, summary))).collect()
    }

    /// Whom a consultation concerns; `None` if this device does not have it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn subject(&self, id: ConsultationId) -> Result<Option<Subject>, StoreError> {
        Ok(self.read(|records| records.consultation(id))?.map(|summary| summary.subject))
    }

    /// One consultation with its messages.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if this device does not have it.
    pub fn thread(&self, id: ConsultationId) -> Result<(Consultation, Vec<ThreadEntry>), StoreError> {
        self.read(|records| {
            let summary = records.consultation(id)?.ok_or(StoreError::NotFound)?;
            let thread =
                summary.entries.iter().map(|entry| records.thread_entry(entry)).collect::<Result<_, _>>()?;
            Ok((summary, thread))
        })
    }

    /// Marks the answers of a consultation as read. Whether that changed anything.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if this device does not have it.
    pub fn mark_read(&self, id: ConsultationId) -> Result<bool, StoreError> {
        self.write(Durability::Power, |records| {
            let mut summary = records.consultation(id)?.ok_or(StoreError::NotFound)?;
            let unread = std::mem::take(&mut summary.unread);
            if unread > 0 {
                records.put(Table::Consultation, id.as_bytes(), &summary)?;
            }
            Ok(unread > 0)
        })
    }
}

impl Records<'_> {
    pub(super) fn consultation(&self, id: ConsultationId) -> Result<Option<Consultation>, StoreError> {
        self.get(Table::Consultation, id.as_bytes())
    }

    fn thread_entry(&self, entry: &Entry) -> Result<ThreadEntry, StoreError> {
        let entry = entry.clone();
        match entry {
            Entry::Own { seq, .. } => {
                let (_, _, stored) = self.operation(seq)?;
                let text = message_text(&stored.text)?.ok_or(StoreError::Damaged)?;
                Ok(ThreadEntry { entry, text, role: None, receipt: stored.receipt, refusal: stored.refusal })
            }
            Entry::Answer { id, .. } => {
                let change: Change = self.change(id)?.ok_or(StoreError::Damaged)?.read()?;
                let ChangeBody::Answer { role, text, .. } = change.body else {
                    return Err(StoreError::Damaged);
                };
                Ok(ThreadEntry { entry, text, role: Some(role), receipt: None, refusal: None })
            }
        }
    }

    fn drop_draft(&self, draft: Option<[u8; 16]>) -> Result<(), StoreError> {
        if let Some(draft) = draft {
            self.remove(Table::Draft, &draft)?;
        }
        Ok(())
    }
}

/// What an operation says to a clinician, if it says anything.
pub(super) fn message_text(text: &yorisoi_protocol::wire::EntryText) -> Result<Option<String>, StoreError> {
    let head = OperationHead::read(text).map_err(|_| StoreError::Damaged)?;
    Ok(match head.body().map_err(|_| StoreError::Damaged)? {
        OperationBody::Ask { text, .. } | OperationBody::FollowUp { text, .. } => Some(text),
        OperationBody::Survey { .. } | OperationBody::Consent(_) => None,
    })
}

pub(super) fn consultation_id(id: Vec<u8>) -> Result<ConsultationId, StoreError> {
    id.try_into().map(ConsultationId::from_bytes).map_err(|_| StoreError::Damaged)
}

pub(super) fn change_id(id: Vec<u8>) -> Result<ChangeId, StoreError> {
    id.try_into().map(ChangeId::from_bytes).map_err(|_| StoreError::Damaged)
}

fn own(queued: &Enqueued, at: Timestamp) -> Entry {
    Entry::Own { seq: queued.seq, id: queued.id, at, held: None, due: None, refused: false }
}
