//! Bytes into numbered lines, and CSV lines into records: in bounded memory, whatever comes.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;
use std::sync::Arc;

use crate::model::Fault;

/// Lines of one source, to be read together.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// What results call the source.
    pub(super) name: Option<Arc<str>>,
    /// Which of the sources it is, from 0.
    pub(super) source: usize,
    /// The text of all lines, each ended by `\n`.
    pub(super) text: String,
    /// The lines in order: the number of its first line, and where it stands in the text or what is wrong with it.
    pub(super) lines: Vec<(u64, Result<Range<usize>, Fault>)>,
    /// How many blank lines were passed over.
    pub(super) blank: u64,
}

/// How much a chunk may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChunkSize {
    /// Lines.
    pub(super) lines: usize,
    /// Bytes, give or take one line.
    pub(super) bytes: usize,
}

/// How a line came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Newline,
    /// The last line of a source, without one.
    Source,
    /// Longer than allowed: the rest was passed over.
    TooLong,
}

/// Reads lines: `\n` or `\r\n`, without a byte order mark.
pub(super) struct LineReader {
    bytes: BufReader<Box<dyn Read + Send>>,
    number: u64,
    longest: usize,
}

impl LineReader {
    pub(super) fn new(bytes: Box<dyn Read + Send>, longest: usize) -> Self {
        Self { bytes: BufReader::with_capacity(256 * 1024, bytes), number: 0, longest }
    }

    /// Appends the next line without its end; `None` at the end of the source.
    fn read(&mut self, into: &mut Vec<u8>) -> io::Result<Option<Ending>> {
        let start = into.len();
        let most = self.longest as u64 + 2;
        if self.bytes.by_ref().take(most).read_until(b'\n', into)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.number == 1 && into[start..].starts_with(b"\xef\xbb\xbf") {
            into.drain(start..start + 3);
        }
        let ended = into.last() == Some(&b'\n') && into.len() > start;
        if ended {
            into.pop();
            if into.len() > start && into.last() == Some(&b'\r') {
                into.pop();
            }
        }
        if into.len() - start > self.longest {
            into.truncate(start);
            if !ended {
                self.bytes.skip_until(b'\n')?;
            }
            return Ok(Some(Ending::TooLong));
        }
        Ok(Some(if ended { Ending::Newline } else { Ending::Source }))
    }

    /// The next chunk of plain lines; `None` at the end.
    pub(super) fn chunk(&mut self, size: ChunkSize) -> io::Result<Option<Chunk>> {
        let mut chunk = Chunk::default();
        let mut line = Vec::new();
        while chunk.lines.len() < size.lines && chunk.text.len() < size.bytes {
            line.clear();
            let Some(ending) = self.read(&mut line)? else { break };
            chunk.add(self.number, &line, (ending == Ending::TooLong).then(|| too_long(self.longest)));
        }
        Ok((!chunk.lines.is_empty() || chunk.blank > 0).then_some(chunk))
    }
}

impl Chunk {
    /// Adds a line, or what is wrong with it; passes over blank ones.
    fn add(&mut self, number: u64, line: &[u8], fault: Option<Fault>) {
        if let Some(fault) = fault {
            self.lines.push((number, Err(fault)));
            return;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            self.blank += 1;
            return;
        }
        match std::str::from_utf8(line) {
            Ok(text) => {
                let start = self.text.len();
                self.text.push_str(text);
                self.lines.push((number, Ok(start..self.text.len())));
                self.text.push('\n');
            }
            Err(error) => {
                let detail = format!("the line is not UTF-8 from its byte {} on", error.valid_up_to() + 1);
                self.lines.push((number, Err(Fault::new("", "invalid-utf8", detail))));
            }
        }
    }
}

fn too_long(longest: usize) -> Fault {
    Fault::new("", "line-too-long", format!("a line has at most {longest} bytes; this one was passed over"))
}

/// How many lines a quoted field may run over before its quote counts as one that was never closed.
const MAX_QUOTED_LINES: usize = 500;

/// Puts CSV lines together where a quoted field holds line breaks.
///
/// A quote that is never closed would swallow the rest of the file. Here it costs its own line, and reading goes on at the next.
pub(super) struct RecordReader {
    lines: LineReader,
    again: VecDeque<(u64, Vec<u8>, Ending)>,
    delimiter: u8,
    quote: u8,
}

/// Where a look at a CSV line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    FieldStart,
    Plain,
    Quoted,
    /// After a quote within quotes: the end of the field, or half of a doubled quote.
    Closing,
}

impl RecordReader {
    pub(super) fn new(lines: LineReader, delimiter: u8, quote: u8) -> Self {
        Self { lines, again: VecDeque::new(), delimiter, quote }
    }

    fn line(&mut self) -> io::Result<Option<(u64, Vec<u8>, Ending)>> {
        if let Some(line) = self.again.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        let ending = self.lines.read(&mut line)?;
        Ok(ending.map(|ending| (self.lines.number, line, ending)))
    }

    /// Whether a quoted field is open at the end of `line`, seen that one was or was not at its start.
    fn open_after(&self, line: &[u8], open: bool) -> bool {
        let mut place = if open { Place::Quoted } else { Place::FieldStart };
        for &byte in line {
            place = match place {
                Place::FieldStart | Place::Closing if byte == self.quote => Place::Quoted,
                Place::Quoted if byte == self.quote => Place::Closing,
                Place::Quoted => Place::Quoted,
                _ if byte == self.delimiter => Place::FieldStart,
                _ => Place::Plain,
            };
        }
        place == Place::Quoted
    }

    /// Adds the next record to a chunk; `false` at the end.
    fn record(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        let Some((number, mut record, ending)) = self.line()? else { return Ok(false) };
        if ending == Ending::TooLong {
            chunk.add(number, &[], Some(too_long(self.lines.longest)));
            return Ok(true);
        }
        if !self.open_after(&record, false) {
            chunk.add(number, &record, None);
            return Ok(true);
        }
        let mut held = Vec::new();
        let mut open = true;
        let mut bytes = record.len();
        while open && held.len() < MAX_QUOTED_LINES && bytes <= self.lines.longest {
            let Some(line) = self.line()? else { break };
            open = line.2 == Ending::TooLong || self.open_after(&line.1, true);
            bytes += line.1.len();
            held.push(line);
            if held.last().is_some_and(|line| line.2 == Ending::TooLong) {
                break;
            }
        }
        if open {
            let detail =
                "a quoted field begins on this line and does not end: close it, or double a quote that is text";
            chunk.add(number, &[], Some(Fault::new("", "unclosed-quote", detail)));
            for line in held.into_iter().rev() {
                self.again.push_front(line);
            }
        } else {
            for (_, line, _) in &held {
                record.push(b'\n');
                record.extend_from_slice(line);
            }
            chunk.add(number, &record, None);
        }
        Ok(true)
    }

    /// The next chunk of records; `None` at the end.
    pub(super) fn chunk(&mut self, size: ChunkSize) -> io::Result<Option<Chunk>> {
        let mut chunk = Chunk::default();
        while chunk.lines.len() < size.lines && chunk.text.len() < size.bytes && self.record(&mut chunk)? {}
        Ok((!chunk.lines.is_empty() || chunk.blank > 0).then_some(chunk))
    }
}
