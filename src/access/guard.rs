//! What visibility hangs on, retain day aside, as one value: stores and snapshots intern it, and work a clearance out once per
//! distinct one instead of once per claim.

use serde::{Deserialize, Serialize};

use super::visibility::{Clearance, admits};
use crate::model::{Assertion, Marking, SubjectName, Tlp};

/// Everything that visibility hangs on but the retain day: what is interned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GuardKey {
    /// The claim's marking.
    pub marking: Marking,
    /// Who wrote it, where that matters: on RED claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_writer: Option<SubjectName>,
    /// Whether it was taken back.
    #[serde(default)]
    pub withdrawn: bool,
}

impl GuardKey {
    /// The key of a claim with this marking and writer.
    pub fn new(marking: &Marking, asserted_by: &SubjectName, withdrawn: bool) -> Self {
        let red_writer = (marking.tlp == Tlp::Red).then(|| asserted_by.clone());
        Self { marking: marking.clone(), red_writer, withdrawn }
    }

    /// The key of a recorded claim as it stands.
    pub fn of(assertion: &Assertion) -> Self {
        Self::new(&assertion.claim.marking, &assertion.asserted_by, assertion.recorded.is_withdrawn())
    }

    /// Canonical bytes: equal keys have equal ones, in every store.
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).expect("names, sets and flags always serialise")
    }

    /// Whether a caller may see claims under this key, retain day aside.
    pub fn admits(&self, who: &Clearance) -> bool {
        admits(who, &self.marking, self.red_writer.as_ref(), self.withdrawn)
    }
}
