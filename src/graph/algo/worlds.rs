//! Sets of worlds, a bit each, several words at a time: a place in memory that is read at random gives a line of it in any case. More
//! words are a little faster yet, and take so much more memory.

use std::ops::{BitAnd, BitAndAssign, BitOrAssign, Not};

/// How many words a set has.
pub(super) const WORDS: usize = 2;

/// Some of 128 worlds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(align(16))]
pub(super) struct Worlds(pub(super) [u64; WORDS]);

impl Worlds {
    pub(super) const NONE: Self = Self([0; WORDS]);
    pub(super) const ALL: Self = Self([u64::MAX; WORDS]);

    /// By the number of each word.
    #[inline]
    pub(super) fn of(word: impl FnMut(usize) -> u64) -> Self {
        Self(std::array::from_fn(word))
    }

    #[inline]
    pub(super) fn is_none(self) -> bool {
        self.0.iter().fold(0, |any, word| any | word) == 0
    }

    #[inline]
    pub(super) fn count(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Each by itself.
    pub(super) fn each(self) -> impl Iterator<Item = Self> {
        (0..WORDS * 64)
            .map(|world| Self::of(|word| if word == world / 64 { 1 << (world % 64) } else { 0 }))
            .filter(move |world| !(self & *world).is_none())
    }
}

impl BitAnd for Worlds {
    type Output = Self;

    #[inline]
    fn bitand(self, other: Self) -> Self {
        Self::of(|word| self.0[word] & other.0[word])
    }
}

impl BitAndAssign for Worlds {
    #[inline]
    fn bitand_assign(&mut self, other: Self) {
        *self = *self & other;
    }
}

impl BitOrAssign for Worlds {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        *self = Self::of(|word| self.0[word] | other.0[word]);
    }
}

impl Not for Worlds {
    type Output = Self;

    #[inline]
    fn not(self) -> Self {
        Self::of(|word| !self.0[word])
    }
}
