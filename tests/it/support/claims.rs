//! Claims, markings and batches in few words.

use linchpin::model::{
    AgencyId, AssertionId, CaseId, Claim, Classification, Currency, Day, EntityId, Evaluation, Handling, Instant,
    KindName, Marking, Money, Nature, Period, Properties, Provenance, RelationshipId, Subject, SubjectName, Tlp,
};
use linchpin::store::{Batch, Ends, LoadKey, Mode, NewAssertion, Operation};

/// An instant from RFC 3339.
pub(crate) fn instant(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

/// A day from `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

/// A marking from words, the agency first: `"al-police AMBER secret case:case-12 to:rada@rs-fiu H1"`. What is not said is
/// unclassified and GREEN.
pub(crate) fn marking(words: &str) -> Marking {
    let mut words = words.split_whitespace();
    let originator = AgencyId::new(words.next().expect("an agency")).expect("an agency");
    let mut marking = Marking {
        originator,
        classification: Classification::Unclassified,
        tlp: Tlp::Green,
        handling: Default::default(),
        cases: Default::default(),
        recipients: Default::default(),
    };
    for word in words {
        match word {
            "CLEAR" => marking.tlp = Tlp::Clear,
            "GREEN" => marking.tlp = Tlp::Green,
            "AMBER" => marking.tlp = Tlp::Amber,
            "AMBER_STRICT" => marking.tlp = Tlp::AmberStrict,
            "RED" => marking.tlp = Tlp::Red,
            "unclassified" => marking.classification = Classification::Unclassified,
            "restricted" => marking.classification = Classification::Restricted,
            "confidential" => marking.classification = Classification::Confidential,
            "secret" => marking.classification = Classification::Secret,
            "H0" => _ = marking.handling.insert(Handling::H0),
            "H1" => _ = marking.handling.insert(Handling::H1),
            "H2" => _ = marking.handling.insert(Handling::H2),
            "H3" => _ = marking.handling.insert(Handling::H3),
            other => match other.split_once(':') {
                Some(("case", case)) => _ = marking.cases.insert(CaseId::new(case).expect("a case")),
                Some(("to", name)) => _ = marking.recipients.insert(SubjectName::new(name).expect("a subject")),
                _ => panic!("`{other}` is no word of a marking"),
            },
        }
    }
    marking
}

/// A claim in the making.
#[derive(Debug, Clone)]
pub(crate) struct ClaimBuilder {
    claim: Claim,
}

fn start(subject: Subject, kind: &str) -> ClaimBuilder {
    ClaimBuilder {
        claim: Claim {
            subject,
            kind: KindName::new(kind).expect("a kind"),
            properties: Properties::new(),
            period: None,
            amount: None,
            quantity: None,
            evaluation: Evaluation {
                scheme: "europol-4x4".to_owned(),
                source: "B".to_owned(),
                information: "2".to_owned(),
            },
            nature: Nature::Assessment,
            marking: marking("al-police GREEN"),
            retain_until: None,
            provenance: Provenance::default(),
        },
    }
}

/// A claim on an entity: al-police's, GREEN, unless said otherwise.
pub(crate) fn entity(id: &str, kind: &str) -> ClaimBuilder {
    start(Subject::Entity(EntityId::new(id).expect("an entity id")), kind)
}

/// A claim on a relationship: al-police's, GREEN, unless said otherwise.
pub(crate) fn link(id: &str, kind: &str, source: &str, target: &str) -> ClaimBuilder {
    let end = |id: &str| EntityId::new(id).expect("an entity id");
    let id = RelationshipId::new(id).expect("a relationship id");
    start(Subject::Relationship { id, source: end(source), target: end(target) }, kind)
}

impl ClaimBuilder {
    /// Adds a value to a property.
    pub(crate) fn with(mut self, property: &str, value: &str) -> Self {
        self.claim.properties.entry(property.to_owned()).or_default().push(value.to_owned());
        self
    }

    /// Marks it; words as in [`marking`].
    pub(crate) fn marked(mut self, words: &str) -> Self {
        self.claim.marking = marking(words);
        self
    }

    /// Evaluates it: `"admiralty A 1"`.
    pub(crate) fn evaluated(mut self, words: &str) -> Self {
        let [scheme, source, information] = words.split(' ').collect::<Vec<_>>()[..] else {
            panic!("`{words}` is no scheme, source and information")
        };
        self.claim.evaluation =
            Evaluation { scheme: scheme.to_owned(), source: source.to_owned(), information: information.to_owned() };
        self
    }

    /// Fact, assessment or hypothesis.
    pub(crate) fn nature(mut self, nature: Nature) -> Self {
        self.claim.nature = nature;
        self
    }

    /// At an instant of the world.
    pub(crate) fn at(mut self, at: &str) -> Self {
        self.claim.period = Some(Period::at(instant(at)));
        self
    }

    /// In a period of the world; `""` is open.
    pub(crate) fn during(mut self, from: &str, to: &str) -> Self {
        let end = |text: &str| (!text.is_empty()).then(|| instant(text));
        self.claim.period = Some(Period::between(end(from), end(to)).expect("a period"));
        self
    }

    /// With an amount of money.
    pub(crate) fn amount(mut self, minor: i64, currency: &str) -> Self {
        let currency = Currency::from_code(currency).expect("a currency");
        self.claim.amount = Some(Money { minor, currency });
        self
    }

    /// Seen by nobody from this day on.
    pub(crate) fn retain_until(mut self, text: &str) -> Self {
        self.claim.retain_until = Some(day(text));
        self
    }

    /// Of a dataset and a load.
    pub(crate) fn loaded(mut self, dataset: &str, load: &str) -> Self {
        self.claim.provenance.dataset = Some(dataset.to_owned());
        self.claim.provenance.load = Some(load.to_owned());
        self
    }

    /// The claim.
    pub(crate) fn claim(self) -> Claim {
        self.claim
    }

    /// The operation that records it under an id, 1 for `00000000-0000-0000-0000-000000000001`.
    pub(crate) fn under(self, id: u128) -> Operation {
        Operation::Assert(Box::new(new_assertion(id, self.claim)))
    }

    /// The operation that loads it as the line of a source: one number for the source's key, one for the content.
    pub(crate) fn line(self, source: u8, content: u8) -> Operation {
        let load = Some(LoadKey { source: [source; 16], content: [content; 16] });
        Operation::Assert(Box::new(NewAssertion { id: AssertionId::from_u128(0), claim: self.claim, load }))
    }
}

/// A claim to be recorded under an id.
pub(crate) fn new_assertion(id: u128, claim: Claim) -> NewAssertion {
    NewAssertion { id: AssertionId::from_u128(id), claim, load: None }
}

/// An atomic batch whose relationships need both ends, written at an instant.
pub(crate) fn atomic(now: Instant, operations: impl IntoIterator<Item = Operation>) -> Batch {
    let operations = operations.into_iter().collect();
    Batch { operations, mode: Mode::Atomic, ends: Ends::Visible, replay: None, now }
}

/// An atomic batch of claims under the ids 1, 2, …
pub(crate) fn assert_all(now: Instant, claims: impl IntoIterator<Item = ClaimBuilder>) -> Batch {
    atomic(now, claims.into_iter().zip(1..).map(|(claim, id)| claim.under(id)))
}
