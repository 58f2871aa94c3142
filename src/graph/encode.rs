//! A snapshot as bytes and back: numbers in little-endian order, lists with their lengths before them. What follows from the rest
//! is left out and worked out anew. Where and how the bytes are kept is the service's business.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::GuardKey;
use crate::model::{AssertionId, Currency, KindName, Nature, Revision, Vocabulary};

use super::Snapshot;
use super::claim::{ClassKey, Interned};
use super::columns::{Columns, Revisions};
use super::csr::Base;
use super::heap::Heap;
use super::ids::{IdTable, Packed};
use super::names::Names;
use super::sparse::Sparse;

/// How many bytes of a list are turned into numbers at a time.
const PIECE: usize = 1 << 16;

/// What a list may hold.
trait Plain: Copy {
    const WIDTH: usize;
    fn put(self, bytes: &mut [u8]);
    /// From exactly [`WIDTH`](Self::WIDTH) bytes.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! plain_numbers {
    ($($number:ty),*) => {$(
        impl Plain for $number {
            const WIDTH: usize = size_of::<Self>();
            fn put(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
            fn get(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<Self>()];
                own.copy_from_slice(bytes);
                Self::from_le_bytes(own)
            }
        }
    )*};
}
plain_numbers!(u8, u16, u32, i32, u64, i64, u128);

impl<A: Plain, B: Plain> Plain for (A, B) {
    const WIDTH: usize = A::WIDTH + B::WIDTH;
    fn put(self, bytes: &mut [u8]) {
        let (one, other) = bytes.split_at_mut(A::WIDTH);
        self.0.put(one);
        self.1.put(other);
    }
    fn get(bytes: &[u8]) -> Self {
        let (one, other) = bytes.split_at(A::WIDTH);
        (A::get(one), B::get(other))
    }
}

impl Plain for AssertionId {
    const WIDTH: usize = u128::WIDTH;
    fn put(self, bytes: &mut [u8]) {
        self.as_u128().put(bytes);
    }
    fn get(bytes: &[u8]) -> Self {
        Self::from_u128(u128::get(bytes))
    }
}

/// What is interned, in words.
#[derive(Serialize, Deserialize)]
struct Words {
    guards: Vec<GuardKey>,
    kinds: Vec<KindName>,
    /// Guard, kind, nature, parts per million, whether unknown, whether it protects.
    classes: Vec<(u32, u32, Nature, u32, bool, bool)>,
    values: Vec<(String, String)>,
    stated: Vec<Vec<u32>>,
    units: Vec<String>,
    currencies: Vec<Currency>,
}

impl Snapshot {
    /// Writes all rows of a snapshot. It must be [compacted](Self::compacted).
    pub fn write_to(&self, out: &mut dyn Write) -> Result<()> {
        if !self.delta.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "only a compacted snapshot can be written"));
        }
        let (base, interned) = (&*self.base, &*self.interned);
        let currencies = base.entity_claims.currencies.iter().chain(base.claims.currencies.iter());
        let currencies: BTreeSet<Currency> = currencies.collect();
        let classes = interned.classes.iter();
        let words = Words {
            guards: interned.guards.iter().cloned().collect(),
            kinds: interned.kinds.iter().cloned().collect(),
            classes: classes.map(|c| (c.guard, c.kind, c.nature, c.ppm, c.unknown, c.protects)).collect(),
            values: interned.values.iter().cloned().collect(),
            stated: interned.stated.iter().cloned().collect(),
            units: interned.units.iter().cloned().collect(),
            currencies: currencies.into_iter().collect(),
        };
        put(out, &serde_json::to_vec(&words)?)?;
        put_packed(out, base.entities.pieces())?;
        put_heap(out, &base.owners)?;
        put_columns(out, &base.entity_claims, &words.currencies)?;
        put_heap(out, &base.ends)?;
        put_packed(out, base.names.packed())?;
        put_columns(out, &base.claims, &words.currencies)
    }

    /// The snapshot that was written, at its revision. `most` is how many bytes there can be. Rows that do not fit each other are
    /// an error; that they are the rows once written is for the one who keeps them to know.
    pub fn read_from(vocabulary: Arc<Vocabulary>, revision: Revision, input: &mut dyn Read, most: u64) -> Result<Self> {
        let mut input = Input { input, most };
        let words: Words = serde_json::from_slice(&input.list::<u8>()?)?;
        let mut base = Base { entities: input.packed().and_then(|ids| fits(IdTable::of(ids)))?, ..Base::default() };
        base.owners = input.heap()?;
        base.entity_claims = input.columns(&words)?;
        base.ends = input.heap()?;
        base.names = Names::of(input.packed()?);
        base.claims = input.columns(&words)?;
        check(&base, &words)?;
        if !base.arrange().is_empty() {
            return Err(wrong());
        }
        let class =
            |(guard, kind, nature, ppm, unknown, protects)| ClassKey { guard, kind, nature, ppm, unknown, protects };
        let classes = words.classes.into_iter().map(class).collect();
        let interned = Interned::of(words.guards, words.kinds, classes, words.values, words.stated, words.units);
        Ok(Self::of_base(vocabulary, interned, base, revision))
    }
}

fn wrong() -> Error {
    Error::new(ErrorKind::InvalidData, "the rows of the snapshot do not fit each other")
}

fn fits<T>(made: Option<T>) -> Result<T> {
    made.ok_or_else(wrong)
}

/// Whether all that is read as an index is one.
fn check(base: &Base, words: &Words) -> Result<()> {
    let below =
        |mut numbers: Box<dyn Iterator<Item = u32> + '_>, most: usize| numbers.all(|number| (number as usize) < most);
    let nodes = base.entities.len();
    let claims = |claims: &Columns| {
        let units = claims.quantities.values().iter().map(|(_, unit)| unit);
        below(Box::new(claims.classes.iter()), words.classes.len())
            && below(Box::new(units), words.units.len())
            && below(Box::new(claims.stated.values().iter()), words.stated.len())
    };
    let whole = base.owners.len() == base.entity_claims.len()
        && base.ends.len() == base.claims.len()
        && base.names.packed().len() == base.claims.len()
        && below(Box::new(base.owners.iter()), nodes)
        && base.ends.iter().all(|(source, target)| (source.max(target) as usize) < nodes)
        && below(Box::new(words.stated.iter().flatten().copied()), words.values.len())
        && words.classes.iter().all(|class| (class.0 as usize) < words.guards.len())
        && words.classes.iter().all(|class| (class.1 as usize) < words.kinds.len())
        && claims(&base.entity_claims)
        && claims(&base.claims);
    if whole { Ok(()) } else { Err(wrong()) }
}

fn put<T: Plain>(out: &mut dyn Write, list: &[T]) -> Result<()> {
    put_pieces(out, list.len(), std::iter::once(list))
}

fn put_heap<T: Plain>(out: &mut dyn Write, list: &Heap<T>) -> Result<()> {
    put_pieces(out, list.len(), list.pieces())
}

/// A list of so many in all.
fn put_pieces<'a, T: Plain + 'a>(out: &mut dyn Write, len: usize, pieces: impl Iterator<Item = &'a [T]>) -> Result<()> {
    out.write_all(&(len as u64).to_le_bytes())?;
    let mut piece = vec![0; (PIECE / T::WIDTH).min(len) * T::WIDTH];
    for rows in pieces.flat_map(|rows| rows.chunks(PIECE / T::WIDTH)) {
        let bytes = &mut piece[..rows.len() * T::WIDTH];
        rows.iter().zip(bytes.chunks_exact_mut(T::WIDTH)).for_each(|(row, bytes)| row.put(bytes));
        out.write_all(bytes)?;
    }
    Ok(())
}

fn put_packed(out: &mut dyn Write, packed: &Packed) -> Result<()> {
    put(out, packed.lengths())?;
    put_pieces(out, packed.bytes().map(<[u8]>::len).sum(), packed.bytes())
}

fn put_sparse<T: Plain>(out: &mut dyn Write, column: &Sparse<T>) -> Result<()> {
    put(out, column.bits())?;
    put_heap(out, column.values())
}

fn put_columns(out: &mut dyn Write, claims: &Columns, currencies: &[Currency]) -> Result<()> {
    put_heap(out, &claims.ids)?;
    put_heap(out, &claims.classes)?;
    match &claims.from {
        Revisions::Small(from) => put(out, &[32_u8]).and_then(|()| put_heap(out, from))?,
        Revisions::Large(from) => put(out, &[64_u8]).and_then(|()| put_heap(out, from))?,
    }
    put_sparse(out, &claims.to)?;
    put_sparse(out, &claims.retain)?;
    put_sparse(out, &claims.instants)?;
    put_sparse(out, &claims.spans)?;
    put_sparse(out, &claims.amounts)?;
    let numbers = claims.currencies.iter().map(|currency| currencies.binary_search(&currency).unwrap_or(0));
    put(out, &numbers.map(|number| u16::try_from(number).unwrap_or(0)).collect::<Vec<_>>())?;
    put_sparse(out, &claims.quantities)?;
    put_sparse(out, &claims.stated)
}

struct Input<'a> {
    input: &'a mut dyn Read,
    most: u64,
}

impl Input<'_> {
    fn heap<T: Plain>(&mut self) -> Result<Heap<T>> {
        let mut left = self.length(T::WIDTH)?;
        let mut list = Heap::default();
        let mut piece = vec![0; (PIECE / T::WIDTH).min(left) * T::WIDTH];
        while left > 0 {
            let rows = left.min(PIECE / T::WIDTH);
            let bytes = &mut piece[..rows * T::WIDTH];
            self.input.read_exact(bytes)?;
            list.extend(bytes.chunks_exact(T::WIDTH).map(T::get));
            left -= rows;
        }
        Ok(list)
    }

    /// A list that is short, or of short rows.
    fn list<T: Plain>(&mut self) -> Result<Vec<T>> {
        Ok(self.heap()?.iter().collect())
    }

    /// How many rows of this width a list has.
    fn length(&mut self, width: usize) -> Result<usize> {
        let mut length = [0; 8];
        self.input.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        // No more is set aside than what is there.
        if length.saturating_mul(width as u64) > self.most {
            return Err(wrong());
        }
        usize::try_from(length).map_err(|_| wrong())
    }

    fn packed(&mut self) -> Result<Packed> {
        let lengths: Vec<u8> = self.list()?;
        let all: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
        if self.length(1)? as u64 != all {
            return Err(wrong());
        }
        let (mut packed, mut bytes) = (Packed::default(), Vec::new());
        for some in lengths.chunks(256) {
            bytes.resize(some.iter().map(|length| *length as usize).sum(), 0);
            self.input.read_exact(&mut bytes)?;
            let mut rest = &bytes[..];
            for length in some {
                let (string, after) = rest.split_at(*length as usize);
                packed.push(string);
                rest = after;
            }
        }
        Ok(packed)
    }

    fn sparse<T: Plain>(&mut self, rows: usize) -> Result<Sparse<T>> {
        let bits: Vec<u64> = self.list()?;
        if bits.len() > rows.div_ceil(64) {
            return Err(wrong());
        }
        fits(Sparse::of(bits, self.heap()?))
    }

    fn columns(&mut self, words: &Words) -> Result<Columns> {
        let ids: Heap<AssertionId> = self.heap()?;
        let rows = ids.len();
        let classes: Heap<u32> = self.heap()?;
        let from = match self.list::<u8>()?[..] {
            [32] => Revisions::Small(self.heap()?),
            [64] => Revisions::Large(self.heap()?),
            _ => return Err(wrong()),
        };
        let claims = Columns {
            ids,
            classes,
            from,
            to: self.sparse(rows)?,
            retain: self.sparse(rows)?,
            instants: self.sparse(rows)?,
            spans: self.sparse(rows)?,
            amounts: self.sparse(rows)?,
            currencies: {
                let numbers: Vec<u16> = self.list()?;
                let known = numbers.iter().map(|number| words.currencies.get(*number as usize).copied());
                fits(known.collect())?
            },
            quantities: self.sparse(rows)?,
            stated: self.sparse(rows)?,
        };
        let whole = claims.classes.len() == rows
            && claims.from.len() == rows
            && claims.currencies.len() == claims.amounts.values().len();
        if whole { Ok(claims) } else { Err(wrong()) }
    }
}
