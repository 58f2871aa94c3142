//! `docs/configuration.md`, made from the types: what a setting means stands in one place.

use std::fmt::Write;

use serde_json::{Map, Value};
use utoipa::{PartialSchema, ToSchema};

use super::{CapsConfig, Config};

const BEGINNING: &str = "# Configuration

This page is made from the types in `src/cli/config`; a test holds it to them.

Each setting comes from the first of these that names it: a flag (`--set store.kind=neo4j`), the environment
(`LINCHPIN_STORE__KIND=neo4j`: `LINCHPIN_`, then the setting in capitals with `__` for each dot), the file that `--config` or
`LINCHPIN_CONFIG` names (TOML). In the environment and in flags a list is one text with commas between its items. Paths are relative
to the folder in which Linchpin is started. A setting that is unknown or wrong stops the start, with its name.

The least that a deployment needs is an issuer of tokens and a directory:

```toml
[directory]
file = \"/etc/linchpin/directory.toml\"

[issuers.ministry]
issuer = \"https://id.example\"
audience = \"linchpin\"
algorithm = \"ES256\"
jwks_url = \"https://id.example/jwks.json\"
```
";

/// The text of `docs/configuration.md`.
pub fn reference() -> String {
    let mut schemas = Vec::new();
    Config::schemas(&mut schemas);
    let parts = schemas.into_iter().map(|(name, schema)| (name, json(&schema))).collect();
    let mut page = Page { text: BEGINNING.to_owned(), parts };
    page.section("", &json(&Config::schema()), &json(&Config::default()));
    page.text
}

/// Schemas and defaults are plain data: nothing in them fails to become JSON.
fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

struct Page {
    text: String,
    parts: Map<String, Value>,
}

impl Page {
    /// The part of the document that a schema refers to, or the schema itself.
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = |reference: &Value| reference.as_str().and_then(|text| text.rsplit('/').next()).map(str::to_owned);
        let reference = schema.get("$ref").and_then(name);
        reference.and_then(|name| self.parts.get(&name)).unwrap_or(schema)
    }

    /// A table of settings, then the sections within.
    fn section(&mut self, path: &str, schema: &Value, defaults: &Value) {
        let mut rows = String::new();
        let mut within = Vec::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let told = property["description"].as_str().unwrap_or_default().replace('\n', " ");
            let whole = self.resolve(property).clone();
            let entries = self.resolve(&whole["additionalProperties"]).clone();
            if whole.get("properties").is_some() {
                within.push((place, told, whole, defaults[name].clone()));
            } else if entries.get("properties").is_some() {
                let (named, defaults) = match name.as_str() {
                    "caps" => ("<role>", json(&CapsConfig::default())),
                    _ => ("<name>", Value::Null),
                };
                within.push((format!("{place}.{named}"), told, entries, defaults));
            } else {
                let default = &defaults[name];
                let default = if default.is_null() { String::new() } else { format!("`{default}`") };
                let _ = writeln!(rows, "| `{name}` | {default} | {told} |");
            }
        }
        if !rows.is_empty() {
            let _ = write!(self.text, "\n| setting | default | meaning |\n|---|---|---|\n{rows}");
        }
        for (place, told, schema, defaults) in within {
            let _ = write!(self.text, "\n## `[{place}]`\n\n{told}\n");
            self.section(&place, &schema, &defaults);
        }
    }
}
