//! Reading a file that an operator wrote: strictly, with the line of every mistake.
//!
//! A device reads the same types without this module: there a field it does not know is passed over, so that an older app
//! survives a newer file. An operator's slip must not be passed over, so here it is refused.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// More bytes than are read.
    #[error("the file has {bytes} bytes; at most {most} are read")]
    TooLarge {
        /// Bytes found.
        bytes: usize,
        /// Bytes that are read at most.
        most: usize,
    },
    /// Not the JSON that is expected.
    #[error("line {line}, column {column}: {problem}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// The expected JSON with a value that cannot be, or a field that nobody knows.
    #[error("{}{field}: {problem}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
    Value {
        /// Which field, from the outermost, with positions from 0: `rules.use.all.1.window`.
        field: String,
        /// Its line, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl FileError {
    /// A value that cannot be, wherever it stands.
    pub(crate) fn value(field: impl Into<String>, problem: &'static str) -> Self {
        Self::Value { field: field.into(), line: None, problem }
    }

    /// The same one level further in: `field` stands in `outer`.
    pub(crate) fn within(self, outer: &str) -> Self {
        match self {
            Self::Value { field, line, problem } => {
                Self::Value { field: format!("{outer}.{field}"), line, problem }
            }
            other => other,
        }
    }

    /// The same with the line of its field in `text`.
    fn located(self, text: &str) -> Self {
        match self {
            Self::Value { field, line: None, problem } => {
                let line = line_of(text, &field);
                Self::Value { field, line, problem }
            }
            other => other,
        }
    }
}

impl From<serde_json::Error> for FileError {
    fn from(error: serde_json::Error) -> Self {
        // serde ends its messages with the place, which is carried beside it.
        let text = error.to_string();
        let problem = text.rsplit_once(" at line ").map_or(text.clone(), |(problem, _)| problem.to_owned());
        Self::Syntax { line: error.line(), column: error.column(), problem }
    }
}

/// Reads a whole file and checks its values.
pub(crate) fn read<T: DeserializeOwned>(
    text: &str,
    most: usize,
    check: impl FnOnce(&T) -> Result<(), FileError>,
) -> Result<T, FileError> {
    if text.len() > most {
        return Err(FileError::TooLarge { bytes: text.len(), most });
    }
    let mut unknown: Option<String> = None;
    let mut json = serde_json::Deserializer::from_slice(text.as_bytes());
    let parsed: Result<T, _> = serde_ignored::deserialize(&mut json, |path| {
        unknown.get_or_insert_with(|| dotted(&path));
    });
    let value = match (parsed.and_then(|value| json.end().map(|()| value)), unknown) {
        (Ok(value), None) => value,
        // A field that is missing may be one whose name has a slip: that name is the better news.
        (Ok(_), Some(field)) => return Err(unknown_field(field).located(text)),
        (Err(error), Some(field)) if error.is_data() => return Err(unknown_field(field).located(text)),
        (Err(error), _) => return Err(error.into()),
    };
    check(&value).map(|()| value).map_err(|error| error.located(text))
}

fn unknown_field(field: String) -> FileError {
    let problem = if field.is_empty() { "a field has no name" } else { "nobody knows this field" };
    FileError::value(field, problem)
}

/// Keys and positions, without the steps that JSON does not show.
fn dotted(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;
    let join = |parent: &Path<'_>, step: &str| match dotted(parent) {
        outer if outer.is_empty() => step.to_owned(),
        outer => format!("{outer}.{step}"),
    };
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => join(parent, &index.to_string()),
        Path::Map { parent, key } => join(parent, key),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            dotted(parent)
        }
    }
}

/// The line on which the value of a field begins; of the innermost part of its path that is there.
fn line_of(text: &str, field: &str) -> Option<usize> {
    let mut found: Option<&RawValue> = None;
    for step in field.split('.') {
        let within = found.map_or(text, RawValue::get);
        let part = match step.parse::<usize>() {
            Ok(index) if within.trim_start().starts_with('[') => {
                serde_json::from_str::<Vec<&RawValue>>(within).ok()?.get(index).copied()
            }
            _ => serde_json::from_str::<BTreeMap<String, &RawValue>>(within).ok()?.get(step).copied(),
        };
        match part {
            Some(part) => found = Some(part),
            None => break,
        }
    }
    // The part is a slice of the text: how far in it begins is how far apart the two begin.
    let offset = (found?.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some(text.as_bytes().get(..offset)?.iter().filter(|byte| **byte == b'\n').count() + 1)
}
