//! The one list of operations: the router and the document are both made from it.

use utoipa_actix_web::service_config::ServiceConfig;

use super::{analyses, assertions, audit, entities, jobs, loads, relationships, service, words};

/// Every operation, the most asked for first: the router tries them in this order. Literal paths come before those with a
/// placeholder in their place.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(entities::search_entities)
        .service(entities::get_entities)
        .service(entities::create_entity)
        .service(entities::get_entity)
        .service(entities::list_entity_assertions)
        .service(entities::list_neighbours)
        .service(words::get_ontology)
        .service(words::list_evaluation_schemes)
        .service(assertions::create_assertions)
        .service(assertions::get_assertion)
        .service(assertions::retract_assertion)
        .service(relationships::create_relationship)
        .service(relationships::get_relationship)
        .service(relationships::list_relationship_assertions)
        .service(loads::create_load)
        .service(loads::list_loads)
        .service(loads::get_load)
        .service(loads::withdraw_load)
        .service(jobs::get_job)
        .service(jobs::cancel_job)
        .service(jobs::get_job_result)
        .service(jobs::watch_job)
        .service(audit::list_audit)
        .service(service::get_livez)
        .service(service::get_readyz)
        .service(service::get_openapi)
        .configure(analyses::routes);
}
