//! Taking everything along: one JSON text of all this phone holds.

use serde_json::{Value, json};
use yorisoi_protocol::Words;

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::view::MessageView;

impl YorisoiClient {
    /// Everything this phone holds of the person, as JSON. Works offline and after the programme's end.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn export(&self) -> Result<String, YorisoiError> {
        let mut consultations = Vec::new();
        for view in self.consultations()? {
            let messages: Vec<Value> = self.messages(view.id)?.into_iter().map(message).collect();
            consultations.push(json!({
                "id": view.id,
                "service": view.service,
                "subject": view.subject,
                "messages": messages,
            }));
        }
        let drafts: Vec<Value> =
            self.store.drafts()?.into_iter().map(|(id, draft)| json!({"id": id, "draft": draft})).collect();
        let enrollment = self.enrollment()?;
        let export = json!({
            "format": 1,
            "programme": enrollment.as_ref().map(|view| &view.programme),
            "enrolled_at": enrollment.as_ref().map(|view| view.since),
            "consultations": consultations,
            "drafts": drafts,
            "survey": self.survey_answers()?,
            "consents": self.store.consents()?,
            "settings": self.store.settings()?,
        });
        serde_json::to_string_pretty(&export).map_err(|error| crate::store::StoreError::from(error).into())
    }

    fn survey_answers(&self) -> Result<Option<Value>, YorisoiError> {
        match self.survey() {
            Ok(view) => Ok(view.and_then(|view| {
                view.answers.map(|answers| json!({"survey": view.definition.id, "answers": answers}))
            })),
            Err(YorisoiError::NotEnrolled) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn message(view: MessageView) -> Value {
    json!({
        "id": view.id,
        "from": view.role,
        "text": view.text,
        "at": view.at,
        "step": view.step,
        "due": view.due,
        "held_since": view.held_since,
        "refused": view.refusal.map(|Words { ja, en }| json!({"ja": ja, "en": en})),
    })
}
