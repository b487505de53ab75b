//! The ZIP archive, written in one go: sizes and checksums stand behind each entry, so nothing is written twice or kept.
//!
//! Entries are deflated, photos without compressing: readers that go from front to back (`java.util.zip.ZipInputStream`) find the
//! end of a deflated entry only, not that of a stored one whose size comes behind it. Every entry has the same time,
//! the earliest that ZIP can say.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, CrcWriter};
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};

use super::failure::ExportFailure;

/// A file that only its owner reads, where the one who unpacks keeps that.
const PERMISSIONS: u32 = 0o600;

/// 1980-01-01 00:00 in UTC.
const TIME: i64 = 315_532_800;

/// How an entry is packed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Packing {
    /// Compressed.
    Text,
    /// As it is: JPEG and PNG do not get smaller.
    Photo,
}

pub(super) struct Archive<'a> {
    zip: ZipArchiveWriter<&'a mut dyn Write>,
}

impl<'a> Archive<'a> {
    pub(super) fn new(target: &'a mut dyn Write) -> Self {
        Self { zip: ZipArchiveWriter::new(target) }
    }

    /// Adds a file with what `write` writes.
    pub(super) fn add(
        &mut self,
        name: &str,
        packing: Packing,
        write: impl FnOnce(&mut dyn Write) -> Result<(), ExportFailure>,
    ) -> Result<(), ExportFailure> {
        let entry = self.zip.new_file(name).compression_method(CompressionMethod::DEFLATE);
        let entry = entry.unix_permissions(PERMISSIONS).last_modified(UtcDateTime::from_unix(TIME));
        let (mut entry, _) = entry.start()?;
        let level = match packing {
            Packing::Text => Compression::default(),
            Packing::Photo => Compression::none(),
        };
        let mut plain = CrcWriter::new(DeflateEncoder::new(&mut entry, level));
        write(&mut plain)?;
        let checksum = plain.crc().sum();
        let mut deflate = plain.into_inner();
        deflate.try_finish()?;
        let size = deflate.total_in();
        drop(deflate);
        entry.finish(DataDescriptorOutput::new(checksum, size))?;
        Ok(())
    }

    /// Writes the directory of the archive.
    pub(super) fn finish(self) -> Result<(), ExportFailure> {
        self.zip.finish()?.flush()?;
        Ok(())
    }
}
