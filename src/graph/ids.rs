//! Identifiers packed into one block of bytes, ascending: a million of them cost their letters and four bytes each. The place of
//! an id in the table is its index, so the order of indexes is the order of ids.

/// A sorted set of ids.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct IdTable {
    bytes: String,
    ends: Vec<u32>,
}

impl IdTable {
    /// The table of these ids, which must ascend strictly.
    pub(super) fn from_sorted<'a>(ids: impl Iterator<Item = &'a str>) -> Self {
        let mut table = Self::default();
        for id in ids {
            table.bytes.push_str(id);
            table.ends.push(u32::try_from(table.bytes.len()).expect("ids of one snapshot fit into four gigabytes"));
        }
        table
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, index: u32) -> &str {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.bytes[start..self.ends[index] as usize]
    }

    /// The index of an id, or how many ids are less than it.
    pub(super) fn find(&self, id: &str) -> Result<u32, u32> {
        let (mut low, mut high) = (0_usize, self.ends.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(index(middle)).cmp(id) {
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
