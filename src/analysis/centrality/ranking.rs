//! The order by value: who is listed with which rank, and how often they would be in a world.

use std::cmp::Ordering;

use super::measure::Measured;

/// Who may be ranked, and who is.
pub(super) struct Ranking {
    /// How many may.
    pub(super) total: usize,
    /// The first of them: the place among the values, and the rank.
    pub(super) listed: Vec<(usize, u64)>,
}

/// The largest first: by component where values of different ones do not compare, by value, by id.
fn order(measured: &Measured) -> impl Fn(&usize, &usize) -> Ordering + '_ {
    move |a, b| level(measured, *a, *b).then(a.cmp(b))
}

/// The same without ids.
fn level(measured: &Measured, a: usize, b: usize) -> Ordering {
    let of = |values: &[f64]| values[b].total_cmp(&values[a]);
    measured.eigenvalues.as_deref().map_or(Ordering::Equal, of).then_with(|| of(&measured.values))
}

/// The places of those that may be ranked.
fn allowed<'m>(measured: &'m Measured, shielded: &'m [bool]) -> impl Iterator<Item = usize> + 'm {
    (0..measured.values.len()).filter(move |&place| match &measured.pairs {
        None => !shielded[place],
        Some(pairs) => !shielded[pairs[place].0 as usize] && !shielded[pairs[place].1 as usize],
    })
}

impl Ranking {
    /// The first `most` by value; nobody of those who are shielded, by position.
    pub(super) fn new(measured: &Measured, shielded: &[bool], most: usize) -> Self {
        let mut places: Vec<usize> = allowed(measured, shielded).collect();
        let total = places.len();
        if most < total {
            places.select_nth_unstable_by(most, order(measured));
            places.truncate(most);
        }
        places.sort_unstable_by(order(measured));
        let mut listed: Vec<(usize, u64)> = Vec::with_capacity(places.len());
        for (before, place) in places.into_iter().enumerate() {
            let same = listed.last().filter(|last| level(measured, last.0, place).is_eq());
            listed.push((place, same.map_or(before as u64 + 1, |last| last.1)));
        }
        Self { total, listed }
    }
}

/// Whose rank in a world is k or better, of those who are listed: by position, or as pairs.
pub(super) fn among_first(listed: &[(u32, u32)], world: &Measured, shielded: &[bool], k: usize) -> Vec<bool> {
    let mut places: Vec<usize> = allowed(world, shielded).collect();
    let last = (k < places.len()).then(|| *places.select_nth_unstable_by(k - 1, order(world)).1);
    let place = |pair: &(u32, u32)| match &world.pairs {
        None => Some(pair.0 as usize),
        // A pair that nothing joins in this world is not there.
        Some(pairs) => pairs.binary_search(pair).ok(),
    };
    // As good as the k-th is good enough.
    let is_first = |place: usize| last.is_none_or(|last| level(world, place, last).is_le());
    listed.iter().map(|pair| place(pair).is_some_and(is_first)).collect()
}
