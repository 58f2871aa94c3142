//! Lists that only grow, in pieces: growing moves nothing, so that a builder never holds its rows twice.

/// How many bits of a place are within its piece.
const BITS: usize = 16;

/// A list in pieces of 65,536.
#[derive(Debug)]
pub(super) struct Heap<T> {
    pieces: Vec<Vec<T>>,
}

impl<T> Default for Heap<T> {
    fn default() -> Self {
        Self { pieces: Vec::new() }
    }
}

impl<T> Heap<T> {
    /// Appends one; answers its place.
    pub(super) fn push(&mut self, row: T) -> usize {
        if self.pieces.last().is_none_or(|piece| piece.len() >> BITS != 0) {
            // Small graphs are many in tests: the first piece grows as it must.
            self.pieces.push(if self.pieces.is_empty() { Vec::new() } else { Vec::with_capacity(1 << BITS) });
        }
        let last = self.pieces.len() - 1;
        let piece = &mut self.pieces[last];
        piece.push(row);
        (last << BITS) + piece.len() - 1
    }

    #[inline]
    pub(super) fn get(&self, place: usize) -> &T {
        &self.pieces[place >> BITS][place & ((1 << BITS) - 1)]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten()
    }
}

/// How many bits of a place are within its piece of bytes.
const BYTE_BITS: usize = 20;

/// Short strings of bytes, each preceded by its length.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    pieces: Vec<Vec<u8>>,
}

impl Bytes {
    /// Appends what `write` writes, at most 255 bytes; answers its place, a multiple of four.
    pub(super) fn put(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> u64 {
        if self.pieces.last().is_none_or(|piece| piece.len() + 260 > 1 << BYTE_BITS) {
            self.pieces.push(if self.pieces.is_empty() { Vec::new() } else { Vec::with_capacity(1 << BYTE_BITS) });
        }
        let last = self.pieces.len() - 1;
        let piece = &mut self.pieces[last];
        let begin = piece.len();
        piece.push(0);
        write(piece);
        piece[begin] = u8::try_from(piece.len() - begin - 1).expect("ids have at most 200 characters");
        // Places are multiples of four.
        piece.resize(piece.len().next_multiple_of(4), 0);
        ((last << BYTE_BITS) + begin) as u64
    }

    pub(super) fn get(&self, place: u64) -> &[u8] {
        let place = usize::try_from(place).expect("it was a place in memory");
        let (piece, begin) = (&self.pieces[place >> BYTE_BITS], place & ((1 << BYTE_BITS) - 1));
        &piece[begin + 1..=begin + piece[begin] as usize]
    }
}
