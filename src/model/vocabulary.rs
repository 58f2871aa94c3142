//! The words that claims are written in: the ontology and the evaluation table, fixed for the life of a process.

use super::{EvaluationTable, Ontology};

/// What a fold needs to understand a claim.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// Kinds, properties, roles and flow layers.
    pub ontology: Ontology,
    /// Evaluations as probabilities.
    pub evaluations: EvaluationTable,
}

impl Vocabulary {
    /// The vocabulary that comes with Linchpin.
    pub fn builtin() -> Self {
        Self { ontology: Ontology::builtin(), evaluations: EvaluationTable::builtin() }
    }
}
