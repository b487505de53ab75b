//! Taking everything along: one JSON text of all this phone holds.

use serde::Serialize;
use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::ids::{ConsultationId, MessageId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::survey::SurveyAnswers;
use yorisoi_protocol::{Timestamp, Words};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::store::{Draft, Settings, StoreError};
use crate::view::{MessageStep, MessageView};

/// Rises when a field changes its meaning.
const FORMAT: u32 = 1;
/// Rows read at once.
const PAGE: u32 = 200;

#[derive(Serialize)]
struct Export {
    format: u32,
    programme: Option<String>,
    enrolled_at: Option<Timestamp>,
    consultations: Vec<ExportedConsultation>,
    drafts: Vec<(MessageId, Draft)>,
    survey: Option<SurveyAnswers>,
    consents: Vec<ConsentEntry>,
    settings: Settings,
}

#[derive(Serialize)]
struct ExportedConsultation {
    id: ConsultationId,
    service: Service,
    subject: Subject,
    messages: Vec<ExportedMessage>,
}

#[derive(Serialize)]
struct ExportedMessage {
    id: MessageId,
    from: Option<ClinicianRole>,
    text: String,
    at: Timestamp,
    step: Option<MessageStep>,
    due: Option<Timestamp>,
    held_since: Option<Timestamp>,
    refused: Option<Words>,
}

impl YorisoiClient {
    /// Everything this phone holds of the person, as JSON. Works offline and after the programme's end.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn export(&self) -> Result<String, YorisoiError> {
        let enrollment = self.enrollment()?;
        let mut consultations = Vec::new();
        let mut after = None;
        loop {
            let page = self.consultations(after, PAGE)?;
            for view in page.consultations {
                let messages = self.whole_thread(view.id)?;
                let (id, service, subject) = (view.id, view.service, view.subject);
                consultations.push(ExportedConsultation { id, service, subject, messages });
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let survey = if enrollment.is_some() { self.survey()?.and_then(|view| view.answers) } else { None };
        let export = Export {
            format: FORMAT,
            enrolled_at: enrollment.as_ref().map(|view| view.since),
            programme: enrollment.map(|view| view.programme),
            consultations,
            drafts: self.store.drafts(None, u32::MAX)?.rows,
            survey,
            consents: self.store.consents()?,
            settings: self.store.settings()?,
        };
        serde_json::to_string(&export).map_err(|error| StoreError::from(error).into())
    }

    fn whole_thread(&self, consultation: ConsultationId) -> Result<Vec<ExportedMessage>, YorisoiError> {
        let (mut pages, mut before) = (Vec::new(), None);
        loop {
            let page = self.messages(consultation, before, PAGE)?;
            pages.push(page.messages);
            before = page.before;
            if before.is_none() {
                break;
            }
        }
        Ok(pages.into_iter().rev().flatten().map(exported).collect())
    }
}

fn exported(view: MessageView) -> ExportedMessage {
    let MessageView { id, role, text, at, step, due, held_since, refusal } = view;
    ExportedMessage { id, from: role, text, at, step, due, held_since, refused: refusal }
}
