//! `/v1/assertions`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};

use super::admission::Auth;
use super::answers::{json, one, with_status};
use super::body::Write;
use super::problem::ApiResult;
use super::query::{AssertionPath, ReadQuery};
use crate::service::{AppState, AssertionRecord, AssertionsRecorded, NewAssertions, Retracted, Retraction};

/// Record claims
///
/// All or none. With an `Idempotency-Key` it is safe to repeat: the same ids and instants come back.
#[utoipa::path(
    tag = "assertions",
    operation_id = "create_assertions",
    request_body(content = NewAssertions, example = json!({"assertions": [
        {
            "subject": {"entity": "p-example-1"}, "kind": "Person", "properties": {"name": ["Besnik Lleshi"]},
            "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "2"}, "nature": "fact",
            "marking": {"originator": "al-police", "classification": "restricted", "tlp": "GREEN"},
            "provenance": {"reference": "AL-2024-118"}
        },
        {
            "subject": {"relationship": "as-example-1", "source": "p-example-1", "target": "p-0004"}, "kind": "Associate",
            "period": {"from": "2024-01-01T00:00:00Z"},
            "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "3"},
            "marking": {"originator": "al-police", "classification": "restricted", "tlp": "AMBER"}
        }
    ]})),
    responses((status = 201, description = "Recorded", body = AssertionsRecorded))
)]
#[post("/v1/assertions")]
pub(crate) async fn create_assertions(
    state: web::Data<AppState>,
    Auth(who): Auth,
    new: Write<NewAssertions>,
) -> ApiResult<HttpResponse> {
    let made = state.create_assertions(&who, new.body.assertions, new.idempotency).await?;
    Ok(with_status(StatusCode::CREATED, made))
}

/// Fetch a claim
#[utoipa::path(
    tag = "assertions",
    operation_id = "get_assertion",
    params(AssertionPath, ReadQuery),
    responses(
        (status = 200, description = "The claim", body = AssertionRecord),
        (status = 304, description = "You hold this version already")
    )
)]
#[get("/v1/assertions/{id}")]
pub(crate) async fn get_assertion(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<AssertionPath>,
    query: web::Query<ReadQuery>,
    req: HttpRequest,
) -> ApiResult<HttpResponse> {
    let reading = query.into_inner().reading(req.headers())?;
    Ok(one(state.get_assertion(&who, path.id, &reading).await?))
}

/// Retract a claim
///
/// Only its originator may. `superseded` keeps it readable at an earlier `as_of`; after `withdrawn` only the originator sees it.
#[utoipa::path(
    tag = "assertions",
    operation_id = "retract_assertion",
    params(AssertionPath),
    request_body(content = Retraction, example = json!({"reason": "superseded"})),
    responses((status = 200, description = "Retracted", body = Retracted))
)]
#[post("/v1/assertions/{id}/retraction")]
pub(crate) async fn retract_assertion(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<AssertionPath>,
    why: Write<Retraction>,
) -> ApiResult<HttpResponse> {
    Ok(json(state.retract_assertion(&who, path.id, why.body.reason, why.idempotency).await?))
}
