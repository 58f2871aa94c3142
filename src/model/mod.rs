//! The model: what an investigation writes down and how it is read back.
//!
//! An [`Assertion`] is the only unit of writing. [`Entity`] and [`Relationship`] are folds over the assertions that a
//! caller may see. Everything here is pure: no clock, no files, no runtime.

mod assertion;
mod entity;
mod evaluation;
mod fold;
mod id;
mod marking;
mod money;
mod ontology;
mod period;
mod rate;
mod relationship;
pub mod strict;
mod text;
mod time;
mod vocabulary;

pub use assertion::{
    Assertion, Claim, Closure, Fault, Nature, Properties, Provenance, Recorded, RetractionReason, Revision,
};
pub use entity::{Entity, fold_entity};
pub use evaluation::{Evaluation, EvaluationTable, Reliability, SchemeTable};
pub use fold::{Standing, rank};
pub use id::{AgencyId, AssertionId, CaseId, EntityId, IdError, KindName, RelationshipId, Subject, SubjectName};
pub use marking::{Classification, DerivedMarking, Handling, Marking, Tlp};
pub use money::{Currency, Decimal, Money, Quantity};
pub use ontology::{
    Along, EntityKind, Flow, FlowLayer, FtmEdge, Ontology, OntologyError, Property, PropertyType, RelationshipKind,
    Role,
};
pub use period::{Period, Precision, Window};
pub use rate::ExchangeRate;
pub use relationship::{Relationship, RelationshipKey, fold_relationship, fold_relationships};
pub use text::{fold_text, is_token, tokens};
pub use time::{Day, Instant, TimeError};
pub use vocabulary::Vocabulary;
