//! Relationship ids by triple, packed: most are made by a program, and end in hexadecimal or decimal digits or are UUIDs. Found
//! again through an index by hash.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

use super::ids::{Packed, index};

/// An id that ends in fewer hexadecimal digits than this is kept as it is.
const WORTHWHILE: usize = 4;

/// The first byte of a packed UUID; of any other id it is the number of letters that stand as they are.
const UUID: u8 = u8::MAX;

/// Where the hyphens of a UUID are.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// Packs an id: equal ids give equal bytes, different ids different ones. The first byte says how many letters stand as they are,
/// the rest of the bytes are two digits each.
pub(super) fn pack(id: &str, packed: &mut Vec<u8>) {
    let letters = id.as_bytes();
    if letters.len() == 36 && HYPHENS.iter().all(|at| letters[*at] == b'-') {
        let begin = packed.len();
        packed.push(UUID);
        let parts = [&letters[..8], &letters[9..13], &letters[14..18], &letters[19..23], &letters[24..]];
        if parts.iter().all(|part| pack_digits(part, packed)) {
            return;
        }
        packed.truncate(begin);
    }
    let digits = letters.iter().rev().take_while(|letter| DIGIT[**letter as usize] != NO_DIGIT).count() & !1;
    let plain = letters.len() - if digits < WORTHWHILE { 0 } else { digits };
    packed.push(u8::try_from(plain).expect("ids have at most 200 characters"));
    packed.extend_from_slice(&letters[..plain]);
    let whole = pack_digits(&letters[plain..], packed);
    debug_assert!(whole, "the tail is all digits");
}

/// Whether they all are lower-case hexadecimal digits; then two of them are one byte.
fn pack_digits(digits: &[u8], packed: &mut Vec<u8>) -> bool {
    for pair in digits.chunks_exact(2) {
        let (high, low) = (DIGIT[pair[0] as usize], DIGIT[pair[1] as usize]);
        if (high | low) & NO_DIGIT != 0 {
            return false;
        }
        packed.push(high << 4 | low);
    }
    true
}

/// What no digit stands for.
const NO_DIGIT: u8 = 0x80;

/// The value of a letter as a lower-case hexadecimal digit.
const DIGIT: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// The id that was packed.
pub(super) fn unpack(packed: &[u8]) -> String {
    let mut id = String::with_capacity(2 * packed.len());
    let Some((&first, rest)) = packed.split_first() else { return id };
    let plain = if first == UUID { 0 } else { (first as usize).min(rest.len()) };
    id.extend(rest[..plain].iter().map(|letter| char::from(*letter)));
    for byte in &rest[plain..] {
        if first == UUID && HYPHENS.contains(&id.len()) {
            id.push('-');
        }
        for half in [byte >> 4, byte & 15] {
            id.push(char::from(b"0123456789abcdef"[half as usize]));
        }
    }
    id
}

/// The relationship id of each triple.
#[derive(Debug, Default)]
pub(super) struct Names {
    packed: Packed,
    hash: RandomState,
    /// Where the triples of each bucket of hashes begin.
    buckets: Vec<u32>,
    by_hash: Vec<u32>,
}

/// The index follows from the names, and its hashes differ from one to the next.
impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.packed == other.packed
    }
}

impl Names {
    /// The names of triples in their order.
    pub(super) fn of(packed: Packed) -> Self {
        let hash = RandomState::default();
        let size = (packed.len() / 2).max(1).next_power_of_two();
        let mut names = Self { packed, hash, buckets: vec![0; size + 1], by_hash: Vec::new() };
        let hashes: Vec<u32> = names.packed.iter().map(|name| names.bucket(name)).collect();
        for bucket in &hashes {
            names.buckets[*bucket as usize + 1] += 1;
        }
        for at in 1..names.buckets.len() {
            names.buckets[at] += names.buckets[at - 1];
        }
        names.by_hash = vec![0; hashes.len()];
        // From the end, so that what is left in `buckets` is where each begins.
        let mut ends = names.buckets.split_off(1);
        for (triple, bucket) in hashes.iter().enumerate().rev() {
            let end = &mut ends[*bucket as usize];
            *end -= 1;
            names.by_hash[*end as usize] = index(triple);
        }
        ends.push(index(hashes.len()));
        names.buckets = ends;
        names
    }

    fn bucket(&self, packed: &[u8]) -> u32 {
        let mut hasher = self.hash.build_hasher();
        hasher.write(packed);
        let buckets = (self.buckets.len() - 1) as u64;
        // The upper bits of a product: the hash as a fraction of all buckets.
        ((u128::from(hasher.finish()) * u128::from(buckets)) >> 64) as u32
    }

    /// The triples with this id, ascending.
    pub(super) fn find(&self, id: &str) -> Vec<u32> {
        if self.by_hash.is_empty() {
            return Vec::new();
        }
        let mut packed = Vec::with_capacity(id.len() + 1);
        pack(id, &mut packed);
        let bucket = self.bucket(&packed) as usize;
        let members = &self.by_hash[self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize];
        members.iter().copied().filter(|triple| self.packed.get(*triple) == packed).collect()
    }

    pub(super) fn get(&self, triple: u32) -> String {
        unpack(self.packed.get(triple))
    }

    pub(super) fn packed(&self) -> &Packed {
        &self.packed
    }
}
