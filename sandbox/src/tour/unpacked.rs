//! An export as any tool unpacks it.

use std::io::Read;
use std::path::Path;

use flate2::read::DeflateDecoder;
use rawzip::ZipArchive;

use super::failure::{Failure, present};

/// An unpacked export.
pub(crate) struct Unpacked {
    /// Its size as an archive.
    pub(crate) packed: usize,
    /// The page for people.
    pub(crate) page: String,
    /// The text for machines.
    pub(crate) document: String,
}

/// Unpacks the archive in a file, with its checksums.
pub(crate) fn unpack(path: &Path) -> Result<Unpacked, Failure> {
    let archive = std::fs::read(path).map_err(Failure::system("reading the export"))?;
    Ok(Unpacked {
        page: text(&archive, "index.html")?,
        document: text(&archive, "yorisoi.json")?,
        packed: archive.len(),
    })
}

fn text(archive: &[u8], name: &str) -> Result<String, Failure> {
    let zip = ZipArchive::from_slice(archive).map_err(Failure::broken)?;
    let entry =
        zip.entries().filter_map(Result::ok).find(|entry| entry.file_path().as_bytes() == name.as_bytes());
    let packed = zip.get_entry(present(name, entry)?.wayfinder()).map_err(Failure::broken)?;
    let mut plain = String::new();
    let mut reader = packed.verifying_reader(DeflateDecoder::new(packed.data()));
    reader.read_to_string(&mut plain).map_err(Failure::system("unpacking the export"))?;
    Ok(plain)
}
