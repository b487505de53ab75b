//! A file that did not exist before: written whole and made durable, or not there at all. Nothing is overwritten.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::CliError;

/// Writes a new file with these permissions.
pub(super) fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::NewFile(error.kind());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key or half a manifest is worse than none; where it cannot be removed either, the error still tells.
        let _ = std::fs::remove_file(path);
    }
    written.map_err(failed)?;
    // The name of a new file is durable only once its directory is.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}

/// Reads a file of at most `max` bytes, and one byte more of a longer one, which its reader then refuses.
pub(super) fn read(path: &Path, max: usize) -> Result<Vec<u8>, CliError> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| CliError::File(error.kind()))
}
