//! How bodies are made shorter for the wire: gzip (RFC 1952) over DEFLATE (RFC 1951).
//!
//! What is compressed here is JSON around texts of people, ids and signatures. Among random letters, matches of three or four
//! bytes are found everywhere and cost more than they save; so only longer ones are taken. That makes such bodies shorter than
//! the usual level does, in a third of the time. Either end reads any gzip; this is only how ours is written.

use miniz_oxide::deflate::core::{
    CompressionStrategy, CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output,
    create_comp_flags_from_zip_params,
};

use crate::wire::GZIP_FROM_BYTES;

/// The effort, of 0 to 10: up to 32 earlier places are looked at for each match.
const LEVEL: i32 = 5;
/// DEFLATE alone, without the frame of zlib, over 32 KiB.
const RAW_WINDOW: i32 = -15;
/// No name, no time, system unknown.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The body as gzip; `None` where it is short, or does not become shorter.
pub fn shorter(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < GZIP_FROM_BYTES {
        return None;
    }
    let mut begun = Begun::default();
    begun.push(body);
    begun.end().filter(|gzip| gzip.len() < body.len())
}

/// Gzip that is written piece by piece.
pub struct Begun {
    /// Boxed: it has a third of a megabyte, which would be copied with whatever holds it.
    compressor: Box<CompressorOxide>,
    sum: crc32fast::Hasher,
    length: usize,
    gzip: Vec<u8>,
    failed: bool,
}

impl Begun {
    /// Goes on with these bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
        self.length += bytes.len();
        self.compress(bytes, TDEFLFlush::None, TDEFLStatus::Okay);
    }

    /// Ends it; `None` if it could not be written.
    pub fn end(mut self) -> Option<Vec<u8>> {
        self.compress(&[], TDEFLFlush::Finish, TDEFLStatus::Done);
        let Self { sum, length, mut gzip, failed, .. } = self;
        gzip.extend_from_slice(&sum.finalize().to_le_bytes());
        // Modulo 2^32, as section 2.3.1 has it.
        gzip.extend_from_slice(&(length as u32).to_le_bytes());
        (!failed).then_some(gzip)
    }

    fn compress(&mut self, bytes: &[u8], flush: TDEFLFlush, wanted: TDEFLStatus) {
        let Self { compressor, gzip, .. } = self;
        let (status, _) = compress_to_output(compressor, bytes, flush, |bytes| {
            gzip.extend_from_slice(bytes);
            true
        });
        self.failed |= status != wanted;
    }
}

impl Default for Begun {
    fn default() -> Self {
        let flags =
            create_comp_flags_from_zip_params(LEVEL, RAW_WINDOW, CompressionStrategy::Filtered as i32);
        let (compressor, sum) = (Box::new(CompressorOxide::new(flags)), crc32fast::Hasher::new());
        Self { compressor, sum, length: 0, gzip: HEAD.to_vec(), failed: false }
    }
}

/// How much went in and came out.
impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Begun({} bytes as {})", self.length, self.gzip.len())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn any_reader_of_gzip_has_the_body_again() {
        for body in ["体温".repeat(500), "a".repeat(GZIP_FROM_BYTES), "質問".repeat(100_000)] {
            let gzip = shorter(body.as_bytes()).unwrap();
            assert!(gzip.len() < body.len());
            let mut again = String::new();
            flate2::read::GzDecoder::new(&gzip[..]).read_to_string(&mut again).unwrap();
            assert_eq!(again, body);
        }
    }

    #[test]
    fn pieces_are_one_body() {
        let mut begun = Begun::default();
        let pieces = ["体温は三十八度です。", "", "食欲はあります。"];
        for _ in 0..2000 {
            pieces.iter().for_each(|piece| begun.push(piece.as_bytes()));
        }
        let mut again = String::new();
        flate2::read::GzDecoder::new(&begun.end().unwrap()[..]).read_to_string(&mut again).unwrap();
        assert_eq!(again, pieces.concat().repeat(2000));
    }

    #[test]
    fn what_does_not_become_shorter_stays_as_it_is() {
        assert_eq!(shorter(&[b'a'; GZIP_FROM_BYTES - 1]), None);
        let noise: Vec<u8> = (0..300u32).flat_map(|n| crate::digest::sha256(&n.to_le_bytes())).collect();
        assert_eq!(shorter(&noise), None);
    }
}
