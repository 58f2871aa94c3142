//! The operations as the document tells them: what a path and a method mean, decided in one place and before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use serde_json::Value;

use super::document::document;

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its id.
    pub id: String,
    /// Its path with placeholders; never one with ids.
    pub route: String,
    /// The query parameters that it knows.
    pub query: BTreeSet<String>,
    /// Whether it asks for a token.
    pub secured: bool,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked {
    /// This operation.
    Operation(&'static Operation),
    /// A path that there is, by a method that it lacks; it has these, as `Allow` lists them.
    OtherMethod(&'static str),
    /// Nothing that the document knows.
    Unknown,
}

struct PathOperations {
    shape: ResourceDef,
    methods: BTreeMap<String, Operation>,
    allow: String,
}

/// What the document says about a path and a method.
pub(crate) fn asked(method: &Method, path: &str) -> Asked {
    static TABLE: OnceLock<Vec<PathOperations>> = OnceLock::new();
    let table = TABLE.get_or_init(|| table(document()));
    let mut allow = None;
    for known in table.iter().filter(|known| known.shape.is_match(path)) {
        if let Some(operation) = known.methods.get(method.as_str()) {
            return Asked::Operation(operation);
        }
        allow = allow.or(Some(known.allow.as_str()));
    }
    allow.map_or(Asked::Unknown, Asked::OtherMethod)
}

fn table(document: &Value) -> Vec<PathOperations> {
    let mut table: Vec<PathOperations> = document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(route, item)| {
            let methods: BTreeMap<String, Operation> = item
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(_, operation)| operation.get("operationId").is_some())
                .map(|(method, operation)| (method.to_ascii_uppercase(), operation_of(route, operation)))
                .collect();
            let allow = methods.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            PathOperations { shape: ResourceDef::new(route.as_str()), methods, allow }
        })
        .collect();
    // Literal paths first, so that `…/entities/search` is not taken for an entity of that name.
    table.sort_by_key(|known| known.shape.pattern().is_none_or(|pattern| pattern.contains('{')));
    table
}

fn operation_of(route: &str, operation: &Value) -> Operation {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let query = parameters.filter(|parameter| parameter["in"] == "query");
    Operation {
        id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
        route: route.to_owned(),
        query: query.filter_map(|parameter| parameter["name"].as_str()).map(str::to_owned).collect(),
        secured: operation["security"].as_array().is_some_and(|needs| !needs.is_empty()),
    }
}
