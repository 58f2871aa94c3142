//! `/v1/ontology` and `/v1/evaluation-schemes`: the words that claims are written in.

use actix_web::{HttpRequest, HttpResponse, get, web};

use super::admission::Auth;
use super::answers::one;
use super::problem::ApiResult;
use super::query::held;
use crate::model::{EvaluationTable, Ontology};
use crate::service::AppState;

/// Fetch the ontology
///
/// Kinds, their properties and allowed ends, roles, and how the four flows run along relationships.
#[utoipa::path(
    tag = "vocabulary",
    operation_id = "get_ontology",
    responses(
        (status = 200, description = "The ontology", body = Ontology),
        (status = 304, description = "You hold this version already")
    )
)]
#[get("/v1/ontology")]
pub(crate) async fn get_ontology(
    state: web::Data<AppState>,
    Auth(who): Auth,
    req: HttpRequest,
) -> ApiResult<HttpResponse> {
    Ok(one(state.get_ontology(&who, held(req.headers())?).await?))
}

/// Fetch the evaluation schemes
///
/// The versioned table that turns evaluations into probabilities.
#[utoipa::path(
    tag = "vocabulary",
    operation_id = "list_evaluation_schemes",
    responses(
        (status = 200, description = "The table", body = EvaluationTable),
        (status = 304, description = "You hold this version already")
    )
)]
#[get("/v1/evaluation-schemes")]
pub(crate) async fn list_evaluation_schemes(
    state: web::Data<AppState>,
    Auth(who): Auth,
    req: HttpRequest,
) -> ApiResult<HttpResponse> {
    Ok(one(state.list_evaluation_schemes(&who, held(req.headers())?).await?))
}
