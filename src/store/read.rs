//! The reads that both stores share: claims folded into entities, relationships and neighbourhoods.
//!
//! A store hands over visible claims; what they make is decided here, once. Identifying values of protected people are taken out
//! here too, so that no caller of these reads can forget it.

use std::collections::{BTreeMap, BTreeSet};

use super::{GraphStore, Incident, StoreResult, TriplePage, Wanted};
use crate::access::Permit;
use crate::model::{
    Assertion, AssertionId, Entity, EntityId, KindName, Relationship, RelationshipId, RelationshipKey, Revision,
    Subject, Vocabulary, Window, fold_entity, fold_relationship, fold_relationships,
};

/// How many relationships a summary looks at in one go.
const STRIDE: usize = 1_000;

/// Reading for one caller, at one moment of the record (`at` of `None`: now).
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// Where the claims are.
    pub store: &'a dyn GraphStore,
    /// What they mean.
    pub vocabulary: &'a Vocabulary,
    /// For whom.
    pub permit: &'a Permit,
    /// As of when.
    pub at: Option<Revision>,
}

/// A claim as a caller may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownAssertion {
    /// The claim, without what identifies a protected person.
    pub assertion: Assertion,
    /// The properties that were taken out.
    pub masked: Vec<String>,
}

/// A relationship with what else might be the same.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundRelationship {
    /// The relationship.
    pub relationship: Relationship,
    /// Relationships of other ids that are alike in ends, amount and instant: the same payment, perhaps. Never merged.
    pub possible_duplicates: Vec<RelationshipKey>,
}

/// The place of a relationship in lists: id, source, target.
pub type Triple = (RelationshipId, EntityId, EntityId);

/// A page of an entity's relationships.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    /// The relationships, in the order of id, source, target.
    pub relationships: Vec<Relationship>,
    /// The entities at their other ends, by id.
    pub entities: Vec<Entity>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Triple>,
}

/// How many relationships of one kind an entity has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindCount {
    /// The kind.
    pub kind: KindName,
    /// Those that start at the entity.
    pub outgoing: usize,
    /// Those that end there; one that does both counts as outgoing.
    pub incoming: usize,
}

impl Reader<'_> {
    /// Entities in the order of the ids, without those that are hidden or absent.
    pub async fn entities(&self, ids: &[EntityId]) -> StoreResult<Vec<Entity>> {
        let claims = self.store.claims(self.permit, Wanted::Entities(ids), self.at).await?;
        let by_subject = by_subject(&claims);
        let mut told = BTreeSet::new();
        let fold = |id: &EntityId| {
            let entity = fold_entity(self.vocabulary, by_subject.get(&Subject::Entity(id.clone()))?, self.at)?;
            Some(if self.permit.unmask() { entity } else { entity.masked(&self.vocabulary.ontology) })
        };
        Ok(ids.iter().filter(|id| told.insert(*id)).filter_map(fold).collect())
    }

    /// One entity; `None` when it is hidden or absent.
    pub async fn entity(&self, id: &EntityId) -> StoreResult<Option<Entity>> {
        Ok(self.entities(std::slice::from_ref(id)).await?.pop())
    }

    /// The visible claims on an entity, by id.
    pub async fn entity_assertions(&self, id: &EntityId) -> StoreResult<Vec<ShownAssertion>> {
        let claims = self.store.claims(self.permit, Wanted::Entities(std::slice::from_ref(id)), self.at).await?;
        let protected = self.protected(&claims);
        let held = claims.into_iter().filter(|claim| claim.recorded.holds(self.at));
        Ok(held.map(|claim| self.shown(claim, &protected)).collect())
    }

    /// Claims by their ids, whenever they were recorded, without those that are hidden or absent.
    pub async fn assertions(&self, ids: &[AssertionId]) -> StoreResult<Vec<ShownAssertion>> {
        let claims = self.store.claims(self.permit, Wanted::Assertions(ids), self.at).await?;
        let persons: BTreeSet<EntityId> = claims
            .iter()
            .filter_map(|claim| match &claim.claim.subject {
                Subject::Entity(id) => Some(id.clone()),
                Subject::Relationship { .. } => None,
            })
            .collect();
        let persons: Vec<EntityId> = persons.into_iter().collect();
        let protected = if self.permit.unmask() || persons.is_empty() {
            BTreeSet::new()
        } else {
            self.protected(&self.store.claims(self.permit, Wanted::Entities(&persons), self.at).await?)
        };
        Ok(claims.into_iter().map(|claim| self.shown(claim, &protected)).collect())
    }

    /// All triples of these relationship ids, in the order of id, then standing.
    pub async fn relationships(&self, ids: &[RelationshipId]) -> StoreResult<Vec<Relationship>> {
        let claims = self.store.claims(self.permit, Wanted::Relationships(ids), self.at).await?;
        Ok(fold_relationships(self.vocabulary, &claims, self.at))
    }

    /// One relationship by its key; `None` when it is hidden or absent. A key with ends names that triple, even where the id alone
    /// would do.
    pub async fn relationship(&self, key: &RelationshipKey) -> StoreResult<Option<FoundRelationship>> {
        let relationships = self.relationships(std::slice::from_ref(&key.id)).await?;
        let Some(relationship) = relationships.into_iter().find(|relationship| names(key, relationship)) else {
            return Ok(None);
        };
        let possible_duplicates = self.possible_duplicates(&relationship).await?;
        Ok(Some(FoundRelationship { relationship, possible_duplicates }))
    }

    /// The visible claims on one relationship, by id; none when it is hidden or absent.
    pub async fn relationship_assertions(&self, key: &RelationshipKey) -> StoreResult<Vec<ShownAssertion>> {
        let wanted = Wanted::Relationships(std::slice::from_ref(&key.id));
        let claims = self.store.claims(self.permit, wanted, self.at).await?;
        let folds = fold_relationships(self.vocabulary, &claims, self.at);
        let Some(found) = folds.iter().find(|relationship| names(key, relationship)) else { return Ok(Vec::new()) };
        let subject = subject(found);
        let of_triple = claims.into_iter().filter(|claim| claim.claim.subject == subject);
        Ok(of_triple.map(|assertion| ShownAssertion { assertion, masked: Vec::new() }).collect())
    }

    async fn possible_duplicates(&self, relationship: &Relationship) -> StoreResult<Vec<RelationshipKey>> {
        let alike = |other: &Relationship| {
            other.id.id != relationship.id.id
                && other.source == relationship.source
                && other.target == relationship.target
                && other.amount == relationship.amount
                && instant(other) == instant(relationship)
        };
        if relationship.amount.is_none() || instant(relationship).is_none() {
            return Ok(Vec::new());
        }
        let between = Wanted::Between(&relationship.source, &relationship.target);
        let claims = self.store.claims(self.permit, between, self.at).await?;
        let folds =
            by_subject(&claims).into_values().filter_map(|claims| fold_relationship(self.vocabulary, &claims, self.at));
        let ids: Vec<RelationshipId> = folds.filter(alike).map(|other| other.id.id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // Which of an id's triples bears the id alone is known only when all of them are.
        let others = self.relationships(&ids).await?;
        Ok(others.into_iter().filter(alike).map(|other| other.id).collect())
    }

    /// Up to `limit` of an entity's relationships after the triple `after`, with the entities at their other ends. `None` when the
    /// entity is hidden or absent.
    pub async fn neighbours(
        &self,
        entity: &EntityId,
        incident: &Incident,
        after: Option<&Triple>,
        limit: usize,
    ) -> StoreResult<Option<Neighbours>> {
        if self.entity(entity).await?.is_none() {
            return Ok(None);
        }
        let mut relationships: Vec<Relationship> = Vec::new();
        let mut from = after.cloned();
        let mut more = true;
        // One more than asked for tells whether there is a next page. A fold may be of another kind than the claim that brought it
        // here, so that a round may give less than it asked for.
        while more && relationships.len() <= limit {
            let wanted = limit + 1 - relationships.len();
            let triples = self.triples(entity, incident, from.as_ref(), wanted).await?;
            more = triples.len() == wanted;
            from = triples.last().cloned().or(from);
            relationships.extend(self.fold_triples(&triples, incident).await?);
        }
        let next = relationships.len() > limit;
        relationships.truncate(limit);
        let next = relationships.last().filter(|_| next).map(triple);
        let ends: BTreeSet<EntityId> = relationships
            .iter()
            .map(|found| if found.source == *entity { found.target.clone() } else { found.source.clone() })
            .collect();
        let entities = self.entities(&ends.into_iter().collect::<Vec<_>>()).await?;
        Ok(Some(Neighbours { relationships, entities, next }))
    }

    /// How many relationships of each kind an entity has, looking at no more than `most` of them; and whether there are more than
    /// that. `None` when the entity is hidden or absent.
    pub async fn summary(
        &self,
        entity: &EntityId,
        incident: &Incident,
        most: usize,
    ) -> StoreResult<Option<(Vec<KindCount>, bool)>> {
        if self.entity(entity).await?.is_none() {
            return Ok(None);
        }
        let mut counts: BTreeMap<KindName, KindCount> = BTreeMap::new();
        let mut from: Option<Triple> = None;
        let mut seen = 0;
        loop {
            let wanted = STRIDE.min(most + 1 - seen);
            let claims = self.incident(entity, incident, from.as_ref(), wanted).await?;
            let triples = by_subject(&claims);
            for claims in triples.values() {
                seen += 1;
                let Some(fold) = fold_relationship(self.vocabulary, claims, self.at) else { continue };
                if seen > most {
                    return Ok(Some((counts.into_values().collect(), true)));
                }
                if incident.kinds.is_empty() || incident.kinds.contains(&fold.kind) {
                    let empty = KindCount { kind: fold.kind.clone(), outgoing: 0, incoming: 0 };
                    let count = counts.entry(fold.kind.clone()).or_insert(empty);
                    if fold.source == *entity { count.outgoing += 1 } else { count.incoming += 1 }
                }
                from = Some(triple(&fold));
            }
            if triples.len() < wanted {
                return Ok(Some((counts.into_values().collect(), false)));
            }
        }
    }

    async fn incident(
        &self,
        entity: &EntityId,
        incident: &Incident,
        after: Option<&Triple>,
        limit: usize,
    ) -> StoreResult<Vec<Assertion>> {
        let after = after.map(|(id, source, target)| (id, source, target));
        self.store.incident(self.permit, entity, incident, self.at, TriplePage { after, limit }).await
    }

    async fn triples(
        &self,
        entity: &EntityId,
        incident: &Incident,
        after: Option<&Triple>,
        limit: usize,
    ) -> StoreResult<Vec<Triple>> {
        let claims = self.incident(entity, incident, after, limit).await?;
        let mut triples: Vec<Triple> = Vec::new();
        for claim in claims {
            if let Subject::Relationship { id, source, target } = claim.claim.subject {
                triples.push((id, source, target));
            }
        }
        triples.dedup();
        Ok(triples)
    }

    /// Folds triples within a window, each under its right key, and drops those of other kinds.
    async fn fold_triples(&self, triples: &[Triple], incident: &Incident) -> StoreResult<Vec<Relationship>> {
        let mut ids: Vec<RelationshipId> = triples.iter().map(|(id, ..)| id.clone()).collect();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut claims = self.store.claims(self.permit, Wanted::Relationships(&ids), self.at).await?;
        if let Some(window) = &incident.window {
            claims.retain(|claim| within(claim, window));
        }
        let wanted: BTreeSet<&Triple> = triples.iter().collect();
        let mut folds = fold_relationships(self.vocabulary, &claims, self.at);
        folds.retain(|fold| {
            (incident.kinds.is_empty() || incident.kinds.contains(&fold.kind)) && wanted.contains(&triple(fold))
        });
        folds.sort_by_cached_key(triple);
        Ok(folds)
    }

    /// The protected people among the subjects of these claims.
    fn protected(&self, claims: &[Assertion]) -> BTreeSet<EntityId> {
        let counts = |claim: &&Assertion| claim.recorded.holds(self.at) || claim.recorded.holds(None);
        let protecting = claims.iter().filter(counts).filter(|claim| claim.claim.protects(self.vocabulary));
        protecting
            .filter_map(|claim| match &claim.claim.subject {
                Subject::Entity(id) => Some(id.clone()),
                Subject::Relationship { .. } => None,
            })
            .collect()
    }

    fn shown(&self, mut assertion: Assertion, protected: &BTreeSet<EntityId>) -> ShownAssertion {
        let about_protected = matches!(&assertion.claim.subject, Subject::Entity(id) if protected.contains(id));
        let masked = match about_protected && !self.permit.unmask() {
            true => assertion.mask(&self.vocabulary.ontology),
            false => Vec::new(),
        };
        ShownAssertion { assertion, masked }
    }
}

fn by_subject(claims: &[Assertion]) -> BTreeMap<Subject, Vec<&Assertion>> {
    let mut subjects: BTreeMap<Subject, Vec<&Assertion>> = BTreeMap::new();
    for claim in claims {
        subjects.entry(claim.claim.subject.clone()).or_default().push(claim);
    }
    subjects
}

/// Whether a claim holds within a window; one without a period holds in any.
fn within(claim: &Assertion, window: &Window) -> bool {
    claim.claim.period.is_none_or(|period| period.meets(window))
}

fn instant(relationship: &Relationship) -> Option<crate::model::Instant> {
    relationship.period.and_then(|period| period.instant())
}

fn triple(relationship: &Relationship) -> Triple {
    (relationship.id.id.clone(), relationship.source.clone(), relationship.target.clone())
}

fn subject(relationship: &Relationship) -> Subject {
    let (id, source, target) = triple(relationship);
    Subject::Relationship { id, source, target }
}

/// Whether a key names this relationship, which bears its canonical key.
fn names(key: &RelationshipKey, relationship: &Relationship) -> bool {
    match &key.ends {
        None => relationship.id == *key,
        Some((source, target)) => relationship.source == *source && relationship.target == *target,
    }
}
