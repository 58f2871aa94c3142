//! The HTTP server: the routes behind the edge, and the metrics on a listener of their own.

use std::net::TcpListener;
use std::sync::{Arc, OnceLock};

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt as _;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::admission::{Authenticate, Door};
use super::logging::RequestLog;
use super::problem::ApiError;
use super::routes::routes;
use super::settings::Settings;
use super::{document, edge};
use crate::service::AppState;

/// Serves the API on a listener, until it is told to stop (SIGTERM drains). Must be called within a Tokio runtime.
pub fn serve(
    state: Arc<AppState>,
    authenticate: Arc<dyn Authenticate>,
    settings: Settings,
    listener: TcpListener,
) -> std::io::Result<Server> {
    metrics_handle();
    // Made before the first request, and not by one of the workers.
    document::document();
    let state = web::Data::from(state);
    let door = web::Data::new(Door::new(authenticate, &settings));
    let shared = web::Data::new(settings.clone());
    let mut server = HttpServer::new(move || {
        App::new()
            .wrap(from_fn(edge::guard))
            .wrap(Compress::default())
            .wrap(cors(&shared))
            .wrap(from_fn(edge::mend))
            .wrap(TracingLogger::<RequestLog>::new())
            .app_data(state.clone())
            .app_data(door.clone())
            .app_data(shared.clone())
            .app_data(web::PayloadConfig::new(shared.body_bytes))
            .app_data(
                web::QueryConfig::default()
                    .error_handler(|error, _| ApiError::new("invalid-query").detail(error.to_string()).into()),
            )
            .app_data(
                web::PathConfig::default()
                    .error_handler(|error, _| ApiError::new("invalid-path").detail(error.to_string()).into()),
            )
            .into_utoipa_app()
            .configure(routes)
            .into_app()
            .service(web::redirect("/docs", "/docs/"))
            .service(swagger())
            .default_service(web::to(edge::nothing_here))
    })
    .shutdown_timeout(settings.drain.as_secs())
    .listen(listener)?;
    if let Some(workers) = settings.workers {
        server = server.workers(workers);
    }
    Ok(server.run())
}

/// Serves `/metrics` on a listener of its own, which a deployment keeps on loopback.
pub fn serve_metrics(listener: TcpListener) -> std::io::Result<Server> {
    let handle = metrics_handle().clone();
    let server = HttpServer::new(move || {
        let handle = handle.clone();
        App::new().route(
            "/metrics",
            web::get().to(move || {
                let text = handle.render();
                async move { HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text) }
            }),
        )
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}

/// The one recorder of the process.
fn metrics_handle() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("metrics go to another recorder of this process");
        }
        handle
    })
}

fn swagger() -> SwaggerUi {
    let config = Config::new(["/openapi.json"]).persist_authorization(true).try_it_out_enabled(true).deep_linking(true);
    SwaggerUi::new("/docs/{_:.*}").config(config)
}

fn cors(settings: &Settings) -> Cors {
    let mut cors = Cors::default()
        .allowed_methods(["GET", "POST", "DELETE"])
        .allowed_headers([
            "authorization",
            "content-type",
            "if-none-match",
            "idempotency-key",
            "prefer",
            "traceparent",
            "x-case-ref",
            "x-justification",
            "x-purpose",
        ])
        .max_age(600);
    for origin in &settings.cors_origins {
        cors = cors.allowed_origin(origin);
    }
    cors
}
