//! A line of FollowTheMoney into claims.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Boundary, EXTENSION_VERSION, Extension, PARTY, amount, party_id, period, single};
use crate::model::strict;
use crate::model::{
    Claim, EntityId, Fault, FtmEdge, KindName, Marking, Ontology, Properties, Provenance, RelationshipId, Subject, Tlp,
    Vocabulary,
};
use crate::service::load::input::Input;
use crate::service::load::lines::Chunk;
use crate::service::load::mapping::{Defaults, Mapping};
use crate::service::load::prepare::Terms;
use crate::service::load::source::{Decode, Decoded};
use crate::service::load::{LoadLimits, Source, ndjson};
use crate::service::{ServiceError, ServiceResult};

/// A line as it stands. What only describes the line is passed over and counted; anything else that is not here is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: EntityId,
    schema: String,
    #[serde(default)]
    properties: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    linchpin: Option<Extension>,
    caption: Option<IgnoredAny>,
    datasets: Option<IgnoredAny>,
    referents: Option<IgnoredAny>,
    target: Option<IgnoredAny>,
    first_seen: Option<IgnoredAny>,
    last_seen: Option<IgnoredAny>,
    last_change: Option<IgnoredAny>,
    created_at: Option<IgnoredAny>,
    updated_at: Option<IgnoredAny>,
}

impl Line {
    fn described_by(&self) -> impl Iterator<Item = &'static str> {
        let given = [
            ("caption", self.caption.is_some()),
            ("datasets", self.datasets.is_some()),
            ("referents", self.referents.is_some()),
            ("target", self.target.is_some()),
            ("first_seen", self.first_seen.is_some()),
            ("last_seen", self.last_seen.is_some()),
            ("last_change", self.last_change.is_some()),
            ("created_at", self.created_at.is_some()),
            ("updated_at", self.updated_at.is_some()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name)
    }
}

/// Entities in FollowTheMoney's format, one on each line. What it has no place for comes from the mapping's `[defaults]`.
pub(in crate::service::load) fn ftm_source(
    inputs: Vec<Input>,
    mapping: &Mapping,
    vocabulary: &Arc<Vocabulary>,
    limits: &LoadLimits,
) -> ServiceResult<Source> {
    let defaults = mapping.defaults().clone();
    let mut faults = Vec::new();
    for (what, missing) in [("evaluation", defaults.evaluation.is_none()), ("marking", defaults.marking.is_none())] {
        if missing {
            let detail = format!("FollowTheMoney has no {what}: state one");
            faults.push(Fault::new(format!("/defaults/{what}"), "mapping", detail));
        }
    }
    if !faults.is_empty() {
        return Err(ServiceError::Faults(faults));
    }
    let boundary = Boundary::new(&vocabulary.ontology);
    Ok(Source::lines(inputs, limits, Arc::new(Reader { boundary, defaults, vocabulary: Arc::clone(vocabulary) })))
}

struct Reader {
    boundary: Boundary,
    defaults: Defaults,
    vocabulary: Arc<Vocabulary>,
}

impl Decode for Reader {
    fn decode(&self, terms: &Terms, chunk: &Chunk, out: &mut Decoded) {
        for (number, line) in &chunk.lines {
            let text = match line {
                Ok(range) => &chunk.text[range.clone()],
                Err(fault) => {
                    out.one(terms, *number, Err(vec![fault.clone()]));
                    continue;
                }
            };
            match strict::from_json::<Line>(text) {
                Err(_) => out.one(terms, *number, Err(vec![ndjson::fault::<Line>(text)])),
                Ok(line) => {
                    for field in line.described_by() {
                        *out.left_out.entry(field.to_owned()).or_default() += 1;
                    }
                    let claims = match self.claims(line, terms, &mut out.left_out) {
                        Ok(claims) => claims.into_iter().map(Ok).collect(),
                        Err(fault) => vec![Err(vec![fault])],
                    };
                    out.several(terms, *number, claims);
                }
            }
        }
    }
}

/// What a line is about, and the properties that are left when its ends are taken out.
struct Shape {
    subject: Subject,
    kind: KindName,
}

impl Reader {
    /// The claims of a line: the thing itself, then its parties.
    fn claims(&self, mut line: Line, terms: &Terms, left_out: &mut BTreeMap<String, u64>) -> Result<Vec<Claim>, Fault> {
        line.properties.retain(|_, values| !values.is_empty());
        let extension = line.linchpin.take();
        if extension.as_ref().is_some_and(|extension| extension.version != EXTENSION_VERSION) {
            let detail = format!("this reads version {EXTENSION_VERSION} of the extension");
            return Err(Fault::new("/linchpin/version", "unknown-extension", detail));
        }
        let Shape { subject, kind } = self.shape(&mut line, extension.as_ref())?;
        let mut properties = line.properties;
        let reversed = |detail: String| Fault::new("/properties", "reversed-period", detail);
        let mut claim = Claim {
            period: period(&properties).map_err(reversed)?,
            amount: amount(&properties),
            quantity: None,
            evaluation: self.defaults.evaluation.clone().ok_or_else(|| unstated("evaluation"))?,
            nature: self.defaults.nature.unwrap_or_default(),
            marking: self.marking(terms, extension.as_ref())?,
            retain_until: self.defaults.retain_until,
            provenance: self.provenance(line.id.to_string()),
            properties: Properties::new(),
            subject,
            kind,
        };
        take_out_stated(&claim, &mut properties, &self.vocabulary.ontology);
        if let Some(extension) = extension {
            properties.extend(extension.properties);
            claim.period = extension.period.or(claim.period);
            claim.amount = extension.amount.or(claim.amount);
            claim.quantity = extension.quantity;
            if extension.protected && !self.vocabulary.ontology.protects(&properties) {
                properties.entry("role".to_owned()).or_default().push("protected".to_owned());
            }
        }
        let parties = match claim.subject {
            Subject::Entity(_) => self.parties(&line.id, &line.schema, &properties, &claim, terms, left_out),
            Subject::Relationship { .. } => Vec::new(),
        };
        claim.properties = properties;
        Ok(std::iter::once(claim).chain(parties).collect())
    }

    /// Entity or relationship: an interval is one when each end has exactly one value and the relationship kind knows all the rest.
    fn shape(&self, line: &mut Line, extension: Option<&Extension>) -> Result<Shape, Fault> {
        let ontology = &self.vocabulary.ontology;
        let known = self.boundary.relationships.get(&line.schema);
        let stated = extension.and_then(|extension| extension.kind.as_ref());
        let edge = match stated {
            Some(kind) => match (ontology.relationship(kind), ontology.entity(kind)) {
                (Some(relationship), _) if relationship.ftm == line.schema => {
                    relationship.ftm_edge.clone().map(|edge| (kind.clone(), edge))
                }
                (_, Some(entity)) if entity.ftm == line.schema => None,
                _ => {
                    let detail = format!("the ontology has no kind `{kind}` for the schema `{}`", line.schema);
                    return Err(Fault::new("/linchpin/kind", "unknown-kind", detail));
                }
            },
            None => known.cloned(),
        };
        if let Some((kind, edge)) = edge
            && let Some(ends) = ends(&edge, &line.properties, ontology, &kind)
        {
            let invalid = |error: crate::model::IdError| Fault::new("/properties", "invalid-id", error.to_string());
            let (source, target) = (EntityId::new(ends.0).map_err(invalid)?, EntityId::new(ends.1).map_err(invalid)?);
            let id = RelationshipId::new(line.id.as_str()).map_err(invalid)?;
            line.properties.remove(&edge.source);
            line.properties.remove(&edge.target);
            return Ok(Shape { subject: Subject::Relationship { id, source, target }, kind });
        }
        let kind =
            stated.filter(|kind| ontology.entity(kind).is_some()).or_else(|| self.boundary.entities.get(&line.schema));
        let kind = kind.cloned().ok_or_else(|| {
            let schema: String = line.schema.chars().take(80).collect();
            Fault::new("/schema", "unknown-schema", format!("no kind of the ontology stands for the schema `{schema}`"))
        })?;
        Ok(Shape { subject: Subject::Entity(line.id.clone()), kind })
    }

    /// Edges to everyone that a property of an entity names.
    fn parties(
        &self,
        id: &EntityId,
        schema: &str,
        properties: &Properties,
        record: &Claim,
        terms: &Terms,
        left_out: &mut BTreeMap<String, u64>,
    ) -> Vec<Claim> {
        let mut edges = Vec::new();
        for (property, values) in properties.iter().filter(|(property, _)| self.boundary.is_reference(schema, property))
        {
            let mut named: Vec<&String> = values.iter().collect();
            named.sort();
            named.dedup();
            for value in named {
                let edge_id = RelationshipId::new(party_id(id.as_str(), property, value))
                    .or_else(|_| RelationshipId::new(terms.key.natural("party", [id.as_str(), property, value])));
                let (Ok(target), Ok(edge_id), Ok(kind)) = (EntityId::new(value), edge_id, KindName::new(PARTY)) else {
                    *left_out.entry(format!("links by {property}, whose value is no id")).or_default() += 1;
                    continue;
                };
                edges.push(Claim {
                    subject: Subject::Relationship { id: edge_id, source: id.clone(), target },
                    kind,
                    properties: [("capacity".to_owned(), vec![property.clone()])].into(),
                    period: record.period,
                    amount: None,
                    quantity: None,
                    provenance: self.provenance(format!("{id}#{property}#{value}")),
                    ..record.clone()
                });
            }
        }
        edges
    }

    fn provenance(&self, key: String) -> Provenance {
        Provenance {
            reference: self.defaults.reference.clone(),
            key: Some(key),
            legal_basis: self.defaults.legal_basis.clone(),
            ..Provenance::default()
        }
    }

    /// The default marking, or what the line itself is bound to where that is narrower.
    fn marking(&self, terms: &Terms, extension: Option<&Extension>) -> Result<Marking, Fault> {
        let rule = self.defaults.marking.as_ref().ok_or_else(|| unstated("marking"))?;
        let mut marking = rule.marking(&terms.originator);
        let Some(bound) = extension.and_then(|extension| extension.marking.as_ref()) else { return Ok(marking) };
        let refused = |detail: &str| Err(Fault::new("/linchpin/marking", "foreign-marking", detail));
        if bound.originators.iter().any(|originator| *originator != terms.originator) {
            return refused("the line holds what another agency claims: it cannot become a claim of this one");
        }
        if bound.cases.len() > 1
            || (bound.cases.len() == 1 && !marking.cases.is_empty() && !bound.cases.contains(&marking.cases))
        {
            return refused("the line is confined to other cases than the mapping's defaults");
        }
        marking.classification = marking.classification.max(bound.classification);
        marking.tlp = marking.tlp.max(bound.tlp);
        marking.handling.extend(&bound.handling);
        marking.cases.extend(bound.cases.iter().flatten().cloned());
        if marking.tlp == Tlp::Red
            && let Some(recipients) = &bound.recipients
        {
            marking.recipients = match marking.recipients.is_empty() {
                true => recipients.clone(),
                false => &marking.recipients & recipients,
            };
        }
        Ok(marking)
    }
}

fn unstated(what: &str) -> Fault {
    Fault::new(format!("/{what}"), "mapping", "the mapping's [defaults] do not state it")
}

/// Properties that say an amount or a period. A kind of ours that lacks them states the amount or the period alone.
const STATED: [&str; 7] = ["amount", "amountEur", "amountUsd", "currency", "date", "endDate", "startDate"];

/// Takes out what the claim states as its amount or its period, where its kind has no property for it.
fn take_out_stated(claim: &Claim, properties: &mut Properties, ontology: &Ontology) {
    let known = match &claim.subject {
        Subject::Entity(_) => ontology.entity(&claim.kind).map(|kind| &kind.properties),
        Subject::Relationship { .. } => ontology.relationship(&claim.kind).map(|kind| &kind.properties),
    };
    let Some(known) = known else { return };
    // Only what is stated by these and no others of their sort: else something would be lost unseen.
    let (amounts, periods) = STATED.split_at(4);
    let amount_ways: &[&[&str]] = &[&["amount", "currency"], &["amountEur"], &["amountUsd"]];
    let period_ways: &[&[&str]] = &[&["date"], &["startDate", "endDate"], &["startDate"], &["endDate"]];
    let amount = (claim.amount.is_some(), amounts, amount_ways);
    let period = (claim.period.is_some(), periods, period_ways);
    for (stated, names, ways) in [amount, period] {
        let given: Vec<&str> = names.iter().copied().filter(|name| properties.contains_key(*name)).collect();
        let one_way = ways.iter().any(|way| way.len() == given.len() && way.iter().all(|name| given.contains(name)));
        if stated && one_way && !given.iter().any(|name| known.contains(*name)) {
            given.into_iter().for_each(|name| _ = properties.remove(name));
        }
    }
}

/// The two ends, where each has one value and the kind knows every other property.
fn ends<'a>(
    edge: &FtmEdge,
    properties: &'a Properties,
    ontology: &Ontology,
    kind: &KindName,
) -> Option<(&'a str, &'a str)> {
    let (source, target) = (single(properties, &edge.source)?, single(properties, &edge.target)?);
    let known = &ontology.relationship(kind)?.properties;
    let is_own = |name: &&String| **name != edge.source && **name != edge.target && !STATED.contains(&name.as_str());
    let mut others = properties.keys().filter(is_own);
    others.all(|name| known.contains(name)).then_some((source, target))
}
