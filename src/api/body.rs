//! Bodies: read within limits, with failures that say what is wrong where. Malformed is 400, meaningless 422.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use sha2::{Digest, Sha256};

use super::problem::{ApiError, ApiResult};
use super::settings::Settings;
use crate::model::Fault;
use crate::model::strict::Strict;
use crate::service::Idempotency;

/// The JSON body of a request that changes nothing.
#[derive(Debug)]
pub(crate) struct Json<T>(pub T);

/// The JSON body of a request that writes, with what makes it safe to repeat.
#[derive(Debug)]
pub(crate) struct Write<T> {
    /// What is to be written.
    pub body: T,
    /// From the header `Idempotency-Key`.
    pub idempotency: Option<Idempotency>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (expected, depth) = (is_json(req), depth_limit(req));
        let bytes = web::Bytes::from_request(req, payload);
        Box::pin(async move { parse(&read(expected, bytes).await?, depth).map(Self) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Write<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (expected, depth) = (is_json(req), depth_limit(req));
        let key = single(req.headers(), "idempotency-key");
        let path = req.uri().path().to_owned();
        let bytes = web::Bytes::from_request(req, payload);
        Box::pin(async move {
            let key = key?;
            let bytes = read(expected, bytes).await?;
            let idempotency = key.map(|key| Idempotency { key, body: fingerprint(&path, &bytes) });
            Ok(Self { body: parse(&bytes, depth)?, idempotency })
        })
    }
}

/// A header's one value as text; `None` when it is not there.
pub(crate) fn single(headers: &HeaderMap, name: &'static str) -> ApiResult<Option<String>> {
    let mut values = headers.get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    let wrong = || ApiError::new("invalid-header").detail(format!("`{name}` is one line of visible ASCII"));
    if values.next().is_some() {
        return Err(wrong());
    }
    value.to_str().map(|text| Some(text.trim().to_owned())).map_err(|_| wrong())
}

fn fingerprint(path: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((path.len() as u64).to_be_bytes());
    hash.update(path.as_bytes());
    hash.update(body);
    hash.finalize().into()
}

fn is_json(req: &HttpRequest) -> bool {
    match req.mime_type() {
        Ok(Some(mime)) => mime.subtype() == "json" || mime.suffix().is_some_and(|suffix| suffix == "json"),
        _ => false,
    }
}

fn depth_limit(req: &HttpRequest) -> usize {
    req.app_data::<web::Data<Settings>>().map_or_else(|| Settings::default().json_depth, |s| s.json_depth)
}

async fn read(
    expected: bool,
    bytes: impl Future<Output = Result<web::Bytes, actix_web::Error>>,
) -> ApiResult<web::Bytes> {
    if !expected {
        let detail = format!("send `{CONTENT_TYPE}: application/json`");
        return Err(ApiError::new("unsupported-media-type").detail(detail));
    }
    bytes.await.map_err(|error| match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new("body-too-large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::new("unsupported-media-type"),
        _ => ApiError::new("bad-request").detail("the body ended early, or is not what its headers say"),
    })
}

/// Reads JSON strictly.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8], depth: usize) -> ApiResult<T> {
    if nesting(bytes) > depth {
        return Err(ApiError::new("too-deep").detail(format!("at most {depth} levels")));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(Strict(&mut reader)).map_err(|error| {
        let pointer = pointer(error.path());
        let error = error.into_inner();
        match error.classify() {
            serde_json::error::Category::Data => {
                ApiError::new("unprocessable").errors(vec![Fault::new(pointer, "invalid-value", words(&error))])
            }
            _ => ApiError::new("malformed-json").detail(error.to_string()),
        }
    })?;
    reader.end().map_err(|error| ApiError::new("malformed-json").detail(error.to_string()))?;
    Ok(value)
}

/// The error's words without the place in the text, which the pointer says better.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rfind(" at line ").map_or(text.as_str(), |at| &text[..at]);
    text.chars().take(500).collect()
}

fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// How deeply a text nests, counted before anything is built from it.
fn nesting(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
