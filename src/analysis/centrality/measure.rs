//! Taking a measure of a graph: the visible one, or a world drawn from it.

use rayon::prelude::*;

use super::request::{CentralityEstimate, CentralityMeasure, CentralityRequest};
use crate::graph::algo::{
    BetweennessWanted, Iterated, PageRankWanted, Rounds, SampledWanted, betweenness, eigenvector, katz, nearness,
    pagerank, random_sources, sampled_betweenness,
};
use crate::graph::{Halt, Projection, Random, Watch};

/// What values are when the request does not say.
pub(super) const DAMPING: f64 = 0.85;
pub(super) const TOLERANCE: f64 = 1e-6;
pub(super) const ALPHA: f64 = 0.1;
pub(super) const EPSILON: f64 = 0.01;
pub(super) const CONFIDENCE: f64 = 0.9;
/// The most rounds where the request does not say how many.
const MOST_ROUNDS: u32 = 1_000;

/// What is to be taken.
pub(super) struct Measure<'a> {
    pub(super) request: &'a CentralityRequest,
    /// Where a walk starts anew, by position.
    pub(super) restart: Option<Vec<f64>>,
    /// Whether strengths count, instead of who is joined at all.
    pub(super) by_strength: bool,
}

/// Values of entities, or of pairs.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// By position, or beside the pairs; as they are told.
    pub(super) values: Vec<f64>,
    /// The pairs, in order, if it is they that have values.
    pub(super) pairs: Option<Vec<(u32, u32)>>,
    /// Before they were divided, where they are.
    pub(super) raw: Option<Vec<f64>>,
    /// Between which they lie.
    pub(super) bounds: Option<Vec<(f64, f64)>>,
    /// Of the component, where values of different ones do not compare.
    pub(super) eigenvalues: Option<Vec<f64>>,
    /// How many rounds there were, and whether they were enough.
    pub(super) rounds: Option<(u32, bool)>,
    pub(super) estimate: Option<CentralityEstimate>,
}

impl From<Iterated> for Measured {
    fn from(found: Iterated) -> Self {
        Self { values: found.values, rounds: Some((found.rounds, found.converged)), ..Self::default() }
    }
}

impl Measure<'_> {
    pub(super) fn take(&self, graph: &Projection, watch: &Watch) -> Result<Measured, Halt> {
        let mut measured = self.measured(graph, watch)?;
        let told = [Some(&mut measured.values), measured.raw.as_mut(), measured.eigenvalues.as_mut()];
        told.into_iter().flatten().for_each(|values| values.par_iter_mut().for_each(|value| *value = tidy(*value)));
        Ok(measured)
    }

    fn measured(&self, graph: &Projection, watch: &Watch) -> Result<Measured, Halt> {
        let request = self.request;
        let rounds = Rounds {
            exactly: request.iterations,
            most: MOST_ROUNDS,
            tolerance: request.tolerance.unwrap_or(TOLERANCE),
        };
        Ok(match request.measure {
            CentralityMeasure::Degree => Measured { values: self.degrees(graph), ..Measured::default() },
            CentralityMeasure::Pagerank | CentralityMeasure::PersonalisedPagerank => {
                let damping = request.damping.unwrap_or(DAMPING);
                pagerank(graph, &PageRankWanted { damping, restart: self.restart.as_deref(), rounds }, watch)?.into()
            }
            CentralityMeasure::Eigenvector => {
                let (found, eigenvalues) = eigenvector(graph, &rounds, watch)?;
                Measured { eigenvalues: Some(eigenvalues), ..found.into() }
            }
            CentralityMeasure::Katz => katz(graph, request.alpha.unwrap_or(ALPHA), &rounds, watch)?.into(),
            CentralityMeasure::Harmonic => {
                Measured { values: nearness(graph, self.by_strength, watch)?.near, ..Measured::default() }
            }
            CentralityMeasure::Closeness => self.closeness(graph, watch)?,
            CentralityMeasure::Betweenness => {
                let all: Vec<u32> = graph.positions().collect();
                self.over_entities(graph, &all, watch)?
            }
            CentralityMeasure::BetweennessSampled => self.sampled(graph, watch)?,
            CentralityMeasure::EdgeBetweenness => self.over_pairs(graph, watch)?,
        })
    }

    fn degrees(&self, graph: &Projection) -> Vec<f64> {
        let degree = |at: u32| match (self.by_strength, graph.is_directed()) {
            (false, _) => neighbours(graph, at) as f64,
            (true, false) => graph.out().strength(at),
            (true, true) => graph.out().strength(at) + graph.into().strength(at),
        };
        graph.positions().into_par_iter().map(degree).collect()
    }

    fn closeness(&self, graph: &Projection, watch: &Watch) -> Result<Measured, Halt> {
        let found = nearness(graph, self.by_strength, watch)?;
        let others = graph.len().saturating_sub(1) as f64;
        let of = |(reached, far): (&u64, &f64)| match reached {
            0 => 0.0,
            reached => *reached as f64 / far * (*reached as f64 / others),
        };
        Ok(Measured { values: found.reached.iter().zip(&found.far).map(of).collect(), ..Measured::default() })
    }

    fn over_entities(&self, graph: &Projection, sources: &[u32], watch: &Watch) -> Result<Measured, Halt> {
        let wanted = BetweennessWanted { pairs: false, by_strength: self.by_strength };
        let mut raw = betweenness(graph, sources, wanted, watch)?.entities;
        let len = graph.len() as f64;
        // What is seen from some sources stands for all; undirected, each pair of ends was seen from both.
        let factor = if sources.is_empty() { 1.0 } else { len / sources.len() as f64 };
        let halves = if graph.is_directed() { 1.0 } else { 0.5 };
        let pairs = halves * (len - 1.0) * (len - 2.0);
        raw.iter_mut().for_each(|value| *value *= factor * halves);
        let values = raw.iter().map(|value| if pairs > 0.0 { value / pairs } else { *value }).collect();
        Ok(Measured { values, raw: Some(raw), ..Measured::default() })
    }

    fn sampled(&self, graph: &Projection, watch: &Watch) -> Result<Measured, Halt> {
        let (request, len) = (self.request, graph.len() as f64);
        let confidence = request.confidence.unwrap_or(CONFIDENCE);
        if let Some(samples) = request.samples {
            let sources = random_sources(graph, samples as usize, &mut Random::new(request.seed, 0));
            let drawn = sources.len() as f64;
            // Each source adds between 0 and 1 to the mean over all, times n/(n − 1); drawn without putting back (Serfling 1974), for
            // all entities at once.
            let error = if drawn < len {
                let log = (2.0 * len / (1.0 - confidence)).ln();
                (len / (len - 1.0) * ((1.0 - (drawn - 1.0) / len) * log / (2.0 * drawn)).sqrt()).min(1.0)
            } else {
                0.0
            };
            let estimate = CentralityEstimate { samples: sources.len() as u64, error, confidence };
            return Ok(Measured { estimate: Some(estimate), ..self.over_entities(graph, &sources, watch)? });
        }
        let wanted = SampledWanted {
            error: request.epsilon.unwrap_or(EPSILON),
            failure: 1.0 - confidence,
            by_strength: self.by_strength,
            seed: request.seed,
        };
        let found = sampled_betweenness(graph, &wanted, watch)?;
        let pairs = if graph.is_directed() { 1.0 } else { 0.5 } * (len - 1.0) * (len - 2.0);
        let raw = found.values.iter().map(|value| value * pairs).collect();
        let estimate = CentralityEstimate { samples: found.samples, error: found.error, confidence };
        Ok(Measured {
            values: found.values,
            raw: Some(raw),
            bounds: Some(found.bounds),
            estimate: Some(estimate),
            ..Measured::default()
        })
    }

    fn over_pairs(&self, graph: &Projection, watch: &Watch) -> Result<Measured, Halt> {
        let wanted = BetweennessWanted { pairs: true, by_strength: self.by_strength };
        let all: Vec<u32> = graph.positions().collect();
        let arcs = betweenness(graph, &all, wanted, watch)?.arcs;
        let len = graph.len() as f64;
        let halves = if graph.is_directed() { 1.0 } else { 0.5 };
        let mut found = Measured::default();
        let (mut pairs, mut raw) = (Vec::new(), Vec::new());
        for from in graph.positions() {
            let first = graph.out().range(from).start;
            for (place, &to) in graph.out().row(from).iter().enumerate() {
                let mut over = arcs[first + place];
                if !graph.is_directed() {
                    if to < from {
                        continue;
                    }
                    let back = graph.out().row(to).binary_search(&from).unwrap_or_default();
                    over += arcs[graph.out().range(to).start + back];
                }
                pairs.push((from, to));
                raw.push(over * halves);
            }
        }
        found.values = raw.iter().map(|value| value / (halves * len * (len - 1.0))).collect();
        Ok(Measured { pairs: Some(pairs), raw: Some(raw), ..found })
    }
}

/// How many distinct neighbours an entity has, either way.
pub(super) fn neighbours(graph: &Projection, at: u32) -> u64 {
    let (out, into) = (graph.out().row(at), graph.into().row(at));
    if !graph.is_directed() {
        return out.len() as u64;
    }
    let both = out.iter().filter(|to| into.binary_search(to).is_ok()).count();
    (out.len() + into.len() - both) as u64
}

/// To 12 significant digits: sums of the same in another order are then the same, most often, as they should be.
fn tidy(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(11 - value.abs().log10().floor() as i32);
    if scale.is_finite() && scale > 0.0 { (value * scale).round() / scale } else { value }
}
