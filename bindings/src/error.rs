//! The one error of the library: few kinds, each with a stable code and words ready to be shown.

use yorisoi_core::{ErrorKind, YorisoiError as CoreError};
use yorisoi_protocol::code::CodeError;

use crate::types::Words;

/// What went wrong, by kind. `docs/errors.md` lists every code.
#[derive(Debug, Clone, thiserror::Error, uniffi::Error)]
pub enum YorisoiError {
    /// The code on the card. Found on the phone; nothing was sent.
    #[error("{details:?}")]
    Card {
        /// The code, and words to show.
        details: ErrorDetails,
        /// Which of the four groups to look at again, if one slip explains what was typed.
        groups: Vec<u32>,
    },
    /// Joining the programme.
    #[error("{details:?}")]
    Enrollment {
        /// The code, and words to show.
        details: ErrorDetails,
    },
    /// The programme's window.
    #[error("{details:?}")]
    Window {
        /// The code, and words to show.
        details: ErrorDetails,
    },
    /// Consent is asked for first.
    #[error("{details:?}")]
    Consent {
        /// The code, and words to show.
        details: ErrorDetails,
    },
    /// What a person wrote or chose.
    #[error("{details:?}")]
    Input {
        /// The code, and words to show.
        details: ErrorDetails,
    },
    /// Something that is not there.
    #[error("{details:?}")]
    NotFound {
        /// The code, and words to show.
        details: ErrorDetails,
    },
    /// What the app passed in.
    #[error("{details:?}")]
    Setting {
        /// The code, and words to show.
        details: ErrorDetails,
    },
    /// The key store. Never delete anything because of it.
    #[error("{details:?}")]
    Key {
        /// The code, and words to show.
        details: ErrorDetails,
    },
    /// The database.
    #[error("{details:?}")]
    Storage {
        /// The code, and words to show.
        details: ErrorDetails,
    },
    /// The library between being suspended and resumed.
    #[error("{details:?}")]
    Suspended {
        /// The code, and words to show.
        details: ErrorDetails,
    },
    /// The network. No alarm: what was written is saved.
    #[error("{details:?}")]
    Network {
        /// The code, and words to show.
        details: ErrorDetails,
    },
    /// The server, or something in its place.
    #[error("{details:?}")]
    Server {
        /// The code, and words to show.
        details: ErrorDetails,
    },
}

/// What every error carries. Nothing in it is personal.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ErrorDetails {
    /// The stable code.
    pub code: String,
    /// Whether the same call may succeed later without anybody changing anything.
    pub retryable: bool,
    /// What to tell the person.
    pub words: Words,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.en)
    }
}

impl YorisoiError {
    pub(crate) fn setting(what: &'static str) -> Self {
        CoreError::Setting(what).into()
    }

    pub(crate) fn not_found() -> Self {
        CoreError::NotFound.into()
    }

    pub(crate) fn closed() -> Self {
        CLOSED.into()
    }
}

/// What an error of kind `Setting` carries where a closed object is used. The generated Kotlin asks for it, no app does;
/// in Swift nothing is ever closed.
#[uniffi::export]
pub fn closed_details() -> ErrorDetails {
    ErrorDetails::of(&CLOSED)
}

const CLOSED: CoreError = CoreError::Setting("the client was closed");

impl ErrorDetails {
    fn of(error: &CoreError) -> Self {
        Self { code: error.code().to_owned(), retryable: error.retryable(), words: error.words().into() }
    }
}

impl From<CoreError> for YorisoiError {
    fn from(error: CoreError) -> Self {
        let details = ErrorDetails::of(&error);
        match error.kind() {
            ErrorKind::Card => {
                let groups = match error {
                    CoreError::Card(CodeError::CheckFailed { groups }) => {
                        groups.into_iter().map(u32::from).collect()
                    }
                    _ => Vec::new(),
                };
                Self::Card { details, groups }
            }
            ErrorKind::Enrollment => Self::Enrollment { details },
            ErrorKind::Window => Self::Window { details },
            ErrorKind::Consent => Self::Consent { details },
            ErrorKind::Input => Self::Input { details },
            ErrorKind::NotFound => Self::NotFound { details },
            ErrorKind::Setting => Self::Setting { details },
            ErrorKind::Key => Self::Key { details },
            ErrorKind::Storage => Self::Storage { details },
            ErrorKind::Suspended => Self::Suspended { details },
            ErrorKind::Network => Self::Network { details },
            ErrorKind::Server => Self::Server { details },
        }
    }
}
