//! Candidates and what connects them: who has which connectors, how many candidates have each, and how many there are of each kind.
//!
//! Neighbours are distinct entities, whichever way the relationships run. Roles, kinds and counts are kept in one pooled label a
//! node; lists of connectors are kept for the candidates that are met. Counting is one pass, O(relationships of the candidates).

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::graph::{Budget, GraphView, Halt, Labels, Lent, NodeIx, Way};
use crate::model::KindName;

/// Which entities play which part, by kind; descendants spelled out.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Between which pairs are looked for.
    pub candidates: BTreeSet<KindName>,
    /// Which ones connect; `None`: any.
    pub connectors: Option<BTreeSet<KindName>>,
}

/// How many there are of one kind of connector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Population {
    /// Candidates that have at least one.
    pub candidates: u64,
    /// Connectors that at least one candidate has.
    pub connectors: u64,
}

const CANDIDATE: u64 = 1;
const CONNECTOR: u64 = 2;
const HUB: u64 = 4;
const KIND_SHIFT: u32 = 3;
const COUNT_SHIFT: u32 = 32;

/// See the module.
pub struct Bipartite<'v, 's> {
    view: &'v GraphView<'s>,
    parts: &'v Parts,
    /// Role (3 bits), kind (29 bits), number of candidates that have it (32 bits).
    labels: Lent<Labels>,
    kinds: Vec<KindName>,
    numbers: HashMap<KindName, usize>,
    populations: Vec<Population>,
    lists: HashMap<NodeIx, Rc<[NodeIx]>>,
    hubs: BTreeSet<NodeIx>,
}

impl<'v, 's> Bipartite<'v, 's> {
    /// Of a view; nothing is walked yet.
    pub fn new(view: &'v GraphView<'s>, parts: &'v Parts) -> Self {
        let labels = view.labels();
        let (kinds, numbers, populations) = (Vec::new(), HashMap::new(), Vec::new());
        Self { view, parts, labels, kinds, numbers, populations, lists: HashMap::new(), hubs: BTreeSet::new() }
    }

    fn label(&mut self, node: NodeIx, budget: &Budget) -> Result<u64, Halt> {
        if let Some((known, _)) = self.labels.get(node) {
            return Ok(known);
        }
        let Some(kind) = self.view.kind(node) else { return Ok(0) };
        let connects = self.parts.connectors.as_ref().is_none_or(|kinds| kinds.contains(kind));
        let mut label = if self.parts.candidates.contains(kind) { CANDIDATE } else { 0 };
        if connects {
            label |= if self.view.is_hub(node, budget)? { HUB } else { CONNECTOR };
        }
        let number = self.numbers.get(kind).copied().unwrap_or_else(|| {
            self.numbers.insert(kind.clone(), self.kinds.len());
            self.kinds.push(kind.clone());
            self.populations.push(Population::default());
            self.kinds.len() - 1
        });
        label |= (number as u64) << KIND_SHIFT;
        self.labels.set(node, label, node);
        Ok(label)
    }

    /// Whether pairs are looked for between this entity and others.
    pub fn is_candidate(&mut self, node: NodeIx, budget: &Budget) -> Result<bool, Halt> {
        Ok(self.label(node, budget)? & CANDIDATE != 0)
    }

    /// The number of an entity's kind, among those met so far.
    pub fn kind_number(&mut self, node: NodeIx, budget: &Budget) -> Result<usize, Halt> {
        let number = (self.label(node, budget)? & ((1 << COUNT_SHIFT) - 1)) >> KIND_SHIFT;
        Ok(usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// How many candidates have a connector; known after [`count`](Self::count).
    pub fn holders(&mut self, connector: NodeIx, budget: &Budget) -> Result<u64, Halt> {
        Ok(self.label(connector, budget)? >> COUNT_SHIFT)
    }

    /// What there is of the kind with this number; known after [`count`](Self::count).
    pub fn population(&self, kind: usize) -> Population {
        self.populations.get(kind).copied().unwrap_or_default()
    }

    /// Forgets what a pass that did not come to its end has counted.
    pub fn forget_counts(&mut self) {
        self.populations.fill(Population::default());
    }

    /// What there is of each kind that connects anybody, by kind.
    pub fn populations(&self) -> Vec<(KindName, Population)> {
        let both = self.kinds.iter().cloned().zip(self.populations.iter().copied());
        let mut found: Vec<(KindName, Population)> = both.filter(|(_, there)| there.candidates > 0).collect();
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found
    }

    /// Counts who has what: one pass over the candidates and their relationships.
    pub fn count(&mut self, budget: &Budget) -> Result<(), Halt> {
        let mut kinds = Vec::new();
        for node in self.view.nodes() {
            budget.look(1)?;
            if !self.is_candidate(node, budget)? {
                continue;
            }
            kinds.clear();
            let all = neighbours(self.view, node, budget)?;
            for connector in self.having(CONNECTOR, all, budget)? {
                let label = self.label(connector, budget)?;
                let kind = self.kind_number(connector, budget)?;
                self.populations[kind].connectors += u64::from(label >> COUNT_SHIFT == 0);
                self.labels.set(connector, label + (1 << COUNT_SHIFT), connector);
                kinds.push(kind);
            }
            kinds.sort_unstable();
            kinds.dedup();
            kinds.iter().for_each(|&kind| self.populations[kind].candidates += 1);
        }
        Ok(())
    }

    /// The connectors of a candidate, by rank.
    pub fn connectors(&mut self, node: NodeIx, budget: &Budget) -> Result<Rc<[NodeIx]>, Halt> {
        if let Some(known) = self.lists.get(&node) {
            return Ok(Rc::clone(known));
        }
        let all = neighbours(self.view, node, budget)?;
        let hubs = self.having(HUB, all.clone(), budget)?;
        self.hubs.extend(hubs);
        let mut list = self.having(CONNECTOR, all, budget)?;
        list.sort_by_cached_key(|&connector| self.view.rank(connector));
        let list: Rc<[NodeIx]> = list.into();
        self.lists.insert(node, Rc::clone(&list));
        Ok(list)
    }

    /// The candidates that have a connector, and how many distinct neighbours it has.
    pub fn candidates_of(&mut self, connector: NodeIx, budget: &Budget) -> Result<(Vec<NodeIx>, usize), Halt> {
        let all = neighbours(self.view, connector, budget)?;
        let degree = all.len();
        Ok((self.having(CANDIDATE, all, budget)?, degree))
    }

    /// The hubs that would be connectors of the candidates whose connectors were asked for.
    pub fn hubs(&self) -> &BTreeSet<NodeIx> {
        &self.hubs
    }

    /// Those that play this part.
    fn having(&mut self, part: u64, mut nodes: Vec<NodeIx>, budget: &Budget) -> Result<Vec<NodeIx>, Halt> {
        let mut halted = Ok(());
        nodes.retain(|&node| match self.label(node, budget) {
            Ok(label) => label & part != 0,
            Err(halt) => {
                halted = Err(halt);
                false
            }
        });
        halted.map(|()| nodes)
    }
}

/// The distinct neighbours of a node, in no order that means anything.
pub fn neighbours(view: &GraphView<'_>, node: NodeIx, budget: &Budget) -> Result<Vec<NodeIx>, Halt> {
    let mut list = Vec::new();
    view.steps(node, Way::Forward, budget, |step| list.push(step.to))?;
    list.sort_unstable();
    list.dedup();
    Ok(list)
}
