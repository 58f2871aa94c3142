//! One claim as the graph keeps it, and what many claims share: their class, interned. A view decides once per class what it
//! shows, so that the check of an arc is one byte.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::access::GuardKey;
use crate::model::{
    Assertion, AssertionId, Currency, Day, KindName, Nature, Properties, Reliability, Revision, Standing, Vocabulary,
    Window,
};

use super::classes::ClassCache;
use super::table::Table;

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
    /// The number of the set of filterable values that it states; [`NOTHING`] when it states none.
    pub(super) stated: u32,
    pub(super) from: u64,
    /// The revision that closed it; `MAX` while it is open.
    pub(super) to: u64,
}

/// When a claim says that something holds, and how much of it: what questions about flows read of each, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    /// As [`ClaimRow::period`], and so on.
    pub(super) period: (i64, i64),
    pub(super) amount: Option<(i64, Currency)>,
    pub(super) quantity: Option<(i64, u32)>,
}

/// The retain day of what is kept for good.
pub(super) const NEVER: i32 = i32::MAX;
/// What stands for no filterable value.
pub(super) const NOTHING: u32 = u32::MAX;
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
}

/// Everything interned. Only grows; what is in it keeps its number until the next compaction. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Interned {
    pub(super) guards: Table<GuardKey>,
    pub(super) kinds: Table<KindName>,
    pub(super) classes: Table<ClassKey>,
    /// −ln p of each class in units of 10⁻⁹; `MAX` where p is 0.
    costs: Arc<Vec<u64>>,
    /// Property and value, of properties that frames may filter on.
    pub(super) values: Table<(String, String)>,
    /// Sets of such values, ascending: what single claims state.
    pub(super) stated: Table<Vec<u32>>,
    /// Units of quantities.
    pub(super) units: Table<String>,
}

/// Which numbers occur.
pub(super) struct Used {
    pub(super) classes: Vec<bool>,
    pub(super) stated: Vec<bool>,
    pub(super) units: Vec<bool>,
}

/// New numbers by old ones.
pub(super) struct Renumbered {
    pub(super) classes: Vec<u32>,
    pub(super) stated: Vec<u32>,
    pub(super) units: Vec<u32>,
}

fn cost(class: &ClassKey) -> u64 {
    class.reliability().cost().unwrap_or(u64::MAX)
}

impl Interned {
    /// These lists, in the order of their numbers.
    pub(super) fn of(
        guards: Vec<GuardKey>,
        kinds: Vec<KindName>,
        classes: Vec<ClassKey>,
        values: Vec<(String, String)>,
        stated: Vec<Vec<u32>>,
        units: Vec<String>,
    ) -> Self {
        Self {
            guards: Table::of(guards),
            kinds: Table::of(kinds),
            costs: Arc::new(classes.iter().map(cost).collect()),
            classes: Table::of(classes),
            values: Table::of(values),
            stated: Table::of(stated),
            units: Table::of(units),
        }
    }

    /// The claim in numbers.
    pub(super) fn row(&mut self, vocabulary: &Vocabulary, cache: &mut ClassCache, assertion: &Assertion) -> ClaimRow {
        let claim = &assertion.claim;
        let class = cache.class(vocabulary, self, assertion);
        let period = claim.period.map_or(ANY_TIME, |period| {
            (
                period.start().map_or(i64::MIN, crate::model::Instant::micros),
                period.end().map_or(i64::MAX, crate::model::Instant::micros),
            )
        });
        let quantity =
            claim.quantity.as_ref().map(|quantity| (quantity.value.micros(), self.units.intern(quantity.unit.clone())));
        ClaimRow {
            id: assertion.id,
            class,
            retain: claim.retain_until.map_or(NEVER, Day::since_epoch),
            period,
            amount: claim.amount.map(|amount| (amount.minor, amount.currency)),
            quantity,
            stated: self.stated(vocabulary, &claim.properties),
            from: assertion.recorded.from.0,
            to: assertion.recorded.to.map_or(u64::MAX, |closed| closed.revision.0),
        }
    }

    /// The number of the set of values that frames may filter on.
    fn stated(&mut self, vocabulary: &Vocabulary, properties: &Properties) -> u32 {
        let mut values = Vec::new();
        for (name, stated) in properties {
            if vocabulary.ontology.filters(name) {
                values.extend(stated.iter().map(|value| self.values.intern((name.clone(), value.clone()))));
            }
        }
        if values.is_empty() {
            return NOTHING;
        }
        values.sort_unstable();
        values.dedup();
        self.stated.intern(values)
    }

    /// What such a set states of a property.
    pub(super) fn stated_of<'s>(&'s self, property: &str, stated: u32) -> impl Iterator<Item = &'s str> {
        let set = (stated != NOTHING).then(|| self.stated.get(stated));
        let values = set.into_iter().flatten().map(|value| self.values.get(*value));
        values.filter(move |(name, _)| name == property).map(|(_, value)| value.as_str())
    }

    /// The number of the class of a claim.
    pub(super) fn class_of(&mut self, vocabulary: &Vocabulary, assertion: &Assertion, protects: bool) -> u32 {
        let claim = &assertion.claim;
        let judged = vocabulary.evaluations.reliability(&claim.evaluation);
        let reliability = judged.unwrap_or(Reliability { ppm: 250_000, unknown: true });
        let class = ClassKey {
            guard: self.guards.intern(GuardKey::of(assertion)),
            kind: self.kinds.intern(claim.kind.clone()),
            nature: claim.nature,
            ppm: reliability.ppm,
            unknown: reliability.unknown,
            protects,
        };
        let number = self.classes.intern(class);
        if self.costs.len() < self.classes.len() {
            Arc::make_mut(&mut self.costs).push(cost(&class));
        }
        number
    }

    pub(super) fn class(&self, class: u32) -> &ClassKey {
        self.classes.get(class)
    }

    /// −ln p of claims of the class in units of 10⁻⁹; `None`: no way.
    pub(super) fn cost(&self, class: u32) -> Option<u64> {
        Some(self.costs[class as usize]).filter(|cost| *cost != u64::MAX)
    }

    /// Of each set of values, whether it has one of the wanted ones of a property.
    pub(super) fn states(&self, property: &str, wanted: &BTreeSet<String>) -> Vec<bool> {
        let values: Vec<bool> =
            self.values.iter().map(|(name, value)| name == property && wanted.contains(value)).collect();
        self.stated.iter().map(|set| set.iter().any(|value| values[*value as usize])).collect()
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
        let guards = self.guards.reorder(&used_guards, GuardKey::canonical);
        let kinds = self.kinds.reorder(&used_kinds, Clone::clone);
        let known = self.classes.iter().map(|class| ClassKey {
            guard: guards[class.guard as usize],
            kind: kinds[class.kind as usize],
            ..*class
        });
        self.classes = Table::of(known.collect());
        let classes = self.classes.reorder(&used.classes, |class| *class);
        let stated = self.renumber_stated(&used.stated);
        let units = self.units.reorder(&used.units, Clone::clone);
        self.costs = Arc::new(self.classes.iter().map(cost).collect());
        Renumbered { classes, stated, units }
    }

    fn renumber_stated(&mut self, used: &[bool]) -> Vec<u32> {
        let mut used_values = vec![false; self.values.len()];
        let sets = self.stated.iter().zip(used).filter(|(_, used)| **used);
        sets.flat_map(|(set, _)| set).for_each(|value| used_values[*value as usize] = true);
        let values = self.values.reorder(&used_values, Clone::clone);
        let renumbered = |set: &Vec<u32>| {
            let mut set: Vec<u32> = set.iter().map(|value| values[*value as usize]).collect();
            set.sort_unstable();
            set
        };
        self.stated = Table::of(self.stated.iter().map(renumbered).collect());
        self.stated.reorder(used, Clone::clone)
    }
}
