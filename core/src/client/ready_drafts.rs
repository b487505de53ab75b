//! Drafts that are ready: finished, and sent by themselves as soon as they may be.

use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::question::check_text;

use super::YorisoiClient;
use crate::error::{ErrorKind, YorisoiError};
use crate::host::Notice;

impl YorisoiClient {
    /// Marks a draft as ready to be sent, or as not ready. A draft that is ready is sent by the first sync at which it may
    /// be, as by [`YorisoiClient::send_draft`], and until then it is kept like a question that waits: should the phone lose
    /// its key, it can be handed in all the same. Saving a draft again takes the mark away.
    ///
    /// # Errors
    /// [`YorisoiError::NotFound`]; to mark it as ready also [`YorisoiError::Text`], [`YorisoiError::ChoiceUnknown`] and
    /// [`YorisoiError::ConsentNeeded`]; and the errors of the store.
    pub fn mark_draft_ready(&self, id: MessageId, ready: bool) -> Result<(), YorisoiError> {
        if ready {
            let draft = self.store.draft(id)?.ok_or(YorisoiError::NotFound)?;
            check_text(&draft.text)?;
            let known = draft.service.known().is_some() && draft.subject.known().is_some();
            if draft.consultation.is_none() && !known {
                return Err(YorisoiError::ChoiceUnknown);
            }
            self.seal_to_programme(&*self.place()?)?;
        }
        if !self.store.set_draft_ready(id, ready.then(|| self.now()))? {
            return Err(YorisoiError::NotFound);
        }
        self.tell(&[Notice::Drafts]);
        Ok(())
    }

    /// Sends the drafts that are ready. One that may not be sent now stays, and holds up no other.
    pub(super) fn send_ready_drafts(&self) -> Result<(), YorisoiError> {
        for (id, _) in self.store.ready_drafts()? {
            match self.send_draft(id) {
                Err(error) if matters(&error) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether it is trouble of the phone rather than a reason for one draft to wait.
fn matters(error: &YorisoiError) -> bool {
    matches!(error.kind(), ErrorKind::Storage | ErrorKind::Suspended | ErrorKind::Key)
}
