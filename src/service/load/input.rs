//! Where bytes come from: files and request bodies, read by one blocking thread.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

/// One file or body.
pub struct Input {
    /// What results call it; none for a body.
    pub name: Option<Arc<str>>,
    /// Its bytes.
    pub bytes: Box<dyn Read + Send>,
}

impl Input {
    /// A file by its name.
    pub fn file(name: &str, file: std::fs::File) -> Self {
        Self { name: Some(name.into()), bytes: Box::new(file) }
    }

    /// A body without a name.
    pub fn body(bytes: impl Read + Send + 'static) -> Self {
        Self { name: None, bytes: Box::new(bytes) }
    }
}

/// How many pieces of a body may wait to be read.
const WAITING: usize = 16;

enum Piece {
    Bytes(Vec<u8>),
    End,
}

/// Puts in what a [`BodyReader`] reads.
#[derive(Debug)]
pub struct BodyWriter(mpsc::Sender<Piece>);

/// The pieces of a body as a blocking reader.
#[derive(Debug)]
pub struct BodyReader {
    pieces: mpsc::Receiver<Piece>,
    current: io::Cursor<Vec<u8>>,
    ended: bool,
}

/// A pipe from an asynchronous body to the thread that reads it. It holds back the sender when the reader is slow, and tells a
/// body that ended from one that was cut off.
pub fn body() -> (BodyWriter, BodyReader) {
    let (sender, pieces) = mpsc::channel(WAITING);
    (BodyWriter(sender), BodyReader { pieces, current: io::Cursor::default(), ended: false })
}

impl BodyWriter {
    /// Puts in a piece; `false` when nobody reads any more.
    pub async fn send(&self, bytes: Vec<u8>) -> bool {
        self.0.send(Piece::Bytes(bytes)).await.is_ok()
    }

    /// Says that the body is whole. Dropping the writer without it says that the body was cut off.
    pub async fn end(self) {
        // Nobody reads any more: then nobody needs to know.
        _ = self.0.send(Piece::End).await;
    }
}

impl Read for BodyReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.current.read(into)?;
            if read > 0 || self.ended || into.is_empty() {
                return Ok(read);
            }
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(bytes)) => self.current = io::Cursor::new(bytes),
                Some(Piece::End) => self.ended = true,
                None => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the body was cut off")),
            }
        }
    }
}

/// Counts the bytes that are read through it.
pub(super) struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R, count: Arc<AtomicU64>) -> Self {
        Self { inner, count }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
