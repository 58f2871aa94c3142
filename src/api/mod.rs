//! REST: HTTP in, the service's words out. The one layer that knows statuses, headers and the OpenAPI document.

pub mod auth;

mod admission;
mod analyses;
mod answers;
mod assertions;
mod audit;
mod body;
mod document;
mod edge;
mod entities;
mod jobs;
mod loads;
mod logging;
mod operations;
mod problem;
mod query;
mod relationships;
mod routes;
mod server;
mod service;
mod settings;
mod spool;
mod words;

pub use admission::Authenticate;
pub use document::{document, document_text};
pub use problem::{ApiError, ApiResult, Problem};
pub use server::{serve, serve_metrics};
pub use settings::Settings;
