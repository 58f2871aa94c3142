//! The scores, and what each rests on.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::transmission::Chances;
use super::{
    RiskFlowContribution, RiskFlowInterval, RiskFlowLoss, RiskFlowMethod, RiskFlowPath, RiskFlowRequest,
    RiskFlowResult, RiskFlowScore, RiskFlowStanding, RiskFlowStep, RiskFlowTransmission,
};
use crate::analysis::Evidence;
use crate::graph::algo::{Asked, Cascade, Chain, Contagion, Explained, Strongest, Walks};
use crate::graph::{GraphView, Halt, NodeIx, Watch};
use crate::model::RelationshipKey;

/// d of PageRank: 1 − α.
const DAMPING: f64 = 0.85;
/// By how much its values are off at most, in sum.
const ERROR: f64 = 1e-9;

/// The scores of what risk reaches.
pub(super) struct Scored<'c> {
    view: &'c GraphView<'c>,
    graph: &'c Contagion,
    params: &'c RiskFlowRequest,
    watch: &'c Watch,
    /// Each source's position and weight.
    sources: Vec<(u32, f64)>,
    strongest: Strongest<'c>,
    values: Vec<f64>,
    /// How many worlds were drawn.
    worlds: Option<u32>,
    /// For PageRank: by source, its part of each value.
    parts: Vec<Vec<f64>>,
    /// Positions with a score that may be listed, the best first.
    ranked: Vec<u32>,
    protected: u64,
}

impl<'c> Scored<'c> {
    pub(super) fn new(
        view: &'c GraphView<'c>,
        graph: &'c Contagion,
        params: &'c RiskFlowRequest,
        named: &[NodeIx],
        watch: &'c Watch,
    ) -> Result<Self, Halt> {
        let weights = named.iter().zip(&params.sources);
        let placed = weights.filter_map(|(node, source)| Some((graph.position(view, *node)?, source.weight)));
        let sources: Vec<(u32, f64)> = placed.collect();
        let strongest = Strongest::new(graph, &sources, watch)?;
        let mut scored = Self {
            view,
            graph,
            params,
            watch,
            sources,
            strongest,
            values: Vec::new(),
            worlds: None,
            parts: Vec::new(),
            ranked: Vec::new(),
            protected: 0,
        };
        scored.values = scored.values()?;
        let is_source = |at: u32| scored.sources.iter().any(|source| source.0 == at);
        let mut ranked: Vec<u32> =
            (0..graph.len() as u32).filter(|at| scored.values[*at as usize] > 0.0 && !is_source(*at)).collect();
        let all = ranked.len();
        ranked.retain(|at| !view.is_protected(graph.nodes[*at as usize]));
        scored.protected = (all - ranked.len()) as u64;
        match params.method {
            // By what is exact.
            RiskFlowMethod::StrongestPath => {
                ranked.sort_by_key(|at| scored.strongest.weight(*at).map(crate::graph::algo::Weight::cost));
            }
            _ => ranked.sort_by(|a, b| scored.values[*b as usize].total_cmp(&scored.values[*a as usize])),
        }
        scored.ranked = ranked;
        Ok(scored)
    }

    fn values(&mut self) -> Result<Vec<f64>, Halt> {
        match self.params.method {
            RiskFlowMethod::Cascade => {
                let cascade = self.cascade();
                let (worlds, values) = (cascade.worlds(), cascade.values(self.watch)?);
                self.worlds = worlds;
                Ok(values)
            }
            RiskFlowMethod::Pagerank => {
                let walks = Walks::new(self.graph, DAMPING);
                let scaled = self.scaled();
                let part = |source: &(u32, f64)| walks.from(&[(source.0, 1.0)], ERROR, self.watch);
                let parts: Result<Vec<Vec<f64>>, Halt> = scaled.par_iter().map(part).collect();
                let mut parts = parts?;
                for (part, (_, weight)) in parts.iter_mut().zip(&scaled) {
                    part.iter_mut().for_each(|value| *value *= weight);
                }
                let whole: f64 = parts.iter().map(|part| part.iter().sum::<f64>()).sum();
                parts.iter_mut().flatten().for_each(|value| *value /= whole);
                let values = (0..self.graph.len()).map(|at| parts.iter().map(|part| part[at]).sum()).collect();
                self.parts = parts;
                Ok(values)
            }
            RiskFlowMethod::StrongestPath => {
                let reached = |at: u32| f64::from(u8::from(self.strongest.weight(at).is_some()));
                Ok((0..self.graph.len() as u32).map(reached).collect())
            }
        }
    }

    fn cascade(&self) -> Cascade<'_> {
        Cascade::new(self.graph, &self.sources, self.params.worlds, self.params.seed)
    }

    /// The sources with weights that add up to 1.
    fn scaled(&self) -> Vec<(u32, f64)> {
        let whole: f64 = self.sources.iter().map(|source| source.1).sum();
        self.sources.iter().map(|(at, weight)| (*at, weight / whole)).collect()
    }

    /// How many protected people are reached.
    pub(super) fn protected(&self) -> u64 {
        self.protected
    }

    /// How many entities could be listed.
    pub(super) fn listable(&self) -> usize {
        self.ranked.len()
    }

    /// The best, and what their scores rest on.
    pub(super) fn result(
        &self,
        chances: &Chances<'_, '_>,
        most: usize,
        evidence: &mut Evidence,
    ) -> Result<RiskFlowResult, Halt> {
        let listed = &self.ranked[..most.min(self.ranked.len())];
        let chains: Result<Vec<Vec<Chain>>, Halt> =
            listed.iter().map(|at| self.strongest.chains(*at, self.params.paths as usize, self.watch)).collect();
        let chains = chains?;
        let asked: Vec<Asked> = listed.iter().zip(&chains).map(|(at, chains)| (*at, self.beside(chains))).collect();
        let explained = self.explain(&asked, &chains)?;
        let mut transmissions = BTreeMap::new();
        let mut scores = Vec::with_capacity(listed.len());
        for (place, (at, chains)) in listed.iter().zip(&chains).enumerate() {
            let value = match self.params.method {
                RiskFlowMethod::StrongestPath => chains.first().map_or(0.0, |chain| self.probability(chain)),
                _ => self.values[*at as usize],
            };
            let contributions = self.params.sources.iter().zip(&explained.shares[place]);
            let lost = asked[place].1.iter().zip(&explained.lost[place]).filter(|(_, lost)| **lost > 0.0);
            let greatest = lost.fold(None, |best: Option<(u32, f64)>, (link, lost)| match best {
                Some(known) if known.1 >= *lost => best,
                _ => Some((*link, *lost)),
            });
            scores.push(RiskFlowScore {
                entity: evidence.entity(self.view, self.graph.nodes[*at as usize]),
                rank: place as u32 + 1,
                value,
                interval: self.worlds.map(|worlds| wilson(value, worlds)),
                contributions: contributions
                    .filter(|(_, value)| **value > 0.0)
                    .map(|(source, value)| RiskFlowContribution { source: source.entity.clone(), value: *value })
                    .collect(),
                paths: chains.iter().map(|chain| self.path(chances, chain, evidence, &mut transmissions)).collect(),
                without_best: greatest
                    .and_then(|(link, value)| Some(RiskFlowLoss { relationship: self.key(link, evidence)?, value })),
            });
        }
        let pagerank = self.params.method == RiskFlowMethod::Pagerank;
        Ok(RiskFlowResult {
            standing: RiskFlowStanding::default(),
            method: self.params.method,
            exact: !pagerank && self.worlds.is_none(),
            worlds: self.worlds,
            error: pagerank.then_some(ERROR),
            reached: self.ranked.len() as u64 + self.protected,
            scores,
            transmissions: transmissions.into_values().collect(),
        })
    }

    /// The relationships along the steps of some chains, without those of protected people.
    fn beside(&self, chains: &[Chain]) -> Vec<u32> {
        let steps = chains.iter().flat_map(|chain| chain.at.windows(2));
        let links: BTreeSet<u32> = steps.flat_map(|step| self.graph.between(step[0], step[1])).collect();
        let open = |at: u32| !self.view.is_protected(self.graph.nodes[at as usize]);
        let open = |link: &u32| {
            let (low, high) = self.graph.links[*link as usize].pair;
            open(low) && open(high)
        };
        links.into_iter().filter(open).collect()
    }

    fn explain(&self, asked: &[Asked], chains: &[Vec<Chain>]) -> Result<Explained, Halt> {
        match self.params.method {
            RiskFlowMethod::Cascade => self.cascade().explain(asked, self.watch),
            RiskFlowMethod::Pagerank => {
                let links: BTreeSet<u32> = asked.iter().flat_map(|(_, links)| links).copied().collect();
                let (walks, scaled) = (Walks::new(self.graph, DAMPING), self.scaled());
                let (graph, watch) = (self.graph, self.watch);
                let without = |link: u32| -> Result<(u32, Vec<f64>), Halt> {
                    let values = walks.without(graph, link).from(&scaled, ERROR, watch)?;
                    let whole: f64 = values.iter().sum();
                    Ok((link, asked.iter().map(|(at, _)| values[*at as usize] / whole).collect()))
                };
                let without: Result<BTreeMap<u32, Vec<f64>>, Halt> =
                    links.into_iter().collect::<Vec<u32>>().into_par_iter().map(without).collect();
                let without = without?;
                let own = |at: u32| self.parts.iter().map(|part| part[at as usize]).collect();
                let lost = |(place, (at, links)): (usize, &Asked)| {
                    let lost = |link: &u32| self.values[*at as usize] - without[link][place];
                    // Less than the error is nothing.
                    links.iter().map(lost).map(|lost| if lost > ERROR { lost } else { 0.0 }).collect()
                };
                Ok(Explained {
                    shares: asked.iter().map(|(at, _)| own(*at)).collect(),
                    lost: asked.iter().enumerate().map(lost).collect(),
                })
            }
            RiskFlowMethod::StrongestPath => {
                let mut explained = Explained::default();
                for ((at, links), chains) in asked.iter().zip(chains) {
                    let value = chains.first().map_or(0.0, |chain| self.probability(chain));
                    let first = chains.first().map(|chain| chain.at[0]);
                    let own = self.sources.iter().map(|source| if Some(source.0) == first { value } else { 0.0 });
                    explained.shares.push(own.collect());
                    let mut lost = Vec::with_capacity(links.len());
                    for link in links {
                        let rest = self.strongest.without(*at, *link, self.watch)?;
                        lost.push(value - rest.map_or(0.0, |chain| self.weighed(&chain, Some(*link))));
                    }
                    explained.lost.push(lost);
                }
                Ok(explained)
            }
        }
    }

    /// The probability of a chain.
    fn probability(&self, chain: &Chain) -> f64 {
        self.weighed(chain, None)
    }

    fn weighed(&self, chain: &Chain, without: Option<u32>) -> f64 {
        let begin = self.sources.iter().find(|source| source.0 == chain.at[0]).map_or(0.0, |source| source.1);
        let steps = chain.at.windows(2).map(|step| {
            let links = self.graph.between(step[0], step[1]).filter(|link| Some(*link) != without);
            links.map(|link| self.graph.links[link as usize].p).fold(0.0, f64::max)
        });
        steps.fold(begin, |product, p| product * p)
    }

    fn key(&self, link: u32, evidence: &mut Evidence) -> Option<RelationshipKey> {
        let step = self.graph.links[link as usize].step?;
        Some(evidence.relationship(self.view, step.relationship))
    }

    fn path(
        &self,
        chances: &Chances<'_, '_>,
        chain: &Chain,
        evidence: &mut Evidence,
        transmissions: &mut BTreeMap<(RelationshipKey, u32), RiskFlowTransmission>,
    ) -> RiskFlowPath {
        let entities = chain.at.iter().map(|at| evidence.entity(self.view, self.graph.nodes[*at as usize])).collect();
        let mut steps = Vec::with_capacity(chain.at.len() - 1);
        for pair in chain.at.windows(2) {
            let mut ways = Vec::new();
            for link in self.graph.between(pair[0], pair[1]) {
                let (Some(relationship), Some(step)) = (self.key(link, evidence), self.graph.links[link as usize].step)
                else {
                    continue;
                };
                let [from, to] = [pair[0], pair[1]].map(|at| self.view.id(self.graph.nodes[at as usize]));
                let factors = chances.of(&step);
                let probability = factors.chance();
                let told = RiskFlowTransmission { relationship: relationship.clone(), from, to, probability };
                transmissions.insert((relationship.clone(), pair[0]), told);
                ways.push((relationship, factors));
            }
            // The first of the greatest: they come in the order of their ids.
            let best = (0..ways.len()).rev().max_by(|a, b| ways[*a].1.chance().total_cmp(&ways[*b].1.chance()));
            let Some(best) = best else { continue };
            let (relationship, factors) = ways.remove(best);
            steps.push(RiskFlowStep {
                relationship,
                probability: factors.chance(),
                transmission: factors.transmission,
                evaluation: factors.evaluation,
                age_days: factors.age,
                alternatives: ways.into_iter().map(|(relationship, _)| relationship).collect(),
            });
        }
        RiskFlowPath {
            probability: self.probability(chain),
            entities,
            relationships: steps.iter().map(|step: &RiskFlowStep| step.relationship.clone()).collect(),
            steps,
        }
    }
}

/// Wilson's score interval of a share of so many worlds, 95 %.
fn wilson(share: f64, worlds: u32) -> RiskFlowInterval {
    let (n, z) = (f64::from(worlds), 1.959_963_984_540_054);
    let middle = share + z * z / (2.0 * n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    RiskFlowInterval { low: ((middle - half) / whole).max(0.0), high: ((middle + half) / whole).min(1.0) }
}
