//! What tests share: builders of claims, clearances and permits.

pub(crate) mod neo4j;
