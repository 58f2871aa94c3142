//! Graphs written as text, for tests and benches: one relationship a line.
//!
//! `a -> b` goes one way (an `AccountTransfer`), `a -- b` both ways (an `Associate`). Words inside the arrow, in any order: `A1` an
//! evaluation (europol-4x4), `Call` a kind of the ontology, `@5` an instant, `@1..9`, `@1..` or `@..9` a period (seconds since 1970),
//! `100EUR` an amount in minor units, `=2.5kg` a quantity, anything else the relationship's id: `a -t1 B2 Call @5-> b`. A name alone is
//! an entity without relationships. Entities are people, seen by everyone; ids that are left out are `r1`, `r2`, … by line.

use std::collections::BTreeSet;

use crate::model::{
    AgencyId, Assertion, AssertionId, Claim, Classification, Currency, EntityId, Evaluation, IdError, Instant,
    KindName, Marking, Money, Nature, Period, Properties, Provenance, Quantity, Recorded, RelationshipId, Revision,
    Subject, SubjectName, Tlp,
};

/// The claims that such a text stands for: those on entities first, by id, then those on relationships, by line.
pub fn claims(text: &str) -> Result<Vec<Assertion>, IdError> {
    let mut entities = BTreeSet::new();
    let mut relationships = Vec::new();
    for (number, line) in text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let Some(at) = line.find(" -") else {
            entities.insert(EntityId::new(line)?);
            continue;
        };
        let (source, rest) = line.split_at(at + 1);
        let both = rest.split_once("- ").map(|(words, target)| (words, target, "Associate"));
        let (words, target, kind) = rest
            .split_once("-> ")
            .map(|(words, target)| (words, target, "AccountTransfer"))
            .or(both)
            .ok_or(IdError::Subject)?;
        let (source, target) = (EntityId::new(source.trim())?, EntityId::new(target.trim())?);
        entities.extend([source.clone(), target.clone()]);
        let mut line = Line { id: format!("r{}", number + 1), kind: kind.to_owned(), ..Line::default() };
        for word in words.trim_start_matches('-').split_whitespace() {
            line.word(word).ok_or(IdError::Subject)?;
        }
        let subject = Subject::Relationship { id: RelationshipId::new(&line.id)?, source, target };
        relationships.push((subject, KindName::new(&line.kind)?, line));
    }
    let person = KindName::new("Person")?;
    let entities = entities.into_iter().map(|id| (Subject::Entity(id), person.clone(), Line::default()));
    entities
        .chain(relationships)
        .enumerate()
        .map(|(at, (subject, kind, line))| claim(at, subject, kind, line))
        .collect()
}

/// What the words of a line say.
#[derive(Default)]
struct Line {
    id: String,
    kind: String,
    grade: Option<String>,
    period: Option<Period>,
    amount: Option<Money>,
    quantity: Option<Quantity>,
}

impl Line {
    fn word(&mut self, word: &str) -> Option<()> {
        let grade = word.len() == 2 && word.starts_with(['A', 'B', 'C', 'X']) && word.ends_with(['1', '2', '3', '4']);
        let digits = word.trim_end_matches(|c: char| c.is_ascii_uppercase());
        if let Some(times) = word.strip_prefix('@') {
            self.period = Some(period(times)?);
        } else if let Some(much) = word.strip_prefix('=') {
            self.quantity = Some(quantity(much)?);
        } else if let (Ok(minor), Some(currency)) = (digits.parse(), Currency::from_code(&word[digits.len()..])) {
            self.amount = Some(Money { minor, currency });
        } else if grade {
            self.grade = Some(word.to_owned());
        } else if word.starts_with(|c: char| c.is_ascii_uppercase()) {
            word.clone_into(&mut self.kind);
        } else {
            word.clone_into(&mut self.id);
        }
        Some(())
    }
}

fn period(times: &str) -> Option<Period> {
    let instant = |text: &str| Instant::from_micros(text.parse::<i64>().ok()?.checked_mul(1_000_000)?);
    let Some((from, to)) = times.split_once("..") else { return instant(times).map(Period::at) };
    let end = |text: &str| if text.is_empty() { Some(None) } else { instant(text).map(Some) };
    Period::between(end(from)?, end(to)?).ok()
}

fn quantity(much: &str) -> Option<Quantity> {
    let (value, unit) = much.split_at(much.find(|c: char| c.is_ascii_lowercase())?);
    serde_json::from_str(&format!(r#"{{"value":{value},"unit":"{unit}"}}"#)).ok()
}

fn claim(at: usize, subject: Subject, kind: KindName, line: Line) -> Result<Assertion, IdError> {
    let grade = line.grade.unwrap_or_else(|| "A1".to_owned());
    let (source, information) = grade.split_at(1);
    let claim = Claim {
        subject,
        kind,
        properties: Properties::new(),
        period: line.period,
        amount: line.amount,
        quantity: line.quantity,
        evaluation: Evaluation {
            scheme: "europol-4x4".to_owned(),
            source: source.to_owned(),
            information: information.to_owned(),
        },
        nature: Nature::Fact,
        marking: Marking {
            originator: AgencyId::new("rs-fiu")?,
            classification: Classification::Unclassified,
            tlp: Tlp::Clear,
            handling: BTreeSet::new(),
            cases: BTreeSet::new(),
            recipients: BTreeSet::new(),
        },
        retain_until: None,
        provenance: Provenance::default(),
    };
    let epoch = Instant::from_micros(0).expect("the epoch is an instant");
    Ok(Assertion {
        id: AssertionId::from_u128(at as u128 + 1),
        claim,
        asserted_by: SubjectName::new("writer@rs-fiu")?,
        recorded: Recorded { from: Revision(1), at: epoch, to: None },
    })
}
