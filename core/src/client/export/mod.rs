//! Taking everything along: one archive with a JSON text for machines, a page for people, and the photos.
//!
//! `docs/export.md` describes it. It is plain on purpose: it is the person's own copy. What is not in it are keys and codes,
//! which open doors. The archive is written as it is read, so memory does not grow with the photos: the drafts, the ledger and
//! the ids of everything else are of one moment and in memory; threads, operations and pieces of photos come page by page, each
//! in a transaction of its own, so that neither a write nor a suspension waits for an export. Nothing that was there at that
//! moment is missed: messages are never taken away. What is written meanwhile may be in it or not. An export that is cut by
//! [`suspend`](YorisoiClient::suspend) ends with an error, as every call does, and leaves nothing behind.

mod archive;
mod contents;
mod document;
mod failure;
mod markup;
mod page;
mod thread_section;
mod whole_file;

use std::io::Write;
use std::path::Path;
use std::sync::PoisonError;

use archive::{Archive, Packing};
use contents::Contents;
use failure::ExportFailure;

use super::YorisoiClient;
use crate::error::YorisoiError;

/// The name of the page for people.
const PAGE_NAME: &str = "index.html";
/// The name of the text for machines.
const DOCUMENT_NAME: &str = "yorisoi.json";

impl YorisoiClient {
    /// Writes everything this phone holds of the person into one ZIP archive at `to`, such as a file in the app's cache directory
    /// that is then handed to the share sheet. Works offline and at any time, whatever the programme's window. The archive is
    /// not encrypted: the app deletes it when it was shared.
    ///
    /// It is there whole or not at all: written beside as `<name>.partial`, which only the app may read, then put in the place of
    /// what was at `to`. What an earlier export that was killed left there is removed first.
    ///
    /// # Errors
    /// [`YorisoiError::Setting`] for a place where no file can be made or that is in the library's own directory;
    /// [`YorisoiError::Store`] with `Full` or `Io` where writing fails; [`YorisoiError::NotFound`] if a photo was thrown away
    /// meanwhile; and the errors of the store. What was at `to` then stays.
    pub fn export(&self, to: &Path) -> Result<(), YorisoiError> {
        let _turn = self.exporting.lock().unwrap_or_else(PoisonError::into_inner);
        let contents = Contents::now(self)?;
        whole_file::write(to, self.store.directory(), |target| write_archive(&contents, target))
    }
}

/// In the order in which a person looks: the page, what it was made of, the photos.
fn write_archive(contents: &Contents<'_>, target: &mut dyn Write) -> Result<(), ExportFailure> {
    let mut archive = Archive::new(target);
    archive.add(PAGE_NAME, Packing::Text, |target| page::write(contents, target))?;
    archive.add(DOCUMENT_NAME, Packing::Text, |target| document::write(contents, target))?;
    for photo in contents.album.photos() {
        archive.add(&photo.file, Packing::Photo, |target| contents.write_photo(photo, target))?;
    }
    archive.finish()
}

#[cfg(test)]
impl YorisoiClient {
    /// The JSON text of an export that was made at no time in particular.
    pub(super) fn exported(&self) -> Result<String, YorisoiError> {
        let mut text = Vec::new();
        let mut contents = Contents::now(self)?;
        contents.made_at = yorisoi_protocol::Timestamp::EARLIEST;
        document::write(&contents, &mut text)?;
        Ok(String::from_utf8(text).unwrap())
    }

    /// The page for people.
    pub(super) fn exported_page(&self) -> String {
        let mut text = Vec::new();
        page::write(&Contents::now(self).unwrap(), &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    /// The archive, into any target.
    pub(super) fn export_into(&self, target: &mut dyn Write) -> Result<(), YorisoiError> {
        Ok(write_archive(&Contents::now(self)?, target)?)
    }
}
