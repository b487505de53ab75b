//! What is told of a mistake in a file: a place that is there.

use yorisoi_protocol::FileError;

/// Bytes that reading an operator's file may allocate for each of its bytes: its values, and, for the line of a mistake,
/// an index of each level on the way to it.
pub const PER_BYTE: usize = 1024;

/// Whether an error names a line and a column of `text`, or a field.
///
/// # Panics
/// If it does not.
pub fn is_placed(error: &FileError, text: &str) {
    let lines = text.split('\n').count();
    match error {
        FileError::TooLarge { bytes, most } => assert!(*bytes == text.len() && bytes > most),
        FileError::Syntax { line, column, problem } => {
            let at = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
            assert!((1..=lines).contains(line) && *column <= at.len() + 1, "line {line}, column {column}");
            assert!(!problem.is_empty());
        }
        FileError::Value { field, line, problem } => {
            assert!(line.is_none_or(|line| (1..=lines).contains(&line)), "line {line:?}");
            // A key may be the empty text; what is wrong is said all the same.
            assert!(!problem.is_empty() && (!field.is_empty() || *problem == "a field has no name"));
        }
    }
}
