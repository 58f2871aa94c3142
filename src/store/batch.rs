//! What is written together, and what becomes of it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::plan::CODES;
use super::{Refusal, StoreError, StoreResult};
use crate::model::{AssertionId, Claim, Fault, Instant, RetractionReason, Revision};

/// Operations that take effect together, in one revision.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What to do, in order.
    pub operations: Vec<Operation>,
    /// What a refused operation does to the others.
    pub mode: Mode,
    /// Whether relationships need both ends.
    pub ends: Ends,
    /// Makes the batch safe to repeat.
    pub replay: Option<ReplayKey>,
    /// The writer's clock. The revision's instant is this, or just after the last revision's where that is later.
    pub now: Instant,
}

/// What a refused operation does to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is written; all refusals are told.
    Atomic,
    /// The others are written, together.
    PerItem,
}

/// Whether relationships need both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Both ends must be visible to the writer, in the store or in the batch (`dangling-end`), and of kinds that the ontology
    /// allows as the writer sees them (`disallowed-ends`).
    Visible,
    /// Lines come in any order: checked by the load at its end.
    Deferred,
}

/// One thing to do.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Record a claim.
    Assert(Box<NewAssertion>),
    /// Close a claim. Only its originator's agency may (`not-originator`); hidden is absent (`not-found`); a claim that is closed
    /// already is refused (`already-retracted`), except that a superseded one may still be withdrawn.
    Retract {
        /// Which.
        id: AssertionId,
        /// Why.
        reason: RetractionReason,
    },
}

/// A claim to be recorded.
#[derive(Debug, Clone)]
pub struct NewAssertion {
    /// The id that it gets when it is not a load's.
    pub id: AssertionId,
    /// What is claimed; checked against the vocabulary by the caller, its originator the writer's agency.
    pub claim: Claim,
    /// For loads: which line of the source it is, and its content. The id is then [`LoadKey::id`].
    pub load: Option<LoadKey>,
}

/// The identity of a line of a source, made with the secret of its key domain.
///
/// The same source and content is nothing new; other content supersedes what that source said before; once withdrawn or erased,
/// a source never comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LoadKey {
    /// HMAC over dataset and source key, or over the content where the line has no key.
    pub source: [u8; 16],
    /// Hash of the claim's canonical content.
    pub content: [u8; 16],
}

impl LoadKey {
    /// The id of this content, coming after `previous` for the same source: the same for everyone who loads the same lines in
    /// the same order, in every store.
    ///
    /// Its first 48 bits are the source's ([`Self::prefix`]), so that one index finds both a claim and the claims of a source.
    pub fn id(&self, previous: Option<AssertionId>) -> AssertionId {
        let mut hash = Sha256::new();
        hash.update(self.source);
        hash.update(self.content);
        if let Some(previous) = previous {
            hash.update(previous.as_u128().to_be_bytes());
        }
        let mut bits = [0; 16];
        bits.copy_from_slice(&hash.finalize()[..16]);
        bits[..6].copy_from_slice(&self.source[..6]);
        AssertionId(uuid::Builder::from_custom_bytes(bits).into_uuid())
    }

    /// The least and the greatest id that a claim of this source can have. Others may lie between them.
    pub fn prefix(source: &[u8; 16]) -> (AssertionId, AssertionId) {
        let (mut least, mut greatest) = ([0; 16], [u8::MAX; 16]);
        least[..6].copy_from_slice(&source[..6]);
        greatest[..6].copy_from_slice(&source[..6]);
        (AssertionId(uuid::Uuid::from_bytes(least)), AssertionId(uuid::Uuid::from_bytes(greatest)))
    }
}

/// An idempotency key, bound to who uses it for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayKey {
    /// Hash over subject, operation and the key as sent.
    pub key: [u8; 32],
    /// Hash of the body.
    pub body: [u8; 32],
    /// Older records than this are forgotten.
    pub keep_from: Instant,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The revision that it made, or the latest one where nothing changed.
    pub revision: Revision,
    /// That revision's instant.
    pub recorded_at: Instant,
    /// What became of each operation, in order.
    pub outcomes: Vec<Outcome>,
    /// Whether this is the answer that was given before.
    pub replayed: bool,
}

/// What became of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The claim was recorded under this id.
    Recorded(AssertionId),
    /// The source said exactly this before: nothing new.
    Unchanged(AssertionId),
    /// The source said something else before: that was closed, this recorded.
    Superseded {
        /// The new claim.
        id: AssertionId,
        /// The one that it takes the place of.
        previous: AssertionId,
    },
    /// The source's claim was withdrawn or erased; it does not come back.
    Gone(AssertionId),
    /// The claim was closed.
    Retracted(AssertionId),
    /// Refused ([`Mode::PerItem`] only).
    Refused(Refusal),
}

impl Outcome {
    /// The claim that the operation left behind or found; none where it was refused.
    pub fn assertion(&self) -> Option<AssertionId> {
        match self {
            Self::Recorded(id)
            | Self::Unchanged(id)
            | Self::Superseded { id, .. }
            | Self::Gone(id)
            | Self::Retracted(id) => Some(*id),
            Self::Refused(_) => None,
        }
    }
}

/// An outcome as it is kept for a replay: ids and codes, nothing of what was written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    Recorded(AssertionId),
    Unchanged(AssertionId),
    Superseded { id: AssertionId, previous: AssertionId },
    Gone(AssertionId),
    Retracted(AssertionId),
    Refused { index: usize, pointer: String, code: String },
}

impl Outcome {
    /// The outcomes of a batch as text, for a replay.
    pub(super) fn keep(outcomes: &[Self]) -> String {
        let kept: Vec<Kept> = outcomes
            .iter()
            .map(|outcome| match outcome {
                Self::Recorded(id) => Kept::Recorded(*id),
                Self::Unchanged(id) => Kept::Unchanged(*id),
                Self::Superseded { id, previous } => Kept::Superseded { id: *id, previous: *previous },
                Self::Gone(id) => Kept::Gone(*id),
                Self::Retracted(id) => Kept::Retracted(*id),
                Self::Refused(Refusal { index, fault }) => {
                    Kept::Refused { index: *index, pointer: fault.pointer.clone(), code: fault.code.to_owned() }
                }
            })
            .collect();
        serde_json::to_string(&kept).expect("ids, numbers and texts always serialise")
    }

    /// Reads back what [`Self::keep`] wrote.
    pub(super) fn recall(text: &str) -> StoreResult<Vec<Self>> {
        let damaged = |detail: String| StoreError::Damaged(format!("a kept outcome: {detail}"));
        let kept: Vec<Kept> = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
        kept.into_iter()
            .map(|kept| {
                Ok(match kept {
                    Kept::Recorded(id) => Self::Recorded(id),
                    Kept::Unchanged(id) => Self::Unchanged(id),
                    Kept::Superseded { id, previous } => Self::Superseded { id, previous },
                    Kept::Gone(id) => Self::Gone(id),
                    Kept::Retracted(id) => Self::Retracted(id),
                    Kept::Refused { index, pointer, code } => {
                        let code = CODES.iter().find(|known| **known == code);
                        let code = code.ok_or_else(|| damaged("an unknown code".to_owned()))?;
                        let detail = "refused when this was sent first";
                        Self::Refused(Refusal { index, fault: Fault::new(pointer, code, detail) })
                    }
                })
            })
            .collect()
    }
}
