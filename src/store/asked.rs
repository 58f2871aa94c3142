//! [`Wanted`], owned, so that it can go to another thread.

use super::Wanted;
use crate::model::{AssertionId, EntityId, RelationshipId};

/// What is asked for, each once.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    Entities(Vec<EntityId>),
    Relationships(Vec<RelationshipId>),
    Between(EntityId, EntityId),
    Assertions(Vec<AssertionId>),
}

impl From<Wanted<'_>> for Asked {
    fn from(wanted: Wanted<'_>) -> Self {
        match wanted {
            Wanted::Entities(ids) => Self::Entities(distinct(ids)),
            Wanted::Relationships(ids) => Self::Relationships(distinct(ids)),
            Wanted::Between(one, other) => Self::Between(one.clone(), other.clone()),
            Wanted::Assertions(ids) => Self::Assertions(distinct(ids)),
        }
    }
}

fn distinct<T: Clone + Ord>(ids: &[T]) -> Vec<T> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}
