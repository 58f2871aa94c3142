//! The forms in which what the service discloses leaves.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG, LOCATION};
use serde::Serialize;

use crate::access::Disclosed;
use crate::service::Rendered;

/// One thing with its tag, or that the caller holds it already.
pub(crate) fn one(disclosed: Disclosed<Rendered>) -> HttpResponse {
    let Rendered { tag, body } = disclosed.into_inner();
    let tag = (ETAG, format!("\"{tag}\""));
    let cache = (CACHE_CONTROL, "private, no-cache");
    match body {
        Some(body) => {
            HttpResponse::Ok().insert_header(tag).insert_header(cache).content_type("application/json").body(body)
        }
        None => HttpResponse::NotModified().insert_header(tag).insert_header(cache).finish(),
    }
}

/// JSON that nobody may keep.
pub(crate) fn json<T: Serialize>(disclosed: Disclosed<T>) -> HttpResponse {
    with_status(StatusCode::OK, disclosed)
}

/// JSON under another status.
pub(crate) fn with_status<T: Serialize>(status: StatusCode, disclosed: Disclosed<T>) -> HttpResponse {
    HttpResponse::build(status).insert_header((CACHE_CONTROL, "no-store")).json(disclosed.into_inner())
}

/// What was made, and where it is now.
pub(crate) fn created<T: Serialize>(disclosed: Disclosed<T>, location: impl FnOnce(&T) -> String) -> HttpResponse {
    let made = disclosed.into_inner();
    let location = (LOCATION, location(&made));
    HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).insert_header(location).json(made)
}
