//! Query strings, paths and conditional headers that several operations share.

use actix_web::http::header::{HeaderMap, IF_NONE_MATCH};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::problem::{ApiError, ApiResult};
use crate::model::{AssertionId, EntityId, Instant, RelationshipKey};
use crate::service::{Moment, PageRequest, Reading};

/// As of when one thing is read.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadQuery {
    /// As it was known at this instant; left out: as it stands. Not together with `replay`.
    #[param(nullable = false)]
    pub as_of: Option<Instant>,
    /// The token of an earlier answer: as the system held it then. Not together with `as_of`.
    #[param(nullable = false, max_length = 1000)]
    pub replay: Option<String>,
}

/// Which page of a list, as of when.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// As it was known at this instant; left out: as it stands. Not together with `replay`.
    #[param(nullable = false)]
    pub as_of: Option<Instant>,
    /// The token of an earlier answer: as the system held it then. Not together with `as_of`.
    #[param(nullable = false, max_length = 1000)]
    pub replay: Option<String>,
    /// `next` of the page before; it belongs to this question and this caller.
    #[param(nullable = false, max_length = 4000)]
    pub cursor: Option<String>,
    /// How many items.
    #[param(nullable = false, minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<usize>,
}

/// Which page of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before; it belongs to this question and this caller.
    #[param(nullable = false, max_length = 4000)]
    pub cursor: Option<String>,
    /// How many items.
    #[param(nullable = false, minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<usize>,
}

/// Which entity.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct EntityPath {
    /// The entity's id.
    #[param(example = "p-0004")]
    pub id: EntityId,
}

/// Which relationship.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RelationshipPath {
    /// The relationship's key: its id, or `id@source@target`.
    #[param(example = "tr-cy-1")]
    pub id: RelationshipKey,
}

/// Which claim.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct AssertionPath {
    /// The claim's id.
    #[param(example = "320cfbe9-7d32-8a08-b36c-b1ba212e5d30")]
    pub id: AssertionId,
}

/// Which job.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct JobPath {
    /// The job's id.
    #[param(value_type = String, format = "uuid", example = "01970000-0000-7000-8000-000000000000")]
    pub id: Uuid,
}

impl ReadQuery {
    /// The moment that it names.
    pub(crate) fn moment(self) -> ApiResult<Moment> {
        Ok(Moment::of(self.as_of, self.replay)?)
    }

    /// With the versions that the caller holds.
    pub(crate) fn reading(self, headers: &HeaderMap) -> ApiResult<Reading> {
        Ok(Reading { moment: self.moment()?, held: held(headers)? })
    }
}

impl ListQuery {
    /// The moment and the page that it names.
    pub(crate) fn page(self) -> ApiResult<(Moment, PageRequest)> {
        let Self { as_of, replay, cursor, limit } = self;
        Ok((Moment::of(as_of, replay)?, PageRequest { cursor, limit }))
    }
}

impl From<PageQuery> for PageRequest {
    fn from(PageQuery { cursor, limit }: PageQuery) -> Self {
        Self { cursor, limit }
    }
}

/// The tags in `If-None-Match`, compared weakly as RFC 9110 wants it there.
pub(crate) fn held(headers: &HeaderMap) -> ApiResult<Vec<String>> {
    let mut held = Vec::new();
    for value in headers.get_all(IF_NONE_MATCH) {
        let wrong = |_| ApiError::new("invalid-header").detail("`If-None-Match` is a list of tags in visible ASCII");
        let tags = value.to_str().map_err(wrong)?.split(',');
        held.extend(tags.map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned()));
    }
    held.retain(|tag| !tag.is_empty());
    Ok(held)
}
