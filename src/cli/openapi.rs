//! `linchpin openapi`: prints the document.

use std::io::Write as _;

/// Prints the OpenAPI document as it is committed.
pub fn run() -> std::io::Result<()> {
    std::io::stdout().lock().write_all(crate::api::document_text().as_bytes())
}
