//! Questions, from the body to the answer: admission, snapshot, view, work, and what the result names looked up in the store at the
//! same revision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::jobs::JobOutput;
use super::{AppState, Caller, JobStatus, Moment, ServiceError, ServiceResult};
use crate::access::{Action, Disclosed, Disclosure, Permit};
use crate::analysis::{
    AnalysisError, Answer, AnyAnalysis, Caps, Evidence, EvidenceRelationship, Figure, Finding, Frame, Question,
    ResolvedFrame, analysis,
};
use crate::graph::{Budget, GraphView, Lens, Progress, Snapshot};
use crate::model::{
    Assertion, AssertionId, DerivedMarking, Entity, EntityId, Instant, RelationshipId, RelationshipKey, Revision,
    Subject, fold_relationship,
};
use crate::picture;
use crate::store::Wanted;

/// How often a question is asked anew when what it found was taken back before it could be looked up.
const ATTEMPTS: usize = 3;

/// A question, and the moment that it is about.
pub(super) struct Asked {
    analysis: &'static dyn AnyAnalysis,
    body: Value,
    resolved: ResolvedFrame,
    /// The revision that the frame names; `None`: now.
    pub(super) at: Option<Revision>,
    as_of: Instant,
    progress: Progress,
}

impl AppState {
    /// Answers a question. Its body is read and checked first; nothing is logged for one that has no meaning by itself.
    pub async fn run_analysis(&self, who: &Caller, name: &str, body: Value) -> ServiceResult<Disclosed<Answer>> {
        let permit = self.gate.admit(&who.identity, Action::Analyse, who.context.clone()).await?;
        let asked = self.ask(&permit, name, body).await?;
        let Found { answer, ids, .. } = self.answer_at_once(&permit, &asked, false).await?;
        Ok(self.gate.disclose(&permit, "ok", ids, answer).await?)
    }

    /// Answers a question with a picture; `None`: there is none of such answers.
    pub async fn draw_analysis(
        &self,
        who: &Caller,
        name: &str,
        body: Value,
    ) -> ServiceResult<Disclosed<Option<String>>> {
        let permit = self.gate.admit(&who.identity, Action::Analyse, who.context.clone()).await?;
        let asked = self.ask(&permit, name, body).await?;
        let Found { answer, figure, ids } = self.answer_at_once(&permit, &asked, true).await?;
        let Some(figure) = figure else {
            return Ok(self.gate.disclose(&permit, "ok", Disclosure::default(), None).await?);
        };
        let sight = Sight { name: asked.analysis.name(), answer, figure };
        let picture = self.picture(Arc::new(sight)).await?;
        Ok(self.gate.disclose(&permit, "ok", ids, Some(picture)).await?)
    }

    async fn answer_at_once(&self, permit: &Permit, asked: &Asked, drawn: bool) -> ServiceResult<Found> {
        let snapshot = self.latest_snapshot().await?;
        match self.answer(permit, asked, snapshot, drawn).await {
            Ok(found) => Ok(found),
            Err(error) => Err(self.told_failure(permit, error).await),
        }
    }

    /// The picture of an answer: work as questions are, off the serving threads and within the same limits.
    pub(super) async fn picture(&self, sight: Arc<Sight>) -> ServiceResult<String> {
        let vocabulary = Arc::clone(&self.vocabulary);
        self.workers.work(move |_| picture::draw(sight.name, &sight.figure, &sight.answer, &vocabulary.ontology)).await
    }

    /// A failure as it leaves. What is unknown is told as well, so that goes into the log: hidden and absent take this same way.
    pub(super) async fn told_failure(&self, permit: &Permit, error: ServiceError) -> ServiceError {
        if !matches!(error, ServiceError::Faults(_)) {
            return error;
        }
        match self.gate.disclose(permit, "unknown-entity", Disclosure::default(), ()).await {
            Ok(_) => error,
            Err(log) => log.into(),
        }
    }

    /// Starts a question as a job: what it answers is as of now, and its owner's alone.
    pub async fn start_analysis(
        self: &Arc<Self>,
        who: &Caller,
        name: &str,
        body: Value,
    ) -> ServiceResult<Disclosed<JobStatus>> {
        let permit = self.gate.admit(&who.identity, Action::Analyse, who.context.clone()).await?;
        let asked = self.ask(&permit, name, body).await?;
        let snapshot = self.latest_snapshot().await?;
        let (state, own) = (Arc::clone(self), permit.clone());
        let (progress, pictured) = (asked.progress.clone(), asked.analysis.has_figure());
        let status = self.start_job(&permit, progress, pictured, async move {
            let Found { answer, figure, ids } = state.answer(&own, &asked, snapshot, pictured).await?;
            let body = serde_json::to_vec(&answer).map_err(|error| ServiceError::Internal(error.to_string()))?;
            let sight = figure.map(|figure| Arc::new(Sight { name: asked.analysis.name(), answer, figure }));
            Ok(JobOutput { body: body.into(), sight, ids })
        })?;
        Ok(self.gate.disclose(&permit, "ok", Disclosure::default(), status).await?)
    }

    /// Reads the body and settles what the frame means.
    async fn ask(&self, permit: &Permit, name: &str, body: Value) -> ServiceResult<Asked> {
        self.ask_within(permit, name, body, &self.limits.analyses.caps_of(permit.roles())).await
    }

    /// The same, within these limits.
    pub(super) async fn ask_within(
        &self,
        permit: &Permit,
        name: &str,
        body: Value,
        caps: &Caps,
    ) -> ServiceResult<Asked> {
        let analysis = analysis(name).ok_or(ServiceError::NotFound)?;
        let Question { frame, default_direction, .. } = analysis.parse(body.clone()).map_err(ServiceError::Faults)?;
        let ontology = &self.vocabulary.ontology;
        let resolved = frame.resolve(ontology, default_direction, caps).map_err(ServiceError::Faults)?;
        let (at, as_of) = self.moment(permit, &frame).await?;
        Ok(Asked { analysis, body, resolved, at, as_of, progress: Progress::default() })
    }

    /// The revision that a frame names, and the instant that stands for it in the answer.
    async fn moment(&self, permit: &Permit, frame: &Frame) -> ServiceResult<(Option<Revision>, Instant)> {
        if let Some(token) = &frame.replay {
            let (revision, at) = self.open_replay(token)?;
            return Ok((Some(revision), at));
        }
        let moment = frame.as_of.map_or(Moment::Now, Moment::AsOf);
        let at = self.revision_at(permit, &moment).await.map_err(|error| match error {
            ServiceError::Faults(faults) => {
                ServiceError::Faults(faults.into_iter().map(|fault| fault.under("/frame")).collect())
            }
            other => other,
        })?;
        Ok((at, frame.as_of.unwrap_or(permit.now())))
    }

    async fn answer(
        &self,
        permit: &Permit,
        asked: &Asked,
        snapshot: Arc<Snapshot>,
        drawn: bool,
    ) -> ServiceResult<Found> {
        let mut snapshot = snapshot;
        for _ in 0..ATTEMPTS {
            let (finding, figure) = self.find(permit, asked, Arc::clone(&snapshot), drawn).await?;
            let revision = asked.at.unwrap_or(snapshot.revision());
            if let Some(named) = self.look_up(permit, asked, revision, &finding.evidence).await? {
                let (answer, ids) = self.assemble(asked, revision, finding, named);
                return Ok(Found { answer, figure, ids });
            }
            // A claim was withdrawn, erased or run out between the work and the look-up: what was found is no longer there.
            snapshot = self.latest_snapshot().await?;
        }
        Err(ServiceError::Busy { retry_after: crate::store::RETRY_AFTER })
    }

    async fn find(
        &self,
        permit: &Permit,
        asked: &Asked,
        snapshot: Arc<Snapshot>,
        drawn: bool,
    ) -> ServiceResult<(Finding<Value>, Option<Figure>)> {
        self.on_view(permit, asked, snapshot, move |Question { run, .. }, view, caps, budget| match drawn {
            true => run.draw(view, caps, budget),
            false => Ok((run.run(view, caps, budget)?, None)),
        })
        .await
    }

    /// Works on a view, off the serving threads.
    pub(super) async fn on_view<T: Send + 'static>(
        &self,
        permit: &Permit,
        asked: &Asked,
        snapshot: Arc<Snapshot>,
        work: impl FnOnce(Question, &GraphView<'_>, &Caps, &Budget) -> Result<T, AnalysisError> + Send + 'static,
    ) -> ServiceResult<T> {
        let question = asked.analysis.parse(asked.body.clone()).map_err(ServiceError::Faults)?;
        let day = asked.at.map(|_| asked.as_of.day());
        let lens = Lens { at: asked.at, day, ..asked.resolved.lens.clone() };
        let caps = asked.resolved.caps;
        let (clearance, today) = (Arc::clone(permit.clearance()), permit.today());
        let progress = asked.progress.clone();
        let found = self
            .workers
            .work(move |stop| {
                let view = snapshot.view(&clearance, today, lens);
                let budget = Budget::new(caps.max_visited, stop).watched_by(progress);
                work(question, &view, &caps, &budget)
            })
            .await?;
        found.map_err(|error| match error {
            AnalysisError::Faults(faults) => ServiceError::Faults(faults),
            AnalysisError::TimeLimit => ServiceError::TimeLimit,
            AnalysisError::Cancelled => {
                ServiceError::Internal("a question was stopped that someone waits for".to_owned())
            }
        })
    }

    /// What the result names, as the caller may see it; `None` when something of it is no longer there.
    pub(super) async fn look_up(
        &self,
        permit: &Permit,
        asked: &Asked,
        revision: Revision,
        evidence: &Evidence,
    ) -> ServiceResult<Option<Named>> {
        let ids: Vec<EntityId> = evidence.entities.iter().cloned().collect();
        let names: BTreeSet<RelationshipId> = evidence.relationships.keys().map(|key| key.id.clone()).collect();
        let names: Vec<RelationshipId> = names.into_iter().collect();
        let reader = self.reader(permit, Some(revision));
        let entities = async { if ids.is_empty() { Ok(Vec::new()) } else { reader.entities(&ids).await } };
        let claims = async {
            let wanted = Wanted::Relationships(&names);
            if names.is_empty() {
                Ok(Vec::new())
            } else {
                Ok(self.store.claims(permit, wanted, Some(revision)).await?)
            }
        };
        let stated: Vec<AssertionId> = evidence.assertions.iter().copied().collect();
        let stating = async {
            if stated.is_empty() {
                return Ok(Vec::new());
            }
            self.store.claims(permit, Wanted::Assertions(&stated), Some(revision)).await
        };
        let (entities, claims, stating): (Vec<Entity>, Vec<Assertion>, Vec<Assertion>) =
            tokio::try_join!(entities, claims, stating)?;
        // Claims by their ids come whenever they were recorded.
        let stating = stating.iter().filter(|claim| claim.recorded.holds(Some(revision)));
        if entities.len() != ids.len() || stating.count() != stated.len() {
            return Ok(None);
        }
        let mut by_triple: BTreeMap<&Subject, Vec<&Assertion>> = BTreeMap::new();
        for claim in claims.iter().filter(|claim| self.is_within(&asked.resolved.lens, claim)) {
            by_triple.entry(&claim.claim.subject).or_default().push(claim);
        }
        let mut relationships = BTreeMap::new();
        for (key, triple) in &evidence.relationships {
            let claims = by_triple.get(triple).map_or(&[][..], Vec::as_slice);
            let Some(fold) = fold_relationship(&self.vocabulary, claims, Some(revision)) else { return Ok(None) };
            relationships.insert(key.clone(), EvidenceRelationship::new(key.clone(), fold));
        }
        let entities = entities.into_iter().map(|entity| (entity.id.clone(), entity)).collect();
        let (assertions, unnamed) = (evidence.assertions.clone(), evidence.marking.clone());
        Ok(Some(Named { entities, relationships, assertions, unnamed }))
    }

    /// Whether a relationship claim counts in the frame.
    fn is_within(&self, lens: &Lens, assertion: &Assertion) -> bool {
        let claim = &assertion.claim;
        let in_window = |window| claim.period.is_none_or(|period| period.meets(window));
        let reliable = |minimum| {
            self.vocabulary.evaluations.reliability(&claim.evaluation).is_ok_and(|judged| judged.passes(minimum))
        };
        lens.window.as_ref().is_none_or(in_window) && lens.minimum_reliability.is_none_or(reliable)
    }

    fn assemble(
        &self,
        asked: &Asked,
        revision: Revision,
        finding: Finding<Value>,
        named: Named,
    ) -> (Answer, Disclosure) {
        let (marking, ids) = (named.marking(), named.disclosure());
        let Named { entities, relationships, .. } = named;
        let answer = Answer {
            as_of: asked.as_of,
            replay: self.seal_replay(revision, asked.as_of),
            frame: asked.understood(),
            evaluation_table: self.vocabulary.evaluations.version.clone(),
            marking,
            truncated: finding.truncated,
            left_out: Some(finding.left_out).filter(|left_out| !left_out.is_empty()),
            result: finding.result,
            entities,
            relationships,
        };
        (answer, ids)
    }
}

impl Asked {
    /// The instant for which the answer holds.
    pub(super) fn as_of(&self) -> Instant {
        self.as_of
    }

    /// The frame as it was understood.
    pub(super) fn understood(&self) -> Frame {
        Frame { as_of: Some(self.as_of), ..self.resolved.understood.clone() }
    }
}

/// An answer, what it looks like where that was asked for, and what giving it away discloses.
struct Found {
    answer: Answer,
    figure: Option<Figure>,
    ids: Disclosure,
}

/// An answer that can be drawn.
pub(super) struct Sight {
    /// The name of the analysis.
    name: &'static str,
    answer: Answer,
    figure: Figure,
}

/// What a result names.
#[derive(Default)]
pub(super) struct Named {
    pub(super) entities: BTreeMap<EntityId, Entity>,
    pub(super) relationships: BTreeMap<RelationshipKey, EvidenceRelationship>,
    /// Claims on entities that it names by themselves.
    pub(super) assertions: BTreeSet<AssertionId>,
    /// The marking of what the result rests on besides.
    pub(super) unnamed: DerivedMarking,
}

impl Named {
    /// The marking derived from all of it.
    pub(super) fn marking(&self) -> DerivedMarking {
        let mut marking = self.unnamed.clone();
        self.entities.values().for_each(|entity| marking.merge(&entity.marking));
        self.relationships.values().for_each(|relationship| marking.merge(&relationship.marking));
        marking
    }

    /// The ids that giving it away discloses.
    pub(super) fn disclosure(&self) -> Disclosure {
        let claims = self.relationships.values().flat_map(|relationship| relationship.assertions.iter().copied());
        Disclosure {
            entities: self.entities.keys().cloned().collect(),
            relationships: self.relationships.keys().cloned().collect(),
            assertions: claims.chain(self.assertions.iter().copied()).collect(),
        }
    }
}
