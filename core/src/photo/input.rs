//! The photo as it comes in: one buffer, a cap, and numbers in the order of both containers, big end first.

use std::io::{ErrorKind, Read};

use super::{Flaw, MAX_READ, PhotoError};

const BUFFER: usize = 16 * 1024;
/// Enough to tell every format by its start.
const AHEAD: usize = 64;

pub(super) struct Input<'a> {
    source: &'a mut dyn Read,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    read: u64,
}

impl<'a> Input<'a> {
    pub(super) fn new(source: &'a mut dyn Read) -> Self {
        Self { source, buffer: vec![0; BUFFER], at: 0, filled: 0, read: 0 }
    }

    /// The first bytes, without taking them; fewer if there are no more.
    pub(super) fn ahead(&mut self) -> Result<&[u8], PhotoError> {
        while self.filled < AHEAD {
            let more = self.pull(self.filled)?;
            if more == 0 {
                break;
            }
            self.filled += more;
        }
        Ok(self.held())
    }

    pub(super) fn byte(&mut self) -> Result<u8, PhotoError> {
        let byte = *self.some()?.first().ok_or(Flaw::CutShort)?;
        self.take(1)?;
        Ok(byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, PhotoError> {
        Ok(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    pub(super) fn four(&mut self) -> Result<[u8; 4], PhotoError> {
        Ok([self.byte()?, self.byte()?, self.byte()?, self.byte()?])
    }

    /// Gives the next `length` bytes to `each`, piece by piece.
    pub(super) fn pieces(
        &mut self,
        mut length: usize,
        mut each: impl FnMut(&[u8]) -> Result<(), PhotoError>,
    ) -> Result<(), PhotoError> {
        while length > 0 {
            let held = self.some()?;
            let piece = held.get(..length).unwrap_or(held);
            each(piece)?;
            let taken = piece.len();
            self.take(taken)?;
            length -= taken;
        }
        Ok(())
    }

    pub(super) fn skip(&mut self, length: usize) -> Result<(), PhotoError> {
        self.pieces(length, |_| Ok(()))
    }

    /// Gives everything before the next byte 0xFF to `each`, and takes that byte.
    pub(super) fn until_ff(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), PhotoError>,
    ) -> Result<(), PhotoError> {
        loop {
            let held = self.some()?;
            let found = held.iter().position(|byte| *byte == 0xff);
            let before = found.unwrap_or(held.len());
            each(held.get(..before).unwrap_or(held))?;
            self.take(before + usize::from(found.is_some()))?;
            if found.is_some() {
                return Ok(());
            }
        }
    }

    fn held(&self) -> &[u8] {
        self.buffer.get(self.at..self.filled).unwrap_or_default()
    }

    /// At least one byte.
    fn some(&mut self) -> Result<&[u8], PhotoError> {
        if self.at >= self.filled {
            self.at = 0;
            self.filled = 0;
            self.filled = self.pull(0)?;
            if self.filled == 0 {
                return Err(Flaw::CutShort.into());
            }
        }
        Ok(self.held())
    }

    fn take(&mut self, length: usize) -> Result<(), PhotoError> {
        self.at += length;
        self.read += length as u64;
        if self.read > MAX_READ { Err(PhotoError::TooLarge { cap: MAX_READ }) } else { Ok(()) }
    }

    fn pull(&mut self, from: usize) -> Result<usize, PhotoError> {
        let room = self.buffer.get_mut(from..).unwrap_or_default();
        let most = room.len();
        loop {
            match self.source.read(room) {
                // A source that tells more than it was asked for is not believed.
                Ok(count) if count > most => return Err(PhotoError::SourceFailed(ErrorKind::InvalidData)),
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(PhotoError::SourceFailed(error.kind())),
            }
        }
    }
}
