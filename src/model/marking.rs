//! Who may see and use a claim, and what that makes of anything derived from it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AgencyId, CaseId, SubjectName};

/// The level of protection, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Classification {
    /// Not classified.
    Unclassified,
    /// Restricted.
    Restricted,
    /// Confidential.
    Confidential,
    /// Secret.
    Secret,
}

/// How far a claim may travel (FIRST Traffic Light Protocol 2.0), from the widest to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Tlp {
    /// Any authenticated member agency.
    Clear,
    /// Any authenticated member agency.
    Green,
    /// The originator, and agencies with an active grant.
    Amber,
    /// The originator's agency alone.
    AmberStrict,
    /// The asserting subject and the named recipients.
    Red,
}

/// Europol handling codes. They restrict what may be done, not what may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum Handling {
    /// For the prevention and combating of crime.
    H0,
    /// Not in judicial proceedings without the originator's permission.
    H1,
    /// No onward dissemination without the originator's permission.
    H2,
    /// Acknowledgement asked for.
    H3,
}

/// The marking that every claim carries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Marking {
    /// The agency whose claim it is: always the writer's own.
    pub originator: AgencyId,
    /// The level that a reader must be cleared for.
    pub classification: Classification,
    /// How far it may travel.
    pub tlp: Tlp,
    /// What may be done with it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(max_items = 4, value_type = Vec<Handling>)]
    pub handling: BTreeSet<Handling>,
    /// A reader must be on one of these cases; empty: none needed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(max_items = 32, value_type = Vec<CaseId>)]
    pub cases: BTreeSet<CaseId>,
    /// The named readers of a RED claim.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(max_items = 64, value_type = Vec<SubjectName>)]
    pub recipients: BTreeSet<SubjectName>,
}

impl Marking {
    /// How many cases one marking names at most.
    pub const MAX_CASES: usize = 32;
    /// How many recipients one marking names at most.
    pub const MAX_RECIPIENTS: usize = 64;

    /// Whether everyone who may see a claim marked `other` may see one marked like this, both of one originator and writer.
    ///
    /// It is a partial order and errs towards `false`: grants and RED writers are taken as different unless equal.
    pub fn at_least_as_visible_as(&self, other: &Self) -> bool {
        let cases = self.cases.is_empty() || (!other.cases.is_empty() && other.cases.is_subset(&self.cases));
        let reach = match (self.tlp, other.tlp) {
            (Tlp::Clear | Tlp::Green, _) => true,
            (Tlp::Red, Tlp::Red) => other.recipients.is_subset(&self.recipients),
            (Tlp::Red, _) | (_, Tlp::Red) => false,
            (mine, theirs) => mine <= theirs,
        };
        self.originator == other.originator && self.classification <= other.classification && cases && reach
    }
}

/// The marking of something derived from several claims: as narrow as the narrowest of them in every respect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DerivedMarking {
    /// The highest classification among the evidence.
    pub classification: Classification,
    /// The strictest TLP among the evidence.
    pub tlp: Tlp,
    /// All handling codes of the evidence.
    #[schema(value_type = Vec<Handling>)]
    pub handling: BTreeSet<Handling>,
    /// Every agency whose consent dissemination needs.
    #[schema(value_type = Vec<AgencyId>)]
    pub originators: BTreeSet<AgencyId>,
    /// A reader must meet every one of these case sets.
    #[schema(value_type = Vec<Vec<CaseId>>)]
    pub cases: BTreeSet<BTreeSet<CaseId>>,
    /// The recipients common to all RED evidence; null when there is none.
    #[schema(value_type = Option<Vec<SubjectName>>)]
    pub recipients: Option<BTreeSet<SubjectName>>,
}

impl Default for DerivedMarking {
    /// The marking of what rests on no claim at all.
    fn default() -> Self {
        Self {
            classification: Classification::Unclassified,
            tlp: Tlp::Clear,
            handling: BTreeSet::new(),
            originators: BTreeSet::new(),
            cases: BTreeSet::new(),
            recipients: None,
        }
    }
}

impl DerivedMarking {
    /// Takes one more piece of evidence into account.
    pub fn add(&mut self, marking: &Marking) {
        self.classification = self.classification.max(marking.classification);
        self.tlp = self.tlp.max(marking.tlp);
        self.handling.extend(&marking.handling);
        self.originators.insert(marking.originator.clone());
        if !marking.cases.is_empty() {
            self.cases.insert(marking.cases.clone());
        }
        if marking.tlp == Tlp::Red {
            self.recipients = Some(match self.recipients.take() {
                Some(common) => &common & &marking.recipients,
                None => marking.recipients.clone(),
            });
        }
    }

    /// Takes another derived marking into account.
    pub fn merge(&mut self, other: &Self) {
        self.classification = self.classification.max(other.classification);
        self.tlp = self.tlp.max(other.tlp);
        self.handling.extend(&other.handling);
        self.originators.extend(other.originators.iter().cloned());
        self.cases.extend(other.cases.iter().cloned());
        self.recipients = match (self.recipients.take(), &other.recipients) {
            (Some(mine), Some(theirs)) => Some(&mine & theirs),
            (mine, theirs) => mine.or_else(|| theirs.clone()),
        };
    }
}

impl<'a> FromIterator<&'a Marking> for DerivedMarking {
    fn from_iter<I: IntoIterator<Item = &'a Marking>>(markings: I) -> Self {
        let mut derived = Self::default();
        for marking in markings {
            derived.add(marking);
        }
        derived
    }
}
