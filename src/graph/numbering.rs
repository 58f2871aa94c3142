//! Numbers for the entities of a graph that is being built, in the order in which they come.
//!
//! A table of a million ids does not fit into the nearest caches, so that each look-up waits for memory. A slot therefore holds
//! the id itself, so that one line is all that a look-up reads; and ids gather and are looked up together: a first pass over them
//! only touches these lines, so that the waits overlap.

use std::hash::{BuildHasher, Hasher};
use std::hint::black_box;

use foldhash::fast::RandomState;

use super::ids::{Packed, index};

/// How many ids are looked up together.
const TOGETHER: usize = 256;

/// The longest id that a slot holds.
const SHORT: usize = 23;

/// Ids and their numbers.
#[derive(Debug)]
pub(super) struct Numbering {
    ids: Packed,
    hash: RandomState,
    /// At most half full. An id is in the line that its hash says, or in the next one with room.
    lines: Vec<Line>,
    asked: Vec<Asked>,
    /// The longer ones of what is asked for, in their order.
    long: Packed,
}

/// An id of at most 23 bytes, zeros, and its length; or what stands for a longer one: its hash, and [`LONG`].
type Key = [u64; 3];

/// In place of a short id's length and its last bytes.
const LONG: u64 = u64::MAX;

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: Key,
    /// One more than the id's number; 0 where nothing is.
    number: u32,
}

/// As much as is read at a time.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Line([Slot; 2]);

#[derive(Debug, Clone, Copy)]
struct Asked {
    key: Key,
    hash: u64,
}

impl Default for Numbering {
    fn default() -> Self {
        Self {
            ids: Packed::default(),
            hash: RandomState::default(),
            lines: vec![Line::default(); 8],
            asked: Vec::new(),
            long: Packed::default(),
        }
    }
}

impl Numbering {
    /// The ids by number.
    pub(super) fn into_ids(self) -> Packed {
        self.ids
    }

    /// Asks for an id's number; [`answer`](Self::answer) gives it.
    #[inline]
    pub(super) fn ask(&mut self, id: &[u8]) {
        let key = if id.len() > SHORT {
            self.long.push(id);
            let mut hasher = self.hash.build_hasher();
            hasher.write(id);
            [hasher.finish(), 0, LONG]
        } else {
            let (whole, rest) = id.as_chunks();
            let mut key = [0; 3];
            key.iter_mut().zip(whole).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
            key[whole.len()] = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            key[2] |= (id.len() as u64) << 56;
            key
        };
        self.asked.push(Asked { key, hash: self.hash(&key) });
    }

    #[inline]
    fn hash(&self, key: &Key) -> u64 {
        let mut hasher = self.hash.build_hasher();
        key.iter().for_each(|word| hasher.write_u64(*word));
        hasher.finish()
    }

    /// Whether it is time for the answers.
    pub(super) fn is_full(&self) -> bool {
        self.asked.len() >= TOGETHER
    }

    /// Appends the numbers of all ids asked for, in their order; ids that have none get one.
    pub(super) fn answer(&mut self, numbers: &mut Vec<u32>) {
        self.make_room();
        let mask = self.lines.len() - 1;
        let (asked, long) = (std::mem::take(&mut self.asked), std::mem::take(&mut self.long));
        black_box(asked.iter().fold(0, |sum, asked| sum ^ self.lines[asked.hash as usize & mask].0[0].number));
        let mut long = long.iter();
        for one in &asked {
            numbers.push(match one.key {
                [.., LONG] => self.number(one, long.next()),
                _ => self.number(one, None),
            });
        }
        self.asked = asked;
        self.asked.clear();
    }

    /// The number of an id, which is given beside its key when it is long.
    #[inline]
    fn number(&mut self, asked: &Asked, long: Option<&[u8]>) -> u32 {
        let mask = self.lines.len() - 1;
        let mut at = asked.hash as usize & mask;
        let free = 'found: loop {
            for slot in &mut self.lines[at].0 {
                if slot.number == 0 {
                    break 'found slot;
                }
                let number = slot.number - 1;
                if same(&slot.key, &asked.key) && long.is_none_or(|id| self.ids.get(number) == id) {
                    return number;
                }
            }
            at = (at + 1) & mask;
        };
        let fresh = index(self.ids.len());
        *free = Slot { key: asked.key, number: fresh + 1 };
        match long {
            Some(id) => self.ids.push(id),
            None => {
                let bytes = asked.key.map(u64::to_le_bytes);
                let bytes = bytes.as_flattened();
                self.ids.push(&bytes[..bytes[SHORT] as usize]);
            }
        }
        fresh
    }

    /// Makes the table so large that whatever is asked for fits.
    fn make_room(&mut self) {
        let wanted = self.ids.len() + self.asked.len();
        if wanted <= self.lines.len() {
            return;
        }
        let known = std::mem::replace(&mut self.lines, vec![Line::default(); wanted.next_power_of_two()]);
        let mask = self.lines.len() - 1;
        for slot in known.into_iter().flat_map(|line| line.0).filter(|slot| slot.number != 0) {
            let begin = self.hash(&slot.key) as usize & mask;
            let mut lines = (begin..).map(|at| at & mask);
            let line = lines.find(|at| self.lines[*at].0[1].number == 0).expect("it is at most half full");
            let [first, second] = &mut self.lines[line].0;
            *(if first.number == 0 { first } else { second }) = slot;
        }
    }
}

/// Whether two keys are the same; shorter than the call that comparing them as lists would be.
#[inline]
fn same(a: &Key, b: &Key) -> bool {
    (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) == 0
}
