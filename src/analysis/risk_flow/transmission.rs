//! The chance with which relationships pass risk on, factor by factor.

use std::collections::{BTreeMap, HashMap};

use crate::analysis::AnalysisError;
use crate::graph::{GraphView, Step, decayed};
use crate::model::{Day, Fault, FlowLayer, KindName, Reliability};

/// How each kind of relationship passes risk on in a view.
pub(in crate::analysis) struct Chances<'v, 's> {
    view: &'v GraphView<'s>,
    /// Transmission and half-life, of kinds along which risk runs.
    kinds: HashMap<KindName, (f64, Option<f64>)>,
    /// The day to which ages are counted.
    until: Day,
}

/// The factors of one relationship.
#[derive(Debug, Clone, Copy)]
pub(in crate::analysis) struct Factors {
    pub(super) transmission: f64,
    pub(super) evaluation: Reliability,
    pub(super) age: Option<u64>,
    half_life: Option<f64>,
}

impl Factors {
    /// Their product.
    pub(in crate::analysis) fn chance(&self) -> f64 {
        let decay = self.age.zip(self.half_life).map_or(1.0, |(age, half_life)| decayed(age, half_life));
        self.transmission * self.evaluation.probability() * decay
    }
}

impl<'v, 's> Chances<'v, 's> {
    /// By the ontology alone.
    pub(in crate::analysis) fn of_ontology(view: &'v GraphView<'s>) -> Self {
        let kinds = view.ontology().relationship_kinds.values();
        let risky = kinds.filter_map(|kind| {
            let flow = kind.flows.get(&FlowLayer::Risk)?;
            Some((kind.name.clone(), (flow.transmission.unwrap_or(0.0), flow.half_life_days)))
        });
        Self { view, kinds: risky.collect(), until: view.until() }
    }

    /// By the ontology, and by what a request says in its place.
    pub(in crate::analysis) fn new(
        view: &'v GraphView<'s>,
        transmissions: &BTreeMap<KindName, f64>,
        half_lives: &BTreeMap<KindName, f64>,
    ) -> Result<Self, AnalysisError> {
        let mut chances = Self::of_ontology(view);
        let kinds = &mut chances.kinds;
        let mut faults = Vec::new();
        let named = [("transmissions", transmissions.keys()), ("half_life_days", half_lives.keys())];
        for (field, names) in named {
            for kind in names.filter(|kind| !kinds.contains_key(*kind)) {
                let detail = format!("the ontology has no relationship kind `{kind}` along which risk runs");
                faults.push(Fault::new(format!("/{field}/{kind}"), "unknown-kind", detail));
            }
        }
        if !faults.is_empty() {
            return Err(AnalysisError::Faults(faults));
        }
        for (name, given) in transmissions {
            kinds.entry(name.clone()).and_modify(|(transmission, _)| *transmission = *given);
        }
        for (name, given) in half_lives {
            kinds.entry(name.clone()).and_modify(|(_, half_life)| *half_life = Some(*given));
        }
        Ok(chances)
    }

    /// The factors of a step's relationship.
    pub(in crate::analysis) fn of(&self, step: &Step) -> Factors {
        let (transmission, half_life) = self.kinds.get(self.view.kind_of(step)).copied().unwrap_or_default();
        let age = self.view.age(step, self.until);
        Factors { transmission, evaluation: self.view.reliability(step), age, half_life }
    }
}
