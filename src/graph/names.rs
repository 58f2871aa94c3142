//! Relationship ids by triple, packed: most are made by a program, and end in hexadecimal or decimal digits or are UUIDs. Found
//! again through an index by hash.

use std::hash::{BuildHasher, Hasher};
use std::hint::black_box;

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
    // Most are nothing but digits, by eights.
    if letters.len().is_multiple_of(8) {
        let begin = packed.len();
        packed.push(0);
        if letters.as_chunks().0.iter().all(|digits| pack_eight(*digits, packed)) {
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

/// As [`pack_digits`], of eight at once: each in its byte of a word.
fn pack_eight(digits: [u8; 8], packed: &mut Vec<u8>) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    let word = u64::from_be_bytes(digits);
    // The highest bit of each byte that is not less; there is none in any letter of an id.
    let from = |least: u8| ((word | HIGH) - u64::from(least) * EACH) & HIGH;
    let letters = from(b'a') & !from(b'g');
    let all = from(b'0') & !from(b'9' + 1) | letters;
    if word & HIGH != 0 || all != HIGH {
        return false;
    }
    let halves = (word & (0x0f * EACH)) + (letters >> 7) * 9;
    let pairs = (halves | halves >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    packed.extend_from_slice(&((fours | fours >> 16) as u32).to_be_bytes());
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

/// The relationship id of each claim, and the triples by relationship id.
#[derive(Debug, Default)]
pub(super) struct Names {
    packed: Packed,
    hash: RandomState,
    /// Triples, each at the place that its id's hash says or the next free one; three of five places are taken.
    places: Vec<u32>,
}

/// How many names are placed together.
const TOGETHER: usize = 64;

/// Where no triple is.
const FREE: u32 = u32::MAX;

impl Names {
    pub(super) fn of(packed: Packed) -> Self {
        Self { packed, ..Self::default() }
    }

    /// Appends a claim's packed id.
    #[inline]
    pub(super) fn push(&mut self, name: &[u8]) {
        self.packed.push(name);
    }

    pub(super) fn seal(&mut self) {
        self.packed.seal();
    }

    /// The places of the triples; a triple has the number of a claim, and `is_triple` tells which claims those are.
    pub(super) fn places(&self, is_triple: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut places = vec![FREE; self.packed.len() / 3 * 5 + 2];
        let size = places.len();
        let mut waiting = Vec::with_capacity(TOGETHER);
        let mut place = |waiting: &mut Vec<(usize, u32)>| {
            // What will be looked at is touched first, so that the waits for memory overlap.
            black_box(waiting.iter().fold(0, |sum, (begin, _)| sum ^ places[*begin]));
            for (mut at, claim) in waiting.drain(..) {
                while places[at] != FREE {
                    at = if at + 1 == size { 0 } else { at + 1 };
                }
                places[at] = claim;
            }
        };
        for (claim, name) in self.packed.iter().enumerate() {
            if is_triple(index(claim)) {
                waiting.push((self.begin(name, size), index(claim)));
            }
            if waiting.len() == TOGETHER {
                place(&mut waiting);
            }
        }
        place(&mut waiting);
        places
    }

    /// Lets triples be found.
    pub(super) fn set_places(&mut self, places: Vec<u32>) {
        self.places = places;
    }

    /// Where to begin to look for a packed id: its hash as a fraction of all places.
    fn begin(&self, name: &[u8], places: usize) -> usize {
        let mut hasher = self.hash.build_hasher();
        hasher.write(name);
        ((u128::from(hasher.finish()) * places as u128) >> 64) as usize
    }

    /// The triples with this id.
    pub(super) fn find(&self, id: &str) -> impl Iterator<Item = u32> + '_ {
        let mut name = Vec::with_capacity(id.len() + 1);
        pack(id, &mut name);
        let (before, from) = self.places.split_at(self.begin(&name, self.places.len()));
        let met = from.iter().chain(before).copied().take_while(|triple| *triple != FREE);
        met.filter(move |triple| self.packed.get(*triple) == name)
    }

    pub(super) fn get(&self, claim: u32) -> String {
        unpack(self.packed.get(claim))
    }

    pub(super) fn packed(&self) -> &Packed {
        &self.packed
    }
}
