//! The best time-respecting way from one entity to another, or to every one that can be reached: by arrival, departure, duration
//! or number of steps (Wu, Cheng, Huang, Ke, Lu & Xu, "Path problems in temporal graphs", VLDB 2014, §3–4).
//!
//! Label setting from the source over what it meets, instead of one pass over all relationships in the order of time: a label is a
//! way to an entity, all that is open in it a [`Span`]. The objective of a way never gets better by a step more, so that labels leave
//! the heap best first and the first at an entity is its answer. A label is dropped when another at the entity, of no more steps,
//! can go on as it can and comes out no worse ([`Rules::covers`]): for arrival and steps that compares arrivals, for departure and
//! duration departures too (the profile of Wu's §4.4), with a limit on waiting all arrivals that are open, with a ratio the last
//! amounts as well.
//!
//! Without those two limits no entity comes twice, since what leaves out a loop covers what goes through it; the same holds for
//! coming back to the source always. With them a loop can be the only way to go on (to wait, or to bring the amount down): what is
//! answered are walks, and the best simple path would be NP-hard (Casteigts, Himmel, Molter & Zschoche 2021).
//!
//! Costs O(L · (d · f + log L)) for L labels, d the relationships of an entity and f the labels kept at one. For arrival and steps there
//! are at most as many labels at an entity as the limit on steps; for the others as many as there are departures that matter, too.
//! With those two limits a loop may bring another label each time it is gone, up to the limit on steps, so that f is what costs:
//! there the budget pays for each label that another is compared with as it does for a relationship that is walked over.
//!
//! Ties: the objective, then steps, then arrival, then the sequence of ranks, then that of relationship ids, among ways of which every
//! beginning was kept.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use crate::graph::{Budget, GraphView, Halt, NodeIx, Step, TripleIx, Way};

use super::kept::Kept;
use super::temporal::{Opening, Refusal, Rules, Span};

/// What makes a time-respecting way the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// It arrives first.
    EarliestArrival,
    /// It leaves last.
    LatestDeparture,
    /// The time between leaving and arriving is least.
    Fastest,
    /// It has the fewest steps; then it arrives first.
    FewestHops,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Sought {
    /// Where the ways begin.
    pub source: NodeIx,
    /// Where they end; without one, everywhere.
    pub target: Option<NodeIx>,
    /// What makes one the best.
    pub objective: Objective,
    /// What they keep to.
    pub rules: Rules,
    /// The most steps of one.
    pub max_hops: u64,
    /// How many at most.
    pub most: usize,
}

/// The end of a best way, for whoever does not ask for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Where it leads.
    pub node: NodeIx,
    /// When its last step is taken; followed back, when that of its steps is that comes first.
    pub at: i64,
    /// How many steps it has.
    pub hops: u64,
    /// The entity at the other end of that step, and its relationship.
    pub last: (NodeIx, TripleIx),
}

/// How far one can come.
#[derive(Debug, Clone, Default)]
pub struct Arrivals {
    /// The end of the best way to each entity, in the order of ways.
    pub arrivals: Vec<Arrival>,
    /// The entities that ways lead over, each with how many, in no order that means anything.
    pub onward: Vec<(NodeIx, u64)>,
    /// As [`Journeys`], without ways.
    pub rest: Journeys,
}

/// A time-respecting way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// Its entities in order, both ends included.
    pub nodes: Vec<NodeIx>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// When each of them can be taken.
    pub openings: Vec<Opening>,
    /// When each of them is taken.
    pub moments: Vec<i64>,
}

/// Relationships that were met and could not be used, each counted once.
#[derive(Debug, Clone, Default)]
pub struct Unusable {
    /// They have no time.
    pub without_time: HashSet<TripleIx>,
    /// They have no amount, where a ratio needs one.
    pub without_amount: HashSet<TripleIx>,
    /// Their currency is not that of the step before, where a ratio compares them.
    pub without_rate: HashSet<TripleIx>,
}

impl Unusable {
    /// When a step can be taken; without a time it is counted here.
    pub fn opening(&mut self, view: &GraphView<'_>, step: &Step) -> Option<Opening> {
        let opening = Opening::of(&view.contact(step));
        if opening.is_none() {
            self.without_time.insert(step.relationship);
        }
        opening
    }

    /// The span of one more step; why there is none is counted here.
    pub fn take(&mut self, rules: &Rules, before: Option<&Span>, step: &Step, opening: &Opening) -> Option<Span> {
        match rules.take(before, opening) {
            Ok(span) => return Some(span),
            Err(Refusal::WithoutAmount) => self.without_amount.insert(step.relationship),
            Err(Refusal::OtherCurrency) => self.without_rate.insert(step.relationship),
            Err(Refusal::Unfit) => false,
        };
        None
    }
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Journeys {
    /// The best way to each entity, the best first.
    pub journeys: Vec<Journey>,
    /// Whether there are more than were wanted.
    pub more: bool,
    /// Whether the limit on steps stopped a way before the last answer was found.
    pub cut_by_hops: bool,
    /// Whether the budget was spent before the end.
    pub spent: bool,
    /// Hubs that were reached and not passed through.
    pub hubs: Vec<NodeIx>,
    /// What was met and could not be used.
    pub unusable: Unusable,
}

/// Finds the best ways. A spent budget ends it with those that were found before; any other halt is the caller's.
pub fn journeys(view: &GraphView<'_>, sought: &Sought, budget: &Budget) -> Result<Journeys, Halt> {
    let mut search = Search::done(view, sought, (Way::Forward, false), budget)?;
    search.found.journeys = search.answers.iter().map(|&at| search.journey(at)).collect();
    Ok(search.found)
}

/// Finds the earliest arrivals at all entities, and what the ways there lead over. Followed back, the latest departures from all entities
/// of ways that lead to where `sought` begins. With `undated`, what has no time can be taken at any. For rules that bound nothing but
/// the moments.
pub fn arrivals(
    view: &GraphView<'_>,
    sought: &Sought,
    way: Way,
    undated: bool,
    budget: &Budget,
) -> Result<Arrivals, Halt> {
    let search = Search::done(view, sought, (way, undated), budget)?;
    let (mut arrivals, mut onward) = (Vec::with_capacity(search.answers.len()), HashMap::new());
    for &at in &search.answers {
        let Label { node, hops, last: Some(last), .. } = search.labels[at] else { continue };
        let before = search.labels[last.from].node;
        let at = search.moment(&last);
        arrivals.push(Arrival { node, at, hops, last: (before, last.step.relationship) });
        budget.look(hops)?;
        let mut over = &search.labels[last.from];
        while let Some(last) = over.last {
            *onward.entry(over.node).or_default() += 1;
            over = &search.labels[last.from];
        }
    }
    let mut onward: Vec<(NodeIx, u64)> = onward.into_iter().collect();
    onward.sort_unstable_by_key(|(node, _)| *node);
    Ok(Arrivals { arrivals, onward, rest: search.found })
}

/// How a label was reached: from which label, by which step.
#[derive(Debug, Clone, Copy)]
struct Last {
    from: usize,
    step: Step,
    span: Span,
}

/// A way to a node.
struct Label {
    node: NodeIx,
    hops: u64,
    /// `None` at the source.
    last: Option<Last>,
    /// Whether another one covers it.
    dropped: bool,
}

/// What labels leave the heap by: the objective, steps and arrival, then the node's rank, then the order in which they were made.
type Place = ((i64, i64, i64), u64, usize);

struct Search<'v, 's> {
    view: &'v GraphView<'s>,
    sought: &'v Sought,
    rules: Rules,
    way: Way,
    /// Whether what has no time can be taken at any.
    undated: bool,
    labels: Vec<Label>,
    /// The labels of each node that no other covers.
    fronts: HashMap<NodeIx, Kept>,
    heap: BinaryHeap<Reverse<Place>>,
    hubs: BTreeSet<NodeIx>,
    /// The label of the best way to each entity, the best first.
    answers: Vec<usize>,
    found: Journeys,
}

impl<'v, 's> Search<'v, 's> {
    fn done(
        view: &'v GraphView<'s>,
        sought: &'v Sought,
        (way, undated): (Way, bool),
        budget: &Budget,
    ) -> Result<Self, Halt> {
        let rules = match way {
            Way::Forward => sought.rules,
            Way::Backward => Rules { start: i64::MIN, deadline: i64::MAX, ..sought.rules },
        };
        let mut search = Self {
            view,
            sought,
            rules,
            way,
            undated,
            labels: Vec::new(),
            fronts: HashMap::new(),
            heap: BinaryHeap::new(),
            hubs: BTreeSet::new(),
            answers: Vec::new(),
            found: Journeys::default(),
        };
        match search.run(budget) {
            Err(Halt::Spent) => search.found.spent = true,
            other => other?,
        }
        search.found.hubs = std::mem::take(&mut search.hubs).into_iter().collect();
        search.found.hubs.sort_by_key(|&node| view.rank(node));
        Ok(search)
    }

    fn run(&mut self, budget: &Budget) -> Result<(), Halt> {
        let Sought { source, target, max_hops, most, .. } = *self.sought;
        self.labels.push(Label { node: source, hops: 0, last: None, dropped: false });
        self.heap.push(Reverse(((i64::MIN, 0, 0), 0, 0)));
        let mut answered = HashSet::new();
        while let Some(Reverse((_, _, at))) = self.heap.pop() {
            let Label { node, hops, dropped, .. } = self.labels[at];
            if dropped {
                continue;
            }
            let wanted = target.map_or(node != source, |target| target == node);
            if wanted && answered.insert(node) {
                if self.answers.len() == most {
                    self.found.more = true;
                    return Ok(());
                }
                self.answers.push(at);
                if target.is_some() {
                    return Ok(());
                }
            }
            if node != source && self.view.is_hub(node, budget)? {
                self.hubs.insert(node);
            } else if hops == max_hops {
                self.found.cut_by_hops = true;
            } else {
                self.expand(at, budget)?;
            }
        }
        Ok(())
    }

    fn expand(&mut self, at: usize, budget: &Budget) -> Result<(), Halt> {
        let view = self.view;
        let mut steps = Vec::new();
        view.steps(self.labels[at].node, self.way, budget, |step| steps.push(step))?;
        for step in steps.into_iter().filter(|step| step.to != self.sought.source) {
            let Some(opening) = self.opening(&step) else { continue };
            let before = self.labels[at].last.map(|last| last.span);
            let span = self.found.unusable.take(&self.rules, before.as_ref(), &step, &opening);
            if let Some(span) = span {
                self.offer(Last { from: at, step, span }, budget)?;
            }
        }
        Ok(())
    }

    /// When a step can be taken. Followed back, in time that runs back, in half microseconds: a step before an instant is strictly earlier,
    /// so that an instant is left half a one later than it is.
    fn opening(&mut self, step: &Step) -> Option<Opening> {
        let contact = self.view.contact(step);
        let opening = if self.undated && contact.period.is_none() {
            Opening { first: i64::MIN, last: i64::MAX, instant: false, amount: contact.amount }
        } else {
            self.found.unusable.opening(self.view, step)?
        };
        if self.way == Way::Forward {
            return Some(opening);
        }
        let Rules { start, deadline, .. } = self.sought.rules;
        let (first, last) = (opening.first.max(start), opening.last.min(deadline));
        let later = i64::from(opening.instant && !self.rules.same_instant);
        let back = |moment: i64| match moment {
            i64::MAX => i64::MIN,
            i64::MIN => i64::MAX,
            moment => -2 * moment + later,
        };
        (first <= last).then_some(Opening { first: back(last), last: back(first), ..opening })
    }

    /// When the last step of a way is taken.
    fn moment(&self, last: &Last) -> i64 {
        let at = last.span.earliest_arrival();
        match (self.way, at) {
            (Way::Forward, at) => at,
            (Way::Backward, i64::MIN) => i64::MAX,
            (Way::Backward, i64::MAX) => i64::MIN,
            // An instant was left half a microsecond later, and a period at the half before one is left at the whole before it.
            (Way::Backward, at) => {
                let contact = self.view.contact(&last.step);
                let instant = contact.period.is_some_and(|(first, end)| first == end) && !self.rules.same_instant;
                (i64::from(instant) - at).div_euclid(2)
            }
        }
    }

    /// Keeps a label unless another one covers it, and drops those that it covers.
    fn offer(&mut self, last: Last, budget: &Budget) -> Result<(), Halt> {
        let Sought { objective, rules, .. } = self.sought;
        let departures = matches!(objective, Objective::LatestDeparture | Objective::Fastest);
        let (node, hops) = (last.step.to, self.labels[last.from].hops + 1);
        let moment = rules.moment(&last.span);
        let (front, mut compared) = (self.fronts.entry(node).or_default(), 0);
        for known in front.above(moment) {
            compared += 1;
            let Label { hops: known_hops, last: Some(known_last), .. } = self.labels[known] else { continue };
            if known_hops > hops || !rules.covers(&known_last.span, &last.span, departures) {
                continue;
            }
            if known_hops == hops && rules.covers(&last.span, &known_last.span, departures) {
                compared += hops;
                // It has not left the heap: whatever leads to its equals has fewer steps and is no worse.
                if compare(self.view, &self.labels, &last, &known_last) == Ordering::Less {
                    self.labels[known].last = Some(last);
                }
            }
            return pay(rules, compared, budget);
        }
        compared += front.keep(self.labels.len(), (moment, last.span.arrivals()), |known| {
            let label = &mut self.labels[known];
            label.dropped |=
                hops <= label.hops && label.last.is_some_and(|known| rules.covers(&last.span, &known.span, departures));
            !label.dropped
        });
        self.heap.push(Reverse((key(*objective, &last.span, hops), self.view.rank(node), self.labels.len())));
        self.labels.push(Label { node, hops, last: Some(last), dropped: false });
        pay(rules, compared, budget)
    }

    fn journey(&self, at: usize) -> Journey {
        let (mut nodes, mut steps) = (vec![self.labels[at].node], Vec::new());
        let mut label = &self.labels[at];
        while let Some(last) = label.last {
            label = &self.labels[last.from];
            nodes.push(label.node);
            steps.push(last.step);
        }
        nodes.reverse();
        steps.reverse();
        let openings: Vec<Opening> = steps.iter().filter_map(|step| Opening::of(&self.view.contact(step))).collect();
        let ends = self.labels[at].last.map(|last| ends(self.sought.objective, &last.span));
        let timetable = |ends| self.sought.rules.timetable(&openings, ends);
        let moments = ends.map(|ends| timetable(ends).expect("the ends of a span can be kept")).unwrap_or_default();
        Journey { nodes, steps, openings, moments }
    }
}

/// For comparing a label with so many. Where walks go in loops there is no end to the labels that steps alone would pay for.
fn pay(rules: &Rules, compared: u64, budget: &Budget) -> Result<(), Halt> {
    if rules.allow_loops() { budget.spend(compared) } else { budget.look(compared) }
}

/// Departure and arrival of the best of the ways of a span.
fn ends(objective: Objective, span: &Span) -> (i64, i64) {
    match objective {
        Objective::EarliestArrival | Objective::FewestHops => span.earliest(),
        Objective::LatestDeparture => span.latest(),
        Objective::Fastest => span.shortest(),
    }
}

fn key(objective: Objective, span: &Span, hops: u64) -> (i64, i64, i64) {
    let hops = i64::try_from(hops).unwrap_or(i64::MAX);
    let arrival = ends(objective, span).1;
    match objective {
        Objective::EarliestArrival => (arrival, hops, 0),
        Objective::LatestDeparture => (span.latest_departure().saturating_neg(), hops, arrival),
        Objective::Fastest => (span.least_duration(), hops, arrival),
        Objective::FewestHops => (hops, arrival, 0),
    }
}

/// Which of two ways of equally many steps to one node comes first: by the ranks of their nodes, then by their relationships.
fn compare(view: &GraphView<'_>, labels: &[Label], a: &Last, b: &Last) -> Ordering {
    let by_id = |a: &Step, b: &Step| {
        let key = |step: &Step| {
            let (source, target) = view.ends(step.relationship);
            (view.relationship_id(step.relationship), view.rank(source), view.rank(target))
        };
        key(a).cmp(&key(b))
    };
    let (mut nodes, mut relationships) = (Ordering::Equal, Ordering::Equal);
    let (mut ways, mut last) = ((a.from, b.from), Some((*a, *b)));
    while let Some((a, b)) = last {
        if a.step.relationship != b.step.relationship {
            relationships = by_id(&a.step, &b.step);
        }
        if ways.0 == ways.1 {
            break;
        }
        let (a, b) = (&labels[ways.0], &labels[ways.1]);
        if a.node != b.node {
            nodes = view.rank(a.node).cmp(&view.rank(b.node));
        }
        last = a.last.zip(b.last);
        if let Some((a, b)) = last {
            ways = (a.from, b.from);
        }
    }
    nodes.then(relationships)
}
