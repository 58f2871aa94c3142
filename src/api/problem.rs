//! Every failure as one form: RFC 9457 `application/problem+json`, with a stable code. The one place that chooses a status.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::TokenError;
use crate::access::Denied;
use crate::model::Fault;
use crate::service::ServiceError;
use crate::store::StoreError;

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// A failure, told so that a program can act on it (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// A name for this type of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:linchpin:problem:not-found")]
    pub kind: String,
    /// What type of problem it is, for people.
    #[schema(example = "There is nothing here by this name")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// A stable code, for programs.
    #[schema(example = "not-found")]
    pub code: String,
    /// What is wrong with this request, and what would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<String>,
    /// What is wrong where, as JSON pointers into the body, or `/name` for a query parameter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

/// How to sign in.
const CHALLENGE: &str = "Bearer realm=\"linchpin\"";

/// Code → status and title. A code that is not here is a fault of ours.
const PROBLEMS: &[(&str, StatusCode, &str)] = &[
    ("bad-request", StatusCode::BAD_REQUEST, "The request cannot be read"),
    ("malformed-json", StatusCode::BAD_REQUEST, "The body is not well-formed JSON"),
    ("too-deep", StatusCode::BAD_REQUEST, "The body is nested too deeply"),
    ("invalid-query", StatusCode::BAD_REQUEST, "The query string cannot be understood"),
    ("invalid-path", StatusCode::BAD_REQUEST, "The path holds something that is no such id"),
    ("invalid-header", StatusCode::BAD_REQUEST, "A header cannot be understood"),
    ("invalid-cursor", StatusCode::BAD_REQUEST, "The cursor is not one for this list"),
    ("invalid-replay", StatusCode::BAD_REQUEST, "The replay token is not one of ours"),
    ("invalid-idempotency-key", StatusCode::BAD_REQUEST, "The Idempotency-Key cannot be used"),
    ("purpose-required", StatusCode::BAD_REQUEST, "This deployment asks for X-Purpose"),
    ("unauthenticated", StatusCode::UNAUTHORIZED, "A bearer token is needed"),
    ("invalid-token", StatusCode::UNAUTHORIZED, "The bearer token is not accepted"),
    ("forbidden", StatusCode::FORBIDDEN, "None of your roles may do this"),
    ("unknown-subject", StatusCode::FORBIDDEN, "The directory does not know you as a member of this agency"),
    ("dataset-forbidden", StatusCode::FORBIDDEN, "You are no loader of this dataset"),
    ("not-originator", StatusCode::FORBIDDEN, "Only its originator may do this"),
    ("not-found", StatusCode::NOT_FOUND, "There is nothing here by this name"),
    ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "This path has other methods"),
    ("not-acceptable", StatusCode::NOT_ACCEPTABLE, "There is no such form"),
    ("still-running", StatusCode::CONFLICT, "The first request with this key still runs"),
    ("already-retracted", StatusCode::CONFLICT, "It was retracted before"),
    ("job-not-finished", StatusCode::CONFLICT, "The job has no result yet"),
    ("job-failed", StatusCode::CONFLICT, "The job ended without a result"),
    ("unknown-key-domain", StatusCode::CONFLICT, "The dataset's key domain has no secret here"),
    ("load-finished", StatusCode::CONFLICT, "The load has ended"),
    ("load-running", StatusCode::CONFLICT, "The load still runs"),
    ("conflict", StatusCode::CONFLICT, "It contradicts what is there"),
    ("clearance-changed", StatusCode::GONE, "Your clearance or grants have changed since"),
    ("vocabulary-changed", StatusCode::GONE, "The ontology or the evaluation table has changed since"),
    ("body-too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
    ("unsupported-media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has another media type than expected"),
    ("unprocessable", StatusCode::UNPROCESSABLE_ENTITY, "The request is well-formed, but has no meaning"),
    ("idempotency-key-reused", StatusCode::UNPROCESSABLE_ENTITY, "The Idempotency-Key was used with another body"),
    ("rate-limited", StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
    ("internal", StatusCode::INTERNAL_SERVER_ERROR, "Something is wrong on the server"),
    ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "The server cannot answer at the moment"),
    ("busy", StatusCode::SERVICE_UNAVAILABLE, "The server is busy"),
    ("time-limit", StatusCode::SERVICE_UNAVAILABLE, "The question takes longer than the server allows"),
];

/// The statuses that occur, for the document.
pub(crate) fn statuses() -> impl Iterator<Item = (u16, &'static str)> {
    PROBLEMS.iter().map(|(_, status, title)| (status.as_u16(), *title))
}

/// A failure on its way out.
#[derive(Debug, Clone)]
pub struct ApiError {
    code: &'static str,
    detail: Option<String>,
    errors: Vec<Fault>,
    headers: Vec<(HeaderName, String)>,
}

/// What handlers answer.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// A failure of the type that `code` names in the table.
    pub fn new(code: &'static str) -> Self {
        Self { code, detail: None, errors: Vec::new(), headers: Vec::new() }
    }

    /// With words about this request. Never about what is hidden.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With what is wrong where.
    #[must_use]
    pub fn errors(mut self, errors: Vec<Fault>) -> Self {
        self.errors = errors;
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With the time after which to try again.
    #[must_use]
    pub fn retry_after(self, after: Duration) -> Self {
        self.header(RETRY_AFTER, after.as_secs().max(1).to_string())
    }

    /// A 401 for want of a token (RFC 6750, section 3).
    pub fn unauthenticated() -> Self {
        Self::new("unauthenticated").detail("send `Authorization: Bearer …`").header(WWW_AUTHENTICATE, CHALLENGE)
    }

    /// A 405 with the methods that there are.
    pub fn method_not_allowed(allow: &str) -> Self {
        Self::new("method-not-allowed").header(ALLOW, allow)
    }

    /// The failure that stands for a status which some library chose.
    pub fn of_status(status: StatusCode) -> Self {
        let code = PROBLEMS.iter().find(|(_, known, _)| *known == status).map(|(code, _, _)| *code);
        Self::new(code.unwrap_or(if status.is_client_error() { "bad-request" } else { "internal" }))
    }

    /// Its code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    fn entry(&self) -> (StatusCode, &'static str) {
        let known = PROBLEMS.iter().find(|(code, _, _)| *code == self.code);
        known.map_or((StatusCode::INTERNAL_SERVER_ERROR, "Something is wrong on the server"), |(_, status, title)| {
            (*status, title)
        })
    }

    /// The body; of a 5xx the title only.
    pub fn problem(&self) -> Problem {
        let (status, title) = self.entry();
        let told = !status.is_server_error();
        Problem {
            kind: format!("urn:linchpin:problem:{}", self.code),
            title: title.to_owned(),
            status: status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail.clone().filter(|_| told),
            errors: if told { self.errors.clone() } else { Vec::new() },
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.entry().0
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
        let body = serde_json::to_vec(&self.problem()).unwrap_or_default();
        response.insert_header((CACHE_CONTROL, "no-store")).content_type(PROBLEM_JSON).body(body)
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Denied(denied) => denied.into(),
            ServiceError::NotFound => Self::new("not-found"),
            ServiceError::NotOriginator => Self::new("not-originator").detail(error.to_string()),
            ServiceError::Token { code, detail } => Self::new(code).detail(detail),
            ServiceError::Faults(faults) => Self::new("unprocessable").errors(faults),
            ServiceError::KeyReused => Self::new("idempotency-key-reused").detail(error.to_string()),
            ServiceError::Conflict { code, detail } => Self::new(code).detail(detail),
            ServiceError::Gone { code, detail } => Self::new(code).detail(detail),
            ServiceError::Busy { retry_after } => Self::new("busy").retry_after(retry_after),
            ServiceError::TimeLimit => Self::new("time-limit").retry_after(Duration::from_secs(30)),
            ServiceError::Store(error) => error.into(),
            ServiceError::Audit(error) => unavailable(&error),
            ServiceError::Internal(cause) => {
                tracing::error!(error = cause, "a request failed by our own fault");
                Self::new("internal")
            }
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::TooMany { retry_after } => Self::new("rate-limited").retry_after(retry_after),
            TokenError::KeysUnavailable => Self::new("unavailable").retry_after(crate::store::RETRY_AFTER),
            _ => {
                let told = error.detail();
                let challenge = format!("{CHALLENGE}, error=\"invalid_token\", error_description=\"{told}\"");
                Self::new("invalid-token").detail(told).header(WWW_AUTHENTICATE, challenge)
            }
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unknown(_) => Self::new("unknown-subject"),
            Denied::Role(_) => Self::new("forbidden"),
            Denied::Dataset(_) => Self::new("dataset-forbidden"),
            Denied::Audit(error) => unavailable(&error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => unavailable(&error),
            StoreError::Refused(_) | StoreError::KeyReused => ServiceError::from(error).into(),
            StoreError::Damaged(_) | StoreError::Failed(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
                Self::new("internal")
            }
        }
    }
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::error!(error, "a request found something unavailable");
    ApiError::new("unavailable").retry_after(crate::store::RETRY_AFTER)
}
