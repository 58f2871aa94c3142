//! What is loaded: inputs in a format, read in chunks by one blocking thread and decoded by others.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::mpsc;

use super::input::{Counted, Input};
use super::lines::{Chunk, ChunkSize, LineReader, RecordReader};
use super::prepare::{Prepared, Terms};
use super::{LoadLimits, ndjson};
use crate::model::{Claim, Fault};

/// What a source makes of its lines.
pub(super) trait Decode: Send + Sync + 'static {
    /// Reads a chunk: tells each claim, or what is wrong, under the number of the line where it stands.
    fn decode(&self, terms: &Terms, chunk: &Chunk, out: &mut Decoded);
}

/// A chunk as claims.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// What results call the source.
    pub(super) name: Option<Arc<str>>,
    /// Lines that were not blank.
    pub(super) lines: u64,
    /// Blank lines.
    pub(super) blank: u64,
    /// The claims in order.
    pub(super) items: Vec<Item>,
    /// What was left out: see [`super::LoadEnd::left_out`].
    pub(super) left_out: BTreeMap<String, u64>,
}

/// One claim, or why it is none.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) line: u64,
    pub(super) part: Option<u32>,
    pub(super) result: Result<Prepared, Vec<Fault>>,
}

impl Decoded {
    /// Adds what became of a line that makes one claim.
    pub(super) fn one(&mut self, terms: &Terms, line: u64, result: Result<Claim, Vec<Fault>>) {
        let result = result.and_then(|claim| terms.prepare(claim));
        self.items.push(Item { line, part: None, result });
    }

    /// Adds what became of a line that may make several. A line that is wrong by itself makes none.
    pub(super) fn several(&mut self, terms: &Terms, line: u64, results: Vec<Result<Claim, Vec<Fault>>>) {
        let numbered = results.len() > 1;
        for (result, part) in results.into_iter().zip(1..) {
            let result = result.and_then(|claim| terms.prepare(claim));
            self.items.push(Item { line, part: numbered.then_some(part), result });
        }
    }
}

enum Reader {
    Lines(LineReader),
    Records(RecordReader),
}

/// What is to be loaded.
pub struct Source {
    readers: Vec<(Option<Arc<str>>, Reader)>,
    decoder: Arc<dyn Decode>,
    read: Arc<AtomicU64>,
}

/// A line of NDJSON is a claim.
struct Ndjson;

impl Decode for Ndjson {
    fn decode(&self, terms: &Terms, chunk: &Chunk, out: &mut Decoded) {
        for (number, line) in &chunk.lines {
            let claim = match line {
                Ok(range) => ndjson::claim(&chunk.text[range.clone()]),
                Err(fault) => Err(vec![fault.clone()]),
            };
            out.one(terms, *number, claim);
        }
    }
}

impl Source {
    /// Assertions, one on each line, as on the wire.
    pub fn ndjson(inputs: Vec<Input>, limits: &LoadLimits) -> Self {
        Self::lines(inputs, limits, Arc::new(Ndjson))
    }

    /// Lines in a format of their own.
    pub(super) fn lines(inputs: Vec<Input>, limits: &LoadLimits, decoder: Arc<dyn Decode>) -> Self {
        let read = Arc::new(AtomicU64::new(0));
        let reader = |input: Input| {
            let bytes = Box::new(Counted::new(input.bytes, Arc::clone(&read)));
            (input.name, Reader::Lines(LineReader::new(bytes, limits.line_bytes)))
        };
        Self { readers: inputs.into_iter().map(reader).collect(), decoder, read }
    }

    /// CSV records, whose headers have been read. `read` counts the bytes that are read from now on.
    pub(super) fn records(
        readers: Vec<(Option<Arc<str>>, RecordReader)>,
        decoder: Arc<dyn Decode>,
        read: Arc<AtomicU64>,
    ) -> Self {
        let readers = readers.into_iter().map(|(name, records)| (name, Reader::Records(records))).collect();
        Self { readers, decoder, read }
    }

    /// How many bytes have been read so far.
    pub fn progress(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// Starts reading on a blocking thread, which waits when nobody takes its chunks and ends when nobody will.
    pub(super) fn start(self, size: ChunkSize) -> (Arc<dyn Decode>, mpsc::Receiver<io::Result<Chunk>>) {
        let (sender, receiver) = mpsc::channel(1);
        let decoder = self.decoder;
        tokio::task::spawn_blocking(move || {
            for (at, (name, mut reader)) in self.readers.into_iter().enumerate() {
                loop {
                    let chunk = match &mut reader {
                        Reader::Lines(lines) => lines.chunk(size),
                        Reader::Records(records) => records.chunk(size),
                    };
                    let chunk = match chunk {
                        Ok(None) => break,
                        Ok(Some(chunk)) => Ok(Chunk { name: name.clone(), source: at, ..chunk }),
                        Err(error) => Err(error),
                    };
                    let failed = chunk.is_err();
                    if sender.blocking_send(chunk).is_err() || failed {
                        return;
                    }
                }
            }
        });
        (decoder, receiver)
    }
}

/// Decodes a chunk.
pub(super) fn decoded(decoder: &dyn Decode, terms: &Terms, chunk: Chunk) -> Decoded {
    let mut out = Decoded {
        name: chunk.name.clone(),
        lines: chunk.lines.len() as u64,
        blank: chunk.blank,
        items: Vec::with_capacity(chunk.lines.len()),
        left_out: BTreeMap::new(),
    };
    decoder.decode(terms, &chunk, &mut out);
    out
}
