//! A stream cut into frames, each with its length and a checksum over its number and its bytes, and an empty one at the end: what is
//! damaged, out of order or cut off is noticed before anything of it is believed.

use std::io::{Error, ErrorKind, Read, Result, Write};

/// How many bytes a frame holds at most.
const FRAME: usize = 1 << 20;

fn checksum(number: u64, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

/// Writes frames.
pub(super) struct FrameWriter<W> {
    out: W,
    number: u64,
    waiting: Vec<u8>,
}

impl<W: Write> FrameWriter<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, number: 0, waiting: Vec::with_capacity(FRAME) }
    }

    /// Writes what is waiting and the frame that ends the stream.
    pub(super) fn end(mut self) -> Result<W> {
        if !self.waiting.is_empty() {
            self.frame()?;
        }
        self.frame()?;
        Ok(self.out)
    }

    fn frame(&mut self) -> Result<()> {
        let length = u32::try_from(self.waiting.len()).map_err(Error::other)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&checksum(self.number, &self.waiting).to_le_bytes())?;
        self.out.write_all(&self.waiting)?;
        self.number += 1;
        self.waiting.clear();
        Ok(())
    }
}

impl<W: Write> Write for FrameWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let taken = bytes.len().min(FRAME - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        if self.waiting.len() == FRAME {
            self.frame()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Reads frames; what it gives is what was written.
pub(super) struct FrameReader<R> {
    input: R,
    number: u64,
    frame: Vec<u8>,
    read: usize,
    ended: bool,
}

impl<R: Read> FrameReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, number: 0, frame: Vec::new(), read: 0, ended: false }
    }

    /// That all was read and nothing follows.
    pub(super) fn end(mut self) -> Result<()> {
        let rest = self.read(&mut [0])?;
        let more = self.input.read(&mut [0])?;
        if rest + more > 0 { Err(damaged("it goes on past its end")) } else { Ok(()) }
    }

    fn next(&mut self) -> Result<()> {
        let mut words = [0; 8];
        self.input.read_exact(&mut words).map_err(cut_off)?;
        let [length, sum] =
            [&words[..4], &words[4..]].map(|word| word.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b)));
        let length = length as usize;
        if length > FRAME {
            return Err(damaged("a frame of no possible length"));
        }
        self.frame.resize(length, 0);
        self.input.read_exact(&mut self.frame).map_err(cut_off)?;
        if checksum(self.number, &self.frame) != sum {
            return Err(damaged("a checksum does not fit"));
        }
        (self.number, self.read, self.ended) = (self.number + 1, 0, length == 0);
        Ok(())
    }
}

impl<R: Read> Read for FrameReader<R> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
        while self.read == self.frame.len() && !self.ended {
            self.next()?;
        }
        let taken = bytes.len().min(self.frame.len() - self.read);
        bytes[..taken].copy_from_slice(&self.frame[self.read..self.read + taken]);
        self.read += taken;
        Ok(taken)
    }
}

pub(super) fn damaged(detail: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, detail)
}

fn cut_off(error: Error) -> Error {
    if error.kind() == ErrorKind::UnexpectedEof { damaged("it is cut off") } else { error }
}
