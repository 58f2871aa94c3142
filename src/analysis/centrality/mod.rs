//! Who is central: by neighbours, by walks, by nearness, or by what leads over them; and how sure that is, given the evaluations.

mod measure;
mod ranking;
mod request;

use rayon::prelude::*;

use super::paths::all_known;
use super::whole::{left_out, project, seed_fault, strength, unaffordable};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, Truncated, TruncatedReason, Weighting, Weights};
use crate::graph::algo::converges;
use crate::graph::{Budget, Direction, GraphView, Halt, NodeIx, Projection, StrengthBy, Worlds};
use crate::model::{EntityId, Fault};

use measure::{ALPHA, CONFIDENCE, DAMPING, EPSILON, Measure, Measured, TOLERANCE, neighbours};
use ranking::{Ranking, among_first};
pub use request::{
    CentralityDegree, CentralityDistance, CentralityEdge, CentralityEstimate, CentralityMeasure, CentralityParameters,
    CentralityRequest, CentralityResult, CentralityScore, CentralitySource, CentralityUncertainty, CentralityWorlds,
};

/// The most that can be listed, and the most sources.
const MOST: usize = 1_000;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Centrality;

impl Analysis for Centrality {
    const NAME: &'static str = "centrality";
    const SUMMARY: &'static str = "Rank entities, or pairs, by centrality, with how sure their place is";
    const EXAMPLE: &'static [&'static str] = &["p-0001"];
    type Params = CentralityRequest;
    type Output = CentralityResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = params.weighting.faults();
        faults.extend(seed_fault(params.seed));
        faults.extend(ranges(params));
        faults.extend(strangers(params));
        faults.extend(sources(params));
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        CentralityRequest {
            measure: CentralityMeasure::PersonalisedPagerank,
            top: request::top(),
            weights: Weights::None,
            weighting: Weighting::default(),
            damping: None,
            iterations: None,
            tolerance: None,
            sources: vec![CentralitySource { entity: pick(), weight: 1.0 }],
            alpha: None,
            samples: None,
            epsilon: None,
            confidence: None,
            uncertainty: None,
            seed: request::seed(),
            frame: Frame::default(),
        }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let named: Vec<EntityId> = params.sources.iter().map(|source| source.entity.clone()).collect();
        let named = all_known(view, "/sources", &named)?;
        let by_strength = params.weights != Weights::None
            || !params.weighting.kinds.is_empty()
            || !params.weighting.layers.is_empty();
        let nothing = || {
            let (measure, parameters) = (params.measure, parameters(&params, by_strength));
            unaffordable().map(|()| CentralityResult { measure, parameters, ..CentralityResult::default() })
        };
        let Some(graph) = project(view, params.weights, &params.weighting, budget)? else {
            return Ok(nothing());
        };
        let watch = budget.watch();
        let restart = restart(view, &graph, &params, &named)?;
        limited(&graph, &params, budget)?;
        let measure = Measure { request: &params, restart, by_strength };
        let measured = measure.take(&graph, &watch).map_err(AnalysisError::stopped)?;
        let shielded: Vec<bool> =
            graph.positions().into_par_iter().map(|at| view.is_protected(graph.node(at))).collect();
        let most = params.top.min(caps.max_results) as usize;
        let ranking = Ranking::new(&measured, &shielded, most);
        let wanted = params.uncertainty.filter(|wanted| wanted.worlds > 0);
        let worlds = match wanted {
            None => None,
            Some(_) => match view.worlds(&graph, &strength(view, params.weights, &params.weighting), budget) {
                Ok(worlds) => Some(worlds),
                Err(Halt::Spent) => return Ok(nothing()),
                Err(halt) => return Err(AnalysisError::stopped(halt)),
            },
        };
        let told = Told { view, graph: &graph, measure: &measure, measured: &measured, shielded: &shielded };
        let shares = match (wanted, &worlds) {
            (Some(wanted), Some(worlds)) => {
                Some(told.shares(&ranking, wanted, worlds, budget).map_err(AnalysisError::stopped)?)
            }
            _ => None,
        };
        let mut evidence = Evidence::default();
        let left_out = left_out(view, &graph, &mut evidence);
        let cut = most < params.top as usize && ranking.total > most;
        let truncated = cut.then_some(Truncated::by(TruncatedReason::MaxResults));
        let result = told.result(&ranking, shares.as_ref(), &mut evidence, budget).map_err(AnalysisError::stopped)?;
        Ok(Finding { result, evidence, truncated, left_out })
    }
}

/// What is wrong with values by themselves.
fn ranges(params: &CentralityRequest) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut check = |sound: bool, pointer: &str, detail: &str| {
        if !sound {
            faults.push(Fault::new(pointer, "out-of-range", detail));
        }
    };
    check((1..=MOST as u32).contains(&params.top), "/top", "1 to 1000");
    check(params.damping.is_none_or(|d| (0.0..1.0).contains(&d)), "/damping", "from 0 to below 1");
    check(params.iterations.is_none_or(|rounds| (1..=10_000).contains(&rounds)), "/iterations", "1 to 10000 rounds");
    check(params.tolerance.is_none_or(|change| change > 0.0 && change <= 1.0), "/tolerance", "above 0, up to 1");
    check(params.alpha.is_none_or(|alpha| alpha > 0.0 && alpha <= 1e6), "/alpha", "above 0, up to 1000000");
    check(params.samples.is_none_or(|many| (1..=1_000_000).contains(&many)), "/samples", "1 to 1000000 entities");
    check(params.epsilon.is_none_or(|error| (0.0001..=0.5).contains(&error)), "/epsilon", "0.0001 to 0.5");
    check(params.confidence.is_none_or(|sure| (0.5..=0.999_999).contains(&sure)), "/confidence", "0.5 to 0.999999");
    if let Some(uncertainty) = params.uncertainty {
        check(uncertainty.worlds <= 1_000, "/uncertainty/worlds", "0 to 1000");
        check(uncertainty.k.is_none_or(|k| (1..=MOST as u32).contains(&k)), "/uncertainty/k", "1 to 1000");
    }
    for (at, source) in params.sources.iter().enumerate() {
        let sound = source.weight > 0.0 && source.weight <= 1e6;
        check(sound, &format!("/sources/{at}/weight"), "above 0, up to 1000000");
    }
    faults
}

/// What the measure has no use for, or that excludes something else.
fn strangers(params: &CentralityRequest) -> Vec<Fault> {
    use CentralityMeasure::{BetweennessSampled, Eigenvector, Katz, Pagerank, PersonalisedPagerank};
    let walks = [Pagerank, PersonalisedPagerank];
    let rounds = [Pagerank, PersonalisedPagerank, Eigenvector, Katz];
    let given: [(&str, bool, &[CentralityMeasure]); 8] = [
        ("damping", params.damping.is_some(), &walks),
        ("iterations", params.iterations.is_some(), &rounds),
        ("tolerance", params.tolerance.is_some(), &rounds),
        ("sources", !params.sources.is_empty(), &[PersonalisedPagerank]),
        ("alpha", params.alpha.is_some(), &[Katz]),
        ("samples", params.samples.is_some(), &[BetweennessSampled]),
        ("epsilon", params.epsilon.is_some(), &[BetweennessSampled]),
        ("confidence", params.confidence.is_some(), &[BetweennessSampled]),
    ];
    let useless = given.into_iter().filter(|(_, given, measures)| *given && !measures.contains(&params.measure));
    let mut faults: Vec<Fault> = useless
        .map(|(name, _, _)| Fault::new(format!("/{name}"), "not-for-measure", "this measure has no use for it"))
        .collect();
    if params.samples.is_some() && params.epsilon.is_some() {
        let detail = "either `samples` or `epsilon`: one follows from the other";
        faults.push(Fault::new("/epsilon", "samples-and-epsilon", detail));
    }
    faults
}

fn sources(params: &CentralityRequest) -> Vec<Fault> {
    let needed = params.measure == CentralityMeasure::PersonalisedPagerank;
    if params.sources.len() > MOST || (needed && params.sources.is_empty()) {
        return vec![Fault::new("/sources", "value-count", "1 to 1000 entities")];
    }
    let again = |(at, source): (usize, &CentralitySource)| {
        let known = params.sources[..at].iter().any(|other| other.entity == source.entity);
        let detail = || format!("`{}` is named already", source.entity);
        known.then(|| Fault::new(format!("/sources/{at}/entity"), "duplicate", detail()))
    };
    params.sources.iter().enumerate().filter_map(again).collect()
}

/// Refuses what has no limit on this graph.
fn limited(graph: &Projection, params: &CentralityRequest, budget: &Budget) -> Result<(), AnalysisError> {
    let alpha = params.alpha.unwrap_or(ALPHA);
    if params.measure == CentralityMeasure::Katz
        && let Err(bound) = converges(graph, alpha, &budget.watch()).map_err(AnalysisError::stopped)?
    {
        let detail = format!(
            "the sum over all walks has no limit: on this graph `alpha` must be below {:.6e}, the inverse of the \
             largest eigenvalue",
            bound.below
        );
        return Err(AnalysisError::Faults(vec![Fault::new("/alpha", "too-large", detail)]));
    }
    Ok(())
}

/// Where a walk starts anew, by position.
fn restart(
    view: &GraphView<'_>,
    graph: &Projection,
    params: &CentralityRequest,
    named: &[NodeIx],
) -> Result<Option<Vec<f64>>, AnalysisError> {
    if named.is_empty() {
        return Ok(None);
    }
    let (mut restart, mut faults) = (vec![0.0; graph.len()], Vec::new());
    let all: f64 = params.sources.iter().map(|source| source.weight).sum();
    for (at, (node, source)) in named.iter().zip(&params.sources).enumerate() {
        match graph.position(view, *node) {
            Some(position) => restart[position as usize] = source.weight / all,
            None => {
                let detail =
                    format!("`{}` has no part in the graph: no relationship in the frame, or a hub", source.entity);
                faults.push(Fault::new(format!("/sources/{at}/entity"), "not-in-graph", detail));
            }
        }
    }
    if faults.is_empty() { Ok(Some(restart)) } else { Err(AnalysisError::Faults(faults)) }
}

/// What the answer is told from.
struct Told<'t, 'a> {
    view: &'t GraphView<'a>,
    graph: &'t Projection,
    measure: &'t Measure<'t>,
    measured: &'t Measured,
    shielded: &'t [bool],
}

/// How those that are listed fare in the worlds.
struct Shares {
    told: CentralityWorlds,
    /// Beside the list.
    shares: Vec<f64>,
}

impl Told<'_, '_> {
    /// The positions of who stands at a place among the values: of both ends, if it is a pair.
    fn ends(&self, place: usize) -> (u32, u32) {
        self.measured.pairs.as_ref().map_or((place as u32, place as u32), |pairs| pairs[place])
    }

    fn shares(
        &self,
        ranking: &Ranking,
        wanted: CentralityUncertainty,
        worlds: &Worlds,
        budget: &Budget,
    ) -> Result<Shares, Halt> {
        let listed: Vec<(u32, u32)> = ranking.listed.iter().map(|(place, _)| self.ends(*place)).collect();
        let k = wanted.k.unwrap_or(listed.len() as u32).max(1);
        let (watch, seed) = (budget.watch(), self.measure.request.seed);
        let counts: Result<Vec<u32>, Halt> = (0..wanted.worlds)
            .into_par_iter()
            .map(|number| {
                watch.pass(0)?;
                let world = self.measure.take(&worlds.draw(seed, u64::from(number), &watch)?, &watch)?;
                let first = among_first(&listed, &world, self.shielded, k as usize);
                Ok(first.into_iter().map(u32::from).collect())
            })
            .try_reduce(
                || vec![0; listed.len()],
                |a, b: Vec<u32>| Ok(a.into_iter().zip(b).map(|(a, b)| a + b).collect()),
            );
        let shares = counts?.into_iter().map(|count| f64::from(count) / f64::from(wanted.worlds)).collect();
        let relationships = worlds.relationships() as u64;
        Ok(Shares { told: CentralityWorlds { worlds: wanted.worlds, k, relationships }, shares })
    }

    fn result(
        &self,
        ranking: &Ranking,
        shares: Option<&Shares>,
        evidence: &mut Evidence,
        budget: &Budget,
    ) -> Result<CentralityResult, Halt> {
        let share = |at: usize| shares.map(|shares| shares.shares[at]);
        let (mut scores, mut edges) = (Vec::new(), Vec::new());
        for (at, &(place, rank)) in ranking.listed.iter().enumerate() {
            if self.measured.pairs.is_some() {
                edges.push(CentralityEdge { top_k_share: share(at), ..self.edge(place, rank, evidence) });
            } else {
                scores.push(CentralityScore { top_k_share: share(at), ..self.score(place, rank, evidence, budget)? });
            }
        }
        Ok(CentralityResult {
            measure: self.measure.request.measure,
            parameters: parameters(self.measure.request, self.measure.by_strength),
            nodes: self.graph.len() as u64,
            pairs: self.graph.pairs() as u64,
            total: ranking.total as u64,
            scores,
            edges: self.measured.pairs.is_some().then_some(edges),
            iterations: self.measured.rounds.map(|rounds| rounds.0),
            converged: self.measured.rounds.map(|rounds| rounds.1),
            estimate: self.measured.estimate,
            uncertainty: shares.map(|shares| shares.told),
        })
    }

    fn score(
        &self,
        place: usize,
        rank: u64,
        evidence: &mut Evidence,
        budget: &Budget,
    ) -> Result<CentralityScore, Halt> {
        let node = self.graph.node(place as u32);
        let bounds = self.measured.bounds.as_ref().map(|bounds| bounds[place]);
        Ok(CentralityScore {
            entity: evidence.entity(self.view, node),
            value: self.measured.values[place],
            rank,
            raw: self.measured.raw.as_ref().map(|raw| raw[place]),
            least: bounds.map(|bounds| bounds.0),
            most: bounds.map(|bounds| bounds.1),
            eigenvalue: self.measured.eigenvalues.as_ref().map(|values| values[place]),
            degree: match self.measure.request.measure {
                CentralityMeasure::Degree => Some(self.degree(place as u32, budget)?),
                _ => None,
            },
            top_k_share: None,
        })
    }

    fn degree(&self, at: u32, budget: &Budget) -> Result<CentralityDegree, Halt> {
        let (graph, directed) = (self.graph, self.graph.is_directed());
        let mut ways = [graph.into().row(at).len() as u64, graph.out().row(at).len() as u64];
        if self.view.lens().direction == Direction::In {
            // What leads on in the graph leads back in the world.
            ways.reverse();
        }
        let relationships = self.view.joining(graph.node(at), graph);
        budget.watch().pass(relationships as usize)?;
        Ok(CentralityDegree {
            neighbours: neighbours(graph, at),
            incoming: directed.then_some(ways[0]),
            outgoing: directed.then_some(ways[1]),
            relationships,
        })
    }

    fn edge(&self, place: usize, rank: u64, evidence: &mut Evidence) -> CentralityEdge {
        let (view, request) = (self.view, self.measure.request);
        let (from, to) = self.ends(place);
        let (from, to) = (self.graph.node(from), self.graph.node(to));
        let strength = strength(view, request.weights, &request.weighting);
        let counts = |step: &crate::graph::Step| {
            let quantity = strength.by != StrengthBy::Quantity || view.contact(step).quantity.is_some();
            quantity && strength.counts(view.kind_of(step), view.ontology())
        };
        let steps: Vec<_> = view.between(from, to).into_iter().filter(counts).collect();
        CentralityEdge {
            source: evidence.entity(view, from),
            target: evidence.entity(view, to),
            value: self.measured.values[place],
            rank,
            raw: self.measured.raw.as_ref().map_or(0.0, |raw| raw[place]),
            relationships: steps.iter().map(|step| evidence.relationship(view, step.relationship)).collect(),
            top_k_share: None,
        }
    }
}

/// The parameters as they are used.
fn parameters(request: &CentralityRequest, by_strength: bool) -> CentralityParameters {
    use CentralityMeasure::{BetweennessSampled, Eigenvector, Katz, Pagerank, PersonalisedPagerank};
    let with = |measures: &[CentralityMeasure], value: f64| measures.contains(&request.measure).then_some(value);
    let distance = if by_strength { CentralityDistance::InverseStrength } else { CentralityDistance::Hops };
    let by_error = request.measure == BetweennessSampled && request.samples.is_none();
    CentralityParameters {
        top: request.top,
        weights: request.weights,
        distance: request.measure.is_of_distances().then_some(distance),
        damping: with(&[Pagerank, PersonalisedPagerank], request.damping.unwrap_or(DAMPING)),
        tolerance: with(&[Pagerank, PersonalisedPagerank, Eigenvector, Katz], request.tolerance.unwrap_or(TOLERANCE)),
        sources: (!request.sources.is_empty()).then_some(request.sources.len() as u32),
        alpha: with(&[Katz], request.alpha.unwrap_or(ALPHA)),
        samples: request.samples,
        epsilon: by_error.then_some(request.epsilon.unwrap_or(EPSILON)),
        confidence: with(&[BetweennessSampled], request.confidence.unwrap_or(CONFIDENCE)),
        seed: request.seed,
    }
}
