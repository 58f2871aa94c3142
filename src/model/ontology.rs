//! Kinds as data: what entities and relationships there are, what they may say, and how the four flows run along them.
//!
//! Two files come with Linchpin: `ftm.toml`, the FollowTheMoney boundary, and `ontology.toml`, which extends it. A deployment
//! may lay its own file over both, key by key. The result is resolved (inheritance) and checked once, at start.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::{IdError, KindName, Properties};

/// What is wrong with an ontology file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OntologyError {
    /// Not TOML, or not of this shape.
    #[error("{file}: {detail}")]
    Format {
        /// Which file.
        file: String,
        /// The parser's words, with line and column.
        detail: String,
    },
    /// A name that is no kind name.
    #[error("kind `{name}`: {source}")]
    Name {
        /// The name.
        name: String,
        /// Why.
        source: IdError,
    },
    /// A reference to something that is not there, or a rule that is broken.
    #[error("{place}: {detail}")]
    Meaning {
        /// Which table.
        place: String,
        /// What is wrong and what would be right.
        detail: String,
    },
}

fn meaning(place: impl Into<String>, detail: impl Into<String>) -> OntologyError {
    OntologyError::Meaning { place: place.into(), detail: detail.into() }
}

/// What a property's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PropertyType {
    Name,
    Text,
    Identifier,
    Date,
    Country,
    Number,
    Url,
    Email,
    Phone,
    Language,
    Role,
    Entity,
}

/// A property: its name means one thing everywhere.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// For people to read.
    pub label: String,
    /// What its values are.
    #[serde(rename = "type")]
    pub value_type: PropertyType,
    /// Whether it identifies a person, and so is masked on protected ones.
    #[serde(default)]
    pub masks: bool,
    /// Whether full-text search looks into it.
    #[serde(default)]
    pub search: bool,
    /// Whether frames may filter on it.
    #[serde(default)]
    pub filter: bool,
}

/// What a person does in the enterprise: a value of the property `role`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// For people to read.
    pub label: String,
    /// Whether whoever has it is protected: masked, never ranked, never proposed.
    #[serde(default)]
    pub protected: bool,
}

/// One of the four things that run through a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowLayer {
    /// Goods and people: a quantity, conserved but for losses.
    Product,
    /// Money: conserved.
    Money,
    /// Knowledge: copied, not conserved.
    Information,
    /// Risk: propagates and decays.
    Risk,
}

/// Which way a flow runs along a relationship kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    /// From source to target.
    Forward,
    /// From target to source.
    Backward,
    /// Either way.
    Both,
}

/// How one flow runs along a relationship kind.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Which way.
    pub along: Along,
    /// Whether what goes in comes out.
    #[serde(default)]
    pub conserved: bool,
    /// For product: whether what goes along it is lost to the flow, as what is seized is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loss: bool,
    /// For risk: the chance that it passes, before evaluation and age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub transmission: Option<f64>,
    /// For risk: days after which the chance has halved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub half_life_days: Option<f64>,
}

/// The properties that carry the two ends of a FollowTheMoney interval schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FtmEdge {
    /// The property that names the source.
    pub source: String,
    /// The property that names the target.
    pub target: String,
}

/// A kind of entity.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntityKind {
    /// Its name.
    pub name: KindName,
    /// For people to read.
    pub label: String,
    /// The FollowTheMoney schema that it is, or is nearest to.
    pub ftm: String,
    /// Whether an import of that schema becomes this kind.
    pub ftm_default: bool,
    /// The kinds that it extends, nearest first.
    pub ancestors: Vec<KindName>,
    /// Whether it only groups others.
    #[serde(rename = "abstract")]
    pub is_abstract: bool,
    /// The properties tried in order for the caption.
    pub caption: Vec<String>,
    /// All properties that it may have, inherited ones included.
    #[schema(value_type = Vec<String>)]
    pub properties: BTreeSet<String>,
}

/// A kind of relationship.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RelationshipKind {
    /// Its name.
    pub name: KindName,
    /// For people to read.
    pub label: String,
    /// The FollowTheMoney schema that it is, or is nearest to.
    pub ftm: String,
    /// Whether an import of that schema becomes this kind.
    pub ftm_default: bool,
    /// The schema's properties that carry the ends, for interval schemata.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ftm_edge: Option<FtmEdge>,
    /// The kinds where it may start; their descendants too.
    pub source: Vec<KindName>,
    /// The kinds where it may end; their descendants too.
    pub target: Vec<KindName>,
    /// Whether source and target differ in meaning.
    pub directed: bool,
    /// All properties that it may have.
    #[schema(value_type = Vec<String>)]
    pub properties: BTreeSet<String>,
    /// How the flows run along it.
    pub flows: BTreeMap<FlowLayer, Flow>,
}

/// All kinds, properties and roles, resolved and checked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Ontology {
    /// The ontology's version, named in replay tokens.
    pub version: String,
    /// Properties by name.
    pub properties: BTreeMap<String, Property>,
    /// Roles in an enterprise by name.
    pub roles: BTreeMap<String, Role>,
    /// Entity kinds by name.
    #[schema(value_type = BTreeMap<String, EntityKind>)]
    pub entity_kinds: BTreeMap<KindName, EntityKind>,
    /// Relationship kinds by name.
    #[schema(value_type = BTreeMap<String, RelationshipKind>)]
    pub relationship_kinds: BTreeMap<KindName, RelationshipKind>,
}

/// The property whose values are roles.
const ROLE: &str = "role";

/// The kind whose members may have them.
const PERSON: &str = "Person";

/// The kind of what states a rate between two currencies.
const RATE: &str = "ExchangeRate";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    #[serde(default)]
    property: BTreeMap<String, Property>,
    #[serde(default)]
    role: BTreeMap<String, Role>,
    #[serde(default)]
    entity: BTreeMap<String, EntityEntry>,
    #[serde(default)]
    relationship: BTreeMap<String, RelationshipEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntityEntry {
    label: String,
    ftm: String,
    #[serde(default)]
    ftm_default: bool,
    extends: Option<String>,
    #[serde(default, rename = "abstract")]
    is_abstract: bool,
    caption: Option<Vec<String>>,
    #[serde(default)]
    properties: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RelationshipEntry {
    label: String,
    ftm: String,
    #[serde(default)]
    ftm_default: bool,
    ftm_source: Option<String>,
    ftm_target: Option<String>,
    source: Vec<String>,
    target: Vec<String>,
    #[serde(default = "yes")]
    directed: bool,
    #[serde(default)]
    properties: Vec<String>,
    #[serde(default)]
    flows: BTreeMap<FlowLayer, Flow>,
}

fn yes() -> bool {
    true
}

impl Ontology {
    /// The ontology that comes with Linchpin.
    pub fn builtin() -> Self {
        Self::with_overlays(&[]).expect("the built-in ontology is checked by a test")
    }

    /// FollowTheMoney's own model alone: its schemata without the properties that the built-in ontology adds to them.
    pub fn followthemoney() -> Self {
        let checked = "the built-in files are checked by a test";
        let table = |text: &str| text.parse::<toml::Table>().expect(checked);
        let mut merged = table(include_str!("ontology.toml"));
        merged.retain(|key, _| key == "property");
        lay_over(&mut merged, table(include_str!("ftm.toml")));
        Self::resolve(merged.try_into().expect(checked)).expect(checked)
    }

    /// The built-in ontology with further files `(name, TOML)` laid over it in order, key by key.
    pub fn with_overlays(overlays: &[(&str, &str)]) -> Result<Self, OntologyError> {
        let mut merged = toml::Table::new();
        let builtin = [("ftm.toml", include_str!("ftm.toml")), ("ontology.toml", include_str!("ontology.toml"))];
        for (file, text) in builtin.iter().chain(overlays) {
            let table = text
                .parse::<toml::Table>()
                .map_err(|error| OntologyError::Format { file: (*file).to_owned(), detail: error.to_string() })?;
            lay_over(&mut merged, table);
        }
        let file = overlays.last().map_or("ontology.toml", |(name, _)| name);
        let entries: File = merged.try_into().map_err(|error: toml::de::Error| OntologyError::Format {
            file: file.to_owned(),
            detail: error.to_string(),
        })?;
        Self::resolve(entries)
    }

    fn resolve(file: File) -> Result<Self, OntologyError> {
        let mut entity_kinds = BTreeMap::new();
        for name in file.entity.keys() {
            let kind = resolve_entity(name, &file)?;
            entity_kinds.insert(kind.name.clone(), kind);
        }
        let mut relationship_kinds = BTreeMap::new();
        for (name, entry) in file.relationship {
            let kind = resolve_relationship(&name, entry, &entity_kinds, &file.property)?;
            if entity_kinds.contains_key(&kind.name) {
                return Err(meaning(format!("relationship.{name}"), "an entity kind has this name already"));
            }
            relationship_kinds.insert(kind.name.clone(), kind);
        }
        Ok(Self {
            version: file.version,
            properties: file.property,
            roles: file.role,
            entity_kinds,
            relationship_kinds,
        })
    }

    /// The entity kind of this name.
    pub fn entity(&self, name: &KindName) -> Option<&EntityKind> {
        self.entity_kinds.get(name)
    }

    /// The relationship kind of this name.
    pub fn relationship(&self, name: &KindName) -> Option<&RelationshipKind> {
        self.relationship_kinds.get(name)
    }

    /// Whether entity kind `kind` is `group` or below it.
    pub fn is_a(&self, kind: &KindName, group: &KindName) -> bool {
        kind == group || self.entity(kind).is_some_and(|known| known.ancestors.contains(group))
    }

    /// Whether a relationship of `kind` may join entities of these kinds, either way round when it is undirected.
    pub fn may_join(&self, kind: &KindName, source: &KindName, target: &KindName) -> bool {
        let Some(known) = self.relationship(kind) else { return false };
        let fits = |ends: &[KindName], end: &KindName| ends.iter().any(|group| self.is_a(end, group));
        (fits(&known.source, source) && fits(&known.target, target))
            || (!known.directed && fits(&known.source, target) && fits(&known.target, source))
    }

    /// The entity kinds that a flow can begin or end at: where relationships start or end along which it runs.
    pub fn ends_of(&self, layer: FlowLayer) -> BTreeSet<&KindName> {
        let along = self.relationship_kinds.values().filter(|kind| kind.flows.contains_key(&layer));
        let groups: BTreeSet<&KindName> = along.flat_map(|kind| kind.source.iter().chain(&kind.target)).collect();
        self.entity_kinds.keys().filter(|kind| groups.iter().any(|group| self.is_a(kind, group))).collect()
    }

    /// Whether these properties name a protected role.
    pub fn protects(&self, properties: &Properties) -> bool {
        let mut roles = properties.get(ROLE).into_iter().flatten();
        roles.any(|role| self.roles.get(role).is_some_and(|known| known.protected))
    }

    /// Whether an entity kind is a person, who may have a role in the enterprise.
    pub fn is_person(&self, kind: &KindName) -> bool {
        kind.as_str() == PERSON
            || self.entity(kind).is_some_and(|known| known.ancestors.iter().any(|a| a.as_str() == PERSON))
    }

    /// Whether frames may filter on a property: the ontology marks it `filter`.
    pub fn filters(&self, property: &str) -> bool {
        self.properties.get(property).is_some_and(|known| known.filter)
    }

    /// Whether an entity kind is that of rates between two currencies.
    pub fn is_rate(&self, kind: &KindName) -> bool {
        kind.as_str() == RATE
            || self.entity(kind).is_some_and(|known| known.ancestors.iter().any(|a| a.as_str() == RATE))
    }

    /// Whether an amount at an instant that is claimed of an entity of this kind is what it held then: those that have a `balance`.
    pub fn is_account(&self, kind: &KindName) -> bool {
        self.entity(kind).is_some_and(|known| known.properties.contains("balance"))
    }

    /// Values of the property `role` that the ontology does not know.
    pub fn unknown_roles<'a>(&'a self, properties: &'a Properties) -> impl Iterator<Item = &'a String> {
        properties.get(ROLE).into_iter().flatten().filter(|role| !self.roles.contains_key(*role))
    }

    /// Whether this property identifies a person.
    pub fn masks(&self, property: &str) -> bool {
        self.properties.get(property).is_some_and(|known| known.masks)
    }

    /// The caption of a claim on an entity of this kind: the first value of the first property that has one.
    pub fn caption<'a>(&self, kind: &KindName, properties: &'a Properties) -> Option<&'a str> {
        let order = self.entity(kind).map_or(&[][..], |known| &known.caption);
        order.iter().find_map(|name| properties.get(name)?.first()).map(String::as_str)
    }
}

fn lay_over(base: &mut toml::Table, overlay: toml::Table) {
    for (key, value) in overlay {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn kind_name(name: &str) -> Result<KindName, OntologyError> {
    KindName::new(name).map_err(|source| OntologyError::Name { name: name.to_owned(), source })
}

fn known_properties<'a>(
    place: &str,
    names: impl IntoIterator<Item = &'a String>,
    dictionary: &BTreeMap<String, Property>,
) -> Result<BTreeSet<String>, OntologyError> {
    let check = |name: &'a String| match dictionary.contains_key(name) {
        true => Ok(name.clone()),
        false => Err(meaning(place, format!("property `{name}` is not in the dictionary: add [property.{name}]"))),
    };
    names.into_iter().map(check).collect()
}

fn resolve_entity(name: &str, file: &File) -> Result<EntityKind, OntologyError> {
    let place = format!("entity.{name}");
    let missing = |parent: &str| meaning(&place, format!("extends `{parent}`, which is no entity kind"));
    let entry = file.entity.get(name).ok_or_else(|| missing(name))?;
    let mut ancestors = Vec::new();
    let mut properties = known_properties(&place, &entry.properties, &file.property)?;
    let mut caption = entry.caption.clone();
    let mut parent = entry.extends.as_deref();
    while let Some(above) = parent {
        let known = file.entity.get(above).ok_or_else(|| missing(above))?;
        let above_name = kind_name(above)?;
        if above == name || ancestors.contains(&above_name) {
            return Err(meaning(&place, "extends itself, directly or by way of others"));
        }
        ancestors.push(above_name);
        properties.extend(known_properties(&format!("entity.{above}"), &known.properties, &file.property)?);
        caption = caption.or_else(|| known.caption.clone());
        parent = known.extends.as_deref();
    }
    let caption = caption.unwrap_or_default();
    if let Some(unknown) = caption.iter().find(|property| !properties.contains(*property)) {
        return Err(meaning(&place, format!("caption names `{unknown}`, which is not among its properties")));
    }
    Ok(EntityKind {
        name: kind_name(name)?,
        label: entry.label.clone(),
        ftm: entry.ftm.clone(),
        ftm_default: entry.ftm_default,
        ancestors,
        is_abstract: entry.is_abstract,
        caption,
        properties,
    })
}

fn resolve_relationship(
    name: &str,
    entry: RelationshipEntry,
    entities: &BTreeMap<KindName, EntityKind>,
    dictionary: &BTreeMap<String, Property>,
) -> Result<RelationshipKind, OntologyError> {
    let place = format!("relationship.{name}");
    let ends = |side: &str, names: &[String]| -> Result<Vec<KindName>, OntologyError> {
        if names.is_empty() {
            return Err(meaning(&place, format!("`{side}` names no kind")));
        }
        names
            .iter()
            .map(|end| {
                let end = kind_name(end)?;
                let unknown = || meaning(&place, format!("`{side}` names `{end}`, which is no entity kind"));
                if entities.contains_key(&end) { Ok(end) } else { Err(unknown()) }
            })
            .collect()
    };
    let (source, target) = (ends("source", &entry.source)?, ends("target", &entry.target)?);
    let ftm_edge = match (entry.ftm_source, entry.ftm_target) {
        (Some(source), Some(target)) => Some(FtmEdge { source, target }),
        (None, None) => None,
        _ => return Err(meaning(&place, "`ftm_source` and `ftm_target` go together")),
    };
    for (layer, flow) in &entry.flows {
        let probability = flow.transmission.is_none_or(|p| (0.0..=1.0).contains(&p));
        let half_life = flow.half_life_days.is_none_or(|days| days > 0.0);
        if !probability || !half_life {
            return Err(meaning(
                format!("{place}.flows.{layer:?}"),
                "transmission lies in [0, 1] and half_life_days above 0",
            ));
        }
        if *layer == FlowLayer::Risk && flow.transmission.is_none() {
            return Err(meaning(format!("{place}.flows.risk"), "a risk flow states its transmission"));
        }
    }
    Ok(RelationshipKind {
        name: kind_name(name)?,
        label: entry.label,
        ftm: entry.ftm,
        ftm_default: entry.ftm_default,
        ftm_edge,
        source,
        target,
        directed: entry.directed,
        properties: known_properties(&place, &entry.properties, dictionary)?,
        flows: entry.flows,
    })
}
