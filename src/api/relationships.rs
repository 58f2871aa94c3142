//! `/v1/relationships`.

use actix_web::{HttpRequest, HttpResponse, get, post, web};

use super::admission::Auth;
use super::answers::{created, json, one};
use super::body::Write;
use super::problem::ApiResult;
use super::query::{ListQuery, ReadQuery, RelationshipPath};
use crate::service::{AppState, AssertionPage, NewRelationship, RelationshipRecord, RelationshipRecorded};

/// Write a relationship
///
/// The everyday form: makes the relationship, under a fresh id unless one is given, with its first claim. You must be able to
/// see both its ends.
#[utoipa::path(
    tag = "relationships",
    operation_id = "create_relationship",
    request_body(content = NewRelationship, example = json!({
        "kind": "Associate", "source": "p-0001", "target": "p-0004",
        "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "2"},
        "marking": {"originator": "al-police", "classification": "restricted", "tlp": "GREEN"}
    })),
    responses((status = 201, description = "Written", body = RelationshipRecorded))
)]
#[post("/v1/relationships")]
pub(crate) async fn create_relationship(
    state: web::Data<AppState>,
    Auth(who): Auth,
    new: Write<NewRelationship>,
) -> ApiResult<HttpResponse> {
    let made = state.create_relationship(&who, new.body, new.idempotency).await?;
    Ok(created(made, |made| format!("/v1/relationships/{}", made.id)))
}

/// Fetch a relationship
///
/// The fold of the claims that you may see; both its ends must be visible to you as well. Hidden and absent are one: 404.
#[utoipa::path(
    tag = "relationships",
    operation_id = "get_relationship",
    params(RelationshipPath, ReadQuery),
    responses(
        (status = 200, description = "The relationship", body = RelationshipRecord),
        (status = 304, description = "You hold this version already")
    )
)]
#[get("/v1/relationships/{id}")]
pub(crate) async fn get_relationship(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<RelationshipPath>,
    query: web::Query<ReadQuery>,
    req: HttpRequest,
) -> ApiResult<HttpResponse> {
    let reading = query.into_inner().reading(req.headers())?;
    Ok(one(state.get_relationship(&who, &path.id, &reading).await?))
}

/// List the claims on a relationship
#[utoipa::path(
    tag = "relationships",
    operation_id = "list_relationship_assertions",
    params(RelationshipPath, ListQuery),
    responses((status = 200, description = "A page of claims", body = AssertionPage))
)]
#[get("/v1/relationships/{id}/assertions")]
pub(crate) async fn list_relationship_assertions(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<RelationshipPath>,
    query: web::Query<ListQuery>,
) -> ApiResult<HttpResponse> {
    let (moment, page) = query.into_inner().page()?;
    Ok(json(state.list_relationship_assertions(&who, &path.id, &moment, &page).await?))
}
