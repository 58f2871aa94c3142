//! Every simple path up to a length, shortest first: depth-first for each length in turn, going on only where the target can
//! still be reached in time (by a search back from it). Lengths in turn cost little more than the last alone, since paths grow
//! manifold with each step; and whatever ends the search, what came before is complete.
//!
//! Paths are sequences of entities in the order of ids; those that respect time are sequences of relationships, ordered by their
//! entities and then by relationship ids. So in time too the search goes by entities, each reached as early as can be, and the
//! relationships are chosen when it is known that there is a choice. Every step that is tried is paid for, since there may be
//! exponentially many.

use std::collections::{BTreeSet, HashMap};
use std::ops::{ControlFlow, Range};
use std::rc::Rc;

use crate::graph::{Budget, GraphView, Halt, NodeIx, Step, Way};

use super::balls::{Around, Balls, HopsToTarget};
use super::journeys::{Journey, Unusable};
use super::temporal::{Opening, Rules, Span};
use super::weight::Weight;
use super::yen::Route;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct WithinWanted {
    /// Where the paths begin.
    pub source: NodeIx,
    /// Where they end; `None`: anywhere.
    pub target: Option<NodeIx>,
    /// The most steps.
    pub max_hops: u32,
    /// Whether they must respect time.
    pub timed: bool,
}

/// One path.
#[derive(Debug, Clone)]
pub enum Trail {
    /// Whatever the time.
    Static(Route),
    /// One that respects time.
    Timed(Journey),
}

/// How it ended.
#[derive(Debug, Clone, Default)]
pub struct Within {
    /// Whether the budget was spent before the end.
    pub spent: bool,
    /// Hubs that were reached and not passed through, in the order of ids.
    pub hubs: Vec<NodeIx>,
    /// What was met and could not be used.
    pub unusable: Unusable,
}

/// Goes through the paths while `visit` says so. A spent budget ends it; any other halt is the caller's.
pub fn within(
    view: &GraphView<'_>,
    wanted: &WithinWanted,
    budget: &Budget,
    visit: &mut dyn FnMut(Trail) -> ControlFlow<()>,
) -> Result<Within, Halt> {
    let mut hubs = BTreeSet::new();
    let mut unusable = Unusable::default();
    let done = lengths(view, wanted, budget, (&mut hubs, &mut unusable), visit);
    let spent = done == Err(Halt::Spent);
    if !spent {
        done?;
    }
    let mut hubs: Vec<NodeIx> = hubs.into_iter().collect();
    hubs.sort_by_key(|&node| view.rank(node));
    Ok(Within { spent, hubs, unusable })
}

fn lengths(
    view: &GraphView<'_>,
    wanted: &WithinWanted,
    budget: &Budget,
    (hubs, unusable): (&mut BTreeSet<NodeIx>, &mut Unusable),
    visit: &mut dyn FnMut(Trail) -> ControlFlow<()>,
) -> Result<(), Halt> {
    let source = wanted.source;
    if wanted.target == Some(source) {
        let _only_one = visit(Trail::Static(Route { weight: Weight::ZERO, nodes: vec![source] }));
        return Ok(());
    }
    let ends = (source, wanted.target.unwrap_or(source));
    let mut balls = Balls::new(view, ends);
    let mut first = 1;
    if wanted.target.is_some() {
        let mut around = Around { view, ends, budget, hubs };
        match balls.meet(wanted.max_hops, &mut around)? {
            Some(hops) => first = hops,
            None => return Ok(()),
        }
        balls.widen(wanted.max_hops, &mut around)?;
    }
    let to_target = match wanted.target {
        None => None,
        Some(_) => Some(balls.to_target(wanted.max_hops, &Around { view, ends, budget, hubs })?),
    };
    let mut search = Search {
        view,
        wanted,
        budget,
        to_target,
        hubs,
        unusable,
        onward: HashMap::new(),
        trail: Vec::new(),
        found: false,
        visit,
    };
    for length in first..=wanted.max_hops {
        search.found = false;
        if search.extend(source, None, length)?.is_break() {
            return Ok(());
        }
        // Every beginning of a path is one, if it may end anywhere.
        if wanted.target.is_none() && !search.found {
            return Ok(());
        }
    }
    Ok(())
}

/// A step of the path so far: the node that it leads to, and by which of the steps that lead on; in time, by any of them.
struct Taken {
    to: NodeIx,
    onward: Onward,
    by: Range<usize>,
}

/// The steps that lead on from a node, in order, each with when it can be taken.
type Onward = Rc<[(Step, Option<Opening>)]>;

struct Search<'a> {
    view: &'a GraphView<'a>,
    wanted: &'a WithinWanted,
    budget: &'a Budget,
    to_target: Option<HopsToTarget<'a>>,
    hubs: &'a mut BTreeSet<NodeIx>,
    unusable: &'a mut Unusable,
    /// Where a path can go on from a node, in order.
    onward: HashMap<NodeIx, Onward>,
    trail: Vec<Taken>,
    /// Whether a path of this length was found.
    found: bool,
    visit: &'a mut dyn FnMut(Trail) -> ControlFlow<()>,
}

impl Search<'_> {
    /// Goes through the ways on from a node in exactly `left` more steps; in time, after having got there as early as can be.
    fn extend(&mut self, node: NodeIx, earliest: Option<Span>, left: u32) -> Result<ControlFlow<()>, Halt> {
        if left == 0 {
            self.found = true;
            return self.tell();
        }
        if self.stops(node)? {
            return Ok(ControlFlow::Continue(()));
        }
        let onward = self.onward(node)?;
        self.budget.spend(onward.len() as u64)?;
        let mut from = 0;
        for parallels in onward.chunk_by(|(a, _), (b, _)| a.to == b.to) {
            let by = from..from + parallels.len();
            from = by.end;
            let to = parallels[0].0.to;
            let far = self.to_target.as_ref().is_some_and(|known| known.hops(to).is_none_or(|hops| hops >= left));
            let ends_early = self.wanted.target == Some(to) && left > 1;
            if far || ends_early || to == self.wanted.source || self.trail.iter().any(|taken| taken.to == to) {
                continue;
            }
            let spans = parallels.iter().filter_map(|(_, opening)| after(earliest.as_ref(), opening.as_ref()));
            let earliest = spans.min_by_key(Span::earliest_arrival);
            if self.wanted.timed && earliest.is_none() {
                continue;
            }
            self.trail.push(Taken { to, onward: Rc::clone(&onward), by });
            let on = self.extend(to, earliest, left - 1)?;
            self.trail.pop();
            if on.is_break() {
                return Ok(on);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether a path does not pass through a node.
    fn stops(&mut self, node: NodeIx) -> Result<bool, Halt> {
        // Towards a target, hubs are on no way to it.
        let hub = self.wanted.target.is_none() && node != self.wanted.source && self.view.is_hub(node, self.budget)?;
        if hub {
            self.hubs.insert(node);
        }
        Ok(hub)
    }

    fn onward(&mut self, node: NodeIx) -> Result<Onward, Halt> {
        if let Some(known) = self.onward.get(&node) {
            return Ok(Rc::clone(known));
        }
        let mut steps = Vec::new();
        let view = self.view;
        match &self.to_target {
            Some(known) => {
                view.steps_into(node, Way::Forward, self.budget, &|to| known.hops(to).is_some(), |step| {
                    steps.push(step);
                    ControlFlow::Continue(())
                })?
            }
            None => view.steps(node, Way::Forward, self.budget, |step| steps.push(step))?,
        }
        let timed = self.wanted.timed;
        if timed {
            steps.sort_by_cached_key(|step| (view.rank(step.to), view.relationship_id(step.relationship)));
        } else {
            steps.sort_by_key(|step| view.rank(step.to));
            steps.dedup_by_key(|step| step.to);
        }
        let opened = steps.into_iter().filter_map(|step| match timed {
            true => self.unusable.opening(view, &step).map(|opening| (step, Some(opening))),
            false => Some((step, None)),
        });
        let onward: Onward = opened.collect();
        self.onward.insert(node, Rc::clone(&onward));
        Ok(onward)
    }

    /// Tells the path that the entities so far make; in time, every one.
    fn tell(&mut self) -> Result<ControlFlow<()>, Halt> {
        if self.wanted.timed {
            return self.choose(&mut Vec::new(), None);
        }
        let hops = u32::try_from(self.trail.len()).unwrap_or(u32::MAX);
        let route = Route { weight: Weight::of_hops(hops), nodes: self.nodes() };
        Ok((self.visit)(Trail::Static(route)))
    }

    fn nodes(&self) -> Vec<NodeIx> {
        std::iter::once(self.wanted.source).chain(self.trail.iter().map(|taken| taken.to)).collect()
    }

    /// Goes through the relationships that may come after those that are chosen.
    fn choose(&mut self, chosen: &mut Vec<(Step, Opening)>, span: Option<Span>) -> Result<ControlFlow<()>, Halt> {
        let Some(Taken { onward, by, .. }) = self.trail.get(chosen.len()) else {
            let (steps, openings): (Vec<Step>, Vec<Opening>) = chosen.iter().copied().unzip();
            let moments = span.and_then(|span| Rules::default().timetable(&openings, span.earliest()));
            let journey = Journey { nodes: self.nodes(), steps, openings, moments: moments.unwrap_or_default() };
            return Ok((self.visit)(Trail::Timed(journey)));
        };
        let (onward, by) = (Rc::clone(onward), by.clone());
        self.budget.spend(by.len() as u64)?;
        for (step, opening) in &onward[by] {
            let Some((opening, span)) = opening.zip(after(span.as_ref(), opening.as_ref())) else { continue };
            chosen.push((*step, opening));
            let on = self.choose(chosen, Some(span))?;
            chosen.pop();
            if on.is_break() {
                return Ok(on);
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// What a sequence of steps and one more leave open; `None`: it cannot come after them.
fn after(before: Option<&Span>, opening: Option<&Opening>) -> Option<Span> {
    Rules::default().take(before, opening?).ok()
}
