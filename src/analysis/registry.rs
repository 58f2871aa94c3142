//! Analyses without their types: what routes, the document, the laws and the benches go through.

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::{ANALYSES, Analysis, AnalysisError, Answer, Caps, Emit, Figure, Finding, Frame};
use crate::graph::{Budget, Direction, GraphView};
use crate::model::strict::Strict;
use crate::model::{EntityId, Fault};

/// The analysis of this name.
pub fn analysis(name: &str) -> Option<&'static dyn AnyAnalysis> {
    ANALYSES.iter().copied().find(|known| known.name() == name)
}

/// An [`Analysis`] whose types are hidden.
pub trait AnyAnalysis: Send + Sync {
    /// Its name in the path.
    fn name(&self) -> &'static str;

    /// What it answers, in one line.
    fn summary(&self) -> &'static str;

    /// Whether there are pictures of its results.
    fn has_figure(&self) -> bool;

    /// Reads a request's body. Every fault has a pointer into it.
    fn parse(&self, body: Value) -> Result<Question, Vec<Fault>>;

    /// A request's body about entities that `pick` chooses.
    fn sample(&self, pick: &mut dyn FnMut() -> EntityId) -> Value;

    /// Its part of the OpenAPI document.
    fn operation(&self) -> AnalysisDoc;
}

/// A request that was read and is sound by itself.
pub struct Question {
    /// What of the graph it looks at.
    pub frame: Frame,
    /// Which way relationships are followed when the frame does not say; `None`: as the ontology says.
    pub default_direction: Option<Direction>,
    /// The rest.
    pub run: Box<dyn PreparedRun>,
}

/// An analysis with its parameters, ready for a view. It may be sent to another thread.
pub trait PreparedRun: Send {
    /// Answers; the result as JSON.
    fn run(
        self: Box<Self>,
        view: &GraphView<'_>,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Value>, AnalysisError>;

    /// Answers, and says what the result looks like where the analysis does.
    fn draw(
        self: Box<Self>,
        view: &GraphView<'_>,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<(Finding<Value>, Option<Figure>), AnalysisError>;

    /// Answers part by part.
    fn stream(
        self: Box<Self>,
        view: &GraphView<'_>,
        caps: &Caps,
        budget: &Budget,
        emit: &mut Emit<'_>,
    ) -> Result<Finding<()>, AnalysisError>;
}

/// One operation of the document.
pub struct AnalysisDoc {
    /// The operation's id, in snake case.
    pub operation_id: String,
    /// The schema of the body: a reference into `components`.
    pub request_schema: RefOr<Schema>,
    /// The schema of the answer: a reference into `components`.
    pub response_schema: RefOr<Schema>,
    /// The named schemas that both need, themselves included, each once.
    pub components: Vec<(String, RefOr<Schema>)>,
    /// A body that can be sent as it stands, given the scenario.
    pub example: Value,
}

struct Prepared<A: Analysis> {
    analysis: A,
    params: A::Params,
}

/// A finding with its result as JSON.
fn written(finding: Finding<impl Serialize>) -> Finding<Value> {
    finding.map(|result| serde_json::to_value(result).expect("results have text keys and finite numbers"))
}

impl<A: Analysis> PreparedRun for Prepared<A> {
    fn run(
        self: Box<Self>,
        view: &GraphView<'_>,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Value>, AnalysisError> {
        self.analysis.run(view, self.params, caps, budget).map(written)
    }

    fn draw(
        self: Box<Self>,
        view: &GraphView<'_>,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<(Finding<Value>, Option<Figure>), AnalysisError> {
        let finding = self.analysis.run(view, self.params.clone(), caps, budget)?;
        let figure = A::FIGURE.map(|figure| figure(&self.params, &finding.result));
        Ok((written(finding), figure))
    }

    fn stream(
        self: Box<Self>,
        view: &GraphView<'_>,
        caps: &Caps,
        budget: &Budget,
        emit: &mut Emit<'_>,
    ) -> Result<Finding<()>, AnalysisError> {
        self.analysis.stream(view, self.params, caps, budget, emit)
    }
}

impl<A: Analysis + Copy> AnyAnalysis for A {
    fn name(&self) -> &'static str {
        A::NAME
    }

    fn summary(&self) -> &'static str {
        A::SUMMARY
    }

    fn has_figure(&self) -> bool {
        A::FIGURE.is_some()
    }

    fn parse(&self, body: Value) -> Result<Question, Vec<Fault>> {
        let mut nulls = Vec::new();
        find_nulls(&body, "", &mut nulls);
        let params: A::Params =
            serde_path_to_error::deserialize(Strict(body)).map_err(|error| vec![shape_fault(&error)])?;
        let mut faults = if nulls.is_empty() { A::faults(&params) } else { nulls };
        let frame = A::frame(&params).clone();
        let default_direction = A::direction(&params);
        if default_direction.is_none() && frame.direction.is_some() {
            let detail = "this flow runs along relationships as the ontology says (`along`): leave `direction` out";
            faults.push(Fault::new("/frame/direction", "no-direction", detail));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let run = Box::new(Prepared { analysis: *self, params });
        Ok(Question { frame, default_direction, run })
    }

    fn sample(&self, pick: &mut dyn FnMut() -> EntityId) -> Value {
        serde_json::to_value(A::sample(pick)).expect("requests have text keys and finite numbers")
    }

    fn operation(&self) -> AnalysisDoc {
        let mut components = vec![(A::Params::name().into_owned(), A::Params::schema())];
        A::Params::schemas(&mut components);
        components.push((A::Output::name().into_owned(), A::Output::schema()));
        A::Output::schemas(&mut components);
        Answer::schemas(&mut components);
        let answer = format!("{}Answer", pascal(A::NAME));
        components.push((answer.clone(), answer_schema(&A::Output::name())));
        components.sort_by(|(a, _), (b, _)| a.cmp(b));
        components.dedup_by(|(a, _), (b, _)| a == b);
        let mut about = A::EXAMPLE.iter().cycle();
        let mut pick = || {
            let id = about.next().copied().unwrap_or("p-1");
            EntityId::new(id).expect("the example's ids are well formed")
        };
        AnalysisDoc {
            operation_id: format!("find_{}", A::NAME.replace('-', "_")),
            request_schema: Ref::from_schema_name(A::Params::name()).into(),
            response_schema: Ref::from_schema_name(answer).into(),
            components,
            example: AnyAnalysis::sample(self, &mut pick),
        }
    }
}

/// The envelope's schema with this analysis' own `result` in it.
fn answer_schema(output: &str) -> RefOr<Schema> {
    let mut schema = Answer::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.properties.insert("result".to_owned(), Ref::from_schema_name(output).into());
    }
    schema
}

fn pascal(kebab: &str) -> String {
    kebab
        .split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<Vec<_>>()
        })
        .collect()
}

/// Every null in a body: no field of a request may be one, as the document says; serde would take it for a field left out.
fn find_nulls(value: &Value, pointer: &str, faults: &mut Vec<Fault>) {
    match value {
        Value::Null if !pointer.is_empty() => {
            faults.push(Fault::new(pointer, "invalid-value", "null is no value here: leave the field out"));
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                find_nulls(item, &format!("{pointer}/{at}"), faults);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                find_nulls(field, &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), faults);
            }
        }
        _ => {}
    }
}

/// A body that is not of the request's shape, as a fault with a JSON pointer.
fn shape_fault(error: &serde_path_to_error::Error<serde_json::Error>) -> Fault {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in error.path().iter() {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&part);
    }
    let detail = error.inner().to_string();
    let code = match () {
        () if detail.starts_with("unknown field") => "unknown-field",
        () if detail.starts_with("missing field") => "missing-field",
        () => "invalid-value",
    };
    Fault::new(pointer, code, detail)
}
