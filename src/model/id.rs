//! Identifiers: opaque, validated once at the edge, cheap to clone.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use utoipa::ToSchema;
use uuid::Uuid;

/// The longest id that is accepted, in characters.
const MAX_ID: usize = 200;

/// Why a string is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// The string is empty or longer than allowed.
    #[error("{what} must have 1 to {max} characters, this one has {found}")]
    Length {
        /// What the id names.
        what: &'static str,
        /// The longest accepted length.
        max: usize,
        /// The length found.
        found: usize,
    },
    /// The string has a character outside the charset, or begins or ends with a separator.
    #[error("{what} may hold only {charset}; `{value}` does not")]
    Charset {
        /// What the id names.
        what: &'static str,
        /// The accepted characters, in words.
        charset: &'static str,
        /// The offending value.
        value: String,
    },
    /// A subject names neither an entity nor a relationship with both ends, or both.
    #[error("a subject is {{\"entity\"}} or {{\"relationship\", \"source\", \"target\"}}")]
    Subject,
}

/// `^[0-9a-zA-Z]([0-9a-zA-Z.\-]*[0-9a-zA-Z])?$`, the FollowTheMoney charset.
fn graph_id(what: &'static str, value: &str) -> Result<(), IdError> {
    check(what, value, MAX_ID, "letters, digits, `.` and `-`, with a letter or digit at both ends", |c| {
        c.is_ascii_alphanumeric() || c == '.' || c == '-'
    })
}

/// Names of agencies, cases and the like: as graph ids, and `_`.
fn short_name(what: &'static str, value: &str) -> Result<(), IdError> {
    check(what, value, 100, "letters, digits, `.`, `_` and `-`, with a letter or digit at both ends", |c| {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
    })
}

/// The `sub` of a token: as short names, and `@`, `:`, `+`, `|`.
fn subject_name(what: &'static str, value: &str) -> Result<(), IdError> {
    check(
        what,
        value,
        MAX_ID,
        "letters, digits, `.`, `_`, `-`, `@`, `:`, `+` and `|`, with a letter or digit at both ends",
        |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | ':' | '+' | '|'),
    )
}

/// Kinds of the ontology: CamelCase words.
fn kind_name(what: &'static str, value: &str) -> Result<(), IdError> {
    check(what, value, 64, "letters and digits", |c| c.is_ascii_alphanumeric())
}

fn check(
    what: &'static str,
    value: &str,
    max: usize,
    charset: &'static str,
    allowed: impl Fn(char) -> bool,
) -> Result<(), IdError> {
    let found = value.chars().count();
    if found == 0 || found > max {
        return Err(IdError::Length { what, max, found });
    }
    let ends =
        value.starts_with(|c: char| c.is_ascii_alphanumeric()) && value.ends_with(|c: char| c.is_ascii_alphanumeric());
    if !ends || !value.chars().all(allowed) {
        return Err(IdError::Charset { what, charset, value: value.to_owned() });
    }
    Ok(())
}

macro_rules! name_type {
    ($(#[$meta:meta])* $name:ident, $check:path, $what:literal, $schema:meta) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
        #[$schema]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the charset and the length.
            pub fn new(value: impl AsRef<str>) -> Result<Self, IdError> {
                $check($what, value.as_ref())?;
                Ok(Self(Arc::from(value.as_ref())))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(value: &str) -> Result<Self, IdError> {
                Self::new(value)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = String::deserialize(deserializer)?;
                Self::new(&value).map_err(serde::de::Error::custom)
            }
        }
    };
}

name_type!(
    /// The id of an entity.
    EntityId, graph_id, "an entity id",
    schema(value_type = String, pattern = r"^[0-9a-zA-Z]([0-9a-zA-Z.\-]*[0-9a-zA-Z])?$", max_length = 200, example = "p-arben-k")
);
name_type!(
    /// The id of a relationship. It identifies one only together with its two ends.
    RelationshipId, graph_id, "a relationship id",
    schema(value_type = String, pattern = r"^[0-9a-zA-Z]([0-9a-zA-Z.\-]*[0-9a-zA-Z])?$", max_length = 200, example = "t-9")
);
name_type!(
    /// The name of a kind in the ontology.
    KindName, kind_name, "a kind",
    schema(value_type = String, pattern = r"^[0-9a-zA-Z]+$", max_length = 64, example = "Person")
);
name_type!(
    /// An agency: the originator of claims, the employer of subjects.
    AgencyId, short_name, "an agency",
    schema(value_type = String, pattern = r"^[0-9a-zA-Z]([0-9a-zA-Z._\-]*[0-9a-zA-Z])?$", max_length = 100, example = "rs-fiu")
);
name_type!(
    /// A case to which a claim may be confined.
    CaseId, short_name, "a case",
    schema(value_type = String, pattern = r"^[0-9a-zA-Z]([0-9a-zA-Z._\-]*[0-9a-zA-Z])?$", max_length = 100, example = "case-12")
);
name_type!(
    /// A person or service that signs in: the `sub` of its token.
    SubjectName, subject_name, "a subject",
    schema(value_type = String, pattern = r"^[0-9a-zA-Z]([0-9a-zA-Z._\-@:+|]*[0-9a-zA-Z])?$", max_length = 200, example = "ana@al-police")
);

/// The id of one assertion, 128 bits, written as a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = "uuid")]
pub struct AssertionId(pub Uuid);

impl AssertionId {
    /// The id with these 128 bits.
    pub const fn from_u128(bits: u128) -> Self {
        Self(Uuid::from_u128(bits))
    }

    /// Its 128 bits.
    pub const fn as_u128(self) -> u128 {
        self.0.as_u128()
    }
}

impl fmt::Display for AssertionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a claim is about.
///
/// A relationship's identity is all three of its parts: one id claimed with other ends is another claim, never an error.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "SubjectFields", into = "SubjectFields")]
pub enum Subject {
    /// An entity.
    Entity(EntityId),
    /// A relationship between two entities.
    Relationship {
        /// Its id.
        id: RelationshipId,
        /// Where it starts.
        source: EntityId,
        /// Where it ends.
        target: EntityId,
    },
}

/// `{"entity"}`, or `{"relationship", "source", "target"}`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Subject)]
struct SubjectFields {
    /// The entity that the claim is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    entity: Option<EntityId>,
    /// The relationship that the claim is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    relationship: Option<RelationshipId>,
    /// Where the relationship starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    source: Option<EntityId>,
    /// Where the relationship ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    target: Option<EntityId>,
}

impl TryFrom<SubjectFields> for Subject {
    type Error = IdError;
    fn try_from(fields: SubjectFields) -> Result<Self, IdError> {
        match (fields.entity, fields.relationship, fields.source, fields.target) {
            (Some(id), None, None, None) => Ok(Self::Entity(id)),
            (None, Some(id), Some(source), Some(target)) => Ok(Self::Relationship { id, source, target }),
            _ => Err(IdError::Subject),
        }
    }
}

impl From<Subject> for SubjectFields {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Entity(id) => Self { entity: Some(id), relationship: None, source: None, target: None },
            Subject::Relationship { id, source, target } => {
                Self { entity: None, relationship: Some(id), source: Some(source), target: Some(target) }
            }
        }
    }
}

impl utoipa::PartialSchema for Subject {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        SubjectFields::schema()
    }
}

impl ToSchema for Subject {
    fn name() -> std::borrow::Cow<'static, str> {
        "Subject".into()
    }
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
        SubjectFields::schemas(schemas);
    }
}
