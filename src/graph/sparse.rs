//! A column that most rows have nothing in: one bit a row, and the values of those that have one.

use super::heap::Heap;

/// How many rows one word of bits covers.
const WORD: usize = 64;

/// A column of optional values by row.
#[derive(Debug)]
pub(super) struct Sparse<T> {
    bits: Vec<u64>,
    /// How many values come before each word.
    before: Vec<u32>,
    values: Heap<T>,
}

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Self { bits: Vec::new(), before: Vec::new(), values: Heap::default() }
    }
}

impl<T: Copy> Sparse<T> {
    /// Sets the value of a row; rows must come in ascending order.
    pub(super) fn put(&mut self, row: usize, value: T) {
        let word = row / WORD;
        while self.bits.len() <= word {
            self.before.push(super::ids::index(self.values.len()));
            self.bits.push(0);
        }
        self.bits[word] |= 1 << (row % WORD);
        self.values.push(value);
    }

    /// The column of so many rows with these bits and values; `None` when they do not fit each other.
    pub(super) fn of(bits: Vec<u64>, values: Heap<T>) -> Option<Self> {
        let mut before = Vec::with_capacity(bits.len());
        let mut count = 0_usize;
        for word in &bits {
            before.push(u32::try_from(count).ok()?);
            count += word.count_ones() as usize;
        }
        (count == values.len() && bits.last() != Some(&0)).then_some(Self { bits, before, values })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bits.is_empty()
    }

    /// The place of a row's value among the values.
    #[inline]
    pub(super) fn place(&self, row: usize) -> Option<usize> {
        let word = *self.bits.get(row / WORD)?;
        let bit = 1_u64 << (row % WORD);
        if word & bit == 0 {
            return None;
        }
        let rank = self.before[row / WORD] + (word & (bit - 1)).count_ones();
        Some(rank as usize)
    }

    /// The value of a row.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<T> {
        self.place(row).map(|place| self.values.get(place))
    }

    pub(super) fn bits(&self) -> &[u64] {
        &self.bits
    }

    /// In the order of the rows.
    pub(super) fn values(&self) -> &Heap<T> {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut Heap<T> {
        &mut self.values
    }

    /// Gives back what was set aside for more values.
    pub(super) fn seal(&mut self) {
        self.bits.shrink_to_fit();
        self.before.shrink_to_fit();
        self.values.seal();
    }
}
