//! One claim as the graph keeps it, and what many claims share: their class, interned. A view decides once per class what it
//! shows, so that the check of an arc is one byte.

use std::collections::HashMap;

use crate::access::GuardKey;
use crate::model::{
    Assertion, AssertionId, Currency, Day, KindName, Nature, Reliability, Revision, Standing, Vocabulary, Window,
};

/// What a claim shares with many others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClassKey {
    pub(super) guard: u32,
    pub(super) kind: u32,
    pub(super) nature: Nature,
    pub(super) ppm: u32,
    pub(super) unknown: bool,
    /// Whether the claim says that its subject is a protected person.
    pub(super) protects: bool,
}

impl ClassKey {
    pub(super) fn reliability(&self) -> Reliability {
        Reliability { ppm: self.ppm, unknown: self.unknown }
    }
}

/// One claim, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClaimRow {
    pub(super) id: AssertionId,
    pub(super) class: u32,
    /// The first day on which nobody sees it; [`NEVER`] when it is kept.
    pub(super) retain: i32,
    /// The period in microseconds: `(MIN, MAX)` when there is none, equal ends for an instant.
    pub(super) period: (i64, i64),
    pub(super) amount: Option<(i64, Currency)>,
    /// Millionths, and the number of the unit.
    pub(super) quantity: Option<(i64, u32)>,
    pub(super) from: u64,
    /// The revision that closed it; `MAX` while it is open.
    pub(super) to: u64,
}

/// The retain day of what is kept for good.
pub(super) const NEVER: i32 = i32::MAX;
/// What stands for no period.
pub(super) const ANY_TIME: (i64, i64) = (i64::MIN, i64::MAX);

impl ClaimRow {
    pub(super) fn holds(&self, at: Option<Revision>) -> bool {
        match at {
            None => self.to == u64::MAX,
            Some(Revision(at)) => self.from <= at && at < self.to,
        }
    }

    pub(super) fn kept(&self, today: Day) -> bool {
        today.since_epoch() < self.retain
    }

    pub(super) fn meets(&self, window: &Window) -> bool {
        let (start, end) = self.period;
        let before = window.to.is_none_or(|to| start < to.micros() || start == i64::MIN);
        let after = window.from.is_none_or(|from| match start == end {
            true => start >= from.micros(),
            false => end > from.micros() || end == i64::MAX,
        });
        before && after
    }

    pub(super) fn standing(&self, class: &ClassKey) -> Standing {
        Standing::new(class.nature, class.reliability(), Revision(self.from), self.id)
    }

    /// Whether a view that looks at now, without a window, may decide by the class alone.
    pub(super) fn is_plain(&self) -> bool {
        self.to == u64::MAX && self.retain == NEVER
    }
}

/// Everything interned. Only grows; what is in it keeps its number until the next compaction.
#[derive(Debug, Clone, Default)]
pub(super) struct Interned {
    pub(super) guards: Vec<GuardKey>,
    pub(super) kinds: Vec<KindName>,
    pub(super) classes: Vec<ClassKey>,
    /// −ln p of each class in units of 10⁻⁹; `MAX` where p is 0.
    costs: Vec<u64>,
    /// Property and value, of properties that frames may filter on.
    pub(super) values: Vec<(String, String)>,
    /// Units of quantities.
    pub(super) units: Vec<String>,
    guard_numbers: HashMap<GuardKey, u32>,
    kind_numbers: HashMap<KindName, u32>,
    class_numbers: HashMap<ClassKey, u32>,
    value_numbers: HashMap<(String, String), u32>,
    unit_numbers: HashMap<String, u32>,
}

/// Which numbers occur.
pub(super) struct Used {
    pub(super) classes: Vec<bool>,
    pub(super) values: Vec<bool>,
    pub(super) units: Vec<bool>,
}

/// New numbers by old ones.
pub(super) struct Renumbered {
    pub(super) classes: Vec<u32>,
    pub(super) values: Vec<u32>,
    pub(super) units: Vec<u32>,
}

fn intern<K: std::hash::Hash + Eq + Clone>(numbers: &mut HashMap<K, u32>, list: &mut Vec<K>, key: K) -> u32 {
    if let Some(&known) = numbers.get(&key) {
        return known;
    }
    let number = super::ids::index(list.len());
    list.push(key.clone());
    numbers.insert(key, number);
    number
}

impl Interned {
    /// The claim in numbers, and the numbers of its filterable values (entities only), ascending.
    pub(super) fn row(&mut self, vocabulary: &Vocabulary, assertion: &Assertion) -> (ClaimRow, Vec<u32>) {
        let claim = &assertion.claim;
        let guard = intern(&mut self.guard_numbers, &mut self.guards, GuardKey::of(assertion));
        let kind = intern(&mut self.kind_numbers, &mut self.kinds, claim.kind.clone());
        let judged = vocabulary.evaluations.reliability(&claim.evaluation);
        let reliability = judged.unwrap_or(Reliability { ppm: 250_000, unknown: true });
        let class = ClassKey {
            guard,
            kind,
            nature: claim.nature,
            ppm: reliability.ppm,
            unknown: reliability.unknown,
            protects: claim.protects(vocabulary),
        };
        let class = intern(&mut self.class_numbers, &mut self.classes, class);
        if self.costs.len() < self.classes.len() {
            self.costs.push(reliability.cost().unwrap_or(u64::MAX));
        }
        let mut values = Vec::new();
        if matches!(claim.subject, crate::model::Subject::Entity(_)) {
            let filters = |name: &&String| vocabulary.ontology.properties.get(*name).is_some_and(|known| known.filter);
            for name in claim.properties.keys().filter(filters) {
                for value in claim.properties.get(name).into_iter().flatten() {
                    let pair = (name.clone(), value.clone());
                    values.push(intern(&mut self.value_numbers, &mut self.values, pair));
                }
            }
            values.sort_unstable();
            values.dedup();
        }
        let period = claim.period.map_or(ANY_TIME, |period| {
            (
                period.start().map_or(i64::MIN, crate::model::Instant::micros),
                period.end().map_or(i64::MAX, crate::model::Instant::micros),
            )
        });
        let quantity = claim.quantity.as_ref().map(|quantity| {
            (quantity.value.micros(), intern(&mut self.unit_numbers, &mut self.units, quantity.unit.clone()))
        });
        let row = ClaimRow {
            id: assertion.id,
            class,
            retain: claim.retain_until.map_or(NEVER, Day::since_epoch),
            period,
            amount: claim.amount.map(|amount| (amount.minor, amount.currency)),
            quantity,
            from: assertion.recorded.from.0,
            to: assertion.recorded.to.map_or(u64::MAX, |closed| closed.revision.0),
        };
        (row, values)
    }

    /// Whether the same things have the same numbers.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        (&self.guards, &self.kinds, &self.classes, &self.values, &self.units)
            == (&other.guards, &other.kinds, &other.classes, &other.values, &other.units)
    }

    pub(super) fn class(&self, class: u32) -> &ClassKey {
        &self.classes[class as usize]
    }

    /// −ln p of claims of the class in units of 10⁻⁹; `None`: no way.
    pub(super) fn cost(&self, class: u32) -> Option<u64> {
        Some(self.costs[class as usize]).filter(|cost| *cost != u64::MAX)
    }

    pub(super) fn value(&self, property: &str, value: &str) -> Option<u32> {
        self.value_numbers.get(&(property.to_owned(), value.to_owned())).copied()
    }

    /// Numbers what is used anew in canonical order and drops the rest, so that the numbers depend on the set of rows alone.
    /// Answers the new numbers by the old ones.
    pub(super) fn renumber(&mut self, used: &Used) -> Renumbered {
        let mut used_guards = vec![false; self.guards.len()];
        let mut used_kinds = vec![false; self.kinds.len()];
        for (class, _) in self.classes.iter().zip(&used.classes).filter(|(_, used)| **used) {
            used_guards[class.guard as usize] = true;
            used_kinds[class.kind as usize] = true;
        }
        let guards = reorder(&mut self.guards, &mut self.guard_numbers, &used_guards, GuardKey::canonical);
        let kinds = reorder(&mut self.kinds, &mut self.kind_numbers, &used_kinds, Clone::clone);
        for class in &mut self.classes {
            class.guard = guards[class.guard as usize];
            class.kind = kinds[class.kind as usize];
        }
        let classes = reorder(&mut self.classes, &mut self.class_numbers, &used.classes, |class| *class);
        let values = reorder(&mut self.values, &mut self.value_numbers, &used.values, Clone::clone);
        let units = reorder(&mut self.units, &mut self.unit_numbers, &used.units, Clone::clone);
        self.costs = self.classes.iter().map(|class| class.reliability().cost().unwrap_or(u64::MAX)).collect();
        Renumbered { classes, values, units }
    }
}

/// Keeps what is used, sorted by `key`; rebuilds the numbers and answers the new number of each old one.
fn reorder<K, S>(list: &mut Vec<K>, numbers: &mut HashMap<K, u32>, used: &[bool], key: impl Fn(&K) -> S) -> Vec<u32>
where
    K: std::hash::Hash + Eq + Clone,
    S: Ord,
{
    let mut order: Vec<usize> = (0..list.len()).filter(|&old| used[old]).collect();
    order.sort_by_cached_key(|&old| key(&list[old]));
    let mut fresh = vec![u32::MAX; list.len()];
    for (new, &old) in order.iter().enumerate() {
        fresh[old] = super::ids::index(new);
    }
    *list = order.iter().map(|&old| list[old].clone()).collect();
    *numbers = list.iter().cloned().zip(0..).collect();
    fresh
}
