//! What a view says of a relationship: the fold of the claims that count in it.

use std::collections::BTreeSet;

use super::{GraphView, NodeIx, Step, TripleIx, UnitIx};
use crate::graph::claim::{self, ClaimRow, ClassKey, Said};
use crate::graph::gates;
use crate::model::{
    AgencyId, Day, Decimal, KindName, Money, Quantity, RelationshipId, RelationshipKey, Reliability, Standing, Subject,
};

/// What the claims on a relationship that count in a view come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// Its kind.
    pub kind: KindName,
    /// The reliability of the claim that counts most.
    pub reliability: Reliability,
    /// In microseconds, `None` when no claim states one: the start and the end, the minimum or maximum where open, equal for an
    /// instant.
    pub period: Option<(i64, i64)>,
    /// How much money.
    pub amount: Option<Money>,
    /// How much of something else.
    pub quantity: Option<Quantity>,
}

/// When a relationship holds and how much it moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contact {
    /// As [`Fold::period`].
    pub period: Option<(i64, i64)>,
    /// How much money.
    pub amount: Option<Money>,
    /// How much of something else, and of what.
    pub quantity: Option<(Decimal, UnitIx)>,
}

impl GraphView<'_> {
    /// How reliable a step's relationship is.
    pub fn reliability(&self, step: &Step) -> Reliability {
        self.snapshot.interned.class(step.class).reliability()
    }

    /// The kind of a step's relationship.
    pub fn kind_of(&self, step: &Step) -> &KindName {
        &self.snapshot.interned.kinds[self.class(step.class).kind as usize]
    }

    /// The agencies whose claims on a relationship count in the view; of those alone that the lens names, if it names any.
    pub fn originators(&self, triple: TripleIx) -> BTreeSet<AgencyId> {
        let mut found = BTreeSet::new();
        self.snapshot.each_claim(triple.0, |claim| {
            if self.counts(&claim) && self.gates.has(claim.class, gates::ORIGINATOR) {
                let guard = self.class(claim.class).guard;
                found.insert(self.snapshot.interned.guards[guard as usize].marking.originator.clone());
            }
        });
        found
    }

    /// What the visible claims on an entity state of a property, where frames may filter on it.
    pub fn stated(&self, node: NodeIx, property: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.snapshot.each_entity_claim(node.0, |claim| {
            if self.sees_entity_claim(&claim) {
                found.extend(self.snapshot.interned.stated_of(property, claim.stated));
            }
            true
        });
        found
    }

    /// The same of a relationship, by the claims that count in the view.
    pub fn stated_of(&self, relationship: TripleIx, property: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.snapshot.each_claim(relationship.0, |claim| {
            if self.counts(&claim) {
                found.extend(self.snapshot.interned.stated_of(property, claim.stated));
            }
        });
        found
    }

    /// The agencies whose visible claims say that an entity is there.
    pub fn asserting(&self, node: NodeIx) -> BTreeSet<&AgencyId> {
        let mut found = BTreeSet::new();
        self.snapshot.each_entity_claim(node.0, |claim| {
            if self.sees_entity_claim(&claim) {
                let guard = self.class(claim.class).guard;
                found.insert(&self.snapshot.interned.guards[guard as usize].marking.originator);
            }
            true
        });
        found
    }

    /// −ln p of a step in units of 10⁻⁹, as [`Reliability::cost`]; `None`: no way.
    pub fn reliability_cost(&self, step: &Step) -> Option<u64> {
        self.snapshot.interned.cost(step.class)
    }

    /// What names a relationship on the wire, and the triple itself. Of an id of which the caller sees several triples, the one
    /// that counts most has the id for its key, whatever the frame.
    pub fn relationship(&self, triple: TripleIx) -> (RelationshipKey, Subject) {
        let (name, source, target) = self.snapshot.triple(triple.0);
        let siblings = self.snapshot.triples_named(name.as_str());
        let (from, to) = (self.snapshot.entity_id(source), self.snapshot.entity_id(target));
        let best = if siblings.len() > 1 { self.best_triple(&siblings) } else { None };
        let ends = best.filter(|best| *best != triple.0).map(|_| (from.clone(), to.clone()));
        (RelationshipKey { id: name.clone(), ends }, Subject::Relationship { id: name, source: from, target: to })
    }

    /// The relationship with this key, if the view shows it and the lens lets it be followed. Hidden, absent and outside the lens are
    /// one.
    pub fn relationship_of(&self, key: &RelationshipKey) -> Option<TripleIx> {
        let shown = |triple: &u32| {
            let (source, target) = self.snapshot.ends(*triple);
            let followed = |gate| self.best_class(*triple, gate).is_some();
            self.shows(source) && self.shows(target) && (followed(gates::FORWARD) || followed(gates::BACKWARD))
        };
        let named = self.snapshot.triples_named(key.id.as_str()).into_iter().filter(shown).map(TripleIx);
        named.into_iter().find(|triple| self.relationship(*triple).0 == *key)
    }

    /// The kind of a relationship; `None` where no claim on it counts.
    pub fn relationship_kind(&self, triple: TripleIx) -> Option<&KindName> {
        let class = self.best_class(triple.0, 0)?;
        Some(self.snapshot.interned.kinds.get(self.class(class).kind))
    }

    /// The id of a relationship.
    pub fn relationship_id(&self, triple: TripleIx) -> RelationshipId {
        self.snapshot.triple(triple.0).0
    }

    /// Where a relationship starts and ends.
    pub fn ends(&self, triple: TripleIx) -> (NodeIx, NodeIx) {
        let (source, target) = self.snapshot.ends(triple.0);
        (NodeIx(source), NodeIx(target))
    }

    /// When a step's relationship holds, and how much it moves: what [`fold`](Self::fold) says of these, without the rest.
    pub fn contact(&self, step: &Step) -> Contact {
        let triple = step.relationship.0;
        let mut only = None;
        let mut count = 0;
        self.snapshot.each_claim(triple, |claim| {
            if self.counts(&claim) {
                count += 1;
                only = Some(claim);
            }
        });
        match (count, only) {
            (1, Some(claim)) => contact(std::slice::from_ref(&claim)),
            _ => contact(&self.ranked(triple)),
        }
    }

    /// How old a step's relationship is: whole days from its instant or its end to `until`, 0 when it ends later; `None` without a
    /// period.
    pub fn age(&self, step: &Step, until: Day) -> Option<u64> {
        let (start, end) = self.contact(step).period?;
        let day = end.max(start).div_euclid(86_400_000_000);
        Some(u64::try_from(i64::from(until.since_epoch()) - day).unwrap_or(0))
    }

    /// The name of a unit.
    pub fn unit(&self, unit: UnitIx) -> &str {
        self.snapshot.interned.units.get(unit.0)
    }

    /// What the claims that count in the view come to.
    pub fn fold(&self, triple: TripleIx) -> Option<Fold> {
        let claims = self.ranked(triple.0);
        let best = self.class(claims.first()?.class);
        let Contact { period, amount, quantity } = contact(&claims);
        let quantity = quantity.map(|(value, unit)| Quantity { value, unit: self.unit(unit).to_owned() });
        let kind = self.snapshot.interned.kinds.get(best.kind).clone();
        Some(Fold { kind, reliability: best.reliability(), period, amount, quantity })
    }

    /// The claims on a triple that count, the one that counts most first.
    fn ranked(&self, triple: u32) -> Vec<ClaimRow> {
        let mut claims = Vec::new();
        self.snapshot.each_claim(triple, |claim| claims.extend(Some(claim).filter(|claim| self.counts(claim))));
        claims.sort_by_key(|claim| claim.standing(self.class(claim.class)));
        claims
    }

    pub(super) fn class(&self, class: u32) -> &ClassKey {
        self.snapshot.interned.class(class)
    }

    /// Whether a relationship claim counts: visible, recorded, within the window and reliable enough.
    pub(super) fn counts(&self, claim: &ClaimRow) -> bool {
        self.gates.has(claim.class, gates::COUNTS)
            && claim.holds(self.lens.at)
            && claim.kept(self.today)
            && self.lens.window.as_ref().is_none_or(|window| claim.meets(window))
    }

    /// The class of the claim that counts most on a triple, if the fold passes what comes after it: kind, originator,
    /// what is stated, direction.
    pub(super) fn best_class(&self, triple: u32, need: u8) -> Option<u32> {
        let mut best: Option<(Standing, u32)> = None;
        let mut originator = false;
        self.snapshot.each_claim(triple, |claim| {
            if self.counts(&claim) {
                originator |= self.gates.has(claim.class, gates::ORIGINATOR);
                let standing = claim.standing(self.class(claim.class));
                if best.is_none_or(|(known, _)| standing < known) {
                    best = Some((standing, claim.class));
                }
            }
        });
        let passes = |class: u32| originator && self.gates.has(class, need) && self.states(triple);
        best.map(|(_, class)| class).filter(|class| passes(*class))
    }

    /// Whether for every property that the lens names a claim that counts states one of the values.
    fn states(&self, triple: u32) -> bool {
        self.gates.of_relationships().iter().all(|wanted| {
            let mut found = false;
            self.snapshot.each_claim(triple, |claim| {
                found |= wanted.get(claim.stated as usize) == Some(&true) && self.counts(&claim);
            });
            found
        })
    }

    /// Of several triples of one id the one that counts most for the caller, both ends visible, whatever the frame.
    fn best_triple(&self, siblings: &[u32]) -> Option<u32> {
        let mut best: Option<(Standing, u32)> = None;
        for &triple in siblings {
            let (source, target) = self.snapshot.ends(triple);
            if !self.exists(source) || !self.exists(target) {
                continue;
            }
            self.snapshot.each_claim(triple, |claim| {
                let seen = self.gates.has(claim.class, gates::SEEN);
                if seen && claim.holds(self.lens.at) && claim.kept(self.today) {
                    let standing = claim.standing(self.class(claim.class));
                    if best.is_none_or(|(known, _)| standing < known) {
                        best = Some((standing, triple));
                    }
                }
            });
        }
        best.map(|(_, triple)| triple)
    }
}

/// What is left after so many days of what halves in `half_life` days: 2^(−age / half-life).
pub fn decayed(age: u64, half_life: f64) -> f64 {
    (-(age as f64) / half_life).exp2()
}

/// What ranked claims say of when and how much: of each, what the first says that says anything.
impl From<Said> for Contact {
    fn from(said: Said) -> Self {
        Self {
            period: Some(said.period).filter(|period| *period != claim::ANY_TIME),
            amount: said.amount.map(|(minor, currency)| Money { minor, currency }),
            quantity: said.quantity.map(|(micros, unit)| (Decimal::from_micros(micros), UnitIx(unit))),
        }
    }
}

fn contact(ranked: &[ClaimRow]) -> Contact {
    Contact {
        period: ranked.iter().map(|claim| claim.period).find(|period| *period != claim::ANY_TIME),
        amount: ranked.iter().find_map(|claim| claim.amount).map(|(minor, currency)| Money { minor, currency }),
        quantity: ranked
            .iter()
            .find_map(|claim| claim.quantity)
            .map(|(micros, unit)| (Decimal::from_micros(micros), UnitIx(unit))),
    }
}
