//! Labels and captions of entity nodes: what an operator sees who opens the graph. They are folds over claims whatever their
//! markings, and never read by Linchpin.

use std::collections::{BTreeMap, BTreeSet};

use neo4rs::BoltType;

use super::cypher;
use super::rows::{kind_name, properties};
use super::session::{Ask, Transaction, Trouble, map, texts};
use crate::model::{KindName, Ontology};

/// Makes labels and captions anew from the claims that are open now.
pub(super) async fn show(
    transaction: &mut Transaction,
    ontology: &Ontology,
    entities: &BTreeSet<String>,
) -> Result<(), Trouble> {
    if entities.is_empty() {
        return Ok(());
    }
    let ids = texts(entities);
    let kinds: Vec<&KindName> = ontology.entity_kinds.keys().collect();
    transaction.run(Ask::new(cypher::unlabel(&kinds)).with("ids", ids.clone())).await?;
    let claims: Vec<(String, String, Option<Vec<String>>)> =
        transaction.rows(Ask::new(cypher::SHOWN).with("ids", ids)).await?;
    // In the order of writing, so that of several captions the last one stays.
    let mut labels: BTreeMap<KindName, Vec<BoltType>> = BTreeMap::new();
    for (id, kind, said) in claims {
        let (kind, said) = (kind_name(&kind)?, properties(said.unwrap_or_default())?);
        let caption = ontology.caption(&kind, &said);
        let row = map([("id", id.into()), ("node", map([("caption", caption.into())]))]);
        labels.entry(kind).or_default().push(row);
    }
    for (kind, rows) in labels {
        transaction.run(Ask::new(cypher::label(&kind)).with("rows", rows)).await?;
    }
    Ok(())
}
