//! What stores keep because of the ontology: the folded values that full-text search looks into, and what they were made by.

use sha2::{Digest, Sha256};

use crate::model::{KindName, Ontology, Properties, fold_text};

/// The searched values of a claim on an entity, each between `^` and `$`: those that identify a person, and the others; `None`
/// where there are neither.
///
/// Searched are the properties that the ontology marks so, and those that captions come from.
pub(super) fn searched(ontology: &Ontology, kind: &KindName, properties: &Properties) -> Option<(String, String)> {
    let (mut named, mut plain) = (String::new(), String::new());
    let captions = ontology.entity(kind).map_or(&[][..], |kind| &kind.caption);
    for (name, values) in properties {
        let property = ontology.properties.get(name);
        if !property.is_some_and(|property| property.search) && !captions.contains(name) {
            continue;
        }
        let column = if ontology.masks(name) { &mut named } else { &mut plain };
        for folded in values.iter().map(|value| fold_text(value)).filter(|folded| !folded.is_empty()) {
            column.push_str("^ ");
            column.push_str(&folded);
            column.push_str(" $ ");
        }
    }
    (!named.is_empty() || !plain.is_empty()).then_some((named, plain))
}

/// Tells ontologies apart by what a store keeps because of them: which values are searched, which identify a person, which roles
/// protect.
pub(super) fn fingerprint(ontology: &Ontology) -> String {
    let mut hash = Sha256::new();
    for (name, property) in ontology.properties.iter().filter(|(_, property)| property.search || property.masks) {
        hash.update(format!("{name} {} {}\n", property.search, property.masks));
    }
    for (name, kind) in &ontology.entity_kinds {
        hash.update(format!("{name} {:?}\n", kind.caption));
    }
    for (name, _) in ontology.roles.iter().filter(|(_, role)| role.protected) {
        hash.update(format!("{name}\n"));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
