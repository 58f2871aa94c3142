//! `/v1/loads`: claims in bulk, one a line, each with its result.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, LOCATION};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, delete, get, post, web};
use futures::StreamExt as _;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::admission::Auth;
use super::answers::json;
use super::problem::{ApiError, ApiResult};
use super::query::PageQuery;
use super::spool::Spool;
use crate::service::load::{BodyWriter, Input, LoadLimits, LoadWithdrawn, Source, body};
use crate::service::{AppState, LoadPage};
use crate::store::LoadRecord;

/// What to load, and how.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LoadQuery {
    /// The dataset; you must be one of its loaders.
    #[param(max_length = 100, example = "scenario-al-police")]
    dataset: String,
    /// The id of an own load that was cut off, to go on under it.
    #[param(nullable = false, max_length = 100)]
    resume: Option<String>,
    /// Check everything, write nothing.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
    /// Send the results of refused lines only.
    #[serde(default)]
    #[param(default = false)]
    refused_only: bool,
}

/// Which load.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct LoadPath {
    /// The load's id.
    #[param(max_length = 100, example = "01970000-0000-7000-8000-000000000000")]
    id: String,
}

/// Load claims
///
/// One assertion a line (NDJSON), at most 1 MiB each, streamed in bounded memory. The answer has a result for every line, in order,
/// and ends with one line `{"end": …}`; without it the answer is incomplete. Loading a line again changes nothing.
#[utoipa::path(
    tag = "loads",
    operation_id = "create_load",
    params(LoadQuery),
    request_body(content = String, content_type = "application/x-ndjson", example = r#"{"subject":{"entity":"p-example-2"},"kind":"Person","properties":{"name":["Besnik Lleshi"]},"evaluation":{"scheme":"europol-4x4","source":"B","information":"2"},"marking":{"originator":"al-police","classification":"restricted","tlp":"GREEN"},"provenance":{"key":"example-2"}}"#),
    responses((status = 200, description = "A result for each line, and the end", body = String, content_type = "application/x-ndjson"))
)]
#[post("/v1/loads")]
pub(crate) async fn create_load(
    state: web::Data<AppState>,
    Auth(who): Auth,
    query: web::Query<LoadQuery>,
    req: HttpRequest,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    if !matches!(req.content_type(), "application/x-ndjson" | "application/ndjson" | "application/jsonl") {
        return Err(ApiError::new("unsupported-media-type").detail("send `Content-Type: application/x-ndjson`"));
    }
    let LoadQuery { dataset, resume, dry_run, refused_only } = query.into_inner();
    let load = state.create_load(&who, dataset, resume, dry_run).await?;
    let location = format!("/v1/loads/{}", load.id());
    let (writer, reader) = body();
    let source = Source::ndjson(vec![Input::body(reader)], &LoadLimits::default());
    let (sender, mut events) = mpsc::channel(2);
    let spool =
        Spool::new().map_err(|error| ApiError::from(crate::service::ServiceError::Internal(error.to_string())))?;
    let results = spool.read();
    actix_web::rt::spawn(forward(payload, writer));
    tokio::spawn(load.run(source, sender));
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            if let Err(error) = spool.write(event.ndjson(refused_only)).await {
                tracing::error!(error = &error as &dyn std::error::Error, "the results of a load cannot be kept");
                return;
            }
        }
    });
    let mut response = HttpResponse::Ok();
    if !dry_run {
        response.insert_header((LOCATION, location));
    }
    Ok(response
        .content_type("application/x-ndjson")
        .insert_header((CACHE_CONTROL, "no-store"))
        // Already said, so that the compressing layer lets lines through as they come.
        .insert_header((CONTENT_ENCODING, "identity"))
        // The answer begins before the body has been read to its end; the server would close the connection or not by how far it
        // has come just then, and say so.
        .force_close()
        .streaming(results))
}

/// Hands a body on as it comes. When it breaks off, the load is told so by the writer's going.
async fn forward(mut payload: web::Payload, writer: BodyWriter) {
    while let Some(piece) = payload.next().await {
        match piece {
            Ok(bytes) if writer.send(bytes.to_vec()).await => {}
            _ => return,
        }
    }
    writer.end().await;
}

/// List loads
///
/// Those of your agency into datasets that you may load, the latest first.
#[utoipa::path(
    tag = "loads",
    operation_id = "list_loads",
    params(PageQuery),
    responses((status = 200, description = "A page of loads", body = LoadPage))
)]
#[get("/v1/loads")]
pub(crate) async fn list_loads(
    state: web::Data<AppState>,
    Auth(who): Auth,
    query: web::Query<PageQuery>,
) -> ApiResult<HttpResponse> {
    Ok(json(state.list_loads(&who, &query.into_inner().into()).await?))
}

/// See how a load went
#[utoipa::path(
    tag = "loads",
    operation_id = "get_load",
    params(LoadPath),
    responses((status = 200, description = "The load", body = LoadRecord))
)]
#[get("/v1/loads/{id}")]
pub(crate) async fn get_load(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<LoadPath>,
) -> ApiResult<HttpResponse> {
    Ok(json(state.get_load(&who, &path.id).await?))
}

/// Withdraw what a load brought
///
/// Every open claim of the load is withdrawn, batch by batch: from then on only your agency sees them, and loading the same lines
/// does not bring them back. Asking again goes on where it ended.
#[utoipa::path(
    tag = "loads",
    operation_id = "withdraw_load",
    params(LoadPath),
    responses((status = 200, description = "Withdrawn", body = LoadWithdrawn))
)]
#[delete("/v1/loads/{id}")]
pub(crate) async fn withdraw_load(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<LoadPath>,
) -> ApiResult<HttpResponse> {
    let state = state.into_inner();
    Ok(json(state.withdraw_load(&who, &path.id).await?))
}
