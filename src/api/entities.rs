//! `/v1/entities`.

use actix_web::{HttpRequest, HttpResponse, get, post, web};

use super::admission::Auth;
use super::answers::{created, json, one};
use super::body::{Json, Write};
use super::problem::ApiResult;
use super::query::{EntityPath, ListQuery, ReadQuery};
use crate::model::Entity;
use crate::service::{
    AppState, AssertionPage, EntityBatch, EntityIds, EntityPage, EntityRecorded, EntitySearch, NeighbourPage,
    NeighbourQuestion, NewEntity,
};

/// Write an entity
///
/// The everyday form: makes the entity, under a fresh id unless one is given, with its first claim.
#[utoipa::path(
    tag = "entities",
    operation_id = "create_entity",
    request_body(content = NewEntity, example = json!({
        "kind": "Person", "properties": {"name": ["Besnik Lleshi"], "country": ["al"]},
        "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "2"},
        "marking": {"originator": "al-police", "classification": "restricted", "tlp": "GREEN"}
    })),
    responses((status = 201, description = "Written", body = EntityRecorded))
)]
#[post("/v1/entities")]
pub(crate) async fn create_entity(
    state: web::Data<AppState>,
    Auth(who): Auth,
    new: Write<NewEntity>,
) -> ApiResult<HttpResponse> {
    let made = state.create_entity(&who, new.body, new.idempotency).await?;
    Ok(created(made, |made| format!("/v1/entities/{}", made.id)))
}

/// Fetch an entity
///
/// The fold of the claims that you may see. Hidden and absent are one: 404.
#[utoipa::path(
    tag = "entities",
    operation_id = "get_entity",
    params(EntityPath, ReadQuery),
    responses(
        (status = 200, description = "The entity", body = Entity),
        (status = 304, description = "You hold this version already")
    )
)]
#[get("/v1/entities/{id}")]
pub(crate) async fn get_entity(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<EntityPath>,
    query: web::Query<ReadQuery>,
    req: HttpRequest,
) -> ApiResult<HttpResponse> {
    let reading = query.into_inner().reading(req.headers())?;
    Ok(one(state.get_entity(&who, &path.id, &reading).await?))
}

/// List the claims on an entity
#[utoipa::path(
    tag = "entities",
    operation_id = "list_entity_assertions",
    params(EntityPath, ListQuery),
    responses((status = 200, description = "A page of claims", body = AssertionPage))
)]
#[get("/v1/entities/{id}/assertions")]
pub(crate) async fn list_entity_assertions(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<EntityPath>,
    query: web::Query<ListQuery>,
) -> ApiResult<HttpResponse> {
    let (moment, page) = query.into_inner().page()?;
    Ok(json(state.list_entity_assertions(&who, &path.id, &moment, &page).await?))
}

/// Search for entities
///
/// By words of captions and identifiers in any script of the region, by kind, by property. The best matches come first.
#[utoipa::path(
    tag = "entities",
    operation_id = "search_entities",
    params(ListQuery),
    request_body(content = EntitySearch, example = json!({"text": "Perroi", "kinds": ["Person"]})),
    responses((status = 200, description = "A page of entities", body = EntityPage))
)]
#[post("/v1/entities/search")]
pub(crate) async fn search_entities(
    state: web::Data<AppState>,
    Auth(who): Auth,
    query: web::Query<ListQuery>,
    Json(search): Json<EntitySearch>,
) -> ApiResult<HttpResponse> {
    let (moment, page) = query.into_inner().page()?;
    Ok(json(state.search_entities(&who, &search, &moment, &page).await?))
}

/// List the neighbours of an entity
///
/// The relationships that you may see and the entities at their other ends, with a summary by kind if asked for.
#[utoipa::path(
    tag = "entities",
    operation_id = "list_neighbours",
    params(EntityPath, ListQuery),
    request_body(content = NeighbourQuestion, example = json!({"direction": "both", "summary": true})),
    responses((status = 200, description = "A page of neighbours", body = NeighbourPage))
)]
#[post("/v1/entities/{id}/neighbours")]
pub(crate) async fn list_neighbours(
    state: web::Data<AppState>,
    Auth(who): Auth,
    path: web::Path<EntityPath>,
    query: web::Query<ListQuery>,
    Json(question): Json<NeighbourQuestion>,
) -> ApiResult<HttpResponse> {
    let (moment, page) = query.into_inner().page()?;
    Ok(json(state.list_neighbours(&who, &path.id, &question, &moment, &page).await?))
}

/// Fetch many entities
///
/// Ids under which there is nothing that you may see come back in `missing`.
#[utoipa::path(
    tag = "entities",
    operation_id = "get_entities",
    params(ReadQuery),
    request_body(content = EntityIds, example = json!({"ids": ["p-0001", "p-0004"]})),
    responses((status = 200, description = "The entities", body = EntityBatch))
)]
#[post("/v1/entities/batch")]
pub(crate) async fn get_entities(
    state: web::Data<AppState>,
    Auth(who): Auth,
    query: web::Query<ReadQuery>,
    Json(wanted): Json<EntityIds>,
) -> ApiResult<HttpResponse> {
    let moment = query.into_inner().moment()?;
    Ok(json(state.get_entities(&who, &wanted.ids, &moment).await?))
}
