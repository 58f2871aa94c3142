//! The forms in which what the service discloses leaves.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    Accept, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, Header as _, HeaderValue, LOCATION, VARY,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::problem::{ApiError, ApiResult};
use crate::access::Disclosed;
use crate::service::Rendered;

/// One thing with its tag, or that the caller holds it already.
pub(crate) fn one(disclosed: Disclosed<Rendered>) -> HttpResponse {
    let Rendered { tag, body } = disclosed.into_inner();
    let tag = (ETAG, format!("\"{tag}\""));
    let cache = (CACHE_CONTROL, "private, no-cache");
    match body {
        Some(body) => {
            let mut answer = HttpResponse::Ok();
            answer.insert_header(tag).insert_header(cache).content_type("application/json");
            answer.body(Bytes::from_owner(body))
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

/// Lines of JSON.
pub(crate) const NDJSON: &str = "application/x-ndjson";
/// A picture.
pub(crate) const SVG: &str = "image/svg+xml";

/// The forms of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON.
    Json,
    /// Lines of JSON.
    Lines,
    /// A picture.
    Picture,
}

impl Form {
    /// What the caller would take first of the forms that there are. Who asks for a picture of what there is none, and takes nothing
    /// else, is refused; whoever names no form that we know is given JSON.
    pub(crate) fn wanted(req: &HttpRequest, known: &[Self]) -> ApiResult<Self> {
        let Ok(accept) = Accept::parse(req) else { return Ok(Self::Json) };
        let mut missed = false;
        for range in accept.ranked() {
            let form = match range.essence_str() {
                NDJSON => Self::Lines,
                SVG | "image/*" => Self::Picture,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            if known.contains(&form) {
                return Ok(form);
            }
            missed |= form == Self::Picture;
        }
        if missed {
            return Err(no_picture());
        }
        Ok(Self::Json)
    }
}

/// There is none of such answers.
fn no_picture() -> ApiError {
    ApiError::new("not-acceptable").detail("there is no picture of such answers: `Accept: application/json`")
}

/// A picture that nobody may keep, and in which nothing runs or is fetched.
pub(crate) fn picture(disclosed: Disclosed<Option<String>>) -> ApiResult<HttpResponse> {
    let picture = disclosed.into_inner().ok_or_else(no_picture)?;
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"))
        .insert_header((VARY, "accept"))
        .body(picture))
}

/// An answer that there is in other forms too.
pub(crate) fn varied(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}
