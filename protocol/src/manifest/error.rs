//! Why a manifest is not taken, and what to tell the person whose phone it is on.

use crate::cbor::CborProblem;
use crate::programme::ProgrammeError;
use crate::signed::{EnvelopeError, KeyId};
use crate::words::Words;

/// Why a manifest is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// More bytes than are read.
    #[error("the manifest has {bytes} bytes; at most {max} are read")]
    TooLong {
        /// Bytes found.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Not an envelope.
    #[error("the manifest is malformed at byte {offset}: {problem}")]
    Malformed {
        /// Where, counted from 0.
        offset: usize,
        /// What is wrong there.
        problem: CborProblem,
    },
    /// Signed under the id of a key that is no root here.
    #[error("the key {key} is not a root")]
    UnknownRoot {
        /// Which.
        key: KeyId,
    },
    /// The root of that id did not sign these bytes as a manifest.
    #[error("the signature does not fit")]
    SignatureWrong,
    /// A format that this version cannot read.
    #[error("format {found} of manifests is not known")]
    UnknownFormat {
        /// Which.
        found: u32,
    },
    /// Not the JSON of a manifest.
    #[error("line {line}, column {column}: {problem}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// The JSON of a manifest with a value that cannot be.
    #[error("{field}: {problem}")]
    Value {
        /// Which field.
        field: &'static str,
        /// What is allowed, or what is wrong.
        problem: &'static str,
    },
    /// A programme that cannot be read, in a draft that is to be signed. Devices leave such a programme out.
    #[error("programme {number}: {error}")]
    Programme {
        /// Which of the list, from 1.
        number: usize,
        /// What is wrong with it.
        error: ProgrammeError,
    },
    /// An older manifest than the one that is held.
    #[error("version {offered} was offered, and version {held} is held already")]
    Rollback {
        /// The version that is held.
        held: u64,
        /// The version that was offered.
        offered: u64,
    },
    /// The version that is held, with another content: whoever signed it made two of one.
    #[error("version {version} is held with another content")]
    OtherBytes {
        /// The version.
        version: u64,
    },
}

impl ManifestError {
    /// What to tell the person, if anybody is asked at all: the manifest that is held stays in force.
    pub fn words(&self) -> Words {
        match self {
            Self::UnknownFormat { .. } => Words::new(
                "新しい情報を読むには、アプリの更新が必要です。いまある情報はそのまま使えます。",
                "The app has to be updated to read newer information. What is here can still be used.",
            ),
            Self::Rollback { .. } | Self::OtherBytes { .. } => Words::new(
                "届いた情報が手元のものより新しくないため、手元の情報を使い続けます。",
                "What arrived is not newer than what is here, so what is here stays in use.",
            ),
            _ => Words::new(
                "届いた情報を確かめることができなかったため、手元の情報を使い続けます。",
                "What arrived could not be confirmed, so what is here stays in use.",
            ),
        }
    }
}

impl From<EnvelopeError> for ManifestError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::TooLong { bytes, max } => Self::TooLong { bytes, max },
            EnvelopeError::Malformed(error) => {
                Self::Malformed { offset: error.offset, problem: error.problem }
            }
        }
    }
}
