//! Claims that wait for their place in a base, small: most have little beyond what every claim has, and short packed names.

use crate::model::{AssertionId, Currency};

use super::claim::{ANY_TIME, ClaimRow, NEVER};
use super::heap::{Bytes, Heap};
use super::ids::index;

/// How long a packed name is kept in its row.
const INLINE: usize = 19;
/// The length of a name that is kept elsewhere.
const ELSEWHERE: u8 = u8::MAX;

/// A claim that has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) id: AssertionId,
    /// The entity, or the source.
    pub(super) entity: u32,
    /// [`NO_TARGET`] in claims on entities.
    pub(super) target: u32,
    class: u32,
    /// [`NONE`], or the place of its extras, in fours of bytes.
    extra: u32,
    /// The revision that recorded it; extras hold those that are too large.
    from: u32,
    /// The length of the relationship's packed id and its bytes, or their place.
    name: [u8; 1 + INLINE],
}

/// No extras.
const NONE: u32 = u32::MAX;
/// What stands for the target of claims on entities.
pub(super) const NO_TARGET: u32 = u32::MAX;

// Which extras there are, in the order in which they are written.
const FROM: u8 = 1;
const TO: u8 = 2;
const RETAIN: u8 = 4;
const INSTANT: u8 = 8;
const SPAN: u8 = 16;
const AMOUNT: u8 = 32;
const QUANTITY: u8 = 64;
const VALUES: u8 = 128;

/// Rows and what does not fit into them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) on_entities: Heap<Row>,
    pub(super) on_triples: Heap<Row>,
    extras: Bytes,
    names: Bytes,
    /// How many bytes all names have.
    pub(super) name_bytes: usize,
    currencies: Vec<Currency>,
    /// Filterable values of claims on entities.
    values: Vec<u32>,
    packing: Vec<u8>,
}

impl Rows {
    /// A row of this claim, without subject.
    pub(super) fn row(&mut self, claim: &ClaimRow, values: &[u32]) -> Row {
        let from = u32::try_from(claim.from).unwrap_or(u32::MAX);
        let plain = claim.retain == NEVER && claim.period == ANY_TIME && claim.to == u64::MAX && from != u32::MAX;
        let bare = plain && claim.amount.is_none() && claim.quantity.is_none() && values.is_empty();
        let extra = if bare { NONE } else { self.extra(claim, from, values) };
        let (id, class) = (claim.id, claim.class);
        Row { id, entity: 0, target: NO_TARGET, class, extra, from, name: [0; 1 + INLINE] }
    }

    fn extra(&mut self, claim: &ClaimRow, from: u32, values: &[u32]) -> u32 {
        let number = claim.amount.map(|(_, currency)| self.currency(currency));
        let begin = index(self.values.len());
        self.values.extend_from_slice(values);
        let end = index(self.values.len());
        let place = self.extras.put(|bytes| {
            let flags = bytes.len();
            bytes.push(0);
            let mut add = |flag: u8, parts: &[&[u8]]| {
                bytes[flags] |= flag;
                parts.iter().for_each(|part| bytes.extend_from_slice(part));
            };
            if from == u32::MAX {
                add(FROM, &[&claim.from.to_le_bytes()]);
            }
            if claim.to != u64::MAX {
                add(TO, &[&claim.to.to_le_bytes()]);
            }
            if claim.retain != NEVER {
                add(RETAIN, &[&claim.retain.to_le_bytes()]);
            }
            match claim.period {
                ANY_TIME => {}
                (start, end) if start == end => add(INSTANT, &[&start.to_le_bytes()]),
                (start, end) => add(SPAN, &[&start.to_le_bytes(), &end.to_le_bytes()]),
            }
            if let (Some((minor, _)), Some(number)) = (claim.amount, number) {
                add(AMOUNT, &[&minor.to_le_bytes(), &number.to_le_bytes()]);
            }
            if let Some((micros, unit)) = claim.quantity {
                add(QUANTITY, &[&micros.to_le_bytes(), &unit.to_le_bytes()]);
            }
            if !values.is_empty() {
                add(VALUES, &[&begin.to_le_bytes(), &end.to_le_bytes()]);
            }
        });
        index(usize::try_from(place / 4).expect("a place in memory"))
    }

    /// A currency's number: most claims are in one that came shortly before.
    fn currency(&mut self, wanted: Currency) -> u16 {
        let known = self.currencies.iter().position(|known| *known == wanted).unwrap_or_else(|| {
            self.currencies.push(wanted);
            self.currencies.len() - 1
        });
        u16::try_from(known).expect("there are a few hundred currencies")
    }

    /// Gives a row its relationship's id, which `pack` packs.
    pub(super) fn name(&mut self, row: &mut Row, pack: impl FnOnce(&mut Vec<u8>)) {
        self.packing.clear();
        pack(&mut self.packing);
        let length = self.packing.len();
        self.name_bytes += length;
        if length <= INLINE {
            row.name[0] = u8::try_from(length).expect("a small number");
            row.name[1..=length].copy_from_slice(&self.packing);
        } else {
            let place = self.names.put(|bytes| bytes.extend_from_slice(&self.packing));
            row.name[0] = ELSEWHERE;
            row.name[1..9].copy_from_slice(&place.to_le_bytes());
        }
    }

    /// The packed id of a row's relationship.
    #[inline]
    pub(super) fn name_of<'a>(&'a self, row: &'a Row) -> &'a [u8] {
        match row.name[0] {
            ELSEWHERE => {
                let mut place = &row.name[1..];
                self.names.get(u64::from_le_bytes(next(&mut place)))
            }
            length => &row.name[1..=length as usize],
        }
    }

    /// The claim of a row.
    pub(super) fn claim_of(&self, row: &Row) -> ClaimRow {
        let mut claim = ClaimRow {
            id: row.id,
            class: row.class,
            retain: NEVER,
            period: ANY_TIME,
            amount: None,
            quantity: None,
            from: u64::from(row.from),
            to: u64::MAX,
        };
        let Some((&flags, rest)) = self.extras_of(row).split_first() else { return claim };
        let mut rest = rest;
        if flags & FROM != 0 {
            claim.from = u64::from_le_bytes(next(&mut rest));
        }
        if flags & TO != 0 {
            claim.to = u64::from_le_bytes(next(&mut rest));
        }
        if flags & RETAIN != 0 {
            claim.retain = i32::from_le_bytes(next(&mut rest));
        }
        if flags & INSTANT != 0 {
            let instant = i64::from_le_bytes(next(&mut rest));
            claim.period = (instant, instant);
        }
        if flags & SPAN != 0 {
            claim.period = (i64::from_le_bytes(next(&mut rest)), i64::from_le_bytes(next(&mut rest)));
        }
        if flags & AMOUNT != 0 {
            let minor = i64::from_le_bytes(next(&mut rest));
            claim.amount = Some((minor, self.currencies[u16::from_le_bytes(next(&mut rest)) as usize]));
        }
        if flags & QUANTITY != 0 {
            claim.quantity = Some((i64::from_le_bytes(next(&mut rest)), u32::from_le_bytes(next(&mut rest))));
        }
        claim
    }

    /// The filterable values of a row's claim.
    pub(super) fn values_of(&self, row: &Row) -> &[u32] {
        let extras = self.extras_of(row);
        if extras.first().is_none_or(|flags| flags & VALUES == 0) {
            return &[];
        }
        // They were written last.
        let mut rest = &extras[extras.len() - 8..];
        let (begin, end) = (u32::from_le_bytes(next(&mut rest)), u32::from_le_bytes(next(&mut rest)));
        &self.values[begin as usize..end as usize]
    }

    fn extras_of(&self, row: &Row) -> &[u8] {
        if row.extra == NONE { &[] } else { self.extras.get(u64::from(row.extra) * 4) }
    }
}

impl Row {
    /// Whether [`Rows::claim_of`] would say no more than these: class and revision.
    #[inline]
    pub(super) fn bare(&self) -> Option<(u32, u64)> {
        (self.extra == NONE).then_some((self.class, u64::from(self.from)))
    }
}

/// The next bytes of what was written.
fn next<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (bytes, after) = rest.split_first_chunk().expect("as many bytes as were written");
    *rest = after;
    *bytes
}
