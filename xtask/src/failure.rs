//! Why a command of the project could not do its work, in words for the person who ran it.

use std::path::PathBuf;

/// The reason a command stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line does not say anything we know.
    #[error("{0}")]
    Usage(String),
    /// A program is missing or may not be run.
    #[error("could not start `{program}`: {source}")]
    Start { program: String, source: std::io::Error },
    /// A program ran and reported failure; it has already printed why.
    #[error("`{program}` ended with {status}")]
    Ended { program: String, status: std::process::ExitStatus },
    /// A program succeeded, but said something this command cannot use.
    #[error("`{program}` printed something unexpected: {reason}")]
    Answer { program: String, reason: String },
    /// A file or directory could not be read or written.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    /// A rule of the project is broken; one line for each place.
    #[error("{}", findings.join("\n        "))]
    Broken { findings: Vec<String> },
}

impl Failure {
    /// Names the file in an error of the file system.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// One broken rule in one line.
    pub(crate) fn broken(finding: impl Into<String>) -> Self {
        Self::Broken { findings: vec![finding.into()] }
    }
}
