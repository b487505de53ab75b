//! The body of a sync request, written before all of it is known: operations first, the cursor last, so that a request that waits
//! for a reply's cursor is compressed while the server still works on that reply.

use yorisoi_protocol::gzip::Begun;
use yorisoi_protocol::wire::{Cursor, EntryText, GZIP_FROM_BYTES};

use crate::transport::exchange::Body;

/// A body without its end. Nothing prints it: questions stand in it.
pub(super) struct RequestBody {
    operations: usize,
    plain: Vec<u8>,
    gzip: Option<Begun>,
}

impl RequestBody {
    /// With these operations.
    pub(super) fn of<'a>(operations: impl Iterator<Item = &'a EntryText>) -> Self {
        let mut body = Self { operations: 0, plain: b"{".to_vec(), gzip: None };
        for text in operations {
            let before: &[u8] = if body.operations == 0 { b"\"operations\":[" } else { b"," };
            body.plain.extend_from_slice(before);
            body.plain.extend_from_slice(text.as_str().as_bytes());
            body.operations += 1;
        }
        if body.operations > 0 {
            body.plain.push(b']');
        }
        if body.plain.len() >= GZIP_FROM_BYTES {
            let mut gzip = Begun::default();
            gzip.push(&body.plain);
            body.gzip = Some(gzip);
        }
        body
    }

    /// How many operations are in it.
    pub(super) fn operations(&self) -> usize {
        self.operations
    }

    /// Ends it, in whichever form is shorter.
    pub(super) fn end(self, cursor: Option<Cursor>) -> Body {
        let Self { operations, mut plain, gzip } = self;
        let written = plain.len();
        if let Some(cursor) = cursor {
            let comma = if operations == 0 { "" } else { "," };
            plain.extend_from_slice(format!("{comma}\"cursor\":\"{cursor}\"").as_bytes());
        }
        plain.push(b'}');
        let gzip = gzip.and_then(|mut gzip| {
            gzip.push(plain.get(written..)?);
            gzip.end()
        });
        match gzip {
            Some(gzip) if gzip.len() < plain.len() => Body { bytes: gzip, gzip: true },
            _ => Body { bytes: plain, gzip: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use yorisoi_protocol::ids::Epoch;
    use yorisoi_protocol::wire::SyncRequest;

    use super::*;

    #[test]
    fn it_says_what_was_collected_compressed_or_not() {
        let cursor = Cursor { epoch: Epoch::from_bytes([11; 4]), position: 3 };
        for (count, zipped) in [(0, false), (1, false), (3, false), (200, true)] {
            for cursor in [None, Some(cursor)] {
                let text = |n| EntryText::from_text(format!("{{\"seq\": {n}, \"text\":\"熱\"}}")).unwrap();
                let operations: Vec<_> = (0..count).map(text).collect();
                let body = RequestBody::of(operations.iter()).end(cursor);
                assert_eq!(body.gzip, zipped);
                let mut plain = body.bytes;
                if zipped {
                    let mut inflated = Vec::new();
                    flate2::read::GzDecoder::new(&plain[..]).read_to_end(&mut inflated).unwrap();
                    plain = inflated;
                }
                let read: SyncRequest = serde_json::from_slice(&plain).unwrap();
                assert_eq!(read, SyncRequest { cursor, operations });
            }
        }
        assert_eq!(RequestBody::of([].iter()).end(Some(cursor)).bytes, b"{\"cursor\":\"CwsLCw.3\"}");
    }
}
