//! `/v1/analyses`: one operation for each entry of the registry, all by this one handler.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, HeaderMap, HeaderName, LOCATION, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use futures::StreamExt as _;
use serde_json::{Value, json};
use utoipa_actix_web::service_config::ServiceConfig;

use super::admission::Auth;
use super::answers::{self, Form};
use super::body::Json;
use super::problem::{ApiError, ApiResult};
use crate::analysis::{ANALYSES, analysis};
use crate::service::{AppState, BrokenOff};

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
    let drawn = analysis(name).is_some_and(|analysis| analysis.has_figure());
    let form = Form::wanted(&req, &[Form::Json, Form::Lines, Form::Picture][..if drawn { 3 } else { 2 }])?;
    if form == Form::Lines {
        let lines = state.into_inner().stream_analysis(&who, name, body).await?;
        let lines = lines.map(|lines| Ok::<_, ApiError>(web::Bytes::from(lines.unwrap_or_else(end))));
        return Ok(HttpResponse::Ok()
            .content_type(answers::NDJSON)
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((VARY, "accept"))
            // Already said, so that the compressing layer lets lines through as they come.
            .insert_header((CONTENT_ENCODING, "identity"))
            .streaming(Box::pin(lines)));
    }
    if !wants_job(req.headers())? {
        if form == Form::Picture {
            return answers::picture(state.draw_analysis(&who, name, body).await?);
        }
        return Ok(answers::varied(answers::json(state.run_analysis(&who, name, body).await?)));
    }
    let status = state.start_analysis(&who, name, body).await?.into_inner();
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, format!("/v1/jobs/{}", status.id)))
        .insert_header((HeaderName::from_static("preference-applied"), "respond-async"))
        .json(status))
}

/// The last line of an answer that broke off.
fn end(BrokenOff { error, marking }: BrokenOff) -> Vec<u8> {
    let code = ApiError::from(error).code();
    let end = json!({"end": {"complete": false, "code": code, "marking": marking}});
    format!("{end}\n").into_bytes()
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
