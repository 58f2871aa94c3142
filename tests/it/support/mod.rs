//! What tests share: builders of claims, clearances and permits, and a real Neo4j.

mod claims;
pub(crate) mod neo4j;
mod people;
pub(crate) mod watched;

pub(crate) use claims::{ClaimBuilder, assert_all, atomic, day, entity, instant, link, marking};
pub(crate) use people::{FixedClock, Gatehouse, MemoryAudit, Town, identity};
