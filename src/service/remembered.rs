//! Entities in the form in which they left, for those who ask again.
//!
//! What an answer hangs on is in the key, whole: the clearance of the moment, the day, whether names are unmasked, the id. What the
//! store held is in the version beside it. So nothing passes from one caller to another who is not cleared for exactly the same,
//! and nothing outlives a commit. Admission and the audit log come before and after, as ever.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use super::reading::Form;
use crate::access::{Clearance, Permit};
use crate::model::{Day, EntityId};
use crate::store::StoreVersion;

/// How many bytes are kept at most.
const BYTES: u64 = 32 << 20;
/// How long a form is kept that nobody asks for.
const IDLE: Duration = Duration::from_mins(1);

/// Everything that an entity's form hangs on, beside the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    who: Arc<Clearance>,
    today: Day,
    unmask: bool,
    id: EntityId,
}

impl Wanted {
    /// What this permit's holder gets under an id.
    pub(crate) fn of(permit: &Permit, id: &EntityId) -> Self {
        Self { who: Arc::clone(permit.clearance()), today: permit.today(), unmask: permit.unmask(), id: id.clone() }
    }
}

/// The forms.
pub(crate) struct Remembered {
    forms: Cache<Wanted, (StoreVersion, Arc<Form>)>,
}

impl Default for Remembered {
    fn default() -> Self {
        let weigh =
            |_: &Wanted, (_, form): &(StoreVersion, Arc<Form>)| u32::try_from(form.body.len()).unwrap_or(u32::MAX);
        Self { forms: Cache::builder().max_capacity(BYTES).weigher(weigh).time_to_idle(IDLE).build() }
    }
}

impl Remembered {
    /// The form, if the store is still in the state in which it was made.
    pub(crate) fn recall(&self, wanted: &Wanted, version: StoreVersion) -> Option<Arc<Form>> {
        self.forms.get(wanted).filter(|(then, _)| *then == version).map(|(_, form)| form)
    }

    /// Keeps a form that was made of what the store held at this version or later.
    pub(crate) fn keep(&self, wanted: Wanted, version: StoreVersion, form: &Arc<Form>) {
        self.forms.insert(wanted, (version, Arc::clone(form)));
    }

    /// Forgets everything: what was erased must not stay in memory either.
    pub(crate) fn forget(&self) {
        self.forms.invalidate_all();
    }
}
