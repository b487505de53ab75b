//! The photo as it goes out: one buffer, a cap, and a count.

use std::io::Write;

use super::{MAX_WRITTEN, PhotoError};

const BUFFER: usize = 16 * 1024;

pub(super) struct Output<'a> {
    target: &'a mut dyn Write,
    buffer: Vec<u8>,
    written: u64,
}

impl<'a> Output<'a> {
    pub(super) fn new(target: &'a mut dyn Write) -> Self {
        Self { target, buffer: Vec::with_capacity(BUFFER), written: 0 }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), PhotoError> {
        self.written += bytes.len() as u64;
        if self.written > MAX_WRITTEN {
            return Err(PhotoError::TooLarge { cap: MAX_WRITTEN });
        }
        for piece in bytes.chunks(BUFFER) {
            if self.buffer.len() + piece.len() > BUFFER {
                self.empty()?;
            }
            self.buffer.extend_from_slice(piece);
        }
        Ok(())
    }

    /// The number of bytes written.
    pub(super) fn finish(mut self) -> Result<u64, PhotoError> {
        self.empty()?;
        self.target.flush().map_err(|error| PhotoError::TargetFailed(error.kind()))?;
        Ok(self.written)
    }

    fn empty(&mut self) -> Result<(), PhotoError> {
        self.target.write_all(&self.buffer).map_err(|error| PhotoError::TargetFailed(error.kind()))?;
        self.buffer.clear();
        Ok(())
    }
}
