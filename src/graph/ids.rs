//! Identifiers packed into one block of bytes, ascending: a million of them cost their letters and a byte and a half each. The
//! place of an id in the table is its index, so the order of indexes is the order of ids.

/// How many ids share one start.
const BLOCK: usize = 16;
/// How many bits of a start are within its piece of bytes.
const BITS: usize = 20;
/// The most bytes that the ids of a block have.
const FULL: usize = BLOCK * u8::MAX as usize;

/// Strings of bytes, each at most 255 long, one after the other, in pieces of at most a mebibyte: growing moves none.
#[derive(Debug, Default)]
pub(super) struct Packed {
    bytes: Vec<Vec<u8>>,
    lengths: Vec<u8>,
    /// Where every sixteenth string begins.
    starts: Vec<u64>,
}

impl PartialEq for Packed {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Packed {
    /// Appends a string, which must be at most 255 bytes long.
    #[inline]
    pub(super) fn push(&mut self, string: &[u8]) {
        if self.lengths.len().is_multiple_of(BLOCK) {
            self.begin_block();
        }
        self.lengths.push(u8::try_from(string.len()).expect("ids have at most 200 characters"));
        self.bytes.last_mut().expect("a block has begun").extend_from_slice(string);
    }

    /// Makes sure that a block fits into the last piece.
    fn begin_block(&mut self) {
        if self.bytes.last().is_none_or(|piece| piece.len() + FULL > 1 << BITS) {
            // Small graphs are many in tests: the first piece grows as it must.
            self.bytes.push(if self.bytes.is_empty() { Vec::new() } else { Vec::with_capacity(1 << BITS) });
        }
        let last = self.bytes.len() - 1;
        self.starts.push((last << BITS | self.bytes[last].len()) as u64);
    }

    pub(super) fn len(&self) -> usize {
        self.lengths.len()
    }

    #[inline]
    pub(super) fn get(&self, index: u32) -> &[u8] {
        let index = index as usize;
        let block = index / BLOCK;
        let before: usize = self.lengths[block * BLOCK..index].iter().map(|length| *length as usize).sum();
        let (piece, start) = place(self.starts[block]);
        &self.bytes[piece][start + before..][..self.lengths[index] as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let blocks = self.lengths.chunks(BLOCK).zip(&self.starts);
        blocks.flat_map(|(lengths, start)| {
            let (piece, start) = place(*start);
            let mut rest = &self.bytes[piece][start..];
            lengths.iter().map(move |length| {
                let (string, after) = rest.split_at(*length as usize);
                rest = after;
                string
            })
        })
    }

    /// All bytes, in pieces.
    pub(super) fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.iter().map(Vec::as_slice)
    }

    pub(super) fn lengths(&self) -> &[u8] {
        &self.lengths
    }

    /// Gives back what was set aside for more.
    pub(super) fn seal(&mut self) {
        self.bytes.iter_mut().for_each(Vec::shrink_to_fit);
        self.lengths.shrink_to_fit();
        self.starts.shrink_to_fit();
    }
}

/// The piece of a start, and the place within it.
fn place(start: u64) -> (usize, usize) {
    let start = usize::try_from(start).expect("it was a place in memory");
    (start >> BITS, start & ((1 << BITS) - 1))
}

/// A sorted set of ids.
#[derive(Debug, Default, PartialEq)]
pub(super) struct IdTable(Packed);

impl IdTable {
    /// The table of these ids, which must ascend strictly.
    pub(super) fn from_sorted<'a>(ids: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut table = Packed::default();
        ids.for_each(|id| table.push(id));
        table.seal();
        Self(table)
    }

    /// The table of these pieces; `None` when they are no ascending ids.
    pub(super) fn of(pieces: Packed) -> Option<Self> {
        let ascending = pieces.iter().zip(pieces.iter().skip(1)).all(|(a, b)| a < b);
        (ascending && pieces.bytes().all(<[u8]>::is_ascii)).then_some(Self(pieces))
    }

    pub(super) fn pieces(&self) -> &Packed {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, index: u32) -> &str {
        std::str::from_utf8(self.0.get(index)).expect("ids are ASCII")
    }

    /// The index of an id, or how many ids are less than it.
    pub(super) fn find(&self, id: &str) -> Result<u32, u32> {
        let (mut low, mut high) = (0_usize, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.0.get(index(middle)).cmp(id.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Ok(index(middle)),
            }
        }
        Err(index(low))
    }
}

/// An index as it is stored. Snapshots are bounded to four thousand million rows of a kind.
pub(super) fn index(place: usize) -> u32 {
    u32::try_from(place).expect("a snapshot holds fewer than 2^32 rows of a kind")
}
