//! Lists that only grow, in pieces: growing moves nothing, so that no row is ever held twice, and no memory is touched in vain.

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

impl<T: Copy> Heap<T> {
    /// Appends one.
    #[inline]
    pub(super) fn push(&mut self, row: T) {
        match self.pieces.last_mut() {
            Some(last) if last.len() >> BITS == 0 => last.push(row),
            _ => self.push_first(row),
        }
    }

    /// Appends one to a piece of its own.
    #[cold]
    fn push_first(&mut self, row: T) {
        // Small graphs are many in tests: the first piece grows as it must.
        let mut piece = if self.pieces.is_empty() { Vec::new() } else { Vec::with_capacity(1 << BITS) };
        piece.push(row);
        self.pieces.push(piece);
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.last().map_or(0, |last| ((self.pieces.len() - 1) << BITS) + last.len())
    }

    #[inline]
    pub(super) fn get(&self, place: usize) -> T {
        self.pieces[place >> BITS][place & ((1 << BITS) - 1)]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.pieces.iter().flatten().copied()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.pieces.iter_mut().flatten()
    }

    /// The pieces, all but the last of one length.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &[T]> {
        self.pieces.iter().map(Vec::as_slice)
    }

    /// Gives back what was set aside for more.
    pub(super) fn seal(&mut self) {
        self.pieces.iter_mut().for_each(Vec::shrink_to_fit);
    }
}

impl<T: Copy> Extend<T> for Heap<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, rows: I) {
        rows.into_iter().for_each(|row| self.push(row));
    }
}

impl<T: Copy> FromIterator<T> for Heap<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        let mut heap = Self::default();
        heap.extend(rows);
        heap
    }
}
