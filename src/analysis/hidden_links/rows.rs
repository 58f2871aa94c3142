//! Pairs as the answer shows them, with the evidence for each.

use super::pairs::{Finder, Pair};
use super::request::{
    HiddenLink, HiddenLinkMethod, HiddenLinkScore, HiddenLinkShared, HiddenLinkWay, HiddenLinksRequest,
};
use crate::analysis::Evidence;
use crate::graph::algo::{Ways, l3_ways, neighbours};
use crate::graph::{Budget, Halt, NodeIx, Step};

/// How many paths of a pair are shown.
const MAX_WAYS: usize = 5;

/// Something that both of a pair have: what, its weight, and the relationships with the one and with the other.
struct Common {
    node: NodeIx,
    weight: f64,
    ties: [Vec<Step>; 2],
}

impl Finder<'_, '_> {
    /// The first pairs that the request asks for. What they share is looked up without the budget, since what is shown is small;
    /// other methods' scores and paths are paid for.
    pub(super) fn rows(
        &mut self,
        params: &HiddenLinksRequest,
        most: usize,
        evidence: &mut Evidence,
    ) -> Result<Vec<HiddenLink>, Halt> {
        let mut rows = Vec::new();
        for at in 0..self.pairs.len() {
            if rows.len() == most {
                break;
            }
            self.budget.look(64)?;
            let pair = self.pairs[at];
            if params.max_q_value.is_some_and(|most| pair.q > most) {
                continue;
            }
            let related = !self.view.between(pair.a, pair.b).is_empty();
            if related && params.only_hidden {
                continue;
            }
            let common = self.common(&pair, self.first())?;
            let across = !common.is_empty() && common.iter().all(|common| self.needs_two(common));
            if params.across_agencies && !across {
                continue;
            }
            rows.push(self.row(&pair, common, (related, across), evidence)?);
        }
        Ok(rows)
    }

    fn row(
        &mut self,
        pair: &Pair,
        common: Vec<Common>,
        (related, across_agencies): (bool, bool),
        evidence: &mut Evidence,
    ) -> Result<HiddenLink, Halt> {
        let first = self.first();
        let ways = match first {
            HiddenLinkMethod::L3 => self.paid(|finder| l3_ways(finder.view, (pair.a, pair.b), finder.budget))?,
            _ => None,
        };
        let mut scores = Vec::new();
        for &method in self.methods {
            let score = if method == first { Some(pair.score) } else { self.score(pair, method)? };
            scores.extend(score.map(|score| HiddenLinkScore { method, score }));
        }
        let judged = first == HiddenLinkMethod::SharedAttributes;
        Ok(HiddenLink {
            a: evidence.entity(self.view, pair.a),
            b: evidence.entity(self.view, pair.b),
            shared: common.iter().filter_map(|common| self.shown(common, evidence)).collect(),
            ways: self.shown_ways(pair, ways.unwrap_or_default(), evidence),
            score: pair.score,
            scores,
            p_value: judged.then_some(pair.p),
            q_value: judged.then_some(pair.q),
            related,
            across_agencies,
        })
    }

    /// What both have by this method, the heaviest first, then by rank; nothing for paths of three steps.
    fn common(&mut self, pair: &Pair, method: HiddenLinkMethod) -> Result<Vec<Common>, Halt> {
        if method == HiddenLinkMethod::L3 {
            return Ok(Vec::new());
        }
        let free = Budget::unlimited();
        let of_b = self.net(method).connectors(pair.b, &free)?;
        let of_a = self.net(method).connectors(pair.a, &free)?;
        let mut found = Vec::new();
        for &node in of_a.iter().filter(|node| of_b.contains(node)) {
            let degree = match method {
                HiddenLinkMethod::SharedAttributes => 0,
                _ => neighbours(self.view, node, &free)?.len(),
            };
            let weight = self.weight(method, node, degree)?;
            let ties = [self.view.between(pair.a, node), self.view.between(pair.b, node)];
            found.push(Common { node, weight, ties });
        }
        found.sort_by(|x, y| {
            y.weight.total_cmp(&x.weight).then_with(|| self.view.rank(x.node).cmp(&self.view.rank(y.node)))
        });
        Ok(found)
    }

    /// Whether no agency ties it to both.
    fn needs_two(&self, common: &Common) -> bool {
        let [one, other] = &common.ties;
        let said = |ties: &[Step]| -> std::collections::BTreeSet<_> {
            ties.iter().flat_map(|step| self.view.originators(step.relationship)).collect()
        };
        said(one).is_disjoint(&said(other))
    }

    fn score(&mut self, pair: &Pair, method: HiddenLinkMethod) -> Result<Option<f64>, Halt> {
        if method == HiddenLinkMethod::L3 {
            let ways = self.paid(|finder| l3_ways(finder.view, (pair.a, pair.b), finder.budget))?;
            return Ok(ways.map(|ways| ways.iter().map(|(_, weight)| weight).sum::<f64>() + 0.0));
        }
        let common = self.common(pair, method)?;
        Ok(Some(common.iter().map(|common| common.weight).sum::<f64>() + 0.0))
    }

    /// What the budget still allows.
    fn paid<T>(&mut self, ask: impl FnOnce(&Self) -> Result<T, Halt>) -> Result<Option<T>, Halt> {
        match ask(self) {
            Ok(found) => Ok(Some(found)),
            Err(Halt::Spent) => {
                self.spent = true;
                Ok(None)
            }
            Err(halt) => Err(halt),
        }
    }

    fn shown(&mut self, common: &Common, evidence: &mut Evidence) -> Option<HiddenLinkShared> {
        if self.view.is_protected(common.node) {
            self.protected.insert(common.node);
            return None;
        }
        let mut keys =
            |ties: &[Step]| ties.iter().map(|tie| evidence.relationship(self.view, tie.relationship)).collect();
        let [one, other] = &common.ties;
        let (to_a, to_b) = (keys(one), keys(other));
        let entity = evidence.entity(self.view, common.node);
        let kind = self.view.kind(common.node)?.clone();
        Some(HiddenLinkShared { entity, kind, weight: common.weight, to_a, to_b })
    }

    fn shown_ways(&mut self, pair: &Pair, ways: Ways, evidence: &mut Evidence) -> Vec<HiddenLinkWay> {
        let mut shown = Vec::new();
        for ((u, v), weight) in ways {
            let shielded: Vec<NodeIx> = [u, v].into_iter().filter(|&node| self.view.is_protected(node)).collect();
            self.protected.extend(&shielded);
            if !shielded.is_empty() || shown.len() == MAX_WAYS {
                continue;
            }
            let steps = [(pair.a, u), (u, v), (v, pair.b)].map(|(from, to)| self.view.between(from, to));
            let best = steps.iter().filter_map(|parallels| parallels.first());
            shown.push(HiddenLinkWay {
                relationships: best.map(|step| evidence.relationship(self.view, step.relationship)).collect(),
                entities: [u, v].iter().map(|&node| evidence.entity(self.view, node)).collect(),
                weight,
            });
        }
        shown
    }
}
