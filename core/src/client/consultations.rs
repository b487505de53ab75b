//! Asking, drafting and reading.

use std::fmt;
use std::sync::Arc;

use yorisoi_protocol::ids::{ConsultationId, MessageId};
use yorisoi_protocol::question::{Service, Subject, check_text};
use yorisoi_protocol::{Programme, Timestamp};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::store::{Consultation, Draft, Question, SentDraft, StoreError, ThreadMessage, Writer, folded};
use crate::view::{
    ConsultationPage, ConsultationView, DraftPage, DraftView, EligibilityView, MessagePage, MessageView,
    SearchHit,
};

/// The longest draft, in bytes. Far above what can be sent: who wrote too much shortens it later, and loses nothing now.
const DRAFT_MAX_BYTES: usize = 128 * 1024;
/// The most rows of one page of a list.
const PAGE_MOST: u32 = 500;
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
            service: draft.service.into(),
            subject: draft.subject.into(),
            consultation: draft.consultation,
            text: draft.text.clone(),
            begun: before.map_or(now, |draft| draft.begun),
            saved: now,
            ready: None,
        };
        self.store.save_draft(id, &stored)?;
        self.tell(&[Notice::Drafts]);
        Ok(id)
    }

    /// What is half-written, the one saved last first: the first `most` (1 to 500), or those after an earlier page's
    /// [`next`](DraftPage::next).
    ///
    /// # Errors
    /// The errors of the store.
    pub fn drafts(&self, after: Option<u64>, most: u32) -> Result<DraftPage, YorisoiError> {
        let (programme, family, now) = (self.own_programme(), self.family()?, self.now());
        let page = self.store.drafts(rank(after), most.clamp(1, PAGE_MOST))?;
        let mut drafts = Vec::with_capacity(page.rows.len());
        for (id, draft) in page.rows {
            let own = draft.subject.clone().known();
            let subject = match draft.consultation {
                Some(consultation) => self.store.subject(consultation)?.or(own),
                None => own,
            };
            let send = programme.as_deref().zip(subject).map(|(programme, subject)| {
                let facts = family.facts_about(programme, subject);
                family.view(programme.send_at(&facts, draft.begun, now))
            });
            drafts.push(draft_view(id, draft, send));
        }
        Ok(DraftPage { drafts, total: page.total, next: key(page.next) })
    }

    /// Sends a draft: queues it and takes it from the drafts, in one transaction. What was begun inside the window may be
    /// sent within its grace.
    ///
    /// # Errors
    /// As [`YorisoiClient::ask`], [`YorisoiError::ChoiceUnknown`], and [`YorisoiError::NotFound`], also for one that was sent or
    /// changed elsewhere at the same moment. A draft that was not sent stays.
    pub fn send_draft(&self, id: MessageId) -> Result<ConsultationId, YorisoiError> {
        let draft = self.store.draft(id)?.ok_or(YorisoiError::NotFound)?;
        let sent = (id, draft.clone());
        let Draft { service, subject, text, begun, .. } = draft;
        let choices = (service.known(), subject.known());
        let row = Some(&sent);
        let consultation = match draft.consultation {
            Some(consultation) => {
                self.queue_follow_up(consultation, &text, begun, self.now(), row)?;
                consultation
            }
            None => {
                let (Some(service), Some(subject)) = choices else {
                    return Err(YorisoiError::ChoiceUnknown);
                };
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

    /// Consultations, the one written in last first: the first `most` (1 to 500), or those after an earlier page's
    /// [`next`](ConsultationPage::next). One that is written in meanwhile moves to the head of the list.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn consultations(&self, after: Option<u64>, most: u32) -> Result<ConsultationPage, YorisoiError> {
        let (page, unread) = self.store.consultations(rank(after), most.clamp(1, PAGE_MOST))?;
        let views = page.rows.into_iter().map(|(id, summary)| consultation_view(id, summary));
        Ok(ConsultationPage {
            consultations: views.collect(),
            total: page.total,
            unread,
            next: key(page.next),
        })
    }

    /// The messages of a consultation in the order in which this phone had them: the newest `most` (1 to 500), or those
    /// before an earlier page's [`before`](MessagePage::before).
    ///
    /// # Errors
    /// [`YorisoiError::NotFound`], and the errors of the store.
    pub fn messages(
        &self,
        consultation: ConsultationId,
        before: Option<u32>,
        most: u32,
    ) -> Result<MessagePage, YorisoiError> {
        let page = self.store.thread(consultation, before, most.clamp(1, PAGE_MOST))?;
        let total = page.summary.messages();
        let views = page.messages.into_iter().map(|message| message_view(&page.summary, message));
        Ok(MessagePage { messages: views.collect(), total, before: (page.first > 0).then_some(page.first) })
    }

    /// Marks the answers among the first `seen` messages of a consultation as read: hand in the
    /// [`total`](MessagePage::total) of the page that was shown, so that an answer that came meanwhile stays unread.
    ///
    /// # Errors
    /// [`YorisoiError::NotFound`], and the errors of the store.
    pub fn mark_read(&self, consultation: ConsultationId, seen: u32) -> Result<(), YorisoiError> {
        if self.store.mark_read(consultation, seen)? {
            self.tell(&[Notice::Consultation(consultation)]);
        }
        Ok(())
    }

    /// How many answers are not read yet.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn unread_count(&self) -> Result<u32, YorisoiError> {
        Ok(self.store.unread()?)
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
        draft: Option<&SentDraft>,
    ) -> Result<ConsultationId, YorisoiError> {
        let inside = self.calls.enter();
        let programme = self.may_hand_in(&question.text)?;
        self.check_subject(question.subject)?;
        self.in_window(&programme, question.subject, question.begun, now)?;
        if !programme.services.contains(&question.service) {
            return Err(YorisoiError::ServiceNotOffered);
        }
        let (consultation, _) = self.store.ask(question, now, draft)?;
        drop(inside);
        self.tell(&[Notice::Consultation(consultation)]);
        Ok(consultation)
    }

    fn queue_follow_up(
        &self,
        consultation: ConsultationId,
        text: &str,
        begun: Timestamp,
        now: Timestamp,
        draft: Option<&SentDraft>,
    ) -> Result<(), YorisoiError> {
        let inside = self.calls.enter();
        let programme = self.may_hand_in(text)?;
        let subject = self.store.subject(consultation)?.ok_or(YorisoiError::NotFound)?;
        self.in_window(&programme, subject, begun, now)?;
        self.store.follow_up(consultation, text.to_owned(), begun, now, draft)?;
        drop(inside);
        self.tell(&[Notice::Consultation(consultation)]);
        Ok(())
    }

    fn may_hand_in(&self, text: &str) -> Result<Arc<Programme>, YorisoiError> {
        check_text(text)?;
        let place = self.place()?;
        place.may_hand_in()?;
        self.seal_to_programme(&place)?;
        Ok(Arc::clone(&place.programme))
    }

    fn in_window(
        &self,
        programme: &Programme,
        subject: Subject,
        begun: Timestamp,
        now: Timestamp,
    ) -> Result<(), YorisoiError> {
        let facts = self.family()?.facts_about(programme, subject);
        // What may be used now may be sent; only where it may not, the grace of what was begun before decides.
        if !programme.use_at(&facts, now).eligibility.refused() {
            return Ok(());
        }
        let eligibility = programme.send_at(&facts, begun, now).eligibility;
        if eligibility.refused() { Err(YorisoiError::NotEligible(eligibility)) } else { Ok(()) }
    }

    pub(super) fn random_id(&self) -> Result<[u8; 16], StoreError> {
        crate::host::random(self.host.randomness.as_ref()).map_err(|_| StoreError::NoRandomness)
    }
}

/// Where a list goes on, as the app holds it and as the store does.
fn key(rank: Option<i64>) -> Option<u64> {
    rank.and_then(|rank| u64::try_from(rank).ok())
}

fn rank(key: Option<u64>) -> Option<i64> {
    key.map(|key| i64::try_from(key).unwrap_or(i64::MAX))
}

fn consultation_view(id: ConsultationId, summary: Consultation) -> ConsultationView {
    let (step, due, messages) = (summary.step(&summary.own), summary.own.due, summary.messages());
    let Consultation { service, subject, preview, last, unread, .. } = summary;
    ConsultationView { id, service, subject, preview, step, due, last, unread, messages }
}

fn message_view(summary: &Consultation, message: ThreadMessage) -> MessageView {
    let ThreadMessage { id, at, text, writer } = message;
    match writer {
        Writer::Parent { own, refusal, .. } => MessageView {
            id,
            role: None,
            at,
            text,
            step: Some(summary.step(&own)),
            due: own.due,
            held_since: own.held,
            refusal: refusal.map(|refusal| refusal.code.words()),
        },
        Writer::Clinician(role) => MessageView {
            id,
            role: Some(role),
            at,
            text,
            step: None,
            due: None,
            held_since: None,
            refusal: None,
        },
    }
}

fn draft_view(id: MessageId, draft: Draft, send: Option<EligibilityView>) -> DraftView {
    let Draft { service, subject, consultation, text, begun, ready, .. } = draft;
    let (service, subject) = (service.known(), subject.known());
    DraftView { id, service, subject, consultation, text, begun, send, ready: ready.is_some() }
}
