//! What a load tells: one result for each claim, in order, and one line at its end.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{AssertionId, EntityId, Fault, RelationshipId};
use crate::store::Outcome;

/// What became of one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    /// It is new and was written.
    Recorded,
    /// Its source said exactly this before: nothing new.
    Unchanged,
    /// Its source said something else before: that was closed, this written.
    Superseded,
    /// Its source's claim was withdrawn or erased: it does not come back.
    Gone,
    /// It was not written; `code`, `pointer` and `detail` say why.
    Refused,
    /// A dry run found nothing wrong with it by itself.
    Checked,
}

/// The result of one claim of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineResult {
    /// The file, where a load has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    pub file: Option<Arc<str>>,
    /// The line on which it begins, counted from 1, blank ones and headers too.
    #[schema(example = 17)]
    pub line: u64,
    /// Which of the line's claims it is, counted from 1, where its line makes several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub part: Option<u32>,
    /// What became of it.
    pub status: LineStatus,
    /// The claim that was written or found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<AssertionId>,
    /// The claim that it takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub previous: Option<AssertionId>,
    /// Why it was refused: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "unknown-kind")]
    pub code: Option<&'static str>,
    /// JSON pointer into the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "/kind")]
    pub pointer: Option<String>,
    /// What is wrong and what would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<String>,
    /// What else is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Fault>,
}

impl LineResult {
    /// A result that is not yet known.
    pub(super) fn new(file: Option<Arc<str>>, line: u64, part: Option<u32>) -> Self {
        let (id, previous, code, pointer, detail) = (None, None, None, None, None);
        let (status, others) = (LineStatus::Checked, Vec::new());
        Self { file, line, part, status, id, previous, code, pointer, detail, others }
    }

    /// Says that it was refused, and why.
    pub(super) fn refuse(&mut self, faults: Vec<Fault>) {
        let mut faults = faults.into_iter();
        self.status = LineStatus::Refused;
        if let Some(first) = faults.next() {
            self.code = Some(first.code);
            self.pointer = Some(first.pointer);
            self.detail = Some(first.detail);
        }
        self.others = faults.collect();
    }

    /// Says what the store made of it.
    pub(super) fn settle(&mut self, outcome: Outcome) {
        self.id = outcome.assertion();
        self.status = match outcome {
            Outcome::Recorded(_) => LineStatus::Recorded,
            Outcome::Unchanged(_) => LineStatus::Unchanged,
            Outcome::Superseded { previous, .. } => {
                self.previous = Some(previous);
                LineStatus::Superseded
            }
            Outcome::Gone(_) | Outcome::Retracted(_) => LineStatus::Gone,
            Outcome::Refused(refusal) => {
                self.refuse(vec![refusal.fault]);
                LineStatus::Refused
            }
        };
    }
}

/// How many claims came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Lines read, or records of a CSV file; without blank ones and headers.
    pub lines: u64,
    /// Blank lines passed over.
    pub blank: u64,
    /// Claims that are new.
    pub recorded: u64,
    /// Claims that changed nothing.
    pub unchanged: u64,
    /// Claims that took the place of another.
    pub superseded: u64,
    /// Claims that were withdrawn or erased before and do not come back.
    pub gone: u64,
    /// Lines or claims refused.
    pub refused: u64,
    /// Claims found sound by a dry run.
    pub checked: u64,
}

impl Counts {
    /// Counts one result.
    pub(super) fn add(&mut self, status: LineStatus) {
        *match status {
            LineStatus::Recorded => &mut self.recorded,
            LineStatus::Unchanged => &mut self.unchanged,
            LineStatus::Superseded => &mut self.superseded,
            LineStatus::Gone => &mut self.gone,
            LineStatus::Refused => &mut self.refused,
            LineStatus::Checked => &mut self.checked,
        } += 1;
    }
}

/// An end that members of the loading agency cannot see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DanglingEnd {
    /// The relationship that this load brought.
    pub relationship: RelationshipId,
    /// Its end on which the agency's baseline clearance sees no claim.
    pub entity: EntityId,
}

/// The last line of a load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LoadEnd {
    /// Whether the whole source was read and every line has its result.
    pub complete: bool,
    /// The load's id: to withdraw it, or to resume it when it was cut off.
    pub load: String,
    /// Into which dataset.
    pub dataset: String,
    /// Whether nothing was written because nothing was to be.
    pub dry_run: bool,
    /// How many claims came to what.
    #[serde(flatten)]
    pub counts: Counts,
    /// Relationships of this load with an end that the agency's baseline clearance cannot see, in the order of their ids, up to a
    /// bound.
    pub dangling: Vec<DanglingEnd>,
    /// How many more there are beyond the bound.
    pub dangling_more: u64,
    /// What the format's own fields held that claims have no place for: field → how often it was left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, u64>,
    /// Why it is not complete: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub code: Option<&'static str>,
}

/// What a load sends out as it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadEvent {
    /// Results of claims, in order. What they tell is settled in the audit log.
    Lines(Vec<LineResult>),
    /// The end; nothing follows.
    End(Box<LoadEnd>),
}

impl LoadEvent {
    /// The event as NDJSON lines; with `refused_only`, of the results only those of refused lines.
    pub fn ndjson(&self, refused_only: bool) -> String {
        match self {
            Self::Lines(results) => {
                let told = |result: &&LineResult| !refused_only || result.status == LineStatus::Refused;
                results.iter().filter(told).map(line).collect()
            }
            Self::End(end) => line(&End { end }),
        }
    }
}

fn line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).expect("texts and numbers always serialise");
    line.push('\n');
    line
}

#[derive(Serialize)]
struct End<'a> {
    end: &'a LoadEnd,
}
