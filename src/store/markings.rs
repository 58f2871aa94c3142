//! Interned guards: each distinct combination of marking, RED writer and withdrawal is a small integer, and a clearance is a set
//! of them, worked out once.

use std::sync::Arc;

use arc_swap::ArcSwap;
use moka::sync::Cache;
use serde::{Deserialize, Serialize};

use crate::access::{Clearance, admits};
use crate::model::{Assertion, Marking, SubjectName, Tlp};

/// Everything that visibility hangs on but the retain day: what is interned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GuardKey {
    /// The claim's marking.
    pub marking: Marking,
    /// Who wrote it, where that matters: on RED claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_writer: Option<SubjectName>,
    /// Whether it was taken back.
    #[serde(default)]
    pub withdrawn: bool,
}

impl GuardKey {
    /// The key of a claim with this marking and writer.
    pub fn new(marking: &Marking, asserted_by: &SubjectName, withdrawn: bool) -> Self {
        let red_writer = (marking.tlp == Tlp::Red).then(|| asserted_by.clone());
        Self { marking: marking.clone(), red_writer, withdrawn }
    }

    /// The key of a recorded claim as it stands.
    pub fn of(assertion: &Assertion) -> Self {
        Self::new(&assertion.claim.marking, &assertion.asserted_by, assertion.recorded.is_withdrawn())
    }

    /// Canonical bytes: equal keys have equal ones, in every store.
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).expect("names, sets and flags always serialise")
    }

    /// Whether a caller may see claims under this key, retain day aside.
    pub fn admits(&self, who: &Clearance) -> bool {
        admits(who, &self.marking, self.red_writer.as_ref(), self.withdrawn)
    }
}

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
