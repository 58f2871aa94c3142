//! The chance with which relationships pass risk on, factor by factor.

use std::collections::HashMap;

use super::RiskFlowRequest;
use crate::analysis::AnalysisError;
use crate::graph::{GraphView, Step, decayed};
use crate::model::{Day, Fault, FlowLayer, KindName, Reliability};

/// How each kind of relationship passes risk on in a view.
pub(super) struct Chances<'v, 's> {
    view: &'v GraphView<'s>,
    /// Transmission and half-life, of kinds along which risk runs.
    kinds: HashMap<KindName, (f64, Option<f64>)>,
    /// The day to which ages are counted.
    until: Day,
}

/// The factors of one relationship.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factors {
    pub(super) transmission: f64,
    pub(super) evaluation: Reliability,
    pub(super) age: Option<u64>,
    half_life: Option<f64>,
}

impl Factors {
    /// Their product.
    pub(super) fn chance(&self) -> f64 {
        let decay = self.age.zip(self.half_life).map_or(1.0, |(age, half_life)| decayed(age, half_life));
        self.transmission * self.evaluation.probability() * decay
    }
}

impl<'v, 's> Chances<'v, 's> {
    /// By the ontology, and by what the request says in its place.
    pub(super) fn new(view: &'v GraphView<'s>, params: &RiskFlowRequest) -> Result<Self, AnalysisError> {
        let mut kinds = HashMap::new();
        for kind in view.ontology().relationship_kinds.values() {
            let Some(flow) = kind.flows.get(&FlowLayer::Risk) else { continue };
            let transmission = params.transmissions.get(&kind.name).copied().or(flow.transmission).unwrap_or(0.0);
            let half_life = params.half_life_days.get(&kind.name).copied().or(flow.half_life_days);
            kinds.insert(kind.name.clone(), (transmission, half_life));
        }
        let mut faults = Vec::new();
        let named = [("transmissions", params.transmissions.keys()), ("half_life_days", params.half_life_days.keys())];
        for (field, names) in named {
            for kind in names.filter(|kind| !kinds.contains_key(*kind)) {
                let detail = format!("the ontology has no relationship kind `{kind}` along which risk runs");
                faults.push(Fault::new(format!("/{field}/{kind}"), "unknown-kind", detail));
            }
        }
        if faults.is_empty() {
            Ok(Self { view, kinds, until: view.until() })
        } else {
            Err(AnalysisError::Faults(faults))
        }
    }

    /// The factors of a step's relationship.
    pub(super) fn of(&self, step: &Step) -> Factors {
        let (transmission, half_life) = self.kinds.get(self.view.kind_of(step)).copied().unwrap_or_default();
        let age = self.view.age(step, self.until);
        Factors { transmission, evaluation: self.view.reliability(step), age, half_life }
    }
}
