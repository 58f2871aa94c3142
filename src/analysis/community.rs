//! Communities as answers describe them: members, ties, countries, agencies, and the bridges between them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::Evidence;
use super::communities::{Community, CommunityBridge, CommunityMember, CommunityTop, shares};
use crate::graph::algo::Restarts;
use crate::graph::{GraphView, Projection};

/// How many members are named for their ties.
const TOP: usize = 5;
/// How many pairs are named for a bridge.
const NAMED: usize = 3;

/// How strongly a pair is joined, and the pair.
type Tie = (f64, u32, u32);

/// Communities by number, the largest first, which may overlap.
pub(super) struct Cover {
    /// The members of each, in the order of positions, with the stability of each there.
    members: Vec<Vec<(u32, f64)>>,
    /// The communities that each position is in, ascending: where they begin in `of`, one more than there are positions.
    starts: Vec<u32>,
    of: Vec<u32>,
    /// For each level the group of each member, in the order of `members`; only where each position is in one community.
    groups: Vec<Vec<u32>>,
}

impl Cover {
    /// The communities of the best run; `owners` are the positions that the nodes of a split graph are of.
    pub(super) fn new(found: &Restarts, owners: Option<&[u32]>) -> Self {
        let partition = &found.best.partition;
        let owner = |node: u32| owners.map_or(node, |owners| owners[node as usize]);
        let mut members: Vec<Vec<(u32, f64)>> = partition
            .members()
            .into_iter()
            .map(|nodes| {
                let mut own: Vec<(u32, f64)> =
                    nodes.into_iter().map(|node| (owner(node), found.stability[node as usize])).collect();
                // Several personas of one entity in one community are one member, as stable as the most stable of them.
                own.dedup_by(|next, kept| {
                    let same = next.0 == kept.0;
                    if same {
                        kept.1 = kept.1.max(next.1);
                    }
                    same
                });
                own
            })
            .collect();
        members.sort_by_key(|own| (Reverse(own.len()), own[0].0));
        let positions = owners.map_or(partition.of.len(), |owners| owners.last().map_or(0, |last| *last as usize + 1));
        let mut counts = vec![0_u32; positions + 1];
        members.iter().flatten().for_each(|(at, _)| counts[*at as usize + 1] += 1);
        for at in 1..counts.len() {
            counts[at] += counts[at - 1];
        }
        let starts = counts.clone();
        let mut of = vec![0; starts.last().map_or(0, |end| *end as usize)];
        for (community, own) in members.iter().enumerate() {
            for (at, _) in own {
                of[counts[*at as usize] as usize] = community as u32;
                counts[*at as usize] += 1;
            }
        }
        let levels = if owners.is_some() { &[][..] } else { &found.best.levels };
        Self { members, starts, of, groups: levels.iter().map(|level| level.of.clone()).collect() }
    }

    /// How many communities there are.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// The communities of a position.
    fn of(&self, at: u32) -> &[u32] {
        &self.of[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize]
    }

    fn holds(&self, community: usize, at: u32) -> bool {
        self.of(at).binary_search(&(community as u32)).is_ok()
    }
}

/// What is said of the communities, until so many entities are listed; whether that cut something off.
pub(super) fn describe(
    view: &GraphView<'_>,
    graph: &Projection,
    cover: &Cover,
    (members, most): (u32, u32),
    evidence: &mut Evidence,
) -> (Vec<Community>, bool) {
    let mut left = most as usize;
    let all: f64 = graph.positions().map(|at| graph.out().strength(at) + graph.into().strength(at)).sum();
    let told = cover.len().min(left);
    let mut cut = told < cover.len();
    let drafts: Vec<Draft> =
        (0..told).into_par_iter().map(|community| Draft::of(view, graph, cover, community, all)).collect();
    let described = drafts.into_iter().map(|Draft { mut about, open, strongest }| {
        let listed = open.len().min(members as usize);
        cut |= listed > left;
        let listed = listed.min(left);
        left -= listed;
        let member = |&(at, stability): &(u32, f64)| CommunityMember {
            entity: evidence.entity(view, graph.node(at)),
            stability,
            groups: cover.groups.iter().map(|groups| groups[at as usize]).collect(),
        };
        about.members = open[..listed].iter().map(member).collect();
        if listed > 0 {
            let top = |&(at, Ties { inside, outside, .. }): &(u32, Ties)| CommunityTop {
                entity: evidence.entity(view, graph.node(at)),
                inside,
                outside,
            };
            about.top_members = strongest.iter().map(top).collect();
        }
        about
    });
    let described = described.collect();
    (described, cut)
}

/// What is said of a community, before anyone in it is named.
struct Draft {
    about: Community,
    /// The members that may be listed, with their stability.
    open: Vec<(u32, f64)>,
    /// Those of them with the strongest ties inside.
    strongest: Vec<(u32, Ties)>,
}

/// What ties a member to its community, and to others.
#[derive(Clone, Copy, Default)]
struct Ties {
    inside: f64,
    outside: f64,
    /// How many neighbours inside; both ways, if ties have directions.
    pairs: u64,
}

impl Ties {
    fn of(graph: &Projection, cover: &Cover, community: usize, at: u32) -> Self {
        let both = [Some(graph.out()), graph.is_directed().then(|| graph.into())];
        let mut ties = Self::default();
        for (to, weight) in both.into_iter().flatten().flat_map(|arcs| arcs.weighted(at)) {
            if cover.holds(community, to) {
                ties.inside += weight;
                ties.pairs += 1;
            } else {
                ties.outside += weight;
            }
        }
        ties
    }

    fn plus(self, other: Self) -> Self {
        let (inside, outside) = (self.inside + other.inside, self.outside + other.outside);
        Self { inside, outside, pairs: self.pairs + other.pairs }
    }
}

impl Draft {
    /// `all` is what all entities have, each tie at both of its ends.
    fn of(view: &GraphView<'_>, graph: &Projection, cover: &Cover, community: usize, all: f64) -> Self {
        let members = &cover.members[community];
        let mut sum = Ties::default();
        let (mut open, mut strongest) = (Vec::with_capacity(members.len()), Vec::with_capacity(members.len()));
        let (mut countries, mut agencies) = (BTreeMap::new(), BTreeMap::new());
        for &(at, stability) in members {
            let (node, ties) = (graph.node(at), Ties::of(graph, cover, community, at));
            sum = sum.plus(ties);
            if view.is_protected(node) {
                continue;
            }
            open.push((at, stability));
            strongest.push((at, ties));
            view.stated(node, "country").into_iter().for_each(|name| *countries.entry(name).or_default() += 1);
            view.asserting(node).into_iter().for_each(|name| *agencies.entry(name).or_default() += 1);
        }
        strongest.sort_by(|a, b| b.1.inside.total_cmp(&a.1.inside).then(a.0.cmp(&b.0)));
        strongest.truncate(TOP);
        let about = Community {
            id: community as u64 + 1,
            protected: (members.len() - open.len()) as u64,
            stability: members.iter().map(|member| member.1).sum::<f64>() / members.len() as f64,
            countries: shares(countries),
            agencies: shares(agencies),
            ..tied(graph, members.len(), sum, all)
        };
        Self { about, open, strongest }
    }
}

/// What the ties of a community of this size come to.
fn tied(graph: &Projection, members: usize, sum: Ties, all: f64) -> Community {
    let own = sum.inside + sum.outside;
    // Undirected ties were counted once an end, as directed ones; of the whole both directions were.
    let rest = if graph.is_directed() { all } else { all / 2.0 } - own;
    let size = members as f64;
    let possible = if graph.is_directed() { size * (size - 1.0) } else { size * (size - 1.0) / 2.0 };
    let volume = own.min(rest);
    Community {
        size: members as u64,
        // Each tie inside is seen from both of its ends.
        inside: sum.inside / 2.0,
        boundary: sum.outside,
        density: (possible > 0.0).then(|| sum.pairs as f64 / 2.0 / possible),
        // Rounding aside, what is left of nothing is nothing.
        conductance: (volume > 1e-12 * all).then(|| (sum.outside / volume).min(1.0)),
        ..Community::default()
    }
}

/// What joins the first so many communities, the strongest ties first.
pub(super) fn bridges(
    view: &GraphView<'_>,
    graph: &Projection,
    cover: &Cover,
    (most, told): (u32, usize),
    evidence: &mut Evidence,
) -> Vec<CommunityBridge> {
    let mut sums: HashMap<(u32, u32), (f64, u64)> = HashMap::new();
    each_between(graph, cover, told, |between, _, weight| {
        let (sum, pairs) = sums.entry(between).or_default();
        *sum += weight;
        *pairs += 1;
    });
    let mut ranked: Vec<((u32, u32), (f64, u64))> = sums.into_iter().collect();
    ranked.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then(a.0.cmp(&b.0)));
    ranked.truncate(most as usize);
    let mut named: HashMap<(u32, u32), Vec<Tie>> = ranked.iter().map(|(between, _)| (*between, Vec::new())).collect();
    each_between(graph, cover, told, |between, (from, to), weight| {
        let Some(pairs) = named.get_mut(&between) else { return };
        // Strongest first; pairs come in the order of ids, and later ones do not go before equal ones.
        let place = pairs.partition_point(|pair| pair.0 >= weight);
        if place < NAMED && ![from, to].iter().any(|at| view.is_protected(graph.node(*at))) {
            pairs.insert(place, (weight, from, to));
            pairs.truncate(NAMED);
        }
    });
    ranked
        .into_iter()
        .map(|(between, (weight, pairs))| {
            let strongest = named.remove(&between).unwrap_or_default();
            let mut relationships = Vec::new();
            for (_, from, to) in strongest {
                let (from, to) = (graph.node(from), graph.node(to));
                relationships
                    .extend(view.between(from, to).iter().map(|step| evidence.relationship(view, step.relationship)));
            }
            CommunityBridge {
                between: [u64::from(between.0) + 1, u64::from(between.1) + 1],
                weight,
                pairs,
                relationships,
            }
        })
        .collect()
}

/// Goes over the pairs that join two of the first so many communities and lie together in none, in the order of ids.
fn each_between(graph: &Projection, cover: &Cover, told: usize, mut visit: impl FnMut((u32, u32), (u32, u32), f64)) {
    for from in graph.positions() {
        for (to, weight) in graph.out().weighted(from) {
            if (!graph.is_directed() && to < from) || cover.of(from).iter().any(|own| cover.of(to).contains(own)) {
                continue;
            }
            for a in cover.of(from) {
                for b in cover.of(to).iter().filter(|b| (*a.max(*b) as usize) < told) {
                    visit((*a.min(b), *a.max(b)), (from, to), weight);
                }
            }
        }
    }
}
