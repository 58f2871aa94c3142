//! How communities and key actors change from one window of time to the next.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::whole::{Weighting, Weights, project, seed_fault};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, LeftOut, Truncated, TruncatedReason};
use crate::graph::algo::{
    Fate, Leiden, Origin, PageRankWanted, QualityFunction, Rounds, pagerank, restarts, succession,
};
use crate::graph::{Budget, GraphView, Halt, Lens, NodeIx, Projection, Watch};
use crate::model::{EntityId, Fault, Instant, Window};

/// The most windows.
const MAX_WINDOWS: usize = 200;
/// The most members, communities or actors that can be asked for.
const MAX_LISTED: u32 = 10_000;
/// The most runs that can be asked for.
const MAX_RESTARTS: u32 = 20;

/// By what key actors are ranked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineMeasure {
    /// The strength of somebody's ties, both ways; the number of neighbours without weights.
    #[default]
    Degree,
    /// PageRank with a damping of .85.
    Pagerank,
}

/// Windows of equal length, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineSpan {
    /// Where the first begins.
    pub from: Instant,
    /// Where the last ends at the latest; it may be shorter than the others.
    pub to: Instant,
    /// How long each is, in days of 24 hours.
    #[schema(minimum = 1, maximum = 100000, example = 90)]
    pub days: u32,
}

/// Communities and key actors over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineRequest {
    /// The windows, in the order in which they are compared; or `every` instead. A relationship is in each window that its period meets,
    /// and in all of them without a period.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub windows: Vec<Window>,
    /// Windows of equal length instead of `windows`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub every: Option<TimelineSpan>,
    /// From which Jaccard coefficient of its members on a community is the same as one in the window before.
    #[serde(default = "three_tenths")]
    #[schema(exclusive_minimum = 0.0, maximum = 1.0, default = 0.3)]
    pub min_jaccard: f64,
    /// Decides the random orders of communities.
    #[serde(default = "one")]
    #[schema(minimum = 0, maximum = 9007199254740991_u64, default = 1)]
    pub seed: u64,
    /// How many runs for the communities of each window.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 20, default = 10)]
    pub restarts: u32,
    /// How many communities of each window are listed at most, the largest first.
    #[serde(default = "twenty")]
    #[schema(minimum = 0, maximum = 10000, default = 20)]
    pub communities: u32,
    /// How many members of each are listed at most, in the order of their ids.
    #[serde(default = "ten")]
    #[schema(minimum = 0, maximum = 10000, default = 10)]
    pub members: u32,
    /// By what key actors are ranked.
    #[serde(default)]
    #[schema(default = "degree")]
    pub measure: TimelineMeasure,
    /// How many key actors of each window are listed at most.
    #[serde(default = "ten")]
    #[schema(minimum = 0, maximum = 10000, default = 10)]
    pub top: u32,
    /// How strongly a pair is joined.
    #[serde(default)]
    #[schema(default = "none")]
    pub weights: Weights,
    /// How relationships are weighed besides.
    #[serde(default)]
    pub weighting: Weighting,
    /// What of the graph is looked at; without a window of its own. `limits.max_results` bounds the entities listed in all windows.
    #[serde(default)]
    pub frame: Frame,
}

const fn three_tenths() -> f64 {
    0.3
}
const fn one() -> u64 {
    1
}
const fn ten() -> u32 {
    10
}
const fn twenty() -> u32 {
    20
}

/// One window after the other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct TimelineResult {
    /// The windows.
    pub windows: Vec<TimelineWindow>,
}

/// One window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct TimelineWindow {
    /// What it spans.
    pub window: Window,
    /// How many entities there are.
    pub nodes: u64,
    /// How many pairs of them are joined.
    pub pairs: u64,
    /// The modularity of the communities.
    pub quality: f64,
    /// How many communities there are.
    pub count: u64,
    /// The largest communities.
    pub communities: Vec<TimelineCommunity>,
    /// Communities of the window before that are no more, in the order of their tracks.
    pub ended: Vec<TimelineEnd>,
    /// The key actors, the highest first; then by id.
    pub key_actors: Vec<TimelineActor>,
    /// Who was among the key actors of the window before and is no longer.
    pub dropped: Vec<EntityId>,
}

/// A community in one window.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TimelineCommunity {
    /// Its number through all windows: as long as it goes on, it keeps it.
    pub track: u64,
    /// How it came to be.
    pub origin: TimelineOrigin,
    /// For `continued`: how alike its members are to those in the window before (Jaccard).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0)]
    pub jaccard: Option<f64>,
    /// For `split`: the track that at least half of its members were in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub split_from: Option<u64>,
    /// How many members it has.
    pub size: u64,
    /// How many of them are protected people, who are not listed.
    pub protected: u64,
    /// Members.
    pub members: Vec<EntityId>,
}

/// How a community came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineOrigin {
    /// It was there in the window before.
    Continued,
    /// It split off another.
    Split,
    /// It was not; all those of the first window are born.
    Born,
}

/// A community that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimelineEnd {
    /// Its track.
    pub track: u64,
    /// The track that at least half of its members have gone to; left out when they have scattered or gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub merged_into: Option<u64>,
    /// How many members it had.
    pub size: u64,
}

/// A key actor of a window.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TimelineActor {
    /// The entity.
    pub entity: EntityId,
    /// The measure's value.
    pub value: f64,
    /// The place in the list.
    pub rank: u32,
    /// The place in the window before, if it was listed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rank_before: Option<u32>,
    /// The track of its community.
    pub track: u64,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Timeline;

impl Analysis for Timeline {
    const NAME: &'static str = "timeline";
    const SUMMARY: &'static str = "Find how communities and key actors change over time";
    type Params = TimelineRequest;
    type Output = TimelineResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = params.weighting.faults();
        faults.extend(seed_fault(params.seed));
        faults.extend(window_faults(params));
        if !(params.min_jaccard > 0.0 && params.min_jaccard <= 1.0) {
            faults.push(Fault::new("/min_jaccard", "out-of-range", "above 0, up to 1"));
        }
        if !(1..=MAX_RESTARTS).contains(&params.restarts) {
            faults.push(Fault::new("/restarts", "out-of-range", format!("1 to {MAX_RESTARTS} runs")));
        }
        let counts = [("/communities", params.communities), ("/members", params.members), ("/top", params.top)];
        for (pointer, _) in counts.iter().filter(|(_, count)| *count > MAX_LISTED) {
            faults.push(Fault::new(*pointer, "out-of-range", format!("at most {MAX_LISTED}")));
        }
        faults
    }

    fn sample(_: &mut dyn FnMut() -> EntityId) -> Self::Params {
        let year = |year: i32| Instant::parse(&format!("{year}-01-01T00:00:00Z")).expect("an instant");
        TimelineRequest {
            windows: Vec::new(),
            every: Some(TimelineSpan { from: year(2023), to: year(2025), days: 182 }),
            min_jaccard: 0.3,
            seed: 1,
            restarts: 10,
            communities: 20,
            members: 10,
            measure: TimelineMeasure::Degree,
            top: 10,
            weights: Weights::None,
            weighting: Weighting::default(),
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
        let mut told = Told { evidence: Evidence::default(), left: caps.max_results as usize, cut: false };
        let mut result = TimelineResult::default();
        let mut left_out = LeftOut::default();
        let mut before = Moment::default();
        let mut truncated = None;
        let mut tracks = 0;
        for window in windows(&params) {
            let within = view.through(Lens { window: Some(window), ..view.lens().clone() });
            let Some(graph) = project(&within, params.weights, &params.weighting, budget)? else {
                truncated = Some(TruncatedReason::MaxVisited);
                break;
            };
            let own = super::whole::left_out(&within, &graph, &mut told.evidence);
            left_out.self_loops = left_out.self_loops.max(own.self_loops);
            left_out.protected = left_out.protected.max(own.protected);
            left_out.without_quantity = left_out.without_quantity.max(own.without_quantity);
            left_out.hubs.extend(own.hubs);
            let moment = Moment::new(&within, &graph, &params, &before, &mut tracks, &budget.watch());
            let moment = moment.map_err(AnalysisError::stopped)?;
            result.windows.push(moment.told(&within, &graph, (&params, window), &before, &mut told));
            before = moment;
        }
        left_out.hubs.sort();
        left_out.hubs.dedup();
        let truncated = truncated.or(told.cut.then_some(TruncatedReason::MaxResults));
        Ok(Finding { result, evidence: told.evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

fn window_faults(params: &TimelineRequest) -> Vec<Fault> {
    let mut faults = Vec::new();
    if params.frame.window.is_some() {
        faults.push(Fault::new(
            "/frame/window",
            "windows-say-when",
            "here `windows` or `every` say when: leave it out",
        ));
    }
    match (&params.windows[..], params.every) {
        ([], None) => faults.push(Fault::new("/windows", "value-count", "1 to 200 windows, or `every`")),
        (windows, None) if windows.len() > MAX_WINDOWS => {
            faults.push(Fault::new("/windows", "value-count", "at most 200 windows"));
        }
        (windows, None) => {
            for (at, _) in windows.iter().enumerate().filter(|(_, window)| window.is_reversed()) {
                faults.push(Fault::new(
                    format!("/windows/{at}"),
                    "reversed-window",
                    "the window ends no later than it begins",
                ));
            }
        }
        ([], Some(span)) if span.days == 0 || span.days > 100_000 => {
            faults.push(Fault::new("/every/days", "out-of-range", "1 to 100000 days"));
        }
        ([], Some(span)) if span.to <= span.from => {
            faults.push(Fault::new("/every/to", "reversed-window", "it ends no later than it begins"));
        }
        ([], Some(_)) if windows(params).len() > MAX_WINDOWS => {
            faults.push(Fault::new(
                "/every/days",
                "value-count",
                "that makes more than 200 windows: longer ones, please",
            ));
        }
        ([], Some(_)) => {}
        (_, Some(_)) => faults.push(Fault::new("/every", "windows-and-every", "either `windows` or `every`, not both")),
    }
    faults
}

/// The windows that are asked for; of too many no more than one too many.
fn windows(params: &TimelineRequest) -> Vec<Window> {
    let Some(span) = params.every else { return params.windows.clone() };
    let step = i64::from(span.days) * 86_400_000_000;
    let starts = (0..).map_while(|at: i64| step.checked_mul(at)?.checked_add(span.from.micros()));
    let within = starts.take_while(|start| *start < span.to.micros()).take(MAX_WINDOWS + 1);
    within
        .map(|start| Window {
            from: Instant::from_micros(start),
            to: start.checked_add(step).and_then(Instant::from_micros).map(|end| end.min(span.to)).or(Some(span.to)),
        })
        .collect()
}

/// What was told so far.
struct Told {
    evidence: Evidence,
    /// How many entities may still be listed.
    left: usize,
    cut: bool,
}

impl Told {
    /// So many of the entities, and no more than are left.
    fn some<'n>(&mut self, nodes: &'n [NodeIx], most: u32) -> &'n [NodeIx] {
        let wanted = nodes.len().min(most as usize);
        let listed = wanted.min(self.left);
        self.cut |= listed < wanted;
        self.left -= listed;
        &nodes[..listed]
    }
}

/// What there is in one window.
#[derive(Default)]
struct Moment {
    /// The members of each community, the largest first.
    groups: Vec<Vec<NodeIx>>,
    /// The track of each.
    tracks: Vec<u64>,
    origins: Vec<Origin>,
    /// What became of the communities of the window before.
    fates: Vec<Option<Fate>>,
    quality: f64,
    /// The key actors with their values, the highest first.
    actors: Vec<(NodeIx, f64)>,
}

impl Moment {
    fn new(
        view: &GraphView<'_>,
        graph: &Projection,
        params: &TimelineRequest,
        before: &Self,
        tracks: &mut u64,
        watch: &Watch,
    ) -> Result<Self, Halt> {
        let wanted = Leiden::usual(graph, QualityFunction::Modularity, 1.0, params.seed);
        let best = restarts(graph, &wanted, params.restarts, watch)?.best;
        let mut groups: Vec<Vec<NodeIx>> = vec![Vec::new(); best.partition.len()];
        let numbers = best.partition.by_size();
        for at in graph.positions() {
            groups[numbers[best.partition.of[at as usize] as usize] as usize].push(graph.node(at));
        }
        let found = succession(&before.groups, &groups, params.min_jaccard);
        let own = found.origins.iter().map(|origin| match origin {
            Origin::Continued(earlier, _) => before.tracks[*earlier],
            Origin::Split(_) | Origin::Born => {
                *tracks += 1;
                *tracks
            }
        });
        let own = own.collect();
        let values = match params.measure {
            TimelineMeasure::Degree => {
                let both = graph.undirected();
                graph.positions().map(|at| both.out().strength(at)).collect()
            }
            TimelineMeasure::Pagerank => {
                let rounds = Rounds { exactly: None, most: 1_000, tolerance: 1e-9 };
                let wanted = PageRankWanted { damping: 0.85, restart: None, rounds };
                pagerank(graph, &wanted, watch)?.values
            }
        };
        let mut actors: Vec<(u32, f64)> = graph.positions().zip(values).collect();
        actors.retain(|(at, _)| !view.is_protected(graph.node(*at)));
        actors.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        actors.truncate(params.top as usize);
        let actors = actors.into_iter().map(|(at, value)| (graph.node(at), value)).collect();
        Ok(Self { groups, tracks: own, origins: found.origins, fates: found.fates, quality: best.quality, actors })
    }

    fn told(
        &self,
        view: &GraphView<'_>,
        graph: &Projection,
        (params, window): (&TimelineRequest, Window),
        before: &Self,
        told: &mut Told,
    ) -> TimelineWindow {
        let mut track_of: HashMap<NodeIx, u64> = HashMap::new();
        for (nodes, track) in self.groups.iter().zip(&self.tracks) {
            track_of.extend(nodes.iter().map(|node| (*node, *track)));
        }
        let ranks = |actors: &[(NodeIx, f64)]| -> HashMap<NodeIx, u32> {
            actors.iter().zip(1..).map(|((node, _), rank)| (*node, rank)).collect()
        };
        let (own, earlier) = (ranks(&self.actors), ranks(&before.actors));
        let mut communities = Vec::new();
        for (at, nodes) in self.groups.iter().enumerate().take(params.communities as usize) {
            let open: Vec<NodeIx> = nodes.iter().copied().filter(|node| !view.is_protected(*node)).collect();
            let origin = self.origins[at];
            communities.push(TimelineCommunity {
                track: self.tracks[at],
                origin: match origin {
                    Origin::Continued(..) => TimelineOrigin::Continued,
                    Origin::Split(_) => TimelineOrigin::Split,
                    Origin::Born => TimelineOrigin::Born,
                },
                jaccard: if let Origin::Continued(_, share) = origin { Some(share) } else { None },
                split_from: if let Origin::Split(from) = origin { Some(before.tracks[from]) } else { None },
                size: nodes.len() as u64,
                protected: (nodes.len() - open.len()) as u64,
                members: told
                    .some(&open, params.members)
                    .iter()
                    .map(|node| told.evidence.entity(view, *node))
                    .collect(),
            });
        }
        let ended = self.fates.iter().enumerate().filter_map(|(at, fate)| {
            let merged_into = match (*fate)? {
                Fate::Merged(into) => Some(self.tracks[into]),
                Fate::Died => None,
            };
            Some(TimelineEnd { track: before.tracks[at], merged_into, size: before.groups[at].len() as u64 })
        });
        let mut ended: Vec<TimelineEnd> = ended.collect();
        ended.sort_by_key(|end| end.track);
        let nodes: Vec<NodeIx> = self.actors.iter().map(|(node, _)| *node).collect();
        let listed = told.some(&nodes, params.top).len();
        let key_actors = self.actors[..listed].iter().map(|(node, value)| TimelineActor {
            entity: told.evidence.entity(view, *node),
            value: *value,
            rank: own[node],
            rank_before: earlier.get(node).copied(),
            track: track_of[node],
        });
        let key_actors = key_actors.collect();
        let gone: Vec<NodeIx> =
            before.actors.iter().map(|(node, _)| *node).filter(|node| !own.contains_key(node)).collect();
        let dropped = told.some(&gone, params.top).iter().map(|node| told.evidence.entity(view, *node)).collect();
        TimelineWindow {
            window,
            nodes: graph.len() as u64,
            pairs: graph.pairs() as u64,
            quality: self.quality,
            count: self.groups.len() as u64,
            communities,
            ended,
            key_actors,
            dropped,
        }
    }
}
