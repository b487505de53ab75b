//! A file that is there whole or not at all.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::failure::ExportFailure;
use crate::error::YorisoiError;

const BUFFER: usize = 64 * 1024;
const NO_PLACE: YorisoiError = YorisoiError::Setting("where the export is to be written");

/// Writes what `write` writes into a file at `to`, in the place of one that was there. Nothing in plain is written into the
/// directory `sealed`.
pub(super) fn write(
    to: &Path,
    sealed: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), ExportFailure>,
) -> Result<(), YorisoiError> {
    if std::fs::symlink_metadata(to).is_ok_and(|there| !there.is_file() && !there.is_symlink()) {
        // A directory, and above all a device or a socket: who may write there may also lose it to a rename.
        return Err(NO_PLACE);
    }
    let partial = Partial(beside(to, sealed)?);
    remove(&partial.0)?;
    let file = make(&partial.0)?;
    let mut target = BufWriter::with_capacity(BUFFER, file);
    write(&mut target)?;
    let file = target.into_inner().map_err(|error| ExportFailure::Target(error.into_error()))?;
    file.sync_all().map_err(ExportFailure::Target)?;
    std::fs::rename(&partial.0, to).map_err(refused)
}

/// A file that is removed again unless it was moved to its place. It is no more there then, and removing it changes nothing.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // If even this fails, the next export to the same place removes it.
        remove(&self.0).ok();
    }
}

fn beside(to: &Path, sealed: &Path) -> Result<PathBuf, YorisoiError> {
    let mut name = OsString::from(to.file_name().ok_or(NO_PLACE)?);
    name.push(".partial");
    let parent = to.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let (parent, sealed) = (parent.canonicalize().map_err(refused)?, sealed.canonicalize());
    if sealed.is_ok_and(|sealed| parent.starts_with(sealed)) {
        return Err(NO_PLACE);
    }
    Ok(parent.join(name))
}

fn make(path: &Path) -> Result<File, YorisoiError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(refused)
}

fn remove(path: &Path) -> Result<(), YorisoiError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(refused(error)),
        _ => Ok(()),
    }
}

/// What the host can mend is told from what the disk does.
fn refused(error: std::io::Error) -> YorisoiError {
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::DirectoryNotEmpty
        | ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::InvalidFilename => NO_PLACE,
        _ => ExportFailure::Target(error).into(),
    }
}
