//! The unit of writing: one source's claim about one subject, and what the store adds when it records it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AssertionId, Day, Evaluation, ExchangeRate, Instant, KindName, Marking, Money, Period, Quantity, Subject,
    SubjectName, Vocabulary,
};

/// Property name → values, multi-valued as in FollowTheMoney.
pub type Properties = BTreeMap<String, Vec<String>>;

/// How many values a property, and how many characters a value, may have.
const MAX_VALUES: usize = 256;
/// The longest property value, in characters.
const MAX_VALUE: usize = 10_000;
/// The longest pointer and the longest detail of a fault, in characters.
const MAX_FAULT_TEXT: usize = 500;

/// What a claim is, as the Law Enforcement Directive (2016/680, art. 7) wants it told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// Established.
    Fact,
    /// A personal assessment; the default.
    #[default]
    Assessment,
    /// A hypothesis, such as a hidden link.
    Hypothesis,
}

/// Where a claim comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The source's own reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 500, example = "AL-2024-118")]
    pub reference: Option<String>,
    /// The dataset that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100, example = "scenario")]
    pub dataset: Option<String>,
    /// The source's key of this line within its dataset; loads only. Loading a key again changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 500)]
    pub key: Option<String>,
    /// The load that brought it; set by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, read_only, max_length = 100)]
    pub load: Option<String>,
    /// The legal basis for holding it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 500)]
    pub legal_basis: Option<String>,
}

impl Provenance {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A claim as its writer states it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// What it is about.
    pub subject: Subject,
    /// A kind of the ontology.
    pub kind: KindName,
    /// Property name → values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub properties: Properties,
    /// When it holds in the world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub period: Option<Period>,
    /// How much money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<Money>,
    /// How much of something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantity: Option<Quantity>,
    /// How far it is trusted.
    pub evaluation: Evaluation,
    /// Fact, assessment (default) or hypothesis.
    #[serde(default)]
    pub nature: Nature,
    /// Who may see and use it.
    pub marking: Marking,
    /// From this day (UTC) on nobody sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retain_until: Option<Day>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Provenance::is_empty")]
    pub provenance: Provenance,
}

/// One thing that is wrong with a claim: where, which rule, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON pointer to the offending part, relative to the request's body.
    #[schema(example = "/assertions/0/kind")]
    pub pointer: String,
    /// A stable code.
    #[schema(example = "unknown-kind")]
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl Fault {
    /// A fault at a pointer. What of a client's own text stands in it is cut: nobody is sent back a megabyte.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: cut(pointer.into()), code, detail: cut(detail.into()) }
    }

    /// The same fault under a longer pointer.
    pub fn under(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        self
    }
}

impl Claim {
    /// Whether this claim says that its subject is a protected person (victim, witness, …).
    pub fn protects(&self, vocabulary: &Vocabulary) -> bool {
        matches!(self.subject, Subject::Entity(_)) && vocabulary.ontology.protects(&self.properties)
    }

    /// Everything that is wrong with the claim by itself, against the vocabulary; ends and protection need the store.
    pub fn faults(&self, vocabulary: &Vocabulary) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.kind_faults(vocabulary, &mut faults);
        for (name, values) in &self.properties {
            let pointer = || format!("/properties/{}", name.replace('~', "~0").replace('/', "~1"));
            if values.is_empty() || values.len() > MAX_VALUES {
                faults.push(Fault::new(pointer(), "value-count", format!("a property has 1 to {MAX_VALUES} values")));
            }
            if let Some(at) = values.iter().position(|value| value.is_empty() || value.chars().count() > MAX_VALUE) {
                let detail = format!("a value has 1 to {MAX_VALUE} characters");
                faults.push(Fault::new(format!("{}/{at}", pointer()), "value-length", detail));
            }
        }
        if let Err(detail) = vocabulary.evaluations.reliability(&self.evaluation) {
            faults.push(Fault::new("/evaluation", "unknown-evaluation", detail));
        }
        self.flow_faults(&mut faults);
        self.rate_faults(vocabulary, &mut faults);
        self.marking_faults(&mut faults);
        for (field, text, max) in [
            ("reference", &self.provenance.reference, 500),
            ("dataset", &self.provenance.dataset, 100),
            ("key", &self.provenance.key, 500),
            ("legal_basis", &self.provenance.legal_basis, 500),
        ] {
            if text.as_ref().is_some_and(|text| text.is_empty() || text.chars().count() > max) {
                faults.push(Fault::new(
                    format!("/provenance/{field}"),
                    "value-length",
                    format!("1 to {max} characters"),
                ));
            }
        }
        faults
    }

    /// That the claim's retain day has come: nobody would ever see it, its writer included.
    pub fn overdue(&self, today: Day) -> Option<Fault> {
        let day = self.retain_until.filter(|day| *day <= today)?;
        let detail =
            format!("`{day}` has come, so that nobody may see this claim: name a later day, or leave it unwritten");
        Some(Fault::new("/retain_until", "retention-over", detail))
    }

    /// What flows is counted along its relationship: less than nothing would flow the other way.
    fn flow_faults(&self, faults: &mut Vec<Fault>) {
        if !matches!(&self.subject, Subject::Relationship { .. }) {
            return;
        }
        if self.amount.is_some_and(|amount| amount.minor < 0) {
            let detail = "what flows has an amount of zero or more: turn the ends round";
            faults.push(Fault::new("/amount/minor", "negative-amount", detail));
        }
        if self.quantity.as_ref().is_some_and(|quantity| quantity.value.micros() < 0) {
            let detail = "what flows has a quantity of zero or more: turn the ends round";
            faults.push(Fault::new("/quantity/value", "negative-quantity", detail));
        }
    }

    /// Amounts are reckoned by a rate: one that says less than all of it, or no number, is refused, and so is one for an instant, whatever
    /// its precision: it would hold for what moves at that microsecond, which nobody means.
    fn rate_faults(&self, vocabulary: &Vocabulary, faults: &mut Vec<Fault>) {
        if !matches!(&self.subject, Subject::Entity(_)) || !vocabulary.ontology.is_rate(&self.kind) {
            return;
        }
        let values = |name: &str| self.properties.get(name).into_iter().flatten().map(String::as_str).collect();
        match ExchangeRate::stated(values) {
            Err((property, right)) => {
                faults.push(Fault::new(format!("/properties/{property}"), "invalid-rate", right));
            }
            Ok(Some(_)) if self.period.is_some_and(|period| period.instant().is_some()) => {
                let right = "a rate holds from one instant until another: for a day, `from` its midnight `to` the next";
                faults.push(Fault::new("/period/at", "invalid-rate", right));
            }
            Ok(_) => {}
        }
    }

    fn marking_faults(&self, faults: &mut Vec<Fault>) {
        let Marking { tlp, cases, recipients, .. } = &self.marking;
        for (pointer, count, most) in [
            ("/marking/cases", cases.len(), Marking::MAX_CASES),
            ("/marking/recipients", recipients.len(), Marking::MAX_RECIPIENTS),
        ] {
            if count > most {
                faults.push(Fault::new(pointer, "value-count", format!("at most {most}, these are {count}")));
            }
        }
        if *tlp != super::Tlp::Red && !recipients.is_empty() {
            let detail = "only a RED claim names its recipients";
            faults.push(Fault::new("/marking/recipients", "recipients-without-red", detail));
        }
    }

    fn kind_faults(&self, vocabulary: &Vocabulary, faults: &mut Vec<Fault>) {
        let ontology = &vocabulary.ontology;
        let known = match &self.subject {
            Subject::Entity(_) => ontology.entity(&self.kind).map(|kind| (kind.is_abstract, &kind.properties)),
            Subject::Relationship { .. } => ontology.relationship(&self.kind).map(|kind| (false, &kind.properties)),
        };
        let Some((is_abstract, allowed)) = known else {
            let what = if matches!(self.subject, Subject::Entity(_)) { "entity" } else { "relationship" };
            let detail = format!("the ontology has no {what} kind `{}`; see GET /v1/ontology", self.kind);
            faults.push(Fault::new("/kind", "unknown-kind", detail));
            return;
        };
        if is_abstract {
            let detail = format!("`{}` is abstract: name one of the kinds below it; see GET /v1/ontology", self.kind);
            faults.push(Fault::new("/kind", "abstract-kind", detail));
        }
        for name in self.properties.keys().filter(|name| !allowed.contains(name.as_str())) {
            let pointer = format!("/properties/{}", name.replace('~', "~0").replace('/', "~1"));
            let detail = format!("`{}` has no property `{}`; see GET /v1/ontology", self.kind, shorten(name));
            faults.push(Fault::new(pointer, "unknown-property", detail));
        }
        // People have roles in the enterprise; in what FollowTheMoney says of other things, `role` is free text.
        let is_person = ontology.is_person(&self.kind);
        for role in ontology.unknown_roles(&self.properties).filter(|_| is_person) {
            let detail = format!("there is no role `{}`; see GET /v1/ontology", shorten(role));
            faults.push(Fault::new("/properties/role", "unknown-role", detail));
        }
    }
}

/// A text of a fault, within its bound.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_FAULT_TEXT) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A client's text, cut for an error message.
fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The store's counter of writes. Internal: on the wire it would tell how much others write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// Why a claim was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetractionReason {
    /// No longer the claim that its originator makes; readable at an earlier `as_of`.
    Superseded,
    /// Taken back: from now on only its originator sees it, at any `as_of`.
    Withdrawn,
}

/// The end of a claim's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Closure {
    /// The first revision that no longer holds it.
    pub revision: Revision,
    /// That revision's instant.
    pub at: Instant,
    /// Why.
    pub reason: RetractionReason,
}

/// When the system held a claim: `[from, to)` in revisions, each with its instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recorded {
    /// The revision that wrote it.
    pub from: Revision,
    /// That revision's instant.
    pub at: Instant,
    /// Its end, if it was retracted.
    pub to: Option<Closure>,
}

impl Recorded {
    /// Whether the claim was held at a revision; `None` asks for now.
    pub fn holds(&self, revision: Option<Revision>) -> bool {
        match revision {
            None => self.to.is_none(),
            Some(at) => self.from <= at && self.to.is_none_or(|to| at < to.revision),
        }
    }

    /// Whether it was taken back, after which only its originator sees it.
    pub fn is_withdrawn(&self) -> bool {
        self.to.is_some_and(|to| to.reason == RetractionReason::Withdrawn)
    }
}

/// A recorded claim.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Assertion {
    /// Its id.
    pub id: AssertionId,
    /// What was claimed.
    pub claim: Claim,
    /// Who wrote it; decides who sees a RED claim. Never on the wire.
    pub asserted_by: SubjectName,
    /// When the system held it.
    pub recorded: Recorded,
}
