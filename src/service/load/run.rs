//! A load from its admission to its last line.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use futures::{Stream, StreamExt, stream};
use tokio::sync::mpsc;

use super::keys::KeyDomains;
use super::lines::ChunkSize;
use super::prepare::{Prepared, Terms};
use super::source::{Decoded, Item, Source, decoded};
use super::{Counts, DanglingEnd, LineResult, LineStatus, LoadEnd, LoadEvent, LoadLimits};
use crate::access::{Action, Dataset, Denied, Disclosure, WritePermit};
use crate::model::{Fault, SubjectName};
use crate::service::writing::outcome;
use crate::service::{AppState, Caller, ServiceError, ServiceResult};
use crate::store::{Batch, Ends, LoadKey, LoadRecord, Mode, Operation, Outcome, StoreError};

/// What a caller wants of a load.
#[derive(Debug, Clone)]
pub struct LoadRequest {
    /// Into which dataset.
    pub dataset: String,
    /// The id of an own load that was cut off, to go on under it.
    pub resume: Option<String>,
    /// Check everything, write nothing: neither claims nor entries in the audit log.
    pub dry_run: bool,
    /// Secrets of key domains.
    pub keys: Arc<KeyDomains>,
    /// Bounds.
    pub limits: LoadLimits,
}

/// A load that was admitted and has not begun.
pub struct Load {
    state: Arc<AppState>,
    limits: LoadLimits,
    terms: Arc<Terms>,
    /// The admission; none in a dry run.
    permit: Option<WritePermit>,
    record: LoadRecord,
}

/// How a load ended.
#[derive(Debug)]
pub struct Finished {
    /// Its last line.
    pub end: LoadEnd,
    /// Why it is not complete.
    pub failure: Option<ServiceError>,
}

/// Every so many batches the record of a load is brought up to date.
const BATCHES_A_RECORD: u64 = 16;

impl AppState {
    /// Lets a loader begin: admission, the dataset's key domain, and the record of the load. Nothing is read yet.
    pub async fn begin_load(self: &Arc<Self>, who: &Caller, request: LoadRequest) -> ServiceResult<Load> {
        let (permit, dataset) = self.admit_loading(who, &request).await?;
        let begun = self.prepare_load(who, &request, &dataset, permit.as_ref()).await;
        if let Some(permit) = &permit {
            let outcome = if begun.is_ok() { "committed" } else { "failed" };
            self.gate.settle(permit, outcome, Disclosure::default(), ()).await?.into_inner();
        }
        let (terms, record) = begun?;
        Ok(Load { state: Arc::clone(self), limits: request.limits, terms: Arc::new(terms), permit, record })
    }

    async fn admit_loading(
        &self,
        who: &Caller,
        request: &LoadRequest,
    ) -> ServiceResult<(Option<WritePermit>, Dataset)> {
        let dataset = self.gate.directory().datasets.get(&request.dataset).cloned();
        let refused = || Denied::Dataset(request.dataset.clone());
        if request.dry_run {
            self.gate.admit(&who.identity, Action::Load, who.context.clone()).await?;
            let may = |known: &Dataset| {
                known.originator == who.identity.agency && known.loaders.contains(&who.identity.subject)
            };
            return Ok((None, dataset.filter(may).ok_or_else(refused)?));
        }
        let permit = self.gate.admit_load(&who.identity, &request.dataset, who.context.clone()).await?;
        Ok((Some(permit), dataset.ok_or_else(refused)?))
    }

    async fn prepare_load(
        &self,
        who: &Caller,
        request: &LoadRequest,
        dataset: &Dataset,
        permit: Option<&WritePermit>,
    ) -> ServiceResult<(Terms, LoadRecord)> {
        let declared = dataset.key_domain.as_deref();
        let key = request.keys.of(&request.dataset, declared).ok_or_else(|| {
            let domain = declared.unwrap_or_default();
            let detail = format!("this deployment has no secret for the key domain `{domain}` of the dataset");
            ServiceError::Conflict { code: "unknown-key-domain", detail }
        })?;
        let mut record = LoadRecord {
            id: self.gate.clock().fresh_id().to_string(),
            dataset: request.dataset.clone(),
            originator: dataset.originator.clone(),
            subject: who.identity.subject.clone(),
            started: self.gate.clock().now(),
            finished: None,
            lines: 0,
            recorded: 0,
            unchanged: 0,
            refused: 0,
        };
        if let Some(permit) = permit {
            if let Some(id) = &request.resume {
                record = self.cut_off(permit, id, &request.dataset).await?;
            }
            self.store.record_load(permit, &record).await?;
        }
        let terms = Terms {
            dataset: request.dataset.clone(),
            originator: dataset.originator.clone(),
            load: record.id.clone(),
            key,
            today: self.gate.clock().now().day(),
            vocabulary: Arc::clone(&self.vocabulary),
        };
        Ok((terms, record))
    }

    /// The record of a load that may be resumed.
    async fn cut_off(&self, permit: &WritePermit, id: &str, dataset: &str) -> ServiceResult<LoadRecord> {
        let loads = self.store.loads(permit.permit()).await?;
        let known = loads.into_iter().find(|load| load.id == id && load.dataset == dataset);
        let record = known.ok_or(ServiceError::NotFound)?;
        if record.finished.is_some() {
            let detail = "this load ended: what it read needs no second reading, and other lines are another load";
            return Err(ServiceError::Conflict { code: "load-finished", detail: detail.to_owned() });
        }
        Ok(record)
    }
}

impl Load {
    /// The load's id.
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// Reads the source to its end, writes what it says and sends out a result for every claim, in order, each after its batch
    /// is settled in the audit log; last the end. Whoever receives the results holds back the load by not taking them; when they
    /// leave, the load stops between two batches and can be resumed.
    ///
    /// Run it as a task of its own: a future that is dropped in the middle of a batch leaves an intent without an outcome.
    pub async fn run(self, source: Source, events: mpsc::Sender<LoadEvent>) -> Finished {
        let mut running = Running {
            counts: Counts::default(),
            seen: HashMap::new(),
            left_out: BTreeMap::new(),
            batches: 0,
            gone: false,
            load: self,
        };
        let failure = running.read(source, &events).await.err();
        let (end, failure) = running.finish(failure).await;
        // Whoever left knows no end; the load itself is as it is.
        _ = events.send(LoadEvent::End(Box::new(end.clone()))).await;
        Finished { end, failure }
    }
}

struct Running {
    load: Load,
    counts: Counts,
    /// Of each keyed line so far, 64 bits of its identity and 64 of its content: a key that comes again with other content is
    /// refused, and so again when the source is read again. The identity is an HMAC, so nobody can make it collide.
    seen: HashMap<u64, u64>,
    left_out: BTreeMap<String, u64>,
    batches: u64,
    /// Whether whoever received the results has left.
    gone: bool,
}

impl Running {
    async fn read(&mut self, source: Source, events: &mpsc::Sender<LoadEvent>) -> ServiceResult<()> {
        let limits = self.load.limits;
        let size = ChunkSize { lines: limits.batch, bytes: limits.chunk_bytes };
        let mut chunks = decoded_chunks(source, size, &self.load.terms);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            self.counts.lines += chunk.lines;
            self.counts.blank += chunk.blank;
            for (field, times) in chunk.left_out {
                *self.left_out.entry(field).or_default() += times;
            }
            let mut items = chunk.items.into_iter().peekable();
            while items.peek().is_some() {
                let batch: Vec<Item> = items.by_ref().take(limits.batch).collect();
                let results = self.write(chunk.name.as_ref(), batch).await?;
                if events.send(LoadEvent::Lines(results)).await.is_err() {
                    self.gone = true;
                    return Err(ServiceError::Internal("whoever received the results has left".to_owned()));
                }
            }
        }
        Ok(())
    }

    /// Writes one batch; answers its results once they are settled.
    async fn write(&mut self, name: Option<&Arc<str>>, items: Vec<Item>) -> ServiceResult<Vec<LineResult>> {
        let mut results = Vec::with_capacity(items.len());
        let mut operations = Vec::with_capacity(items.len());
        let mut places = Vec::with_capacity(items.len());
        for Item { line, part, result } in items {
            let mut told = LineResult::new(name.cloned(), line, part);
            match result.and_then(|prepared| self.first_of_its_key(prepared)) {
                Err(faults) => told.refuse(faults),
                Ok(prepared) if self.load.permit.is_some() => {
                    places.push(results.len());
                    operations.push(Operation::Assert(prepared.into_assertion()));
                }
                Ok(_) => {}
            }
            results.push(told);
        }
        if let Some(admission) = self.load.permit.as_ref().filter(|_| !operations.is_empty()) {
            let permit = self.load.state.gate.again(admission).await?;
            let applied = self.apply(&permit, operations, &results).await;
            let outcome = applied.as_ref().err().map_or("committed", outcome);
            let settled = self.load.state.gate.settle(&permit, outcome, Disclosure::default(), ()).await;
            let outcomes = applied?;
            settled?.into_inner();
            for (place, outcome) in places.into_iter().zip(outcomes) {
                results[place].settle(outcome);
            }
        }
        results.iter().for_each(|result| self.counts.add(result.status));
        Ok(results)
    }

    /// Refuses a line whose key an earlier line of this load had with other content.
    fn first_of_its_key(&mut self, prepared: Prepared) -> Result<Prepared, Vec<Fault>> {
        if prepared.is_keyed() {
            let (source, content) = short(&prepared.key);
            if *self.seen.entry(source).or_insert(content) != content {
                let detail = "an earlier line of this load has the same source key and other content: which one holds?";
                return Err(vec![Fault::new("/provenance/key", "duplicate-key", detail)]);
            }
        }
        Ok(prepared)
    }

    async fn apply(
        &mut self,
        permit: &WritePermit,
        operations: Vec<Operation>,
        results: &[LineResult],
    ) -> ServiceResult<Vec<Outcome>> {
        let state = &self.load.state;
        let now = state.gate.clock().now();
        let asked = operations.len();
        let batch = Batch { operations, mode: Mode::PerItem, ends: Ends::Deferred, replay: None, now };
        let outcomes = state.store.apply(permit, batch).await?.outcomes;
        if outcomes.len() != asked {
            let detail = format!("{} outcomes for {asked} operations", outcomes.len());
            return Err(StoreError::Damaged(detail).into());
        }
        self.batches += 1;
        if self.batches.is_multiple_of(BATCHES_A_RECORD) {
            let mut counts = self.counts;
            results.iter().filter(|told| told.status == LineStatus::Refused).for_each(|told| counts.add(told.status));
            state.store.record_load(permit, &tallied(&self.load.record, &counts)).await?;
        }
        Ok(outcomes)
    }

    /// The last line: what dangles, and the record. A load that was cut off keeps an open record, so that it can be resumed.
    async fn finish(mut self, mut failure: Option<ServiceError>) -> (LoadEnd, Option<ServiceError>) {
        let mut end = LoadEnd {
            complete: false,
            load: self.load.record.id.clone(),
            dataset: self.load.terms.dataset.clone(),
            dry_run: self.load.permit.is_none(),
            counts: self.counts,
            dangling: Vec::new(),
            dangling_more: 0,
            left_out: std::mem::take(&mut self.left_out),
            code: None,
        };
        if failure.is_none()
            && let Some(admission) = &self.load.permit
        {
            failure = self.close(admission, &mut end).await.err();
        }
        end.complete = failure.is_none();
        end.code = failure.as_ref().map(|failure| if self.gone { "receiver-left" } else { code(failure) });
        (end, failure)
    }

    async fn close(&self, admission: &WritePermit, end: &mut LoadEnd) -> ServiceResult<()> {
        let state = &self.load.state;
        let permit = state.gate.again(admission).await?;
        let record =
            LoadRecord { finished: Some(state.gate.clock().now()), ..tallied(&self.load.record, &self.counts) };
        let closed = match state.store.record_load(&permit, &record).await {
            Ok(()) => self.dangling(&permit).await,
            Err(error) => Err(error.into()),
        };
        let outcome = if closed.is_ok() { "committed" } else { "failed" };
        let mut ids = Disclosure::default();
        let (listed, more) = closed.as_ref().map(Clone::clone).unwrap_or_default();
        for DanglingEnd { relationship, entity } in &listed {
            ids.relationships.push(relationship.clone().into());
            ids.entities.push(entity.clone());
        }
        let settled = state.gate.settle(&permit, outcome, ids, (listed, more)).await?;
        closed?;
        (end.dangling, end.dangling_more) = settled.into_inner();
        Ok(())
    }

    /// Relationships of this load with an end that the agency's baseline cannot see: the first ones, and how many more.
    async fn dangling(&self, permit: &WritePermit) -> ServiceResult<(Vec<DanglingEnd>, u64)> {
        /// How many relationships are asked for at a time.
        const PAGE: usize = 5_000;
        let state = &self.load.state;
        let nobody = SubjectName::new("baseline").expect("letters alone make a legal name");
        let agency = &self.load.record.originator;
        let now = state.gate.clock().now();
        let Some(baseline) = state.gate.directory().baseline(agency, nobody, now) else { return Ok((Vec::new(), 0)) };
        let (mut listed, mut more, mut after) = (Vec::new(), 0, None);
        loop {
            let page = state.store.dangling(permit, &self.load.record.id, &baseline, after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok((listed, more)) };
            after = Some(last.clone());
            for (relationship, entity) in page {
                if listed.len() < self.load.limits.dangling {
                    listed.push(DanglingEnd { relationship, entity });
                } else {
                    more += 1;
                }
            }
        }
    }
}

fn tallied(record: &LoadRecord, counts: &Counts) -> LoadRecord {
    LoadRecord {
        lines: counts.lines,
        recorded: counts.recorded + counts.superseded,
        unchanged: counts.unchanged + counts.gone,
        refused: counts.refused,
        ..record.clone()
    }
}

/// The first 64 bits of an identity and of a content.
fn short(key: &LoadKey) -> (u64, u64) {
    let first = |bytes: &[u8; 16]| bytes[..8].iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    (first(&key.source), first(&key.content))
}

/// Decoded chunks in the order of the source: two are decoded ahead of the one that is written.
fn decoded_chunks(
    source: Source,
    size: ChunkSize,
    terms: &Arc<Terms>,
) -> impl Stream<Item = ServiceResult<Decoded>> + Unpin + use<> {
    let (decoder, mut receiver) = source.start(size);
    let terms = Arc::clone(terms);
    let chunks = stream::poll_fn(move |context| receiver.poll_recv(context));
    let decode = move |chunk: io::Result<_>| {
        let (decoder, terms) = (Arc::clone(&decoder), Arc::clone(&terms));
        async move {
            let chunk =
                chunk.map_err(|error| ServiceError::Conflict { code: "input-failed", detail: error.to_string() })?;
            let task = tokio::task::spawn_blocking(move || decoded(&*decoder, &terms, chunk));
            task.await.map_err(|error| ServiceError::Internal(error.to_string()))
        }
    };
    Box::pin(chunks.map(decode).buffered(2))
}

/// How the last line calls a failure. What a store or the log says is for the operator's log.
fn code(failure: &ServiceError) -> &'static str {
    match failure {
        ServiceError::Conflict { code, .. } => code,
        ServiceError::Store(StoreError::Unavailable(_)) => "unavailable",
        ServiceError::Audit(_) | ServiceError::Denied(Denied::Audit(_)) => "audit-unavailable",
        ServiceError::Denied(_) => "forbidden",
        _ => "failed",
    }
}
