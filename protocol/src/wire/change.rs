//! Something the server tells a device.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::date::Timestamp;
use crate::ids::{ChangeId, ConsultationId};
use crate::question::ClinicianRole;

/// One change in a member's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Random. A message made by a change has its bytes as its id.
    pub id: ChangeId,
    /// When it happened, by the server's clock.
    pub at: Timestamp,
    /// What happened.
    pub body: ChangeBody,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeBody {
    /// A clinician took the consultation: every message of it that the server held by then is in somebody's hands.
    Taken {
        /// The consultation.
        consultation: ConsultationId,
        /// Whose hands.
        role: ClinicianRole,
    },
    /// An answer.
    Answer {
        /// The consultation.
        consultation: ConsultationId,
        /// Who answers.
        role: ClinicianRole,
        /// The answer.
        text: String,
    },
}

/// Without the text of an answer.
impl fmt::Debug for ChangeBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, consultation, role) = match self {
            Self::Taken { consultation, role } => ("Taken", consultation, role),
            Self::Answer { consultation, role, .. } => ("Answer", consultation, role),
        };
        f.debug_struct(name).field("consultation", consultation).field("role", role).finish_non_exhaustive()
    }
}
