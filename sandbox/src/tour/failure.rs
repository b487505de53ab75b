//! Why the tour stopped: something was not as it should be, or a part of the stage broke.

use std::fmt::{self, Debug};
use std::io;

use yorisoi_sandbox::rig::RigError;

/// What the tour ends with where it does not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A claim that did not hold.
    #[error("{what}: expected {expected}, found {found}")]
    Claim { what: String, expected: String, found: String },
    /// A part that should have worked and did not.
    #[error("{0}")]
    Broken(String),
}

impl Failure {
    /// A part that should have worked and did not.
    pub(crate) fn broken(what: impl fmt::Display) -> Self {
        Self::Broken(what.to_string())
    }

    /// For `map_err`: what was being done when the system refused.
    pub(crate) fn system(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::Broken(format!("{doing}: {error}"))
    }
}

impl From<RigError> for Failure {
    fn from(error: RigError) -> Self {
        Self::broken(error)
    }
}

/// Holds a claim against what was found.
pub(crate) fn check<T: PartialEq<U> + Debug, U: Debug>(
    what: impl fmt::Display,
    found: T,
    expected: U,
) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::Claim {
        what: what.to_string(),
        expected: format!("{expected:?}"),
        found: format!("{found:?}"),
    })
}

/// Holds a text against what it must contain.
pub(crate) fn check_contains(what: impl fmt::Display, text: &str, wanted: &str) -> Result<(), Failure> {
    if text.contains(wanted) {
        return Ok(());
    }
    Err(Failure::Claim {
        what: what.to_string(),
        expected: format!("a text with {wanted:?}"),
        found: format!("{text:?}"),
    })
}

/// What must be there.
pub(crate) fn present<T>(what: impl fmt::Display, found: Option<T>) -> Result<T, Failure> {
    found.ok_or_else(|| Failure::Claim {
        what: what.to_string(),
        expected: "it to be there".to_owned(),
        found: "nothing".to_owned(),
    })
}
