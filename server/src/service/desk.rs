//! The clinician's side: what waits, taking it, reading it, answering it.
//!
//! Only who has taken a consultation reads its texts and answers it. Whether the programme still runs plays no part:
//! late answers arrive.

use yorisoi_protocol::ids::{ChangeId, ConsultationId};
use yorisoi_protocol::question::{Subject, check_text};
use yorisoi_protocol::wire::{ApiErrorCode, Change, ChangeBody, EntryText, Operation, OperationBody, Photo};

use super::streams::{NewEntry, Stream};
use super::{Failure, Service, Trouble};
use crate::desk_api::{
    AnswerReply, AnswerRequest, Author, ConsultationView, MessageView, PhotoView, Queue, QueueItem,
    TakeReply, Taken,
};
use crate::hints::News;
use crate::randomness::draw;
use crate::storage::{
    ConsultationRecord, Head, Message, MessageRecord, SessionRecord, Transaction, WaitingRecord,
};

impl Service {
    /// What waits for this clinician's role.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn queue(&self, clinician: &SessionRecord) -> Result<Queue, Failure> {
        let waiting = self.begin()?.waiting()?;
        let served = waiting.into_iter().filter(|item| clinician.role.serves(item.consultation.service));
        let item = |item: WaitingRecord| QueueItem {
            consultation: item.consultation.id,
            service: item.consultation.service,
            waiting_since: item.since,
            due: item.due,
            messages: item.messages,
            taken: taken(&item.consultation, clinician),
        };
        Ok(Queue { consultations: served.map(item).collect() })
    }

    /// Puts a consultation into this clinician's hands, and tells the member so: once, and once more for what arrived
    /// since. What nobody has looked at is not said to be in anybody's hands.
    ///
    /// # Errors
    /// [`Failure`]: `not_found`, `not_allowed` for another role's, `conflict` if another clinician has it.
    pub fn take(&self, clinician: &SessionRecord, id: ConsultationId) -> Result<TakeReply, Failure> {
        let now = self.now();
        let tx = self.begin()?;
        let consultation = locked(&*tx, clinician, id)?;
        let reply = TakeReply { consultation: id };
        match taken(&consultation, clinician) {
            Taken::Mine if !waits_anew(&*tx, &consultation)? => return Ok(reply),
            Taken::Other => return Err(Failure::refused(ApiErrorCode::Conflict)),
            Taken::Mine | Taken::None => {}
        }
        if !tx.take(id, &clinician.login, now)? {
            return Err(Failure::refused(ApiErrorCode::Conflict));
        }
        let change = Change {
            id: ChangeId::from_bytes(draw(&*self.randomness)?),
            at: now,
            body: ChangeBody::Taken { consultation: id, role: clinician.role },
        };
        let head = self.append_change(&*tx, &consultation, &change, None)?;
        tx.commit()?;
        self.tell(&consultation, head);
        Ok(reply)
    }

    /// A consultation that this clinician has taken.
    ///
    /// # Errors
    /// [`Failure`]: `not_found`, `not_allowed`, `conflict` if this clinician has not taken it.
    pub fn consultation(
        &self,
        clinician: &SessionRecord,
        id: ConsultationId,
    ) -> Result<ConsultationView, Failure> {
        let tx = self.begin()?;
        let consultation = own(&*tx, clinician, id)?;
        let mut subject = None;
        let mut messages = Vec::new();
        for record in tx.messages(id)? {
            let text = self.entry_of(&*tx, &record)?;
            let (view, concerns, photos) = view(record, &text)?;
            let held = self.photos_of(&*tx, view.id, &photos)?;
            let shown = photos.iter().zip(held).map(|(photo, held)| photo_view(photo, held));
            subject = subject.or(concerns);
            messages.push(MessageView { photos: shown.collect(), ..view });
        }
        Ok(ConsultationView {
            consultation: id,
            service: consultation.service,
            subject: subject.ok_or(Trouble::Inconsistent("a consultation"))?,
            messages,
        })
    }

    /// Answers a consultation that this clinician has taken; again with the same id and text, nothing happens twice.
    ///
    /// # Errors
    /// [`Failure`]: `not_found`, `not_allowed`, `invalid_value` for an empty or over-long text, `conflict` if this
    /// clinician has not taken it or the id is known with something else.
    pub fn answer(
        &self,
        clinician: &SessionRecord,
        id: ConsultationId,
        answer: &AnswerRequest,
    ) -> Result<AnswerReply, Failure> {
        check_text(&answer.text).map_err(|_| Failure::refused(ApiErrorCode::InvalidValue))?;
        let now = self.now();
        let tx = self.begin()?;
        let consultation = own(&*tx, clinician, id)?;
        let body = ChangeBody::Answer { consultation: id, role: clinician.role, text: answer.text.clone() };
        if let Some(entry) = tx.entry(answer.id.as_bytes())? {
            return self.answered_before(answer.id, entry.sealed, &body);
        }
        let change = Change { id: answer.id, at: now, body };
        let clinician = Some(clinician.login.clone());
        let message = Message { consultation: id, at: now, due: None, clinician };
        let head = self.append_change(&*tx, &consultation, &change, Some(message))?;
        tx.mark_answered(id, now)?;
        tx.commit()?;
        self.tell(&consultation, head);
        Ok(AnswerReply { id: answer.id, at: now })
    }

    fn answered_before(
        &self,
        id: ChangeId,
        sealed: Option<Vec<u8>>,
        body: &ChangeBody,
    ) -> Result<AnswerReply, Failure> {
        let text = sealed.map(|sealed| self.open_entry(id.as_bytes(), &sealed)).transpose()?;
        // An id of an operation is no change, and so as foreign as another answer.
        let known = text.and_then(|text| text.read::<Change>().ok());
        match known.filter(|known| known.body == *body) {
            Some(known) => Ok(AnswerReply { id, at: known.at }),
            None => Err(Failure::refused(ApiErrorCode::Conflict)),
        }
    }

    fn append_change(
        &self,
        tx: &dyn Transaction,
        consultation: &ConsultationRecord,
        change: &Change,
        message: Option<Message>,
    ) -> Result<Head, Failure> {
        let text = EntryText::write(change).map_err(|_| Trouble::Inconsistent("a change"))?;
        let (id, hash) = (change.id.as_bytes(), &text.hash());
        let entry = NewEntry { id, hash, text: &text, origin: None, message, keep: true };
        let mut stream = Stream::of(self, tx, consultation.member)?;
        stream.append(entry)?;
        stream.end()
    }

    fn entry_of(&self, tx: &dyn Transaction, record: &MessageRecord) -> Result<EntryText, Failure> {
        let entry = tx.entry(record.id.as_bytes())?;
        match entry.and_then(|entry| entry.sealed) {
            Some(sealed) => self.open_entry(record.id.as_bytes(), &sealed),
            None => Err(Trouble::Inconsistent("a message").into()),
        }
    }

    fn tell(&self, consultation: &ConsultationRecord, head: Head) {
        let news = News { position: head.position, origin: None };
        self.hints.grew(consultation.member, news);
    }
}

/// Whether a message waits that arrived after the consultation was taken last.
fn waits_anew(tx: &dyn Transaction, consultation: &ConsultationRecord) -> Result<bool, Failure> {
    let waiting = |message: &MessageRecord| message.due.is_some() && message.answered_at.is_none();
    let newest = tx.messages(consultation.id)?.iter().filter(|m| waiting(m)).map(|m| m.at).max();
    Ok(newest > consultation.taken_at)
}

fn taken(consultation: &ConsultationRecord, clinician: &SessionRecord) -> Taken {
    match &consultation.taken_by {
        None => Taken::None,
        Some(login) if *login == clinician.login => Taken::Mine,
        Some(_) => Taken::Other,
    }
}

/// A consultation this role serves, its member locked.
fn locked(
    tx: &dyn Transaction,
    clinician: &SessionRecord,
    id: ConsultationId,
) -> Result<ConsultationRecord, Failure> {
    let found = |tx: &dyn Transaction| -> Result<ConsultationRecord, Failure> {
        let found = tx.consultation(id)?;
        found.ok_or_else(|| Failure::refused(ApiErrorCode::NotFound))
    };
    let consultation = found(tx)?;
    if !clinician.role.serves(consultation.service) {
        return Err(Failure::refused(ApiErrorCode::NotAllowed));
    }
    tx.lock_member(consultation.member)?;
    // Read again under the lock: another clinician may have come first.
    found(tx)
}

/// A consultation this clinician has taken, its member locked.
pub(super) fn own(
    tx: &dyn Transaction,
    clinician: &SessionRecord,
    id: ConsultationId,
) -> Result<ConsultationRecord, Failure> {
    let consultation = locked(tx, clinician, id)?;
    match taken(&consultation, clinician) {
        Taken::Mine => Ok(consultation),
        Taken::None | Taken::Other => Err(Failure::refused(ApiErrorCode::Conflict)),
    }
}

fn photo_view(photo: &Photo, held: u64) -> PhotoView {
    let Photo { id, kind, bytes, .. } = *photo;
    PhotoView { id, kind, bytes, held, there: held == bytes }
}

/// A message as the desk shows it, whom it concerns where it opens the consultation, and the photos it names.
fn view(
    record: MessageRecord,
    entry: &EntryText,
) -> Result<(MessageView, Option<Subject>, Vec<Photo>), Failure> {
    let broken = || Failure::from(Trouble::Inconsistent("a message"));
    let (from, text, subject, photos) = match record.clinician {
        Some(_) => match entry.read::<Change>().map_err(|_| broken())?.body {
            ChangeBody::Answer { text, role, .. } => (Author::Clinician(role), text, None, Vec::new()),
            ChangeBody::Taken { .. } => return Err(broken()),
        },
        None => match entry.read::<Operation>().map_err(|_| broken())?.body {
            OperationBody::Ask { text, subject, photos, .. } => (Author::Parent, text, Some(subject), photos),
            OperationBody::FollowUp { text, photos, .. } => (Author::Parent, text, None, photos),
            OperationBody::Survey { .. } | OperationBody::Consent(_) => return Err(broken()),
        },
    };
    let view = MessageView {
        id: record.id,
        from,
        at: record.at,
        due: record.due,
        answered_at: record.answered_at,
        text,
        photos: Vec::new(),
    };
    Ok((view, subject, photos))
}
