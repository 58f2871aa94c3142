//! An answer about goods and people as it is told: no protected people in its lists, none longer than is allowed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::stock::Stock;
use super::{
    MOST, Parts, ProductFlowCut, ProductFlowEdge, ProductFlowEntity, ProductFlowEntityCut, ProductFlowLoss,
    ProductFlowPart, ProductFlowResult, ProductFlowStage, ProductFlowSubstitute, ProductFlowTotals,
    ProductFlowTransformation, ProductFlowUnit, ProductFlowWay, StageFound, name,
};
use crate::analysis::evidence::{Evidence, listed};
use crate::analysis::greatest_flow::{GreatestFlow, ToldCut, ToldWay};
use crate::graph::algo::FlowWay;
use crate::graph::{GraphView, Halt, NodeIx, Transfers, Watch};
use crate::model::{Decimal, EntityId, Instant};

/// What is told so far.
pub(super) struct Told<'v, 'a> {
    view: &'v GraphView<'a>,
    nodes: Vec<NodeIx>,
    /// How much each list has at most.
    most: usize,
    /// By position: who is protected.
    pub(super) protected: Vec<bool>,
    pub(super) evidence: Evidence,
    /// Whether there was more than is told.
    pub(super) cut: bool,
}

/// What there is of one kind: how much, which can be more than is told, in how many passages.
type Sum = (i128, u64);
/// The number of a measure, and a part.
type Kind = (u16, u32);
/// What there is of a kind at an entity: what arrived; what left.
type Sums = [Sum; 2];

pub(super) fn totals(transfers: &Transfers, stock: &Stock) -> ProductFlowTotals {
    let sum = |column: &[i64]| Decimal::from_micros(column.iter().sum());
    ProductFlowTotals {
        passages: transfers.len() as u64,
        entered: sum(&stock.made),
        ended: Decimal::from_micros((0..stock.made.len()).map(|at| stock.held(at)).sum()),
        lost: sum(&stock.lost),
    }
}

impl<'v, 'a> Told<'v, 'a> {
    pub(super) fn new(view: &'v GraphView<'a>, all: &Transfers, most: usize) -> Self {
        let nodes: Vec<NodeIx> = (0..all.accounts() as u32).map(|at| all.node(at)).collect();
        let protected = nodes.iter().map(|node| view.is_protected(*node)).collect();
        Self { view, nodes, most, protected, evidence: Evidence::default(), cut: false }
    }

    /// The entity at a position; `None`: it is protected.
    pub(super) fn entity(&mut self, at: u32) -> Option<EntityId> {
        let node = self.nodes[at as usize];
        (!self.protected[at as usize]).then(|| self.evidence.entity(self.view, node))
    }

    /// The first that can be told, as many as are allowed.
    fn most<T, U>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        mut tell: impl FnMut(&mut Self, T) -> Option<U>,
    ) -> Vec<U> {
        let (listed, cut) = listed(rows, self.most, |row| tell(self, row));
        self.cut |= cut;
        listed
    }

    pub(super) fn list(&mut self, positions: impl Iterator<Item = u32>) -> Vec<EntityId> {
        let open: Vec<u32> = positions.filter(|at| !self.protected[*at as usize]).collect();
        self.most(open, Self::entity)
    }

    pub(super) fn entities(&mut self, stock: &Stock) -> Vec<ProductFlowEntity> {
        let active = |at: &usize| stock.passages[*at] > 0 && stock.into[*at] + stock.out[*at] + stock.lost[*at] > 0;
        let mut order: Vec<usize> = (0..stock.into.len()).filter(active).filter(|at| !self.protected[*at]).collect();
        order.sort_by_key(|&at| {
            (Reverse(stock.through(at)), Reverse(stock.into[at].max(stock.out[at] + stock.lost[at])), at)
        });
        self.most(order, |told, at| {
            Some(ProductFlowEntity {
                entity: told.entity(at as u32)?,
                into: Decimal::from_micros(stock.into[at]),
                out: Decimal::from_micros(stock.out[at]),
                through: Decimal::from_micros(stock.through(at)),
                lost: Decimal::from_micros(stock.lost[at]),
                held: Decimal::from_micros(stock.held(at)),
                made: Decimal::from_micros(stock.made[at]),
                passages: stock.passages[at],
            })
        })
    }

    pub(super) fn edges(&mut self, moved: &Transfers, watch: &Watch) -> Result<Vec<ProductFlowEdge>, Halt> {
        let mut pairs: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for (number, transfer) in moved.iter().enumerate() {
            watch.pass(1)?;
            if !self.protected[transfer.from as usize] && !self.protected[transfer.to as usize] {
                pairs.entry((transfer.from, transfer.to)).or_default().push(number);
            }
        }
        let sum = |numbers: &[usize]| numbers.iter().map(|number| moved.much()[*number]).sum::<i64>();
        let mut order: Vec<(i64, (u32, u32), Vec<usize>)> =
            pairs.into_iter().map(|(pair, numbers)| (sum(&numbers), pair, numbers)).collect();
        order.sort_by_key(|(sum, pair, _)| (Reverse(*sum), *pair));
        let mut left = self.most;
        Ok(self.most(order, |told, (sum, (from, to), numbers)| {
            told.cut |= numbers.len() > left;
            let listed = &numbers[..numbers.len().min(left)];
            left -= listed.len();
            let instant = |number: Option<&usize>| number.and_then(|number| Instant::from_micros(moved.at()[*number]));
            Some(ProductFlowEdge {
                from: told.entity(from)?,
                to: told.entity(to)?,
                quantity: Decimal::from_micros(sum),
                passages: numbers.len() as u64,
                first: instant(numbers.first()),
                last: instant(numbers.last()),
                relationships: listed
                    .iter()
                    .map(|number| told.evidence.relationship(told.view, moved.get(*number).relationship))
                    .collect(),
            })
        }))
    }

    pub(super) fn losses(&mut self, transfers: &Transfers, stock: &Stock) -> Vec<ProductFlowLoss> {
        let rows = stock.arrived.iter().map(|(number, arrived)| (transfers.get(*number as usize), *arrived));
        let open = |at: u32| !self.protected[at as usize];
        let rows: Vec<_> = rows.filter(|(transfer, _)| open(transfer.from) && open(transfer.to)).collect();
        self.most(rows, |told, (transfer, arrived)| {
            let share = transfer.much as f64 / arrived as f64;
            Some(ProductFlowLoss {
                relationship: told.evidence.relationship(told.view, transfer.relationship),
                from: told.entity(transfer.from)?,
                entity: told.entity(transfer.to)?,
                at: Instant::from_micros(transfer.at),
                quantity: Decimal::from_micros(transfer.much),
                arrived: Decimal::from_micros(arrived),
                share: (transfer.much <= arrived).then_some(share),
            })
        })
    }

    /// What there is of each part of passages of one unit, which are given by number and whether they are losses.
    pub(super) fn parts(
        &mut self,
        all: &Transfers,
        parts: &Parts,
        passages: impl Iterator<Item = (usize, bool)>,
    ) -> Vec<ProductFlowPart> {
        let mut sums = vec![(0_i64, 0_u64, 0_i64); parts.len()];
        for (number, lost) in passages {
            let (much, sum) = (all.get(number).much, &mut sums[parts.of(number) as usize]);
            *sum = (sum.0 + much, sum.1 + 1, sum.2 + if lost { much } else { 0 });
        }
        let mut rows: Vec<_> = (0..).zip(sums).filter(|(_, sum)| sum.1 > 0).collect();
        rows.sort_by_key(|(part, sum)| (Reverse(sum.0), *part));
        self.most(rows, |_, (part, (much, passages, lost))| {
            let (quantity, lost) = (Decimal::from_micros(much), Decimal::from_micros(lost));
            Some(ProductFlowPart { values: parts.values(part)?.to_vec(), quantity, passages, lost })
        })
    }

    /// What there is in units other than `wanted`, and where one kind becomes another.
    pub(super) fn units(
        &mut self,
        all: &Transfers,
        parts: &Parts,
        wanted: Option<usize>,
        watch: &Watch,
    ) -> Result<(Vec<ProductFlowUnit>, Vec<ProductFlowTransformation>), Halt> {
        let mut by_unit: Vec<Sum> = vec![(0, 0); all.measures().len()];
        let mut at: BTreeMap<u32, BTreeMap<Kind, Sums>> = BTreeMap::new();
        let add = |sum: &mut Sum, much: i64| *sum = (sum.0 + i128::from(much), sum.1 + 1);
        for (number, transfer) in all.iter().enumerate() {
            watch.pass(1)?;
            add(&mut by_unit[transfer.measure as usize], transfer.much);
            if by_unit.len() > 1 || parts.len() > 1 {
                let mut side = |entity: u32, side: usize| {
                    let sums = at.entry(entity).or_default().entry((transfer.measure, parts.of(number))).or_default();
                    add(&mut sums[side], transfer.much);
                };
                side(transfer.to, 0);
                side(transfer.from, 1);
            }
        }
        let view = self.view;
        let unit = |measure: usize, values: Option<&[String]>, (much, passages): Sum| {
            let quantity = i64::try_from(much).ok().filter(|_| much <= MOST).map(Decimal::from_micros);
            let (unit, values) = (name(view, all.measures()[measure])?, values.map(<[String]>::to_vec));
            Some(ProductFlowUnit { unit, values, quantity, passages })
        };
        let others = by_unit.iter().enumerate().filter(|(measure, _)| Some(*measure) != wanted);
        let others = others.filter_map(|(measure, sum)| unit(measure, None, *sum)).collect();
        // Of one side alone: what only arrives, or only leaves.
        let only = |kinds: &BTreeMap<Kind, Sums>, side: usize| -> Vec<ProductFlowUnit> {
            let kinds = kinds.iter().filter(|(_, sums)| sums[1 - side].1 == 0);
            let told =
                |((measure, part), sums): (&Kind, &Sums)| unit(usize::from(*measure), parts.values(*part), sums[side]);
            kinds.filter_map(told).collect()
        };
        let rows = at.iter().map(|(at, kinds)| (*at, only(kinds, 0), only(kinds, 1)));
        let rows = rows.filter(|(_, into, out)| !into.is_empty() && !out.is_empty());
        let rows: Vec<_> = rows.filter(|(at, ..)| !self.protected[*at as usize]).collect();
        let tell =
            |told: &mut Self, (at, into, out)| Some(ProductFlowTransformation { entity: told.entity(at)?, into, out });
        Ok((others, self.most(rows, tell)))
    }

    /// The flow from sources to sinks, and what stops it.
    pub(super) fn flow(&mut self, flow: &GreatestFlow<'_>) -> ProductFlowResult {
        let view = self.view;
        let ways = self.most(&flow.ways, |told, way: &FlowWay| {
            let ToldWay { departure, arrival, entities, relationships } = flow.told_way(view, way, &mut told.evidence);
            let quantity = Decimal::from_micros(way.amount);
            Some(ProductFlowWay { quantity, departure, arrival, entities, relationships })
        });
        let mut cut = |numbers: &[u32]| {
            let ToldCut { relationships, entities, withheld } =
                flow.told_cut(view, numbers, self.most, &mut self.evidence);
            self.cut |= relationships.len() as u64 + withheld < numbers.len() as u64;
            let (quantity, passages) = (Decimal::from_micros(flow.amount(numbers)), numbers.len() as u64);
            ProductFlowCut { quantity, passages, relationships, entities, withheld }
        };
        let (least, by_count) = (cut(&flow.cut), cut(&flow.cut_by_count));
        let by_entities = flow.accounts.as_ref().map(|found| ProductFlowEntityCut {
            count: found.accounts.len() as u64,
            entities: self.most(found.accounts.iter().copied(), Self::entity),
            exact: found.exact,
        });
        ProductFlowResult {
            value: Decimal::from_micros(flow.value),
            ways,
            cut: least,
            cut_by_count: by_count,
            cut_by_entities: by_entities,
            ..ProductFlowResult::default()
        }
    }

    pub(super) fn stages(&mut self, found: Vec<StageFound>) -> Vec<ProductFlowStage> {
        self.most(found, |told, StageFound { stage, substitutes, remaining }| {
            let open: Vec<_> = substitutes.into_iter().filter(|one| !told.protected[one.account as usize]).collect();
            Some(ProductFlowStage {
                entity: told.entity(stage.account)?,
                stage: stage.stage,
                carried: Decimal::from_micros(stage.carried),
                remaining: Decimal::from_micros(remaining),
                substitutes: told.most(open, |told, one| {
                    let carried = Decimal::from_micros(one.carried);
                    Some(ProductFlowSubstitute { entity: told.entity(one.account)?, carried })
                }),
            })
        })
    }
}
