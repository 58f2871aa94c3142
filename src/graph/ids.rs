//! Identifiers packed into one block of bytes, ascending: a million of them cost their letters and a byte and a half each. The
//! place of an id in the table is its index, so the order of indexes is the order of ids.

/// How many ids share one start.
const BLOCK: usize = 16;

/// Pieces of bytes, each at most 255 long, one after the other.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    lengths: Vec<u8>,
    /// Where every sixteenth piece begins.
    starts: Vec<u64>,
}

impl Packed {
    pub(super) fn with_capacity(pieces: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            lengths: Vec::with_capacity(pieces),
            starts: Vec::with_capacity(pieces.div_ceil(BLOCK)),
        }
    }

    /// Appends a piece, which must be at most 255 bytes long.
    pub(super) fn push(&mut self, piece: &[u8]) {
        if self.lengths.len().is_multiple_of(BLOCK) {
            self.starts.push(self.bytes.len() as u64);
        }
        self.lengths.push(u8::try_from(piece.len()).expect("ids have at most 200 characters"));
        self.bytes.extend_from_slice(piece);
    }

    /// The pieces of these lengths; `None` when they are not the bytes.
    pub(super) fn of(bytes: Vec<u8>, lengths: Vec<u8>) -> Option<Self> {
        let mut starts = Vec::with_capacity(lengths.len().div_ceil(BLOCK));
        let mut end = 0_u64;
        for block in lengths.chunks(BLOCK) {
            starts.push(end);
            end += block.iter().map(|length| u64::from(*length)).sum::<u64>();
        }
        (end == bytes.len() as u64).then_some(Self { bytes, lengths, starts })
    }

    pub(super) fn len(&self) -> usize {
        self.lengths.len()
    }

    pub(super) fn get(&self, index: u32) -> &[u8] {
        let index = index as usize;
        let block = index / BLOCK;
        let before: usize = self.lengths[block * BLOCK..index].iter().map(|length| *length as usize).sum();
        let start = usize::try_from(self.starts[block]).expect("it was a length") + before;
        &self.bytes[start..start + self.lengths[index] as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.bytes[..];
        self.lengths.iter().map(move |length| {
            let (piece, after) = rest.split_at(*length as usize);
            rest = after;
            piece
        })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn lengths(&self) -> &[u8] {
        &self.lengths
    }

    pub(super) fn seal(&mut self) {
        self.bytes.shrink_to_fit();
        self.lengths.shrink_to_fit();
        self.starts.shrink_to_fit();
    }
}

/// A sorted set of ids.
#[derive(Debug, Default, PartialEq, Eq)]
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
        (ascending && pieces.bytes().is_ascii()).then_some(Self(pieces))
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
