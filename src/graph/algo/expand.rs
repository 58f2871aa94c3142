//! A neighbourhood, breadth first, of which a part is chosen to be shown.
//!
//! Everything within so many hops is counted; what is chosen hangs together: an entity is chosen only from one that is shown, named
//! or chosen itself. Order: by hops, then by the rank of the entity that it is reached from, then by its own. A round is one entity
//! whose relationships are walked; a spent budget ends it after whole rounds. O(relationships walked), memory by what is met.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::graph::{Budget, Direction, GraphView, Halt, Labels, Lent, NodeIx, Step, TripleIx, Way};
use crate::model::KindName;

/// What is asked for.
#[derive(Debug)]
pub struct Ball<'a> {
    /// Where it begins.
    pub named: &'a [NodeIx],
    /// What is shown already.
    pub shown: &'a HashSet<NodeIx>,
    /// The most steps.
    pub hops: u32,
    /// How much may be chosen.
    pub selection: Selection,
}

/// How many entities may be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Selection {
    /// From one entity.
    pub per_entity: usize,
    /// Of one kind.
    pub per_kind: usize,
    /// Altogether.
    pub total: usize,
}

/// Why an entity that was reached is not chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// Enough were chosen from this entity.
    PerEntity(NodeIx),
    /// Enough of its kind.
    PerKind,
    /// Enough altogether.
    Total,
}

/// How many entities of one kind were reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    /// Altogether.
    pub count: u64,
    /// Of these, how many were shown already.
    pub shown: u64,
    /// Of these, how many are chosen.
    pub chosen: u64,
}

/// A hub that was reached: named with what stands around it, not expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    /// The entity.
    pub node: NodeIx,
    /// How many distinct neighbours it has.
    pub degree: u64,
    /// How many of each kind.
    pub kinds: BTreeMap<KindName, u64>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Expansion {
    /// What was reached, by kind.
    pub kinds: BTreeMap<KindName, Reached>,
    /// The relationships that were walked over, by kind; each once.
    pub relationships: BTreeMap<KindName, u64>,
    /// What is chosen, in order.
    pub chosen: Vec<NodeIx>,
    /// Why some were not chosen, with how many each reason kept out.
    pub refused: BTreeMap<Refused, u64>,
    /// The hubs, by rank.
    pub hubs: Vec<Hub>,
    /// Whether anything was reached at the last hop, so that there may be more beyond.
    pub open: bool,
    /// Whether the budget was spent before the end.
    pub spent: bool,
}

/// Walks the neighbourhood.
pub fn expand(view: &GraphView<'_>, ball: &Ball<'_>, budget: &Budget) -> Result<Expansion, Halt> {
    let mut walk = Walk {
        view,
        ball,
        labels: view.labels(),
        walked: HashSet::new(),
        refused: HashMap::new(),
        found: Expansion::default(),
    };
    match walk.run(budget) {
        Err(Halt::Spent) => walk.found.spent = true,
        other => other?,
    }
    let Walk { refused, mut found, .. } = walk;
    let mut reasons: Vec<Refused> = refused.into_values().collect();
    reasons.sort_unstable();
    for reason in reasons {
        *found.refused.entry(reason).or_default() += 1;
    }
    found.hubs.sort_by_key(|hub| view.rank(hub.node));
    Ok(found)
}

struct Walk<'v, 's> {
    view: &'v GraphView<'s>,
    ball: &'v Ball<'v>,
    /// The hop at which an entity was reached; closed: it is shown, named or chosen.
    labels: Lent<Labels>,
    walked: HashSet<TripleIx>,
    refused: HashMap<NodeIx, Refused>,
    found: Expansion,
}

impl Walk<'_, '_> {
    fn run(&mut self, budget: &Budget) -> Result<(), Halt> {
        let mut frontier = self.ball.named.to_vec();
        for &node in &frontier {
            self.labels.set(node, 0, node);
            self.labels.close(node);
        }
        for hop in 1..=u64::from(self.ball.hops) {
            frontier.sort_by_cached_key(|&node| self.view.rank(node));
            let mut next = Vec::new();
            for &node in &frontier {
                if hop > 1 && self.view.is_hub(node, budget)? {
                    let hub = hub(self.view, node, budget)?;
                    self.found.hubs.push(hub);
                } else {
                    self.round(node, hop, budget, &mut next)?;
                }
            }
            frontier = next;
            if frontier.is_empty() {
                break;
            }
        }
        self.found.open = !frontier.is_empty();
        Ok(())
    }

    fn round(&mut self, node: NodeIx, hop: u64, budget: &Budget, next: &mut Vec<NodeIx>) -> Result<(), Halt> {
        let mut steps: Vec<Step> = Vec::new();
        self.view.steps(node, Way::Forward, budget, |step| steps.push(step))?;
        steps.sort_by_cached_key(|step| self.view.rank(step.to));
        let (mut last, mut chosen) = (None, 0);
        for step in &steps {
            if self.walked.insert(step.relationship) {
                add(&mut self.found.relationships, self.view.kind_of(step));
            }
            if last == Some(step.to) {
                continue;
            }
            last = Some(step.to);
            match self.labels.get(step.to) {
                None => self.reach(node, step.to, hop, next),
                Some((at, _)) if at == hop && !self.labels.is_closed(step.to) => {}
                Some(_) => continue,
            }
            if self.labels.is_closed(node) && !self.labels.is_closed(step.to) {
                match self.refusal(node, step.to, chosen) {
                    Some(reason) => {
                        self.refused.entry(step.to).or_insert(reason);
                    }
                    None => {
                        chosen += 1;
                        self.choose(step.to);
                    }
                }
            }
        }
        Ok(())
    }

    /// Counts an entity that is met for the first time.
    fn reach(&mut self, from: NodeIx, node: NodeIx, hop: u64, next: &mut Vec<NodeIx>) {
        self.labels.set(node, hop, from);
        next.push(node);
        let shown = self.ball.shown.contains(&node);
        if shown {
            self.labels.close(node);
        }
        if let Some(reached) = self.reached(node) {
            reached.count += 1;
            reached.shown += u64::from(shown);
        }
    }

    fn refusal(&mut self, from: NodeIx, node: NodeIx, chosen: usize) -> Option<Refused> {
        let Selection { per_entity, per_kind, total } = self.ball.selection;
        let of_kind = self.reached(node).map_or(0, |reached| reached.chosen);
        match () {
            () if self.found.chosen.len() >= total => Some(Refused::Total),
            () if of_kind >= per_kind as u64 => Some(Refused::PerKind),
            () if chosen >= per_entity => Some(Refused::PerEntity(from)),
            () => None,
        }
    }

    fn choose(&mut self, node: NodeIx) {
        self.labels.close(node);
        self.refused.remove(&node);
        self.found.chosen.push(node);
        if let Some(reached) = self.reached(node) {
            reached.chosen += 1;
        }
    }

    fn reached(&mut self, node: NodeIx) -> Option<&mut Reached> {
        let kind = self.view.kind(node)?;
        if !self.found.kinds.contains_key(kind) {
            self.found.kinds.insert(kind.clone(), Reached::default());
        }
        self.found.kinds.get_mut(kind)
    }
}

fn add(counts: &mut BTreeMap<KindName, u64>, kind: &KindName) {
    match counts.get_mut(kind) {
        Some(count) => *count += 1,
        None => {
            counts.insert(kind.clone(), 1);
        }
    }
}

fn hub(view: &GraphView<'_>, node: NodeIx, budget: &Budget) -> Result<Hub, Halt> {
    let mut neighbours = Vec::new();
    walk_all(view, node, budget, |step| neighbours.push(step.to))?;
    neighbours.sort_unstable();
    neighbours.dedup();
    let mut kinds = BTreeMap::new();
    neighbours.iter().filter_map(|&neighbour| view.kind(neighbour)).for_each(|kind| add(&mut kinds, kind));
    Ok(Hub { node, degree: neighbours.len() as u64, kinds })
}

/// The relationships of a node whichever way they run; those that run both ways may come twice.
fn walk_all(view: &GraphView<'_>, node: NodeIx, budget: &Budget, mut visit: impl FnMut(&Step)) -> Result<(), Halt> {
    view.steps(node, Way::Forward, budget, |step| visit(&step))?;
    match view.lens().direction {
        Direction::Both => Ok(()),
        Direction::Out | Direction::In => view.steps(node, Way::Backward, budget, |step| visit(&step)),
    }
}

/// A relationship with its two ends.
pub type Link = (TripleIx, NodeIx, NodeIx);

/// The relationships that join entities with each other and with others, whichever way they run: each once, in the order of the
/// entities, with its two ends. Of a hub that was not named only those that its other end shows are walked; two hubs are looked up.
/// The budget pays; what was found before it was spent stands, and the second part says so.
pub fn links(
    view: &GraphView<'_>,
    (named, chosen): (&[NodeIx], &[NodeIx]),
    shown: &HashSet<NodeIx>,
    budget: &Budget,
) -> Result<(Vec<Link>, bool), Halt> {
    let among: HashSet<NodeIx> = named.iter().chain(chosen).copied().collect();
    let (mut found, mut once, mut hubs) = (Vec::new(), HashSet::new(), Vec::new());
    let mut spent = false;
    for &node in named.iter().chain(chosen) {
        if !named.contains(&node) && view.is_hub(node, budget)? {
            hubs.push(node);
            continue;
        }
        let mut row = Vec::new();
        match walk_all(view, node, budget, |step| row.push(*step)) {
            Err(Halt::Spent) => {
                spent = true;
                break;
            }
            other => other?,
        }
        row.retain(|step| among.contains(&step.to) || shown.contains(&step.to));
        found.extend(row.iter().filter(|step| once.insert(step.relationship)).map(|s| (s.relationship, node, s.to)));
    }
    let mut others: Vec<NodeIx> = shown.difference(&among).copied().chain(hubs.iter().copied()).collect();
    others.sort_by_cached_key(|&node| view.rank(node));
    for &hub in hubs.iter().filter(|_| !spent) {
        for &other in &others {
            budget.look(1)?;
            let both = [view.between(hub, other), view.between(other, hub)].concat();
            let fresh = both.iter().filter(|step| once.insert(step.relationship));
            found.extend(fresh.map(|step| (step.relationship, hub, other)));
        }
    }
    Ok((found, spent))
}
