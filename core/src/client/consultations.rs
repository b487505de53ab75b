//! Asking, drafting and reading.

use std::fmt;
use std::sync::Arc;

use yorisoi_protocol::consent::{self, Purpose};
use yorisoi_protocol::ids::{ConsultationId, MessageId};
use yorisoi_protocol::question::{Service, Subject, check_text};
use yorisoi_protocol::{Programme, Timestamp};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::store::{Consultation, Draft, Entry, Question, StoreError, ThreadEntry, folded};
use crate::view::{ConsultationView, DraftView, EligibilityView, MessageStep, MessageView, SearchHit};

/// The longest draft, in bytes. Far above what can be sent: who wrote too much shortens it later, and loses nothing now.
const DRAFT_MAX_BYTES: usize = 128 * 1024;
/// The least to look for, in characters.
const SEARCH_MIN_CHARS: usize = 2;

/// What is half-written.
#[derive(Clone, PartialEq, Eq)]
pub struct NewDraft {
    /// The draft to save again; `None` for a new one.
    pub id: Option<MessageId>,
    /// Who will be asked.
    pub service: Service,
    /// Whom it concerns.
    pub subject: Subject,
    /// The consultation it adds to; `None` for a new one.
    pub consultation: Option<ConsultationId>,
    /// What is written so far; may be empty.
    pub text: String,
}

/// Without what is written.
impl fmt::Debug for NewDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewDraft")
            .field("id", &self.id)
            .field("service", &self.service)
            .field("subject", &self.subject)
            .field("consultation", &self.consultation)
            .finish_non_exhaustive()
    }
}

impl YorisoiClient {
    /// Asks a question. It is saved here when this returns, and sent by the next sync.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`], [`YorisoiError::ConsentNeeded`], [`YorisoiError::NotEligible`],
    /// [`YorisoiError::ClockSuspect`], [`YorisoiError::Text`], [`YorisoiError::Date`] for a birth date that cannot be,
    /// [`YorisoiError::ServiceNotOffered`], and the errors of the store.
    pub fn ask(
        &self,
        service: Service,
        subject: Subject,
        text: &str,
    ) -> Result<ConsultationId, YorisoiError> {
        let now = self.known_now()?;
        let question = Question { service, subject, text: text.to_owned(), begun: now };
        self.queue_question(question, now, None)
    }

    /// Adds to a consultation.
    ///
    /// # Errors
    /// As [`YorisoiClient::ask`], and [`YorisoiError::NotFound`].
    pub fn follow_up(&self, consultation: ConsultationId, text: &str) -> Result<(), YorisoiError> {
        let now = self.now();
        self.queue_follow_up(consultation, text, now, now, None)
    }

    /// Saves what is half-written. Call it as the person types: what it saved survives the process.
    ///
    /// # Errors
    /// The errors of the store; [`YorisoiError::Text`] for a text of more than 128 KiB. The 4,000 characters of a message
    /// are asked for only when it is sent.
    pub fn save_draft(&self, draft: &NewDraft) -> Result<MessageId, YorisoiError> {
        if draft.text.len() > DRAFT_MAX_BYTES {
            check_text(&draft.text)?;
        }
        let before = draft.id.map(|id| self.store.draft(id)).transpose()?.flatten();
        let id = match draft.id {
            Some(id) => id,
            None => MessageId::from_bytes(self.random_id()?),
        };
        let now = self.now();
        let stored = Draft {
            service: draft.service,
            subject: draft.subject,
            consultation: draft.consultation,
            text: draft.text.clone(),
            begun: before.map_or(now, |draft| draft.begun),
            saved: now,
        };
        self.store.save_draft(id, &stored)?;
        self.tell(&[Notice::Drafts]);
        Ok(id)
    }

    /// Everything half-written, the one saved last first.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn drafts(&self) -> Result<Vec<DraftView>, YorisoiError> {
        let (programme, family, now) = (self.own_programme(), self.family()?, self.now());
        let mut views = Vec::new();
        for (id, draft) in self.store.drafts()? {
            let subject = match draft.consultation {
                Some(consultation) => self.store.subject(consultation)?.unwrap_or(draft.subject),
                None => draft.subject,
            };
            let send = programme.as_deref().map(|programme| {
                let facts = family.facts_about(programme, subject);
                family.view(programme.send_at(&facts, draft.begun, now))
            });
            views.push(draft_view(id, draft, send));
        }
        Ok(views)
    }

    /// Sends a draft: queues it and takes it from the drafts, in one transaction. What was begun inside the window may be
    /// sent within its grace.
    ///
    /// # Errors
    /// As [`YorisoiClient::ask`], and [`YorisoiError::NotFound`]. The draft stays in every case.
    pub fn send_draft(&self, id: MessageId) -> Result<ConsultationId, YorisoiError> {
        let draft = self.store.draft(id)?.ok_or(YorisoiError::NotFound)?;
        let Draft { service, subject, text, begun, .. } = draft;
        let row = Some(*id.as_bytes());
        let consultation = match draft.consultation {
            Some(consultation) => {
                self.queue_follow_up(consultation, &text, begun, self.now(), row)?;
                consultation
            }
            None => {
                let now = self.known_now()?;
                self.queue_question(Question { service, subject, text, begun }, now, row)?
            }
        };
        self.tell(&[Notice::Drafts]);
        Ok(consultation)
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// [`YorisoiError::NotFound`], and the errors of the store.
    pub fn discard_draft(&self, id: MessageId) -> Result<(), YorisoiError> {
        if !self.store.discard_draft(id)? {
            return Err(YorisoiError::NotFound);
        }
        self.tell(&[Notice::Drafts]);
        Ok(())
    }

    /// All consultations, the one written in last first.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn consultations(&self) -> Result<Vec<ConsultationView>, YorisoiError> {
        let summaries = self.store.consultations()?.into_iter();
        let mut views: Vec<_> = summaries.map(|(id, summary)| consultation_view(id, summary)).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.last));
        Ok(views)
    }

    /// The messages of a consultation, in the order in which this phone had them.
    ///
    /// # Errors
    /// [`YorisoiError::NotFound`], and the errors of the store.
    pub fn messages(&self, consultation: ConsultationId) -> Result<Vec<MessageView>, YorisoiError> {
        let (summary, thread) = self.store.thread(consultation)?;
        Ok(thread.into_iter().map(|entry| message_view(&summary, entry)).collect())
    }

    /// Marks the answers of a consultation as read.
    ///
    /// # Errors
    /// [`YorisoiError::NotFound`], and the errors of the store.
    pub fn mark_read(&self, consultation: ConsultationId) -> Result<(), YorisoiError> {
        if self.store.mark_read(consultation)? {
            self.tell(&[Notice::Consultation(consultation)]);
        }
        Ok(())
    }

    /// How many answers are not read yet.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn unread_count(&self) -> Result<u32, YorisoiError> {
        let summaries = self.store.consultations()?;
        Ok(summaries.iter().map(|(_, summary)| summary.unread).sum())
    }

    /// Looks through everything written, answered and drafted, offline, the newest first. Width, case and kana do not
    /// matter.
    ///
    /// # Errors
    /// [`YorisoiError::SearchTooShort`] below two characters, and the errors of the store.
    pub fn search(&self, words: &str) -> Result<Vec<SearchHit>, YorisoiError> {
        let words = folded(words.trim());
        if words.chars().count() < SEARCH_MIN_CHARS {
            return Err(YorisoiError::SearchTooShort);
        }
        let hits = self.store.search(&words)?.into_iter();
        Ok(hits.map(|hit| SearchHit { found_in: hit.found_in, snippet: hit.snippet }).collect())
    }

    fn queue_question(
        &self,
        question: Question,
        now: Timestamp,
        draft: Option<[u8; 16]>,
    ) -> Result<ConsultationId, YorisoiError> {
        let programme = self.may_hand_in(&question.text)?;
        self.check_subject(question.subject)?;
        self.in_window(&programme, question.subject, question.begun, now)?;
        if !programme.services.contains(&question.service) {
            return Err(YorisoiError::ServiceNotOffered);
        }
        let (consultation, _) = self.store.ask(question, now, draft)?;
        self.tell(&[Notice::Consultation(consultation)]);
        Ok(consultation)
    }

    fn queue_follow_up(
        &self,
        consultation: ConsultationId,
        text: &str,
        begun: Timestamp,
        now: Timestamp,
        draft: Option<[u8; 16]>,
    ) -> Result<(), YorisoiError> {
        let programme = self.may_hand_in(text)?;
        let subject = self.store.subject(consultation)?.ok_or(YorisoiError::NotFound)?;
        self.in_window(&programme, subject, begun, now)?;
        self.store.follow_up(consultation, text.to_owned(), begun, now, draft)?;
        self.tell(&[Notice::Consultation(consultation)]);
        Ok(())
    }

    fn may_hand_in(&self, text: &str) -> Result<Arc<Programme>, YorisoiError> {
        check_text(text)?;
        let place = self.place()?;
        place.may_hand_in()?;
        let programme = Arc::clone(&place.programme);
        if !consent::granted(&self.store.consents()?, Purpose::Service) {
            return Err(YorisoiError::ConsentNeeded(Purpose::Service));
        }
        Ok(programme)
    }

    fn in_window(
        &self,
        programme: &Programme,
        subject: Subject,
        begun: Timestamp,
        now: Timestamp,
    ) -> Result<(), YorisoiError> {
        let facts = self.family()?.facts_about(programme, subject);
        let eligibility = programme.send_at(&facts, begun, now).eligibility;
        if eligibility.refused() { Err(YorisoiError::NotEligible(eligibility)) } else { Ok(()) }
    }

    pub(super) fn random_id(&self) -> Result<[u8; 16], StoreError> {
        crate::host::random(self.host.randomness.as_ref()).map_err(|_| StoreError::NoRandomness)
    }
}

fn consultation_view(id: ConsultationId, summary: Consultation) -> ConsultationView {
    let newest_own = summary.entries.iter().rev().find(|entry| matches!(entry, Entry::Own { .. }));
    let step = newest_own.and_then(|entry| summary.step(entry)).unwrap_or(MessageStep::SavedHere);
    let due = match newest_own {
        Some(Entry::Own { due, .. }) => *due,
        _ => None,
    };
    let last = summary.entries.iter().map(Entry::at).max().unwrap_or_default();
    let Consultation { service, subject, preview, unread, .. } = summary;
    ConsultationView { id, service, subject, preview, step, due, last, unread }
}

fn message_view(summary: &Consultation, thread: ThreadEntry) -> MessageView {
    let step = summary.step(&thread.entry);
    let (id, due) = match &thread.entry {
        Entry::Own { id, due, .. } => (MessageId::from(*id), *due),
        Entry::Answer { id, .. } => (MessageId::from(*id), None),
    };
    MessageView {
        id,
        role: thread.role,
        at: thread.entry.at(),
        text: thread.text,
        step,
        due,
        held_since: thread.receipt.map(|receipt| receipt.at),
        refusal: thread.refusal.map(|refusal| refusal.code.words()),
    }
}

fn draft_view(id: MessageId, draft: Draft, send: Option<EligibilityView>) -> DraftView {
    let Draft { service, subject, consultation, text, begun, .. } = draft;
    DraftView { id, service, subject, consultation, text, begun, send }
}
