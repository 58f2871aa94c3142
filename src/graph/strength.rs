//! How strongly relationships join two entities, for methods that see each pair once.

use std::collections::BTreeMap;

use crate::model::{Day, FlowLayer, KindName, Ontology};

/// What one relationship adds to the strength of its pair.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum StrengthBy {
    /// Nothing: a pair that is joined has strength 1.
    #[default]
    None,
    /// 1.
    Count,
    /// Its reliability p.
    Reliability,
    /// Its quantity; without one it does not count.
    Quantity,
    /// 2^(−age / half-life): the age in whole days from its instant or its end to `until`; without a period, 1.
    Recency {
        /// In days, above 0.
        half_life: f64,
        /// The day that ages are counted to.
        until: Day,
    },
}

/// Groups of relationships that are weighed apart. The strength of a pair is Σ over groups of the group's factor times what its
/// relationships add; by [`StrengthBy::None`] a group that joins the pair adds its factor once.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum StrengthGroups {
    /// All in one, with factor 1.
    #[default]
    One,
    /// By kind; those that are not named have factor 1.
    Kinds(BTreeMap<KindName, f64>),
    /// By flow layer; a relationship counts in every layer that runs along its kind. Those that are not named have factor 0.
    Layers(BTreeMap<FlowLayer, f64>),
}

/// How strongly pairs are joined. Pairs of strength 0 are not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strength {
    /// What a relationship adds.
    pub by: StrengthBy,
    /// What is weighed apart.
    pub groups: StrengthGroups,
}

impl Strength {
    /// Whether a pair that is joined has strength 1, whatever joins it.
    pub(super) fn is_plain(&self) -> bool {
        self.by == StrengthBy::None && self.groups == StrengthGroups::One
    }

    /// Whether relationships of a kind count at all.
    pub fn counts(&self, kind: &KindName, ontology: &Ontology) -> bool {
        !self.groups_of(kind, 0, ontology).is_empty()
    }

    /// The groups of a kind, numbered from 1, each with its factor; those of factor 0 aside.
    pub(super) fn groups_of(&self, kind: &KindName, number: u32, ontology: &Ontology) -> Vec<(u32, f64)> {
        let groups: Vec<(u32, f64)> = match &self.groups {
            StrengthGroups::One => vec![(1, 1.0)],
            StrengthGroups::Kinds(kinds) => vec![(number + 1, kinds.get(kind).copied().unwrap_or(1.0))],
            StrengthGroups::Layers(layers) => {
                let flows = ontology.relationship(kind).map(|kind| &kind.flows);
                let runs = |layer: &FlowLayer| flows.is_some_and(|flows| flows.contains_key(layer));
                layers
                    .iter()
                    .filter(|(layer, _)| runs(layer))
                    .map(|(layer, factor)| (*layer as u32 + 1, *factor))
                    .collect()
            }
        };
        groups.into_iter().filter(|(_, factor)| *factor > 0.0).collect()
    }
}
