//! Interned guards: each distinct combination of marking, RED writer and withdrawal is a small integer, and a clearance is a set
//! of them, worked out once.

use std::sync::Arc;

use arc_swap::ArcSwap;
use moka::sync::Cache;

use crate::access::{Clearance, GuardKey};

/// The interned ids that a caller may see, ascending.
pub type VisibleMarkings = Arc<Vec<i64>>;

/// A store's interned guards as far as they have been read, and the sets worked out from them.
///
/// Ids are handed out by the database and never reused. A table only grows, so a set is good as long as the table has not grown.
pub struct MarkingTable {
    guards: ArcSwap<Vec<(i64, GuardKey)>>,
    sets: Cache<(Arc<Clearance>, usize), VisibleMarkings>,
}

impl Default for MarkingTable {
    fn default() -> Self {
        Self { guards: ArcSwap::from_pointee(Vec::new()), sets: Cache::new(1_024) }
    }
}

impl MarkingTable {
    /// The greatest id that has been read; 0 when none has.
    pub fn newest(&self) -> i64 {
        self.guards.load().last().map_or(0, |(id, _)| *id)
    }

    /// Adds rows read from the database, in any order; those already there are passed over.
    pub fn extend(&self, rows: impl IntoIterator<Item = (i64, GuardKey)>) {
        let rows: Vec<_> = rows.into_iter().collect();
        self.guards.rcu(|known| {
            let mut grown = Vec::clone(known);
            for (id, guard) in &rows {
                if let Err(at) = grown.binary_search_by_key(id, |(known, _)| *known) {
                    grown.insert(at, (*id, guard.clone()));
                }
            }
            grown
        });
    }

    /// All guards with their ids, ascending.
    pub fn all(&self) -> Arc<Vec<(i64, GuardKey)>> {
        self.guards.load_full()
    }

    /// The guard with this id.
    pub fn guard(&self, id: i64) -> Option<GuardKey> {
        let guards = self.guards.load();
        guards.binary_search_by_key(&id, |(known, _)| *known).ok().map(|at| guards[at].1.clone())
    }

    /// The ids that a caller may see.
    pub fn visible_to(&self, who: &Arc<Clearance>) -> VisibleMarkings {
        let guards = self.guards.load_full();
        self.sets.get_with((Arc::clone(who), guards.len()), || {
            Arc::new(guards.iter().filter(|(_, guard)| guard.admits(who)).map(|(id, _)| *id).collect())
        })
    }
}
