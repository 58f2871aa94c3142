//! Finding the pairs and their scores: one candidate at a time, O(holders) for everything that it has; no table of all pairs.

use std::collections::{BTreeSet, HashMap};

use super::request::{HiddenLinkMethod, SharedPopulation};
use crate::analysis::statistics::{benjamini_hochberg, ln_fisher, ln_hypergeometric_tail};
use crate::graph::algo::{Bipartite, Parts, l3};
use crate::graph::{Budget, GraphView, Halt, NodeIx};

/// The most pairs that are kept at once: about 200 MB.
const MAX_PAIRS: usize = 4_000_000;

/// A pair with its score.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) a: NodeIx,
    pub(super) b: NodeIx,
    pub(super) score: f64,
    pub(super) p: f64,
    pub(super) q: f64,
}

/// See the module.
pub(super) struct Finder<'v, 's> {
    pub(super) view: &'v GraphView<'s>,
    pub(super) methods: &'v [HiddenLinkMethod],
    pub(super) budget: &'v Budget,
    /// By attributes, and by whatever connects.
    attributes: Bipartite<'v, 's>,
    any: Bipartite<'v, 's>,
    l3_hubs: BTreeSet<NodeIx>,
    /// The pairs, once found in the order of the answer.
    pub(super) pairs: Vec<Pair>,
    /// Protected people who would be in a pair, or connect one.
    pub(super) protected: BTreeSet<NodeIx>,
    /// Whether the budget was spent, after whole rounds.
    pub(super) spent: bool,
    /// Whether there are more pairs than are kept.
    pub(super) full: bool,
}

impl<'v, 's> Finder<'v, 's> {
    pub(super) fn new(
        view: &'v GraphView<'s>,
        [attributes, any]: [&'v Parts; 2],
        methods: &'v [HiddenLinkMethod],
        budget: &'v Budget,
    ) -> Self {
        Self {
            view,
            methods,
            budget,
            attributes: Bipartite::new(view, attributes),
            any: Bipartite::new(view, any),
            l3_hubs: BTreeSet::new(),
            pairs: Vec::new(),
            protected: BTreeSet::new(),
            spent: false,
            full: false,
        }
    }

    pub(super) fn first(&self) -> HiddenLinkMethod {
        self.methods.first().copied().unwrap_or(HiddenLinkMethod::SharedAttributes)
    }

    /// Who connects whom by this method.
    pub(super) fn net(&mut self, method: HiddenLinkMethod) -> &mut Bipartite<'v, 's> {
        if method == HiddenLinkMethod::SharedAttributes { &mut self.attributes } else { &mut self.any }
    }

    pub(super) fn hubs(&self) -> BTreeSet<NodeIx> {
        self.attributes.hubs().iter().chain(self.any.hubs()).chain(&self.l3_hubs).copied().collect()
    }

    /// The populations as the answer tells them.
    pub(super) fn told(&self) -> Vec<SharedPopulation> {
        let told = self.attributes.populations().into_iter();
        let told = told.map(|(kind, there)| (kind, there.candidates, there.connectors));
        told.map(|(kind, candidates, attributes)| SharedPopulation { kind, candidates, attributes }).collect()
    }

    /// Finds all pairs, or those of one entity, puts them in order and judges them.
    pub(super) fn find(&mut self, entity: Option<NodeIx>) -> Result<(), Halt> {
        match self.rounds(entity) {
            Err(Halt::Spent) => self.spent = true,
            other => other?,
        }
        if self.first() == HiddenLinkMethod::SharedAttributes {
            let ps: Vec<f64> = self.pairs.iter().map(|pair| pair.p).collect();
            self.pairs.iter_mut().zip(benjamini_hochberg(&ps)).for_each(|(pair, q)| pair.q = q);
        }
        let view = self.view;
        let place = |pair: &Pair| (view.rank(pair.a), view.rank(pair.b));
        self.pairs.sort_by(|x, y| y.score.total_cmp(&x.score).then_with(|| place(x).cmp(&place(y))));
        Ok(())
    }

    fn rounds(&mut self, entity: Option<NodeIx>) -> Result<(), Halt> {
        if self.methods.contains(&HiddenLinkMethod::SharedAttributes) {
            let counted = self.attributes.count(self.budget);
            if counted.is_err() {
                self.attributes.forget_counts();
            }
            counted?;
        }
        let Some(a) = entity else {
            for node in self.view.nodes() {
                self.budget.look(1)?;
                if self.full {
                    break;
                }
                if self.any.is_candidate(node, self.budget)? {
                    self.round(node, true)?;
                }
            }
            return Ok(());
        };
        self.round(a, false)
    }

    /// The pairs of one candidate; with `once` only those with candidates of higher ranks.
    fn round(&mut self, a: NodeIx, once: bool) -> Result<(), Halt> {
        let own = self.view.rank(a);
        let wanted = |view: &GraphView<'_>, b: NodeIx| b != a && (!once || view.rank(b) > own);
        let mut found = Vec::new();
        if self.first() == HiddenLinkMethod::L3 {
            for (b, score) in l3(self.view, a, self.budget, &mut self.l3_hubs)? {
                if wanted(self.view, b) && self.any.is_candidate(b, self.budget)? {
                    found.push(Pair { a, b, score, p: 1.0, q: 1.0 });
                }
            }
        } else {
            for (b, mut weights) in self.shared(a, wanted)? {
                let p = match self.first() {
                    HiddenLinkMethod::SharedAttributes => self.p_value(a, b)?,
                    _ => 1.0,
                };
                // Added in the order of size, so that pairs that share the like have the same score.
                weights.sort_by(|x, y| y.total_cmp(x));
                found.push(Pair { a, b, score: weights.iter().sum(), p, q: 1.0 });
            }
        }
        for pair in found {
            let shielded = [pair.a, pair.b].into_iter().filter(|&node| self.view.is_protected(node));
            let shielded: Vec<NodeIx> = shielded.collect();
            if !shielded.is_empty() {
                self.protected.extend(shielded);
            } else if self.pairs.len() < MAX_PAIRS {
                self.pairs.push(pair);
            } else {
                self.full = true;
            }
        }
        Ok(())
    }

    /// The candidates that share something with `a`, by rank, with the weights of what they share.
    fn shared(
        &mut self,
        a: NodeIx,
        wanted: impl Fn(&GraphView<'_>, NodeIx) -> bool,
    ) -> Result<Vec<(NodeIx, Vec<f64>)>, Halt> {
        let (method, budget) = (self.first(), self.budget);
        let connectors = self.net(method).connectors(a, budget)?;
        let mut shared: HashMap<NodeIx, Vec<f64>> = HashMap::new();
        for &connector in connectors.iter() {
            let (holders, degree) = self.net(method).candidates_of(connector, budget)?;
            let weight = self.weight(method, connector, degree)?;
            for b in holders.into_iter().filter(|&b| wanted(self.view, b)) {
                shared.entry(b).or_default().push(weight);
            }
        }
        let mut found: Vec<(NodeIx, Vec<f64>)> = shared.into_iter().collect();
        found.sort_by_cached_key(|(b, _)| self.view.rank(*b));
        Ok(found)
    }

    /// What one connector of so many distinct neighbours adds to a score.
    pub(super) fn weight(&mut self, method: HiddenLinkMethod, node: NodeIx, degree: usize) -> Result<f64, Halt> {
        Ok(match method {
            HiddenLinkMethod::SharedAttributes => {
                let kind = self.attributes.kind_number(node, self.budget)?;
                let of = self.attributes.population(kind).candidates;
                // As a logarithm of N/h rather than −ln(h/N): what everyone has weighs 0, not −0.
                (of as f64 / self.attributes.holders(node, self.budget)? as f64).ln()
            }
            HiddenLinkMethod::AdamicAdar => 1.0 / (degree as f64).ln(),
            HiddenLinkMethod::ResourceAllocation => 1.0 / degree as f64,
            HiddenLinkMethod::L3 => 0.0,
        })
    }

    /// The chance to share so much: for each kind that both have, combined.
    fn p_value(&mut self, a: NodeIx, b: NodeIx) -> Result<f64, Halt> {
        let budget = self.budget;
        let (of_a, of_b) = (self.attributes.connectors(a, budget)?, self.attributes.connectors(b, budget)?);
        // By kind: how many the one has, the other, and both.
        let mut kinds: Vec<(usize, [u64; 3])> = Vec::new();
        let theirs: BTreeSet<NodeIx> = of_b.iter().copied().collect();
        let both: Vec<NodeIx> = of_a.iter().copied().filter(|node| theirs.contains(node)).collect();
        for (place, nodes) in [&of_a[..], &of_b[..], &both[..]].into_iter().enumerate() {
            for &node in nodes {
                let kind = self.attributes.kind_number(node, budget)?;
                match kinds.iter_mut().find(|(known, _)| *known == kind) {
                    Some((_, counts)) => counts[place] += 1,
                    None => {
                        let mut counts = [0; 3];
                        counts[place] = 1;
                        kinds.push((kind, counts));
                    }
                }
            }
        }
        let mut tails: Vec<f64> = kinds
            .into_iter()
            .filter(|(_, [first, second, _])| *first > 0 && *second > 0)
            .map(|(kind, [first, second, both])| {
                ln_hypergeometric_tail(both, self.attributes.population(kind).connectors, first, second)
            })
            .collect();
        tails.sort_by(f64::total_cmp);
        Ok(ln_fisher(&tails).exp())
    }
}
