//! The OpenAPI document: what the route list says, and what all operations have in common, written once.

use std::sync::OnceLock;

use actix_web::App;
use serde_json::{Map, Value, json};
use utoipa::ToSchema as _;
use utoipa_actix_web::AppExt as _;

use super::admission::MAX_PURPOSE;
use super::analyses;
use super::answers::SVG;
use super::problem::{PROBLEM_JSON, Problem, statuses};
use super::routes::routes;
use crate::analysis::{ANALYSES, AnyAnalysis};

/// What a header of visible ASCII may hold.
const ONE_LINE: &str = r"^[\t -~]*$";

/// The document, made once for the process.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(make)
}

/// The document as it is served and committed.
pub fn document_text() -> String {
    let mut text = serde_json::to_string_pretty(document()).expect("JSON always serialises");
    text.push('\n');
    text
}

fn make() -> Value {
    let (_, mut openapi) = App::new().into_utoipa_app().configure(routes).split_for_parts();
    let mut schemas = Vec::new();
    Problem::schemas(&mut schemas);
    schemas.push((Problem::name().into_owned(), <Problem as utoipa::PartialSchema>::schema()));
    openapi.components.get_or_insert_default().schemas.extend(schemas);
    let mut document = serde_json::to_value(&openapi).expect("the document always serialises");
    document["openapi"] = json!("3.1.0");
    document["info"] = info();
    document["servers"] = json!([{"url": "/", "description": "This server"}]);
    document["tags"] = tags();
    document["components"]["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A token of your agency's issuer; `linchpin demo` prints some."}
    });
    for analysis in ANALYSES {
        add_analysis(&mut document, *analysis);
    }
    for (route, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete(route, method, operation);
        }
    }
    document
}

fn info() -> Value {
    json!({
        "title": "Linchpin",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "An investigation API over a graph database. Every answer is a function of what you may see and of nothing else: what is hidden from you is absent. Failures are `application/problem+json` (RFC 9457) with a stable `code`.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    })
}

fn tags() -> Value {
    json!([
        {"name": "entities", "description": "People, organisations, accounts, places: read, found and written."},
        {"name": "relationships", "description": "What joins them."},
        {"name": "assertions", "description": "The claims that everything is folded from."},
        {"name": "analyses", "description": "Questions about the network, answered with their evidence."},
        {"name": "loads", "description": "Claims in bulk."},
        {"name": "jobs", "description": "Long work."},
        {"name": "vocabulary", "description": "The words that claims are written in."},
        {"name": "audit", "description": "Who did what."},
        {"name": "service", "description": "The process itself."},
    ])
}

/// One typed operation for each analysis.
fn add_analysis(document: &mut Value, analysis: &dyn AnyAnalysis) {
    let doc = analysis.operation();
    let mut forms = json!({"application/json": {"schema": doc.response_schema}});
    let mut words =
        "With `Accept: application/x-ndjson` the answer comes as lines: `begin`, the parts of the result, `end`."
            .to_owned();
    if analysis.has_figure() {
        forms[SVG] = json!({"schema": {"type": "string"}});
        words += " With `Accept: image/svg+xml` it comes as a picture.";
    }
    for (name, schema) in doc.components {
        document["components"]["schemas"][name] = serde_json::to_value(schema).expect("a schema always serialises");
    }
    document["paths"][analyses::path(analysis.name())]["post"] = json!({
        "tags": ["analyses"],
        "summary": analysis.summary(),
        // Lines in words alone: as a second form of JSON, generated clients would take an answer for either.
        "description": words,
        "operationId": doc.operation_id,
        "parameters": [header("Prefer", "`respond-async` makes it a job: 202 with its `Location`.", json!({"pattern": ONE_LINE}))],
        "requestBody": {"required": true, "content": {"application/json": {"schema": doc.request_schema, "example": doc.example}}},
        "responses": {
            "200": {"description": "The answer, with its evidence", "content": forms},
            "202": {"description": "A job was started", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JobStatus"}}}},
        },
    });
}

/// What every operation has because of what it is.
fn complete(route: &str, method: &str, operation: &mut Value) {
    let Some(operation_id) = operation["operationId"].as_str().map(str::to_owned) else { return };
    let open = operation["tags"][0] == "service";
    let has_body = operation.get("requestBody").is_some();
    let conditional = operation["responses"].get("304").is_some();
    let verb = |verb: &str| operation_id.starts_with(verb);
    let writes = method == "post" && operation_id != "create_load" && (verb("create_") || verb("retract_"));
    let moment = operation["parameters"].as_array().into_iter().flatten().any(|known| known["name"] == "as_of");
    let mut codes = vec![500, 503];
    if !open {
        operation["security"] = json!([{"bearer": []}]);
        codes.extend([400, 401, 403, 429]);
        for (name, description) in [
            ("X-Purpose", "What the request is for; kept in the audit log. UTF-8."),
            ("X-Case-Ref", "The case that it belongs to; kept in the audit log. UTF-8."),
            ("X-Justification", "Why it is justified; kept in the audit log. UTF-8."),
        ] {
            parameter(operation, header(name, description, json!({"maxLength": MAX_PURPOSE})));
        }
    }
    if route.contains('{') || operation_id == "create_load" {
        codes.push(404);
    }
    if has_body {
        codes.extend([413, 415]);
    }
    if has_body || moment || operation_id.starts_with("list_") || operation_id == "get_job_result" {
        codes.push(422);
    }
    if moment || operation_id == "get_job_result" || route.starts_with("/v1/analyses/") {
        codes.push(410);
    }
    if operation_id == "get_job_result" || route.starts_with("/v1/analyses/") {
        codes.push(406);
    }
    if writes || operation_id == "get_job_result" || operation_id == "create_load" {
        codes.push(409);
    }
    if writes {
        let words = "Makes the request safe to repeat for 24 hours: the same key and body get the same answer.";
        let bounds = json!({"pattern": r"^[!-~]([\t -~]*[!-~])?$", "maxLength": 255});
        parameter(operation, header("Idempotency-Key", words, bounds));
    }
    if conditional {
        let words = "The `ETag` of the version that you hold.";
        parameter(operation, header("If-None-Match", words, json!({"pattern": ONE_LINE})));
        operation["responses"]["200"]["headers"] =
            json!({"ETag": {"description": "Changes exactly when what you see does.", "schema": {"type": "string"}}});
    }
    if operation_id == "get_job_result" {
        operation["responses"]["200"]["content"][SVG] = json!({"schema": {"type": "string"}});
    }
    if let Some(stream) = operation.pointer_mut("/responses/200/content/text~1event-stream") {
        // A schema here is taken for that of one event, whose form the standard fixes.
        *stream = json!({});
    }
    if let Some(schema) = operation.pointer_mut("/requestBody/content/application~1x-ndjson/schema") {
        // A file: Swagger UI would put quotes round any text of a type that ends in JSON, and clients should stream it.
        *schema = json!({"type": "string", "format": "binary"});
    }
    if operation["responses"].get("201").is_some() && operation_id != "create_assertions" {
        operation["responses"]["201"]["headers"] =
            json!({"Location": {"description": "Where it is now.", "schema": {"type": "string"}}});
    }
    errors(operation, &codes);
}

fn header(name: &str, description: &str, bounds: Value) -> Value {
    let mut schema = bounds;
    schema["type"] = json!("string");
    json!({"name": name, "in": "header", "required": false, "description": description, "schema": schema})
}

fn parameter(operation: &mut Value, parameter: Value) {
    match operation["parameters"].as_array_mut() {
        Some(known) => known.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

fn errors(operation: &mut Value, codes: &[u16]) {
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for code in codes {
        let title = statuses().find(|(status, _)| status == code).map_or("Failure", |(_, title)| title);
        responses.entry(code.to_string()).or_insert_with(|| failure(title));
    }
}

fn failure(title: &str) -> Value {
    let mut content = Map::new();
    content.insert(PROBLEM_JSON.to_owned(), json!({"schema": {"$ref": "#/components/schemas/Problem"}}));
    json!({"description": title, "content": content})
}
