//! What every request passes: is there such an operation, who asks, how long may it take, and does the failure have our form.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    HeaderName, HeaderValue,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse, ResponseError as _, web};
use futures::FutureExt as _;
use tracing_actix_web::RequestId;

use super::admission;
use super::operations::{Asked, Operation};
use super::problem::{ApiError, ApiResult, PROBLEM_JSON};
use super::settings::Settings;

/// What pages of allowed origins may read. Said here, in one order: the CORS layer's own changes from thread to thread, and what is
/// hidden answers to the byte as what is absent.
const EXPOSED: &str = "etag, location, retry-after, www-authenticate, x-request-id";

/// The inner edge: recognises the operation, admits the caller, bounds the time, catches panics.
pub(crate) async fn guard(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let asked = req.extensions().get::<Asked>().copied().unwrap_or(Asked::Unknown);
    let refused = match asked {
        Asked::Operation(operation) => enter(&req, operation).await.err(),
        Asked::OtherMethod(allow) => Some(ApiError::method_not_allowed(allow)),
        Asked::Unknown => None,
    };
    if let Some(error) = refused {
        return Ok(req.into_response(error.error_response()));
    }
    let limit = req.app_data::<web::Data<Settings>>().map(|settings| settings.request_time).unwrap_or_default();
    let answer = AssertUnwindSafe(tokio::time::timeout(limit, next.call(req))).catch_unwind().await;
    match answer {
        Ok(Ok(Ok(response))) => Ok(response.map_into_boxed_body()),
        Ok(Ok(Err(error))) => Err(error),
        Ok(Err(_)) => Err(ApiError::new("time-limit").retry_after(limit).into()),
        Err(_) => {
            tracing::error!("a handler panicked");
            Err(ApiError::new("internal").into())
        }
    }
}

async fn enter(req: &ServiceRequest, operation: &'static Operation) -> ApiResult<()> {
    if operation.secured {
        admission::admit(req, operation).await?;
    }
    for pair in req.query_string().split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap_or_default();
        if !operation.query.contains(name) {
            let known: Vec<&str> = operation.query.iter().map(String::as_str).collect();
            let detail = match known.is_empty() {
                true => "this operation has no query parameters".to_owned(),
                false => format!("this operation knows the query parameters {}", known.join(", ")),
            };
            return Err(ApiError::new("invalid-query").detail(detail));
        }
    }
    Ok(())
}

/// The outer edge: failures that some library made get our form, and every answer names its request.
pub(crate) async fn mend(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let request_id = req.extensions().get::<RequestId>().map(ToString::to_string);
    let mut response = match next.call(req).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => return Err(mended_error(error, request_id)),
    };
    let ours = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == PROBLEM_JSON.as_bytes());
    let status = response.status();
    if (status.is_client_error() || status.is_server_error()) && !ours {
        response = response.map_body(|head, _| {
            let problem = ApiError::of_status(head.status).problem();
            head.headers.remove(CONTENT_ENCODING);
            head.headers.remove(CONTENT_LENGTH);
            head.headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
            BoxBody::new(serde_json::to_vec(&problem).unwrap_or_default())
        });
    }
    let headers = response.headers_mut();
    if headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    if let Some(id) = request_id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    Ok(response)
}

fn mended_error(error: Error, request_id: Option<String>) -> Error {
    let ours = match error.as_error::<ApiError>() {
        Some(ours) => ours.clone(),
        None => ApiError::of_status(error.as_response_error().status_code()),
    };
    match request_id {
        Some(id) => ours.header(HeaderName::from_static("x-request-id"), id).into(),
        None => ours.into(),
    }
}

/// What answers where no route does.
pub(crate) async fn nothing_here() -> HttpResponse {
    ApiError::new("not-found").error_response()
}
