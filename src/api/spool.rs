//! Results that wait for their reader in a file: a client that sends its whole body before it reads any answer must not hold up
//! the load that it sends, and memory stays bounded.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use actix_web::web::Bytes;
use futures::Stream;
use tokio::sync::watch;

/// How much is handed to the client at once.
const PIECE: usize = 64 * 1024;

/// The writing end: one file without a name, gone with the last who holds it.
pub(crate) struct Spool {
    file: Arc<File>,
    /// How much has been written; dropped with the writer, which ends the reading.
    written: watch::Sender<u64>,
}

impl Spool {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { file: Arc::new(tempfile::tempfile()?), written: watch::Sender::new(0) })
    }

    /// Appends a text.
    pub(crate) async fn write(&self, text: String) -> io::Result<()> {
        let (file, at) = (Arc::clone(&self.file), *self.written.borrow());
        let length = text.len() as u64;
        tokio::task::spawn_blocking(move || file.write_all_at(text.as_bytes(), at))
            .await
            .map_err(io::Error::other)??;
        self.written.send_replace(at + length);
        Ok(())
    }

    /// Everything that is written, from the beginning, until the writer goes.
    pub(crate) fn read(&self) -> impl Stream<Item = io::Result<Bytes>> + use<> {
        let state = (Arc::clone(&self.file), self.written.subscribe(), 0);
        Box::pin(futures::stream::unfold(state, |(file, mut written, at)| async move {
            // Either something new is there, or the writer has gone and what is there is all.
            _ = written.wait_for(|end| *end > at).await;
            let left = *written.borrow() - at;
            if left == 0 {
                return None;
            }
            let length = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
            let source = Arc::clone(&file);
            let piece = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; length];
                source.read_exact_at(&mut piece, at).map(|()| piece)
            });
            let piece = piece.await.map_err(io::Error::other).flatten();
            let next = at + length as u64;
            Some((piece.map(Bytes::from), (file, written, next)))
        }))
    }
}
