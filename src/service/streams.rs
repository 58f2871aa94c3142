//! Questions that are answered part by part: as lines, each with what it names for the first time, and a last one that says how
//! it ended. Without that the answer is incomplete.
//!
//! Every line is in the audit log before it leaves. The kernel waits when nobody reads, for as long as the server lets a question
//! take; whoever stops reading stops it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use futures::Stream;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::task::AbortHandle;

use super::analyses::{Asked, Named};
use super::{AppState, Caller, ServiceError, ServiceResult};
use crate::access::{Action, Permit};
use crate::analysis::{Caps, Evidence, Finding, Item};
use crate::graph::Snapshot;
use crate::model::{DerivedMarking, EntityId, RelationshipKey, Revision};

/// How many parts go out together at most, under one entry of the audit log. One first, then twice as many each time: what is
/// found first is seen at once, and how the parts are grouped says nothing about time.
const MOST_TOGETHER: usize = 64;

/// How long the kernel rests when nobody reads.
const REST: std::time::Duration = std::time::Duration::from_millis(2);

/// What the kernel tells.
enum Told {
    Part(Item),
    End(Finding<()>),
    Failed(ServiceError),
}

/// Why an answer ended early, after its first line.
#[derive(Debug)]
pub struct BrokenOff {
    /// Why.
    pub error: ServiceError,
    /// The marking derived from what was given.
    pub marking: DerivedMarking,
}

/// Stops the kernel when nobody reads any more.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A question that is being answered.
struct Answering {
    state: Arc<AppState>,
    permit: Permit,
    asked: Arc<Asked>,
    revision: Revision,
    told: mpsc::Receiver<Told>,
    /// What was told and not yet passed on.
    waiting: Option<Told>,
    /// How many parts go out next.
    together: usize,
    entities: BTreeSet<EntityId>,
    relationships: BTreeSet<RelationshipKey>,
    marking: DerivedMarking,
    _kernel: AbortOnDrop,
}

impl AppState {
    /// Answers a question as a stream of lines. What is wrong with it is found before the first.
    pub async fn stream_analysis(
        self: &Arc<Self>,
        who: &Caller,
        name: &str,
        body: Value,
    ) -> ServiceResult<impl Stream<Item = Result<Vec<u8>, BrokenOff>> + use<>> {
        let permit = self.gate.admit(&who.identity, Action::Analyse, who.context.clone()).await?;
        // Nothing is held until the end, so how many parts there are is for the one who asks to bound.
        let caps = Caps { max_results: u32::MAX, ..self.limits.analyses.caps_of(permit.roles()) };
        let asked = Arc::new(self.ask_within(&permit, name, body, &caps).await?);
        let snapshot = self.latest_snapshot().await?;
        let revision = asked.at.unwrap_or(snapshot.revision());
        let (sender, mut told) = mpsc::channel(MOST_TOGETHER);
        let kernel = tokio::spawn(work(Arc::clone(self), permit.clone(), Arc::clone(&asked), snapshot, sender));
        let kernel = AbortOnDrop(kernel.abort_handle());
        let first = told.recv().await;
        if let Some(Told::Failed(error)) = first {
            return Err(self.told_failure(&permit, error).await);
        }
        let answering = Answering {
            state: Arc::clone(self),
            permit,
            asked,
            revision,
            told,
            waiting: first,
            together: 1,
            entities: BTreeSet::new(),
            relationships: BTreeSet::new(),
            marking: DerivedMarking::default(),
            _kernel: kernel,
        };
        let begun = answering.begin();
        let lines = futures::stream::unfold((Some(answering), Some(begun)), |(answering, begun)| async move {
            let mut answering = answering?;
            if let Some(begun) = begun {
                return Some((Ok(begun), (Some(answering), None)));
            }
            Some(match answering.next().await {
                Ok((lines, last)) => (Ok(lines), (Some(answering).filter(|_| !last), None)),
                Err(error) => (Err(BrokenOff { error, marking: answering.marking }), (None, None)),
            })
        });
        Ok(lines)
    }
}

/// Has the question worked out, and tells how that ended.
async fn work(
    state: Arc<AppState>,
    permit: Permit,
    asked: Arc<Asked>,
    snapshot: Arc<Snapshot>,
    sender: mpsc::Sender<Told>,
) {
    let parts = sender.clone();
    let emit = move |item: Item, rests: &dyn Fn() -> bool| {
        let mut told = Told::Part(item);
        loop {
            match parts.try_send(told) {
                Ok(()) => return ControlFlow::Continue(()),
                Err(TrySendError::Full(back)) if rests() => told = back,
                Err(_) => return ControlFlow::Break(()),
            }
            std::thread::sleep(REST);
        }
    };
    let found = state
        .on_view(&permit, &asked, snapshot, move |question, view, caps, budget| {
            let rests = || budget.look(u64::MAX).is_ok();
            question.run.stream(view, caps, budget, &mut |item| emit(item, &rests))
        })
        .await;
    let last = match found {
        Ok(finding) => Told::End(finding),
        Err(error) => Told::Failed(error),
    };
    // Nobody is there to be told when this fails.
    let _told = sender.send(last).await;
}

impl Answering {
    /// The line before all others: what was asked, as it was understood.
    fn begin(&self) -> Vec<u8> {
        let as_of = self.asked.as_of();
        let begin = json!({
            "as_of": as_of,
            "replay": self.state.seal_replay(self.revision, as_of),
            "frame": self.asked.understood(),
            "evaluation_table": self.state.vocabulary.evaluations.version,
        });
        line("begin", begin)
    }

    /// The next lines, and whether they are the last.
    async fn next(&mut self) -> ServiceResult<(Vec<u8>, bool)> {
        let (parts, end) = self.told().await?;
        let mut evidence = Evidence::default();
        parts.iter().for_each(|part| evidence.merge(part.evidence.clone()));
        evidence.merge(end.as_ref().map(|end| end.evidence.clone()).unwrap_or_default());
        evidence.entities.retain(|id| !self.entities.contains(id));
        evidence.relationships.retain(|key, _| !self.relationships.contains(key));
        let named = match evidence == Evidence::default() {
            true => Named::default(),
            // Something that was found is no longer there: asking again gives an answer without it.
            false => self
                .state
                .look_up(&self.permit, &self.asked, self.revision, &evidence)
                .await?
                .ok_or(ServiceError::Busy { retry_after: crate::store::RETRY_AFTER })?,
        };
        self.marking.merge(&named.marking());
        let mut lines = Vec::new();
        for Item { name, value, evidence } in parts {
            let mut fields = Map::from_iter([(name.to_owned(), value)]);
            self.name(&named, &evidence, &mut fields);
            lines.extend(bytes(&Value::Object(fields)));
        }
        let last = end.is_some();
        if let Some(Finding { evidence, truncated, left_out, .. }) = end {
            let mut fields = Map::from_iter([("complete".to_owned(), json!(truncated.is_none()))]);
            fields.extend(truncated.map(|truncated| ("truncated".to_owned(), json!(truncated))));
            fields.extend((!left_out.is_empty()).then(|| ("left_out".to_owned(), json!(left_out))));
            fields.insert("marking".to_owned(), json!(self.marking));
            self.name(&named, &evidence, &mut fields);
            lines.extend(line("end", Value::Object(fields)));
        }
        let lines = self.state.gate.disclose(&self.permit, "ok", named.disclosure(), lines).await?;
        Ok((lines.into_inner(), last))
    }

    /// As many parts as go out together, or fewer and the end.
    async fn told(&mut self) -> ServiceResult<(Vec<Item>, Option<Finding<()>>)> {
        let mut parts = Vec::new();
        while parts.len() < self.together {
            let told = match self.waiting.take() {
                None => self.told.recv().await,
                told => told,
            };
            match told {
                Some(Told::Part(item)) => parts.push(item),
                Some(Told::End(finding)) => return Ok((parts, Some(finding))),
                Some(Told::Failed(error)) => return Err(error),
                None => return Err(ServiceError::Internal("a question ended without a word".to_owned())),
            }
        }
        self.together = (self.together * 2).min(MOST_TOGETHER);
        Ok((parts, None))
    }

    /// Writes out what some evidence names for the first time.
    fn name(&mut self, named: &Named, evidence: &Evidence, fields: &mut Map<String, Value>) {
        let entities = evidence.entities.iter().filter(|id| self.entities.insert((*id).clone()));
        let entities: Map<String, Value> =
            entities.filter_map(|id| Some((id.to_string(), json!(named.entities.get(id)?)))).collect();
        let keys = evidence.relationships.keys().filter(|key| self.relationships.insert((*key).clone()));
        let relationships: Map<String, Value> =
            keys.filter_map(|key| Some((key.to_string(), json!(named.relationships.get(key)?)))).collect();
        if !entities.is_empty() {
            fields.insert("entities".to_owned(), Value::Object(entities));
        }
        if !relationships.is_empty() {
            fields.insert("relationships".to_owned(), Value::Object(relationships));
        }
    }
}

fn line(name: &str, value: Value) -> Vec<u8> {
    bytes(&Value::Object(Map::from_iter([(name.to_owned(), value)])))
}

fn bytes(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}
