//! What the process says about itself: alive, ready, and the document. No token is asked for, and nothing of the data is told.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::document::document_text;
use super::problem::ApiResult;
use crate::service::AppState;

/// How the process is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    pub status: &'static str,
}

/// Is the process alive?
#[utoipa::path(tag = "service", operation_id = "get_livez", responses((status = 200, description = "It is", body = Health)))]
#[get("/livez")]
pub(crate) async fn get_livez() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Can requests be answered?
#[utoipa::path(tag = "service", operation_id = "get_readyz", responses((status = 200, description = "They can", body = Health)))]
#[get("/readyz")]
pub(crate) async fn get_readyz(state: web::Data<AppState>) -> ApiResult<HttpResponse> {
    state.ready().await?;
    Ok(HttpResponse::Ok().json(Health { status: "ok" }))
}

/// Fetch this document
#[utoipa::path(
    tag = "service",
    operation_id = "get_openapi",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value))
)]
#[get("/openapi.json")]
pub(crate) async fn get_openapi() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document_text())
}
