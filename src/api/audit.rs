//! `/v1/audit`.

use actix_web::{HttpResponse, get, web};

use super::admission::Auth;
use super::answers::json;
use super::problem::ApiResult;
use super::query::PageQuery;
use crate::service::{AppState, AuditPage};

/// Read your agency's audit entries
///
/// Oldest first; for auditors. Reading them is an entry too.
#[utoipa::path(
    tag = "audit",
    operation_id = "list_audit",
    params(PageQuery),
    responses((status = 200, description = "A page of entries", body = AuditPage))
)]
#[get("/v1/audit")]
pub(crate) async fn list_audit(
    state: web::Data<AppState>,
    Auth(who): Auth,
    query: web::Query<PageQuery>,
) -> ApiResult<HttpResponse> {
    Ok(json(state.list_audit(&who, &query.into_inner().into()).await?))
}
