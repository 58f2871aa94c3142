//! The document: committed as it is made, and complete enough for people and for generators.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use linchpin::api::{document, document_text};
use serde_json::Value;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every operation: path, method, operation.
fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = document()["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("a path item") {
            assert!(METHODS.contains(&method.as_str()), "{path} has {method}");
            operations.push((path.as_str(), method.as_str(), operation));
        }
    }
    operations
}

#[test]
fn the_committed_document_is_the_one_that_is_made() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/linchpin.json");
    let committed = fs::read_to_string(&path).expect("openapi/linchpin.json is committed");
    assert!(
        committed == document_text(),
        "run `cargo run -- openapi > openapi/linchpin.json` and look at the difference"
    );
}

#[test]
fn every_operation_says_what_it_is() {
    let tags: BTreeSet<&str> =
        document()["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations() {
        let place = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{place} has no operationId"));
        assert!(ids.insert(id), "{place}: {id} is taken");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty() && !summary.contains('\n'), "{place} has no one-line summary");
        let tag = operation["tags"][0].as_str().unwrap_or_default();
        assert!(tags.contains(tag), "{place} has no tag of the list");
        let secured = operation["security"].as_array().is_some_and(|needs| !needs.is_empty());
        assert_eq!(secured, tag != "service", "{place}: security");
    }
    assert!(ids.len() > 20, "the document holds the operations: {}", ids.len());
}

#[test]
fn every_path_parameter_is_declared_and_has_an_example() {
    for (path, method, operation) in operations() {
        let none = Vec::new();
        let parameters = operation["parameters"].as_array().unwrap_or(&none);
        let declared: BTreeSet<&str> =
            parameters.iter().filter(|p| p["in"] == "path").filter_map(|p| p["name"].as_str()).collect();
        let named: BTreeSet<&str> = path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        assert_eq!(declared, named, "{method} {path}");
        for parameter in parameters.iter().filter(|p| p["in"] == "path") {
            assert!(parameter.get("example").is_some(), "{method} {path}: {} has no example", parameter["name"]);
        }
    }
}

/// Swagger UI fills a parameter in with its example, or with that of its schema, and sends it.
#[test]
fn nothing_is_filled_in_that_may_be_left_out() {
    for (path, method, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|p| p["required"] != true) {
            let schema = &parameter["schema"];
            let named = schema["$ref"].as_str().and_then(|target| document().pointer(target.trim_start_matches('#')));
            let filled =
                [parameter, schema, named.unwrap_or(schema)].into_iter().any(|part| part.get("example").is_some());
            assert!(!filled, "{method} {path}: {}", parameter["name"]);
        }
    }
}

#[test]
fn every_body_has_an_example_that_fits_its_schema() {
    for (path, method, operation) in operations() {
        let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
        for (media, body) in content.iter().filter(|(media, _)| *media == "application/json") {
            let example = body.get("example").unwrap_or_else(|| panic!("{method} {path}: {media} has no example"));
            let mut schema = body["schema"].clone();
            schema["components"] = document()["components"].clone();
            let validator =
                jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
            let errors: Vec<String> = validator.iter_errors(example).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{method} {path}: {errors:?}");
        }
    }
}

#[test]
fn every_response_has_a_description_and_failures_have_one_form() {
    for (path, method, operation) in operations() {
        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path} succeeds somehow");
        for (status, response) in responses {
            let place = format!("{method} {path} {status}");
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{place}: description");
            if status.starts_with('4') || status.starts_with('5') {
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{place}");
            }
        }
    }
}

/// Calls `look` for every value in the document with its place.
fn walk(value: &Value, place: &str, look: &mut impl FnMut(&str, &Value)) {
    look(place, value);
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| walk(field, &format!("{place}/{name}"), look)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| walk(item, &format!("{place}/{at}"), look))
        }
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let mut dead = Vec::new();
    walk(document(), "", &mut |place, value| {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            let found = target.strip_prefix('#').and_then(|pointer| document().pointer(pointer)).is_some();
            if !found {
                dead.push(format!("{place} → {target}"));
            }
        }
    });
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn generators_find_no_anonymous_unions() {
    let mut unions = Vec::new();
    walk(document(), "", &mut |place, value| {
        if value.get("oneOf").is_some_and(Value::is_array) || value.get("anyOf").is_some_and(Value::is_array) {
            unions.push(place.to_owned());
        }
    });
    assert!(unions.is_empty(), "name them, or do without: {unions:#?}");
}

#[test]
fn the_document_names_no_host_and_has_a_licence_that_generators_know() {
    assert_eq!(document()["info"]["license"]["identifier"], "Apache-2.0");
    assert_eq!(document()["servers"][0]["url"], "/");
    assert_eq!(document()["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}
