//! How things are read: as of when, in which version the caller holds them already, and page by page.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{AppState, Caller, ServiceError, ServiceResult};
use crate::access::{Disclosed, Disclosure, Permit};
use crate::model::{Fault, Instant, Revision};

/// As of when something is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// As it stands.
    #[default]
    Now,
    /// As it was known at an instant.
    AsOf(Instant),
    /// As an earlier answer saw it: a sealed token.
    Replay(String),
}

impl Moment {
    /// The moment that a request names by one of two fields.
    pub fn of(as_of: Option<Instant>, replay: Option<String>) -> ServiceResult<Self> {
        match (as_of, replay) {
            (None, None) => Ok(Self::Now),
            (Some(instant), None) => Ok(Self::AsOf(instant)),
            (None, Some(token)) => Ok(Self::Replay(token)),
            (Some(_), Some(_)) => {
                let detail = "`as_of` and `replay` both name a moment: give one";
                Err(ServiceError::Faults(vec![Fault::new("/replay", "two-moments", detail)]))
            }
        }
    }
}

/// How one thing is read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// As of when.
    pub moment: Moment,
    /// The tags of the versions that the caller holds; `*` is any.
    pub held: Vec<String>,
}

/// One thing in the form in which it leaves, and the tag of that form.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// Changes exactly when the visible form does.
    pub tag: String,
    /// The JSON; `None` when the caller holds it already.
    pub body: Option<Arc<[u8]>>,
}

/// One thing as JSON, with the tag of that form.
#[derive(Debug)]
pub(crate) struct Form {
    /// Changes exactly when the form does.
    pub(crate) tag: String,
    /// The JSON.
    pub(crate) body: Arc<[u8]>,
}

impl Form {
    /// The form of a thing.
    pub(crate) fn of(value: &impl Serialize) -> ServiceResult<Self> {
        let body = serde_json::to_vec(value).map_err(|error| ServiceError::Internal(error.to_string()))?;
        Ok(Self { tag: hex(&Sha256::digest(&body)[..16]), body: body.into() })
    }
}

/// Which page of a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// Where the last page ended, sealed; `None` is the first page.
    pub cursor: Option<String>,
    /// How many items, within the server's limits.
    pub limit: Option<usize>,
}

/// Where a page begins.
#[derive(Debug, Clone)]
pub(crate) struct PageStart<T> {
    /// The revision that all pages of this list are read at.
    pub(crate) at: Revision,
    /// The last thing on the page before.
    pub(crate) after: Option<T>,
    /// How many items.
    pub(crate) limit: usize,
    binding: String,
}

/// What a cursor holds. The revision has a fixed width, so that its length tells nothing.
#[derive(Serialize, Deserialize)]
struct Cursor<T> {
    binding: String,
    revision: String,
    last: T,
}

/// What a replay token holds.
#[derive(Serialize, Deserialize)]
struct ReplayPoint {
    revision: String,
    /// The instant that stood for the revision in the answer.
    at: Instant,
    ontology: String,
    evaluations: String,
}

const CURSOR: &str = "cursor";
const REPLAY: &str = "replay";
/// How far a named moment may lie ahead of the clock: revisions made in one instant are told apart by later ones.
const AHEAD: Duration = Duration::from_mins(1);

fn revision_text(revision: Revision) -> String {
    format!("{:016x}", revision.0)
}

fn revision_from(text: &str) -> Option<Revision> {
    u64::from_str_radix(text, 16).ok().map(Revision)
}

const BAD_CURSOR: ServiceError = ServiceError::Token {
    code: "invalid-cursor",
    detail: "this cursor belongs to another list, question or caller, or is none: begin again without it",
};
const BAD_REPLAY: ServiceError =
    ServiceError::Token { code: "invalid-replay", detail: "this is no replay token of ours: take one from an answer" };

impl AppState {
    /// The revision that a moment means; `None` is now.
    pub(crate) async fn revision_at(&self, permit: &Permit, moment: &Moment) -> ServiceResult<Option<Revision>> {
        match moment {
            Moment::Now => Ok(None),
            Moment::Replay(token) => self.open_replay(token).map(|(revision, _)| Some(revision)),
            Moment::AsOf(instant) => {
                let ahead = i64::try_from(AHEAD.as_micros()).unwrap_or(i64::MAX);
                if instant.micros() > permit.now().micros().saturating_add(ahead) {
                    let detail = "nothing is known of the future: name an instant that has passed";
                    return Err(ServiceError::Faults(vec![Fault::new("/as_of", "as-of-in-future", detail)]));
                }
                let stamp = self.store.stamp_at(*instant).await?;
                Ok(Some(stamp.map_or(Revision(0), |stamp| stamp.revision)))
            }
        }
    }

    /// A token by which an answer as of `at` can be replayed as it stood.
    pub(crate) fn seal_replay(&self, revision: Revision, at: Instant) -> String {
        let point = ReplayPoint {
            revision: revision_text(revision),
            at,
            ontology: self.vocabulary.ontology.version.clone(),
            evaluations: self.vocabulary.evaluations.version.clone(),
        };
        self.sealer.seal(REPLAY, &serde_json::to_vec(&point).expect("texts and an instant always serialise"))
    }

    /// The revision of a replay token and the instant that stood for it, as far as the words have not changed their meaning since.
    pub(crate) fn open_replay(&self, token: &str) -> ServiceResult<(Revision, Instant)> {
        let plain = self.sealer.open(REPLAY, token).ok_or(BAD_REPLAY)?;
        let point: ReplayPoint = serde_json::from_slice(&plain).map_err(|_| BAD_REPLAY)?;
        let same = point.ontology == self.vocabulary.ontology.version
            && point.evaluations == self.vocabulary.evaluations.version;
        if !same {
            let detail = "the ontology or the evaluation table has changed since; the answer cannot be made again";
            return Err(ServiceError::Gone { code: "vocabulary-changed", detail });
        }
        Ok((revision_from(&point.revision).ok_or(BAD_REPLAY)?, point.at))
    }

    /// Where the asked-for page begins. `filter` is everything that the question says besides the page.
    pub(crate) async fn open_page<T: DeserializeOwned>(
        &self,
        who: &Caller,
        permit: &Permit,
        filter: &impl Serialize,
        moment: &Moment,
        page: &PageRequest,
    ) -> ServiceResult<PageStart<T>> {
        let limit = page.limit.unwrap_or(self.limits.page_default);
        if limit == 0 || limit > self.limits.page_max {
            let detail = format!("a page has 1 to {} items", self.limits.page_max);
            return Err(ServiceError::Faults(vec![Fault::new("/limit", "out-of-range", detail)]));
        }
        let question = (who.identity.subject.as_str(), who.context.operation, filter, moment);
        let question = serde_json::to_vec(&question).map_err(|error| ServiceError::Internal(error.to_string()))?;
        let binding = hex(&Sha256::digest(question));
        let Some(token) = &page.cursor else {
            let at = match self.revision_at(permit, moment).await? {
                Some(revision) => revision,
                None => self.store.latest().await?.revision,
            };
            return Ok(PageStart { at, after: None, limit, binding });
        };
        let plain = self.sealer.open(CURSOR, token).ok_or(BAD_CURSOR)?;
        let cursor: Cursor<T> = serde_json::from_slice(&plain).map_err(|_| BAD_CURSOR)?;
        if cursor.binding != binding {
            return Err(BAD_CURSOR);
        }
        let at = revision_from(&cursor.revision).ok_or(BAD_CURSOR)?;
        Ok(PageStart { at, after: Some(cursor.last), limit, binding })
    }

    /// The cursor of the page after `last`.
    pub(crate) fn next_page<T, L: Serialize>(&self, start: &PageStart<T>, last: &L) -> ServiceResult<String> {
        let cursor = Cursor { binding: start.binding.clone(), revision: revision_text(start.at), last };
        let plain = serde_json::to_vec(&cursor).map_err(|error| ServiceError::Internal(error.to_string()))?;
        Ok(self.sealer.seal(CURSOR, &plain))
    }

    /// Discloses one thing, or that the caller holds it already; logged alike.
    pub(crate) async fn disclose_one(
        &self,
        permit: &Permit,
        value: &impl Serialize,
        ids: Disclosure,
        reading: &Reading,
    ) -> ServiceResult<Disclosed<Rendered>> {
        self.disclose_form(permit, &Form::of(value)?, ids, reading).await
    }

    /// The same in a form that was made before.
    pub(crate) async fn disclose_form(
        &self,
        permit: &Permit,
        form: &Form,
        ids: Disclosure,
        reading: &Reading,
    ) -> ServiceResult<Disclosed<Rendered>> {
        let held = reading.held.iter().any(|held| held == "*" || *held == form.tag);
        let (outcome, body) = if held { ("not-modified", None) } else { ("ok", Some(Arc::clone(&form.body))) };
        Ok(self.gate.disclose(permit, outcome, ids, Rendered { tag: form.tag.clone(), body }).await?)
    }

    /// Logs that nothing was found, then says so: hidden and absent take this same way.
    pub(crate) async fn nothing<T>(&self, permit: &Permit) -> ServiceResult<T> {
        self.gate.disclose(permit, "not-found", Disclosure::default(), ()).await?.into_inner();
        Err(ServiceError::NotFound)
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}
