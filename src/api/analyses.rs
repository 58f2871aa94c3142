//! `/v1/analyses`: one operation for each entry of the registry, all by this one handler.

use actix_web::http::header::{HeaderMap, HeaderName, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use super::admission::Auth;
use super::answers::json;
use super::body::Json;
use super::problem::{ApiError, ApiResult};
use crate::analysis::ANALYSES;
use crate::service::AppState;

/// Where an analysis is asked.
pub(crate) fn path(name: &str) -> String {
    format!("/v1/analyses/{name}")
}

/// Routes every analysis.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    for analysis in ANALYSES {
        config.route(&path(analysis.name()), web::post().to(ask));
    }
}

/// Answers a question, or starts a job that does.
async fn ask(
    state: web::Data<AppState>,
    Auth(who): Auth,
    Json(body): Json<Value>,
    req: HttpRequest,
) -> ApiResult<HttpResponse> {
    let name = req.path().rsplit('/').next().ok_or_else(|| ApiError::new("not-found"))?;
    if !wants_job(req.headers())? {
        return Ok(json(state.run_analysis(&who, name, body).await?));
    }
    let status = state.start_analysis(&who, name, body).await?.into_inner();
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, format!("/v1/jobs/{}", status.id)))
        .insert_header((HeaderName::from_static("preference-applied"), "respond-async"))
        .json(status))
}

/// Whether the caller prefers not to wait (RFC 7240).
fn wants_job(headers: &HeaderMap) -> ApiResult<bool> {
    let mut wants = false;
    for value in headers.get_all("prefer") {
        let wrong = |_| ApiError::new("invalid-header").detail("`Prefer` is a list of preferences in visible ASCII");
        let mut words = value.to_str().map_err(wrong)?.split([',', ';']);
        wants |= words.any(|word| word.trim().eq_ignore_ascii_case("respond-async"));
    }
    Ok(wants)
}
