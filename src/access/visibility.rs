//! The rule, whole: one pure function. Nothing else in Linchpin decides what a caller may see, and no role bypasses it.

use std::collections::BTreeSet;

use crate::model::{AgencyId, CaseId, Classification, Day, Marking, SubjectName, Tlp};

/// What a claim's visibility hangs on.
#[derive(Debug, Clone, Copy)]
pub struct Guard<'a> {
    /// The claim's marking.
    pub marking: &'a Marking,
    /// Who wrote it.
    pub asserted_by: &'a SubjectName,
    /// From this day on nobody sees it.
    pub retain_until: Option<Day>,
    /// Whether its originator took it back.
    pub withdrawn: bool,
}

/// An agency's leave to see another's AMBER claims, in force at the request's clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActiveGrant {
    /// Whose claims.
    pub from: AgencyId,
    /// Only claims on one of these cases; `None`: any claim.
    pub cases: Option<BTreeSet<CaseId>>,
}

/// What a caller is cleared for, as the directory says at the request's clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clearance {
    /// Who.
    pub subject: SubjectName,
    /// Of which agency.
    pub agency: AgencyId,
    /// Up to which classification.
    pub level: Classification,
    /// On which cases.
    pub cases: BTreeSet<CaseId>,
    /// What other agencies have granted to this one.
    pub grants: BTreeSet<ActiveGrant>,
}

/// Whether a caller may see a claim today:
///
/// ```text
/// clearance ≥ classification
///   ∧ (cases = ∅ ∨ cases ∩ caller.cases ≠ ∅)
///   ∧ today < retain_until
///   ∧ (withdrawn → caller.agency = originator)
///   ∧ reach
/// reach := RED           the asserting subject, or caller ∈ recipients
///        | AMBER_STRICT  caller.agency = originator
///        | AMBER         caller.agency = originator, or an active grant
///        | GREEN, CLEAR  any authenticated member agency
/// ```
pub fn visible(who: &Clearance, today: Day, claim: &Guard<'_>) -> bool {
    claim.retain_until.is_none_or(|day| today < day)
        && admits(who, claim.marking, Some(claim.asserted_by), claim.withdrawn)
}

/// The rule without the retain day: what stores and snapshots intern per distinct marking and turn into one bit a caller. The
/// writer matters for RED claims alone; without one, only the recipients see such a claim.
pub(super) fn admits(who: &Clearance, marking: &Marking, writer: Option<&SubjectName>, withdrawn: bool) -> bool {
    let own = who.agency == marking.originator;
    let reach = match marking.tlp {
        Tlp::Red => writer == Some(&who.subject) || marking.recipients.contains(&who.subject),
        Tlp::AmberStrict => own,
        Tlp::Amber => own || who.grants.iter().any(|grant| grant.covers(marking)),
        Tlp::Green | Tlp::Clear => true,
    };
    reach
        && who.level >= marking.classification
        && (marking.cases.is_empty() || !marking.cases.is_disjoint(&who.cases))
        && (own || !withdrawn)
}

impl ActiveGrant {
    fn covers(&self, marking: &Marking) -> bool {
        self.from == marking.originator && self.cases.as_ref().is_none_or(|cases| !cases.is_disjoint(&marking.cases))
    }
}
