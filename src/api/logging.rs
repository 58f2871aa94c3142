//! One log line a request, and the same as metrics: the operation, never a path with ids, a name, a token or a text.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::{Error, HttpMessage as _};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

use super::operations::{Asked, asked};

/// Makes the span of a request and its one line.
pub(crate) struct RequestLog;

/// What is kept of a request until its line is written.
struct Begun {
    at: Instant,
    operation: &'static str,
}

impl RootSpanBuilder for RequestLog {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let asked = asked(request.method(), request.path());
        let (operation, route) = match asked {
            Asked::Operation(operation) => (operation.id.as_str(), operation.route.as_str()),
            Asked::OtherMethod(_) | Asked::Unknown => ("none", "none"),
        };
        request.extensions_mut().insert(asked);
        request.extensions_mut().insert(Begun { at: Instant::now(), operation });
        let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        tracing::info_span!(
            "request",
            request.id = id,
            trace.id = trace_id(request.headers()).unwrap_or(&id.replace('-', "")),
            http.method = method(request.method().as_str()),
            http.route = route,
            operation,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let _entered = span.entered();
        let (status, begun) = match outcome {
            Ok(response) => {
                let extensions = response.request().extensions();
                (response.status(), extensions.get::<Begun>().map(|begun| (begun.at.elapsed(), begun.operation)))
            }
            Err(error) => (error.as_response_error().status_code(), None),
        };
        let (elapsed, operation) = begun.unwrap_or_default();
        tracing::info!(http.status = status.as_u16(), elapsed_us = elapsed.as_micros(), "answered");
        let status = status.as_str().to_owned();
        metrics::counter!("http_requests_total", "operation" => operation, "status" => status).increment(1);
        metrics::histogram!("http_request_seconds", "operation" => operation).record(elapsed.as_secs_f64());
    }
}

/// A method that there is: others are whatever a client writes.
fn method(name: &str) -> &str {
    match name {
        "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" => name,
        _ => "other",
    }
}

/// The trace that the caller is in (W3C `traceparent`); without one, a request is a trace of its own.
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("traceparent").and_then(|value| value.to_str().ok()).and_then(trace_of)
}

/// The trace id of a `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`, not all zeros.
fn trace_of(parent: &str) -> Option<&str> {
    let mut parts = parent.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
    };
    let legal = hex(version, 2) && version != "ff" && hex(trace, 32) && hex(span, 16) && hex(flags, 2);
    (legal && trace.bytes().any(|c| c != b'0')).then_some(trace)
}
