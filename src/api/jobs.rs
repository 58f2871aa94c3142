//! `/v1/jobs`: long work, seen by its owner alone.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING};
use actix_web::{HttpRequest, HttpResponse, delete, get, web};
use futures::StreamExt as _;

use super::admission::Auth;
use super::answers::{Form, json, one, picture, varied};
use super::problem::{ApiError, ApiResult};
use super::query::JobPath;
use crate::service::{AppState, JobStatus};

/// See how a job stands
#[utoipa::path(
    tag = "jobs",
    operation_id = "get_job",
    params(JobPath),
    responses((status = 200, description = "The job", body = JobStatus))
)]
#[get("/v1/jobs/{id}")]
pub(crate) async fn get_job(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<JobPath>,
) -> ApiResult<HttpResponse> {
    Ok(json(state.get_job(&who, path.id).await?))
}

/// Cancel a job
///
/// It is forgotten, with its result when it had one.
#[utoipa::path(
    tag = "jobs",
    operation_id = "cancel_job",
    params(JobPath),
    responses((status = 204, description = "Cancelled"))
)]
#[delete("/v1/jobs/{id}")]
pub(crate) async fn cancel_job(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<JobPath>,
) -> ApiResult<HttpResponse> {
    state.cancel_job(&who, path.id).await?.into_inner();
    Ok(HttpResponse::NoContent().finish())
}

/// Collect the result of a job
///
/// As the operation itself would have answered, or with `Accept: image/svg+xml` a picture of that where there is one. 410 `clearance-changed` when you are no longer cleared for exactly what you were
/// cleared for when it began.
#[utoipa::path(
    tag = "jobs",
    operation_id = "get_job_result",
    params(JobPath),
    responses((status = 200, description = "The answer of the operation that the job carried out", body = serde_json::Value))
)]
#[get("/v1/jobs/{id}/result")]
pub(crate) async fn get_job_result(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<JobPath>,
    req: HttpRequest,
) -> ApiResult<HttpResponse> {
    let known = if state.is_job_pictured(&who, path.id) { &[Form::Json, Form::Picture][..] } else { &[Form::Json] };
    match Form::wanted(&req, known)? {
        Form::Picture => picture(state.get_job_picture(&who, path.id).await?),
        Form::Json | Form::Lines => Ok(varied(one(state.get_job_result(&who, path.id).await?))),
    }
}

/// Watch a job
///
/// Server-sent events: `status` with the job, whenever it changes, until it ends.
#[utoipa::path(
    tag = "jobs",
    operation_id = "watch_job",
    params(JobPath),
    responses((status = 200, description = "Events", body = String, content_type = "text/event-stream"))
)]
#[get("/v1/jobs/{id}/events")]
pub(crate) async fn watch_job(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<JobPath>,
) -> ApiResult<HttpResponse> {
    let events = state.watch_job(&who, path.id).await?.into_inner().map(|status| {
        let data = serde_json::to_string(&status).map_err(|_| ApiError::new("internal"))?;
        Ok::<_, ApiError>(web::Bytes::from(format!("event: status\ndata: {data}\n\n")))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        // Already said, so that the compressing layer lets events through one by one.
        .insert_header((CONTENT_ENCODING, "identity"))
        .streaming(Box::pin(events)))
}
