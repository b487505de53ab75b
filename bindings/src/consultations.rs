//! Consultations, their messages, and drafts, in the pages a list shows.

use yorisoi_core::client as core_client;
use yorisoi_core::view as core;
use yorisoi_protocol::ids::PhotoId;

use crate::error::YorisoiError;
use crate::types::{ClinicianRole, MessageStep, Moment, Service, Subject, Words};
use crate::views::{EligibilityView, consultation_id, message_id};

/// A consultation in a list.
#[derive(uniffi::Record)]
pub struct ConsultationView {
    /// Its id.
    pub id: String,
    /// Who is asked.
    pub service: Service,
    /// Whom it concerns.
    pub subject: Subject,
    /// The beginning of the question.
    pub preview: String,
    /// The step of the newest own message.
    pub step: MessageStep,
    /// By when an answer to it is due.
    pub due: Option<Moment>,
    /// When something was last written in it.
    pub last: Moment,
    /// Answers not read yet.
    pub unread: u32,
    /// How many messages it has.
    pub messages: u32,
}

impl From<core::ConsultationView> for ConsultationView {
    fn from(view: core::ConsultationView) -> Self {
        Self {
            id: view.id.to_string(),
            service: view.service.into(),
            subject: view.subject.into(),
            preview: view.preview,
            step: view.step.into(),
            due: view.due.map(Moment::from),
            last: view.last.into(),
            unread: view.unread,
            messages: view.messages,
        }
    }
}

/// A part of the list of consultations.
#[derive(uniffi::Record)]
pub struct ConsultationPage {
    /// The consultations of this part.
    pub consultations: Vec<ConsultationView>,
    /// How many there are in all.
    pub total: u64,
    /// Answers not read yet in all of them.
    pub unread: u32,
    /// Where the next part begins; absent after the last.
    pub next: Option<u64>,
}

impl From<core::ConsultationPage> for ConsultationPage {
    fn from(page: core::ConsultationPage) -> Self {
        let core::ConsultationPage { consultations, total, unread, next } = page;
        Self { consultations: list(consultations), total, unread, next }
    }
}

/// A message in its consultation.
#[derive(uniffi::Record)]
pub struct MessageView {
    /// Its id.
    pub id: String,
    /// Who wrote it; absent for the parent.
    pub role: Option<ClinicianRole>,
    /// What it says.
    pub text: String,
    /// When it was written.
    pub at: Moment,
    /// How far an own message has come; absent for an answer.
    pub step: Option<MessageStep>,
    /// By when an answer is due.
    pub due: Option<Moment>,
    /// Since when the server holds it, by its signed receipt.
    pub held_since: Option<Moment>,
    /// Why the server refused it.
    pub refusal: Option<Words>,
}

impl From<core::MessageView> for MessageView {
    fn from(view: core::MessageView) -> Self {
        Self {
            id: view.id.to_string(),
            role: view.role.map(ClinicianRole::from),
            text: view.text,
            at: view.at.into(),
            step: view.step.map(MessageStep::from),
            due: view.due.map(Moment::from),
            held_since: view.held_since.map(Moment::from),
            refusal: view.refusal.map(Words::from),
        }
    }
}

/// A part of a consultation's messages, oldest first.
#[derive(uniffi::Record)]
pub struct MessagePage {
    /// The messages of this part.
    pub messages: Vec<MessageView>,
    /// How many there are in all.
    pub total: u32,
    /// Before which place older ones stand; absent if the first is among these.
    pub before: Option<u32>,
}

impl From<core::MessagePage> for MessagePage {
    fn from(page: core::MessagePage) -> Self {
        let core::MessagePage { messages, total, before } = page;
        Self { messages: list(messages), total, before }
    }
}

/// What is half-written, to be saved.
#[derive(uniffi::Record)]
pub struct NewDraft {
    /// The draft to save again; absent for a new one.
    pub id: Option<String>,
    /// Who will be asked.
    pub service: Service,
    /// Whom it concerns.
    pub subject: Subject,
    /// The consultation it adds to; absent for a new one.
    pub consultation: Option<String>,
    /// What is written so far; may be empty.
    pub text: String,
}

impl TryFrom<NewDraft> for core_client::NewDraft {
    type Error = YorisoiError;

    fn try_from(draft: NewDraft) -> Result<Self, YorisoiError> {
        Ok(Self {
            id: draft.id.map(|id| message_id(&id)).transpose()?,
            service: draft.service.into(),
            subject: draft.subject.try_into()?,
            consultation: draft.consultation.map(|id| consultation_id(&id)).transpose()?,
            text: draft.text,
        })
    }
}

/// Something half-written.
#[derive(uniffi::Record)]
pub struct DraftView {
    /// Its id.
    pub id: String,
    /// Who will be asked; absent if a newer library offered a choice that this one does not know.
    pub service: Option<Service>,
    /// Whom it concerns; absent likewise.
    pub subject: Option<Subject>,
    /// The consultation it adds to; absent for a new one.
    pub consultation: Option<String>,
    /// What is written so far.
    pub text: String,
    /// When writing began.
    pub begun: Moment,
    /// Whether it may be sent now; absent while no programme is known.
    pub send: Option<EligibilityView>,
    /// Whether it is marked as ready, and sent by itself as soon as it may be.
    pub ready: bool,
}

impl From<core::DraftView> for DraftView {
    fn from(view: core::DraftView) -> Self {
        Self {
            id: view.id.to_string(),
            service: view.service.map(Service::from),
            subject: view.subject.map(Subject::from),
            consultation: view.consultation.map(|id| id.to_string()),
            text: view.text,
            begun: view.begun.into(),
            send: view.send.map(EligibilityView::from),
            ready: view.ready,
        }
    }
}

/// A part of the list of drafts.
#[derive(uniffi::Record)]
pub struct DraftPage {
    /// The drafts of this part.
    pub drafts: Vec<DraftView>,
    /// How many there are in all.
    pub total: u64,
    /// Where the next part begins; absent after the last.
    pub next: Option<u64>,
}

impl From<core::DraftPage> for DraftPage {
    fn from(page: core::DraftPage) -> Self {
        let core::DraftPage { drafts, total, next } = page;
        Self { drafts: list(drafts), total, next }
    }
}

/// Container of a photo.
#[derive(uniffi::Enum)]
pub enum PhotoKind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

/// A photo that is kept.
#[derive(uniffi::Record)]
pub struct PhotoView {
    /// Its id.
    pub id: String,
    /// Its container.
    pub kind: PhotoKind,
    /// Pixels in a row, before orientation.
    pub width: u32,
    /// Rows, before orientation.
    pub height: u32,
    /// Its size in bytes.
    pub bytes: u64,
    /// How far it has come on its way to the server. The text of its message never waits for it.
    pub sent: PhotoSent,
    /// The same in words.
    pub sent_words: Words,
}

/// How far a photo has come on its way to the server.
#[derive(uniffi::Enum)]
pub enum PhotoSent {
    /// It stays on this phone: of a draft, of a message that the server refused, or of one that an older library queued.
    OnlyHere,
    /// It goes once the person agrees to sending photos.
    ConsentNeeded,
    /// It follows its text, or is on its way.
    Going {
        /// How many bytes the server holds, as far as this phone knows; 0 to its size.
        bytes: u64,
    },
    /// The server holds all of it.
    Whole,
    /// It could not be sent, and no sync will try again.
    Refused,
}

impl From<core::PhotoSent> for PhotoSent {
    fn from(sent: core::PhotoSent) -> Self {
        match sent {
            core::PhotoSent::OnlyHere => Self::OnlyHere,
            core::PhotoSent::ConsentNeeded => Self::ConsentNeeded,
            core::PhotoSent::Going { bytes } => Self::Going { bytes },
            core::PhotoSent::Whole => Self::Whole,
            core::PhotoSent::Refused => Self::Refused,
        }
    }
}

impl From<core::PhotoView> for PhotoView {
    fn from(view: core::PhotoView) -> Self {
        let core::PhotoView { id, kind, width, height, bytes, sent } = view;
        let kind = match kind {
            yorisoi_core::photo::PhotoKind::Jpeg => PhotoKind::Jpeg,
            yorisoi_core::photo::PhotoKind::Png => PhotoKind::Png,
        };
        let (id, sent_words, sent) = (id.to_string(), sent.words().into(), sent.into());
        Self { id, kind, width, height, bytes, sent, sent_words }
    }
}

pub(crate) fn photo_id(text: &str) -> Result<PhotoId, YorisoiError> {
    PhotoId::parse(text).map_err(|_| YorisoiError::not_found())
}

/// A list as it crosses the border.
pub(crate) fn list<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(B::from).collect()
}
