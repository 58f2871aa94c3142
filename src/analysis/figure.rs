//! What a result looks like: an abstract figure, which names entities and relationships by id. `picture` draws it, with what the answer
//! says of them; nothing here knows captions, colours or places on a page.

use crate::model::{Currency, Decimal, EntityId, FlowLayer, Instant, RelationshipKey};

/// The figure of an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figure {
    /// What was asked, and what came of it.
    pub about: Vec<Words>,
    /// The parts, the most important first; none: nothing was found.
    pub panels: Vec<Panel>,
    /// What the tones stand for.
    pub legend: Vec<(Tone, &'static str)>,
    /// What has to be said beside it, such as what else was found and is in no panel.
    pub notes: Vec<String>,
}

/// How the figure of an answer is made: from the question and the result.
pub type FigureOf<Params, Output> = fn(&Params, &Output) -> Figure;

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// As it stands.
    Text(String),
    /// What an entity is called in the answer.
    Entity(EntityId),
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&EntityId> for Words {
    fn from(id: &EntityId) -> Self {
        Self::Entity(id.clone())
    }
}

impl Words {
    /// Entities one after another; of many the first few, and how many more there are.
    pub fn list(ids: &[EntityId]) -> Vec<Self> {
        const MOST: usize = 4;
        let mut words = Vec::new();
        for (at, id) in ids.iter().take(MOST).enumerate() {
            if at > 0 {
                words.push(", ".into());
            }
            words.push(id.into());
        }
        if ids.len() > MOST {
            words.push(format!(" and {} more", ids.len() - MOST).into());
        }
        words
    }
}

/// What sets some marks apart from others; the figure's legend says what it stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Nothing does.
    #[default]
    Plain,
    /// Where it begins.
    First,
    /// Where it ends.
    Last,
    /// What matters most.
    Key,
}

/// One part of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What it shows.
    pub title: Vec<Words>,
    /// In which form.
    pub shape: Shape,
}

/// The forms that there are.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Bands from left to right, as thick as what they carry.
    Sankey(Diagram),
    /// Arrows from left to right.
    Network(Diagram),
    /// What there was, over time.
    Timeline(Timeline),
    /// A number for each row and column.
    Matrix(Matrix),
}

/// What amounts are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Minor units of a currency.
    Money(Option<Currency>),
    /// Millionths of a unit.
    Quantity(String),
    /// Millionths of certainty.
    Probability,
    /// Whole things.
    Count,
}

impl Unit {
    /// A decimal, or a share from 0 to 1, in the millionths that a figure has.
    pub fn millionths(value: f64) -> i128 {
        // Probabilities and quantities are far below what a decimal holds; what is not finite is nothing.
        i128::from((value * 1e6).round() as i64)
    }

    /// An amount as people write it: `229,861.00 EUR`.
    pub fn told(&self, much: i128) -> String {
        match self {
            Self::Money(Some(currency)) => format!("{} {currency}", decimal(much, currency.exponent().unwrap_or(0))),
            Self::Money(None) | Self::Count => decimal(much, 0),
            Self::Quantity(unit) => format!("{} {unit}", trimmed(&decimal(much, 6))),
            Self::Probability => format!("{:.3}", Decimal::from_micros(much as i64).to_f64()),
        }
    }
}

/// An instant to the minute, and the day alone at midnight, in UTC.
pub fn moment(at: Instant) -> String {
    let text = at.to_string();
    let Some((day, time)) = text.split_once('T') else { return text };
    match time.get(..5).filter(|time| *time != "00:00") {
        Some(time) => format!("{day} {time}"),
        None => day.to_owned(),
    }
}

/// So many units of a last place, with commas between thousands.
fn decimal(units: i128, places: u16) -> String {
    let digits = format!("{:0>1$}", units.unsigned_abs(), usize::from(places) + 1);
    let (whole, part) = digits.split_at(digits.len() - usize::from(places));
    let mut told = String::from(if units < 0 { "−" } else { "" });
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            told.push(',');
        }
        told.push(digit);
    }
    if !part.is_empty() {
        told.push('.');
        told.push_str(part);
    }
    told
}

fn trimmed(decimal: &str) -> &str {
    decimal.trim_end_matches('0').trim_end_matches('.')
}

/// Entities, and what runs between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagram {
    /// What `much` is in.
    pub unit: Unit,
    /// What runs: says which way along relationships of a kind, where a link does not.
    pub layer: Option<FlowLayer>,
    /// What is to be said of entities; those that only links name need not stand here. The first ones stand left.
    pub places: Vec<Place>,
    /// The links, the most important first: where there are too many, the last ones are not drawn. Those between the same two that are
    /// alike in tone and label are drawn as one.
    pub links: Vec<Link>,
}

/// An entity in a diagram.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Which.
    pub entity: EntityId,
    /// In which column, from 0; `None`: as the links say. All of a diagram have one, or none.
    pub column: Option<u32>,
    /// What sets it apart.
    pub tone: Tone,
    /// What is said of it.
    pub label: String,
}

/// What one relationship carries in a diagram.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The relationship.
    pub relationship: RelationshipKey,
    /// From where to where; `None`: as the layer runs along it.
    pub ends: Option<(EntityId, EntityId)>,
    /// How much; of links between the same two with one tone and label the sum is told.
    pub much: Much,
    /// What is said of it besides.
    pub label: String,
    /// What sets it apart.
    pub tone: Tone,
}

/// How much a link carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Much {
    /// Nothing that is counted.
    Nothing,
    /// The amount that the relationship states, and when.
    Stated,
    /// So much.
    Is(i128),
}

/// Series and events over one axis of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// What amounts are in.
    pub unit: Unit,
    /// The least that the axis of time spans.
    pub span: Option<(Instant, Instant)>,
    /// The series.
    pub series: Vec<Series>,
    /// Spans of time that are told of.
    pub bands: Vec<Band>,
    /// Moments that are told of.
    pub events: Vec<Event>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A line of steps: each value holds until the next.
    Steps,
    /// Bars above the axis.
    Up,
    /// Bars below it.
    Down,
}

/// Amounts over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What they are.
    pub name: &'static str,
    /// How it is drawn.
    pub form: Form,
    /// In the order of time.
    pub points: Vec<(Instant, i128)>,
}

/// A span of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// From when.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
    /// What of it.
    pub label: String,
}

/// A moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// How much.
    pub much: i128,
    /// What of it.
    pub label: String,
}

/// A table of amounts.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// What the rows are.
    pub rows: Vec<Vec<Words>>,
    /// What the columns are, each with the unit of its amounts.
    pub columns: Vec<(String, Unit)>,
    /// By row and column; `None`: nothing.
    pub cells: Vec<Vec<Option<i128>>>,
}
