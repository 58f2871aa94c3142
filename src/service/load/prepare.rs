//! A claim of a source into a claim to be recorded: what the loader adds, and what it refuses.

use std::sync::Arc;

use super::keys::DomainKey;
use crate::model::{AgencyId, AssertionId, Claim, Day, Fault, Vocabulary};
use crate::store::{LoadKey, NewAssertion};

/// What all lines of one load share.
pub(super) struct Terms {
    /// Into which dataset.
    pub(super) dataset: String,
    /// Whose claims it holds.
    pub(super) originator: AgencyId,
    /// The load's id.
    pub(super) load: String,
    /// The dataset's key domain.
    pub(super) key: DomainKey,
    /// The day on which it began.
    pub(super) today: Day,
    /// What claims are written in.
    pub(super) vocabulary: Arc<Vocabulary>,
}

/// A claim ready for the store.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The claim.
    pub(super) claim: Claim,
    /// Its identity.
    pub(super) key: LoadKey,
}

impl Prepared {
    /// The same as an operation's content.
    pub(super) fn into_assertion(self) -> Box<NewAssertion> {
        let id: AssertionId = self.key.id(None);
        Box::new(NewAssertion { id, claim: self.claim, load: Some(self.key) })
    }

    /// Whether it has a source key of its own.
    pub(super) fn is_keyed(&self) -> bool {
        self.claim.provenance.key.is_some()
    }
}

impl Terms {
    /// Checks a claim against the vocabulary and the dataset, and says where it comes from.
    pub(super) fn prepare(&self, mut claim: Claim) -> Result<Prepared, Vec<Fault>> {
        let mut faults = claim.faults(&self.vocabulary);
        faults.extend(claim.overdue(self.today));
        if claim.marking.originator != self.originator {
            let detail = format!("the originator of what this dataset holds is `{}`", self.originator);
            faults.push(Fault::new("/marking/originator", "foreign-originator", detail));
        }
        if claim.provenance.dataset.as_ref().is_some_and(|dataset| *dataset != self.dataset) {
            let detail = format!("this load writes into the dataset `{}` alone", self.dataset);
            faults.push(Fault::new("/provenance/dataset", "wrong-dataset", detail));
        }
        if claim.provenance.load.is_some() {
            faults.push(Fault::new("/provenance/load", "read-only", "the loader states this: leave it out"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        claim.provenance.dataset = Some(self.dataset.clone());
        let key = self.key.line(&self.dataset, &claim);
        claim.provenance.load = Some(self.load.clone());
        Ok(Prepared { claim, key })
    }
}
