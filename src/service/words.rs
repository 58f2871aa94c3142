//! The words that claims are written in, as they are served.

use super::{AppState, Caller, Reading, Rendered, ServiceResult};
use crate::access::{Disclosed, Disclosure};

impl AppState {
    /// Kinds, properties, roles and flow layers.
    pub async fn get_ontology(&self, who: &Caller, held: Vec<String>) -> ServiceResult<Disclosed<Rendered>> {
        let permit = self.admit_read(who).await?;
        let reading = Reading { held, ..Reading::default() };
        self.disclose_one(&permit, &self.vocabulary.ontology, Disclosure::default(), &reading).await
    }

    /// The table that turns evaluations into probabilities.
    pub async fn list_evaluation_schemes(&self, who: &Caller, held: Vec<String>) -> ServiceResult<Disclosed<Rendered>> {
        let permit = self.admit_read(who).await?;
        let reading = Reading { held, ..Reading::default() };
        self.disclose_one(&permit, &self.vocabulary.evaluations, Disclosure::default(), &reading).await
    }
}
