//! A choice that stands in a draft: one this library knows, or one it does not, kept as it stands.
//!
//! A draft may have been written by a newer library that offered more, before the app went back to an older one. What somebody
//! wrote is theirs all the same: it is listed, found, exported and saved again; only to be sent it needs another choice.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A choice.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Choice<T> {
    /// One this library offers.
    Known(T),
    /// Another, as it stands.
    Unknown(serde_json::Value),
}

impl<T> Choice<T> {
    /// The choice, if this library knows it.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(choice) => Some(choice),
            Self::Unknown(_) => None,
        }
    }
}

impl<T> From<T> for Choice<T> {
    fn from(choice: T) -> Self {
        Self::Known(choice)
    }
}

/// Without what it is, where that is not known: it might name somebody.
impl<T: fmt::Debug> fmt::Debug for Choice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(choice) => choice.fmt(f),
            Self::Unknown(_) => f.write_str("unknown"),
        }
    }
}
