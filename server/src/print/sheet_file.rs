//! The file of a printing. It holds codes, so nobody but its owner may read it, and no other file is ever overwritten.
//!
//! Codes exist only in this file, and a card works only once the database knows it. Two steps that no crash can part
//! are not to be had across a file and a database, so the order decides what a crash leaves:
//! 1. [`SheetFile::write`]: the whole PDF is on the disk under a name that ends in `.part`;
//! 2. the cards are committed to the database;
//! 3. [`SheetFile::publish`]: the PDF takes its own name.
//!
//! So a file under its own name always holds cards that work, and cards that were issued are always in a file. What a
//! crash leaves is a `.part` file: whole, and good exactly if `cards list` shows the card numbers that stand on it.
//! While it is there, the same command is refused, so that it is not lost by trying again.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What a file is called until its cards are issued.
const UNFINISHED: &str = ".part";

/// A PDF whose cards are not issued yet. Dropped before it is kept, it is deleted.
pub struct SheetFile {
    out: PathBuf,
    unfinished: PathBuf,
    file: File,
    keep: bool,
}

/// Why the file is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetFileError {
    /// Something has this name.
    #[error("the output file exists already; it stays as it is")]
    Exists,
    /// A run was interrupted.
    #[error(
        "an interrupted run left a file ending in {UNFINISHED}: if `cards list` shows its card numbers its cards work, else delete it"
    )]
    Interrupted,
    /// The file system refused.
    #[error("the output file cannot be written: {0}")]
    Unwritable(ErrorKind),
    /// The cards are issued, and only the last renaming failed.
    #[error("the cards are issued, but the file could not take its name and still ends in {UNFINISHED}: {0}")]
    Unnamed(ErrorKind),
}

impl SheetFile {
    /// Claims the name `out`.
    ///
    /// # Errors
    /// [`SheetFileError`]; nothing was changed.
    pub fn begin(out: &Path) -> Result<Self, SheetFileError> {
        if out.symlink_metadata().is_ok() {
            return Err(SheetFileError::Exists);
        }
        let mut unfinished = OsString::from(out);
        unfinished.push(UNFINISHED);
        let unfinished = PathBuf::from(unfinished);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished);
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => SheetFileError::Interrupted,
            kind => SheetFileError::Unwritable(kind),
        })?;
        Ok(Self { out: out.to_owned(), unfinished, file, keep: false })
    }

    /// Puts the PDF on the disk for good, under the unfinished name.
    ///
    /// # Errors
    /// [`SheetFileError::Unwritable`].
    pub fn write(&mut self, pdf: &[u8]) -> Result<(), SheetFileError> {
        let written = self.file.write_all(pdf).and_then(|()| self.file.sync_all());
        written.and_then(|()| self.sync_directory()).map_err(|error| SheetFileError::Unwritable(error.kind()))
    }

    /// Gives the file its name. From here on it stays, whatever happens: its cards are issued.
    ///
    /// # Errors
    /// [`SheetFileError::Unnamed`].
    pub fn publish(mut self) -> Result<(), SheetFileError> {
        self.keep = true;
        // Unlike renaming, linking never replaces a file that appeared meanwhile.
        std::fs::hard_link(&self.unfinished, &self.out)
            .and_then(|()| std::fs::remove_file(&self.unfinished))
            .and_then(|()| self.sync_directory())
            .map_err(|error| SheetFileError::Unnamed(error.kind()))
    }

    fn sync_directory(&self) -> std::io::Result<()> {
        let directory = self.out.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new("."))).and_then(|directory| directory.sync_all())
    }
}

impl Drop for SheetFile {
    fn drop(&mut self) {
        if !self.keep {
            // Where even this fails, the next run tells.
            let _ = std::fs::remove_file(&self.unfinished);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_published_file_is_whole_private_and_alone() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("cards.pdf");
        let mut file = SheetFile::begin(&out).unwrap();
        file.write(b"whole").unwrap();
        assert!(!out.exists());
        file.publish().unwrap();
        assert_eq!(std::fs::read(&out).unwrap(), b"whole");
        assert_eq!(out.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_exists_is_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("cards.pdf");
        std::fs::write(&out, "mine").unwrap();
        assert_eq!(SheetFile::begin(&out).err(), Some(SheetFileError::Exists));
        assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    }

    #[test]
    fn a_name_taken_meanwhile_is_kept_and_the_cards_too() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("cards.pdf");
        let mut file = SheetFile::begin(&out).unwrap();
        file.write(b"cards").unwrap();
        std::fs::write(&out, "mine").unwrap();
        assert_eq!(file.publish(), Err(SheetFileError::Unnamed(ErrorKind::AlreadyExists)));
        assert_eq!(std::fs::read(&out).unwrap(), b"mine");
        assert_eq!(std::fs::read(directory.path().join("cards.pdf.part")).unwrap(), b"cards");
    }

    #[test]
    fn an_interrupted_run_is_told_and_a_failed_one_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("cards.pdf");
        drop(SheetFile::begin(&out).unwrap());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        std::fs::write(directory.path().join("cards.pdf.part"), "cards").unwrap();
        assert_eq!(SheetFile::begin(&out).err(), Some(SheetFileError::Interrupted));
    }

    #[test]
    fn a_directory_that_is_not_there_is_told() {
        let out = Path::new("/no/such/directory/cards.pdf");
        assert_eq!(SheetFile::begin(out).err(), Some(SheetFileError::Unwritable(ErrorKind::NotFound)));
    }
}
