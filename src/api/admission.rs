//! Who is at the door: the bearer token, the purpose, and how often they come. Runs before any handler and any body is read.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use async_trait::async_trait;
use moka::sync::Cache;
use tracing_actix_web::RequestId;

use super::auth::TokenError;
use super::operations::Operation;
use super::problem::{ApiError, ApiResult};
use super::settings::Settings;
use crate::access::{Identity, RequestContext};
use crate::model::SubjectName;
use crate::service::Caller;

/// The longest text of a purpose header, in characters.
pub(super) const MAX_PURPOSE: usize = 500;

/// Signs callers in.
#[async_trait]
pub trait Authenticate: Send + Sync + 'static {
    /// Who sends a request, by its bearer token and the address that it comes from.
    async fn identify(&self, token: &str, peer: Option<IpAddr>) -> Result<Arc<Identity>, TokenError>;
}

/// What decides on sign-ins, shared by all workers.
pub(crate) struct Door {
    pub(crate) authenticate: Arc<dyn Authenticate>,
    throttle: Throttle,
}

impl Door {
    pub(crate) fn new(authenticate: Arc<dyn Authenticate>, settings: &Settings) -> Self {
        Self { authenticate, throttle: Throttle::new(settings) }
    }
}

/// Who is asking, and what for: what every handler of a secured operation begins with.
#[derive(Debug, Clone)]
pub(crate) struct Auth(pub Caller);

impl FromRequest for Auth {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = req.extensions().get::<Caller>().cloned();
        ready(caller.map(Self).ok_or_else(ApiError::unauthenticated))
    }
}

/// Lets a request to a secured operation in, or says why not.
pub(crate) async fn admit(req: &ServiceRequest, operation: &'static Operation) -> ApiResult<()> {
    let (Some(door), Some(settings)) =
        (req.app_data::<web::Data<Door>>().cloned(), req.app_data::<web::Data<Settings>>().cloned())
    else {
        return Err(ApiError::new("internal"));
    };
    let peer = req.peer_addr().map(|peer| peer.ip());
    let identity = door.authenticate.identify(bearer(req.headers())?, peer).await?;
    if let Some(turn) = door.throttle.enter(&identity.subject)? {
        req.extensions_mut().insert(turn);
    }
    let headers = req.headers();
    let context = RequestContext {
        operation: operation.id.as_str(),
        request_id: req.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default(),
        purpose: purpose(headers, "x-purpose")?,
        case_ref: purpose(headers, "x-case-ref")?,
        justification: purpose(headers, "x-justification")?,
    };
    if settings.require_purpose && context.purpose.is_none() {
        return Err(ApiError::new("purpose-required").detail("say in `X-Purpose` what the request is for"));
    }
    req.extensions_mut().insert(Caller { identity: Identity::clone(&identity), context });
    Ok(())
}

/// The one bearer token.
fn bearer(headers: &HeaderMap) -> ApiResult<&str> {
    let mut values = headers.get_all(AUTHORIZATION);
    let value = values.next().ok_or_else(ApiError::unauthenticated)?;
    if values.next().is_some() {
        return Err(TokenError::Malformed.into());
    }
    match value.to_str().unwrap_or_default().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => Ok(token.trim()),
        _ => Err(ApiError::unauthenticated()),
    }
}

/// A header in which people write: UTF-8.
fn purpose(headers: &HeaderMap, name: &'static str) -> ApiResult<Option<String>> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let wrong =
        || ApiError::new("invalid-header").detail(format!("`{name}` has at most {MAX_PURPOSE} characters, UTF-8"));
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| wrong())?.trim();
    if text.chars().count() > MAX_PURPOSE {
        return Err(wrong());
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// How often, and how many at a time, one subject may ask.
struct Throttle {
    per_minute: Option<u32>,
    concurrent: Option<usize>,
    subjects: Cache<SubjectName, Arc<Mutex<Usage>>>,
}

struct Usage {
    tokens: f64,
    filled: Instant,
    running: usize,
}

/// A request's place among those of its subject; free again when it goes.
struct Turn(Arc<Mutex<Usage>>);

impl Drop for Turn {
    fn drop(&mut self) {
        let mut usage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        usage.running = usage.running.saturating_sub(1);
    }
}

impl Throttle {
    fn new(settings: &Settings) -> Self {
        let subjects = Cache::builder().max_capacity(100_000).time_to_idle(Duration::from_hours(1)).build();
        Self { per_minute: settings.requests_per_minute, concurrent: settings.concurrent_requests, subjects }
    }

    fn enter(&self, subject: &SubjectName) -> ApiResult<Option<Turn>> {
        if self.per_minute.is_none() && self.concurrent.is_none() {
            return Ok(None);
        }
        let now = Instant::now();
        let full = self.per_minute.map_or(0.0, f64::from);
        let usage = self
            .subjects
            .get_with_by_ref(subject, || Arc::new(Mutex::new(Usage { tokens: full, filled: now, running: 0 })));
        let mut held = usage.lock().unwrap_or_else(PoisonError::into_inner);
        if self.per_minute.is_some() {
            let gained = now.saturating_duration_since(held.filled).as_secs_f64() * full / 60.0;
            held.tokens = (held.tokens + gained).min(full);
            held.filled = now;
            if held.tokens < 1.0 {
                let wait = Duration::from_secs_f64(((1.0 - held.tokens) * 60.0 / full).ceil());
                return Err(ApiError::new("rate-limited").retry_after(wait));
            }
            held.tokens -= 1.0;
        }
        if self.concurrent.is_some_and(|most| held.running >= most) {
            return Err(ApiError::new("rate-limited").retry_after(Duration::from_secs(1)));
        }
        held.running += 1;
        drop(held);
        Ok(Some(Turn(usage)))
    }
}
