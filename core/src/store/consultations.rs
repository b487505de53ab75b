//! Consultations: what a list shows, and the threads behind it.
//!
//! A summary carries the newest entries of its thread. Once these are as many as a page holds, the page moves to a record
//! of its own, so that a long thread makes neither its list nor the next message dearer.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ConsultationId, MessageId, OperationId};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::wire::{ChangeBody, EntryText, OperationBody, OperationHead, Photo};

use super::database::Durability;
use super::entries::{Entries, Entry, Pointed};
use super::operations::{Enqueued, Found};
use super::receipts::OpenBook;
use super::records::{Ranked, Record, Records};
use super::rows::{Consultation, OwnMessage, THREAD_PAGE, ThreadMessage, Totals, Writer};
use super::{Draft, SentDraft, Store, StoreError, StoredPhoto};
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

/// A part of a list, the one written in last first.
#[derive(Debug)]
pub struct ListPage<I, T> {
    /// The rows.
    pub rows: Vec<(I, T)>,
    /// How many rows the whole list has.
    pub total: u64,
    /// Where the next part begins; `None` after the last.
    pub next: Option<i64>,
}

/// A part of a thread, oldest first.
#[derive(Debug)]
pub struct ThreadPage {
    /// What the list shows of the consultation.
    pub summary: Consultation,
    /// The messages.
    pub messages: Vec<ThreadMessage>,
    /// The place of the first of them in the thread, from 0: older ones stand before it.
    pub first: u32,
}

impl Store {
    /// Queues a question: the operation and the consultation it opens, in one transaction. `draft` goes with it.
    ///
    /// # Errors
    /// [`StoreError::NotConsented`]; [`StoreError::NotFound`] for a draft that meanwhile was sent, changed or thrown away.
    pub(crate) fn ask(
        &self,
        question: Question,
        at: Timestamp,
        draft: Option<&SentDraft>,
    ) -> Result<(ConsultationId, OperationId), StoreError> {
        self.write(Durability::Power, |records| {
            records.insist_on_consent()?;
            let next = records.next_operation()?;
            let consultation = ConsultationId::from_bytes(records.name_beside(&next)?);
            let photos = records.photos_of(draft)?;
            let Question { service, subject, text, begun } = question;
            let preview = text.chars().take(PREVIEW_CHARS).collect();
            let body =
                OperationBody::Ask { consultation, service, subject, text, begun, photos: named(&photos) };
            let queued = records.enqueue_as(next, body, at)?;
            let mut entries = Entries::default();
            entries.push(Entry::own(queued.seq));
            let summary = Consultation {
                service,
                subject,
                preview,
                own: OwnMessage::saved(queued.seq),
                last: at,
                answered: None,
                taken: None,
                unread: 0,
                pages: 0,
                entries,
            };
            records.add_ranked(Table::Consultation, consultation.as_bytes(), &summary)?;
            records.drop_draft(draft, photos, &queued, consultation)?;
            Ok((consultation, queued.id))
        })
    }

    /// Queues a follow-up.
    ///
    /// # Errors
    /// As [`Store::ask`].
    pub(crate) fn follow_up(
        &self,
        consultation: ConsultationId,
        text: String,
        begun: Timestamp,
        at: Timestamp,
        draft: Option<&SentDraft>,
    ) -> Result<OperationId, StoreError> {
        self.write(Durability::Power, |records| {
            records.insist_on_consent()?;
            let mut row = records.consultation(consultation)?.ok_or(StoreError::NotFound)?;
            let photos = records.photos_of(draft)?;
            let queued = records
                .enqueue(OperationBody::FollowUp { consultation, text, begun, photos: named(&photos) }, at)?;
            records.append(consultation, &mut row.value, Entry::own(queued.seq), at)?;
            row.value.own = OwnMessage::saved(queued.seq);
            row.rank = records.next_rank(Table::Consultation)?;
            records.put_ranked(Table::Consultation, &row)?;
            records.drop_draft(draft, photos, &queued, consultation)?;
            Ok(queued.id)
        })
    }

    /// Consultations below the rank `below`, the one written in last first, at most `most`; and the answers not read yet in
    /// all of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn consultations(
        &self,
        below: Option<i64>,
        most: u32,
    ) -> Result<(ListPage<ConsultationId, Consultation>, u32), StoreError> {
        self.read(|records| {
            let page = records.list(Table::Consultation, below, most, ConsultationId::from_bytes)?;
            Ok((page, records.totals()?.unread))
        })
    }

    /// How many consultations there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn consultation_count(&self) -> Result<u64, StoreError> {
        self.read(|records| records.count(Table::Consultation))
    }

    /// How many answers are not read yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unread(&self) -> Result<u32, StoreError> {
        Ok(self.read(|records| records.totals())?.unread)
    }

    /// Whom a consultation concerns; `None` if this device does not have it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn subject(&self, id: ConsultationId) -> Result<Option<Subject>, StoreError> {
        Ok(self.read(|records| records.consultation(id))?.map(|row| row.value.subject))
    }

    /// The messages of a consultation before the place `before`, or its newest, at most `most`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if this device does not have it.
    pub fn thread(
        &self,
        id: ConsultationId,
        before: Option<u32>,
        most: u32,
    ) -> Result<ThreadPage, StoreError> {
        self.read(|records| {
            let summary = records.consultation(id)?.ok_or(StoreError::NotFound)?.value;
            let end = before.map_or(summary.messages(), |before| before.min(summary.messages()));
            let first = end.saturating_sub(most);
            let entries = records.entries(id, &summary, first, end)?;
            let messages = records.messages(&entries)?;
            Ok(ThreadPage { summary, messages, first })
        })
    }

    /// Marks the answers among the first `seen` messages of a consultation as read. Whether that changed anything.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if this device does not have it.
    pub fn mark_read(&self, id: ConsultationId, seen: u32) -> Result<bool, StoreError> {
        self.write(Durability::Power, |records| {
            let mut row = records.consultation(id)?.ok_or(StoreError::NotFound)?;
            let unread = row.value.unread;
            let rest = records.entries(id, &row.value, seen, row.value.messages())?;
            let answers = rest.iter().filter(|entry| matches!(entry.pointed(), Pointed::Answer(_))).count();
            row.value.unread = unread.min(u32::try_from(answers).unwrap_or(u32::MAX));
            if row.value.unread < unread {
                records.put_ranked(Table::Consultation, &row)?;
                records.change_unread(unread, row.value.unread)?;
            }
            Ok(row.value.unread < unread)
        })
    }
}

impl Records<'_> {
    pub(super) fn consultation(
        &self,
        id: ConsultationId,
    ) -> Result<Option<Ranked<Consultation>>, StoreError> {
        self.ranked(Table::Consultation, id.as_bytes())
    }

    /// A part of a ranked list.
    pub(super) fn list<I, T: serde::de::DeserializeOwned>(
        &self,
        table: Table,
        below: Option<i64>,
        most: u32,
        id: impl Fn([u8; 16]) -> I,
    ) -> Result<ListPage<I, T>, StoreError> {
        // One row more tells whether there is a next part.
        let mut rows = self.page(table, below, most.saturating_add(1))?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        let next = rows.last().filter(|_| more).map(|row| row.rank);
        let rows = rows.into_iter().map(|row| (id(row.id), row.value)).collect();
        Ok(ListPage { rows, total: self.count(table)?, next })
    }

    /// Adds an entry at the end of a thread. The summary is still to be written.
    pub(super) fn append(
        &self,
        id: ConsultationId,
        summary: &mut Consultation,
        entry: Entry,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if summary.entries.len() >= THREAD_PAGE {
            self.put_record(Record::Thread(id.as_bytes(), summary.pages), &summary.entries)?;
            summary.pages = summary.pages.saturating_add(1);
            summary.entries = Entries::default();
        }
        summary.entries.push(entry);
        summary.last = summary.last.max(at);
        Ok(())
    }

    /// The entries of a thread from `first` up to, not including, `end`.
    fn entries(
        &self,
        id: ConsultationId,
        summary: &Consultation,
        first: u32,
        end: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let page_len = u32::try_from(THREAD_PAGE).unwrap_or(u32::MAX);
        let mut entries = Vec::new();
        let mut at = first;
        while at < end {
            let number = at / page_len;
            let page = if number < summary.pages {
                let apart: Option<Entries> = self.record(Record::Thread(id.as_bytes(), number))?;
                apart.ok_or(StoreError::Damaged)?.read()
            } else {
                summary.entries.read()
            };
            let begin = number.saturating_mul(page_len);
            let (from, to) = (at - begin, (end - begin).min(page_len));
            let part = page.get(index(from)..index(to)).ok_or(StoreError::Damaged)?;
            entries.extend_from_slice(part);
            at = begin.saturating_add(to);
        }
        Ok(entries)
    }

    fn messages(&self, entries: &[Entry]) -> Result<Vec<ThreadMessage>, StoreError> {
        let (mut changes, mut open) = (self.changes_by_number()?, OpenBook::default());
        let mut messages = Vec::with_capacity(entries.len());
        for entry in entries {
            messages.push(match entry.pointed() {
                Pointed::Own(seq) => {
                    let found = self.operation(seq)?;
                    let receipt = self.receipt(&found, &mut open)?;
                    let Found { id, stored, .. } = found;
                    let own = OwnMessage::of(seq, receipt.as_ref(), stored.refusal.is_some());
                    let (at, text) = message_text(&stored.text)?.ok_or(StoreError::Damaged)?;
                    let writer = Writer::Parent { own, receipt, refusal: stored.refusal };
                    ThreadMessage { id: MessageId::from(id), at, text, writer }
                }
                Pointed::Answer(number) => {
                    let change = self.change(&mut changes, number)?;
                    let ChangeBody::Answer { role, text, .. } = change.body else {
                        return Err(StoreError::Damaged);
                    };
                    let (id, writer) = (MessageId::from(change.id), Writer::Clinician(role));
                    ThreadMessage { id, at: change.at, text, writer }
                }
            });
        }
        Ok(messages)
    }

    fn totals(&self) -> Result<Totals, StoreError> {
        Ok(self.record(Record::Totals)?.unwrap_or_default())
    }

    /// Keeps the sum right where the answers not read yet of some consultations were `less` and are `more`.
    pub(super) fn change_unread(&self, less: u32, more: u32) -> Result<(), StoreError> {
        if less == more {
            return Ok(());
        }
        let Totals { unread } = self.totals()?;
        let unread = unread.saturating_sub(less).saturating_add(more);
        self.put_record(Record::Totals, &Totals { unread })
    }

    /// The photos of a draft that becomes a message.
    fn photos_of(&self, sent: Option<&SentDraft>) -> Result<Vec<StoredPhoto>, StoreError> {
        sent.map_or(Ok(Vec::new()), |(draft, _)| self.photos_to_name(*draft))
    }

    /// Takes away a draft that became this message, which has its photos from then on. It must be as it was when it was read:
    /// another process may have sent it already, and what was added to it since must not be lost.
    fn drop_draft(
        &self,
        sent: Option<&SentDraft>,
        photos: Vec<StoredPhoto>,
        message: &Enqueued,
        consultation: ConsultationId,
    ) -> Result<(), StoreError> {
        let Some((id, draft)) = sent else {
            return Ok(());
        };
        let found = self.ranked::<Draft>(Table::Draft, id.as_bytes())?;
        if found.is_none_or(|found| found.value != *draft) {
            return Err(StoreError::NotFound);
        }
        self.hand_on_photos(*id, photos, message, consultation)?;
        self.remove_ranked(Table::Draft, id.as_bytes())?;
        Ok(())
    }
}

fn named(photos: &[StoredPhoto]) -> Vec<Photo> {
    photos.iter().filter_map(StoredPhoto::named).collect()
}

/// When an operation was written and what it says to a clinician, if it says anything.
pub(super) fn message_text(text: &EntryText) -> Result<Option<(Timestamp, String)>, StoreError> {
    let head = OperationHead::read(text).map_err(|_| StoreError::Damaged)?;
    Ok(match head.body().map_err(|_| StoreError::Damaged)? {
        OperationBody::Ask { text, .. } | OperationBody::FollowUp { text, .. } => Some((head.at, text)),
        OperationBody::Survey { .. } | OperationBody::Consent(_) => None,
    })
}

fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
