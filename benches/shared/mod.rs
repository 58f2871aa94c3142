//! What benches of questions have in common.

use std::collections::BTreeSet;
use std::time::Instant as Clock;

use linchpin::access::Clearance;
use linchpin::model::{AgencyId, Classification, Day, EntityId, SubjectName};

pub(crate) type AnyError = Box<dyn std::error::Error>;

pub(crate) const TODAY: Day = Day::from_epoch(20_000);

pub(crate) fn id(number: u32) -> Result<EntityId, AnyError> {
    Ok(EntityId::new(format!("n{number:07}"))?)
}

pub(crate) fn milliseconds(start: Clock) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// Someone who may see whatever is not marked otherwise.
pub(crate) fn who() -> Result<Clearance, AnyError> {
    Ok(Clearance {
        subject: SubjectName::new("ana@al-police")?,
        agency: AgencyId::new("al-police")?,
        level: Classification::Secret,
        cases: BTreeSet::new(),
        grants: BTreeSet::new(),
    })
}
