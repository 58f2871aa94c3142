//! How far a source and its information are trusted, and the one table that turns this into a probability.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A grading in its own scheme, stored as the source gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// `europol-4x4`, `uk-3x5x2` or `admiralty`.
    #[schema(max_length = 64, example = "europol-4x4")]
    pub scheme: String,
    /// How reliable the source is, in the scheme's letters.
    #[schema(max_length = 8, example = "B")]
    pub source: String,
    /// How credible the information is, in the scheme's grades.
    #[schema(max_length = 8, example = "2")]
    pub information: String,
}

/// The probability that an evaluation stands for, in parts per million, and whether it could be judged at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Reliability {
    /// Parts per million, 0 to 1,000,000.
    #[serde(rename = "probability", serialize_with = "as_fraction", deserialize_with = "from_fraction")]
    #[schema(value_type = f64, minimum = 0.0, maximum = 1.0, example = 0.68)]
    pub ppm: u32,
    /// Whether source or information "cannot be judged"; that part counted .5.
    pub unknown: bool,
}

const MILLION: u32 = 1_000_000;

fn as_fraction<S: serde::Serializer>(ppm: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(f64::from(*ppm) / f64::from(MILLION))
}

fn from_fraction<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    ppm(f64::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("a probability lies between 0 and 1"))
}

fn ppm(probability: f64) -> Option<u32> {
    if !(0.0..=1.0).contains(&probability) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and one million")]
    let parts = (probability * f64::from(MILLION)).round() as u32;
    Some(parts)
}

impl Reliability {
    /// The probability as a fraction.
    pub fn probability(self) -> f64 {
        f64::from(self.ppm) / f64::from(MILLION)
    }

    /// Whether it reaches a minimum. Unknown never does.
    pub fn passes(self, minimum: f64) -> bool {
        !self.unknown && self.probability() >= minimum
    }

    /// −ln p in units of 10⁻⁹, a fixed-point integer so that sums are exact and ties are ties; `None` when p = 0 (no way).
    pub fn cost(self) -> Option<u64> {
        if self.ppm == 0 {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "−ln of at least one millionth is below 14"
        )]
        let cost = (-self.probability().ln() * 1e9).round() as u64;
        Some(cost)
    }
}

/// One part of a scheme: a grade's probability, or "unknown".
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Grade {
    Probability(f64),
    Word(Unknown),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unknown {
    Unknown,
}

/// The grades of one scheme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemeTable {
    /// Grade of the source → probability, or `"unknown"`.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    source: BTreeMap<String, Grade>,
    /// Grade of the information → probability, or `"unknown"`.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    information: BTreeMap<String, Grade>,
}

/// The versioned table of all schemes. It is a convention: named in every answer that used it, and a deployment may bring its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationTable {
    /// The table's version.
    #[schema(example = "1")]
    pub version: String,
    /// The schemes by name.
    pub schemes: BTreeMap<String, SchemeTable>,
}

impl EvaluationTable {
    /// The table that comes with Linchpin.
    pub fn builtin() -> Self {
        Self::from_toml(include_str!("evaluation.toml")).expect("the built-in evaluation table is checked by a test")
    }

    /// Reads a deployment's own table; says in words what is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let table: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, scheme) in &table.schemes {
            for (grade, value) in scheme.source.iter().chain(&scheme.information) {
                if matches!(value, Grade::Probability(p) if ppm(*p).is_none()) {
                    return Err(format!("schemes.{name}: grade {grade} is no probability between 0 and 1"));
                }
            }
        }
        Ok(table)
    }

    /// What an evaluation is worth, or in words why it is none: which scheme, which grades there are.
    pub fn reliability(&self, evaluation: &Evaluation) -> Result<Reliability, String> {
        let scheme = self.schemes.get(&evaluation.scheme).ok_or_else(|| {
            format!("no evaluation scheme `{}`; there are {}", evaluation.scheme, words(self.schemes.keys()))
        })?;
        let (source, source_unknown) = grade(&scheme.source, &evaluation.source, "source")?;
        let (information, information_unknown) = grade(&scheme.information, &evaluation.information, "information")?;
        let ppm = u64::from(source) * u64::from(information) / u64::from(MILLION);
        Ok(Reliability { ppm: u32::try_from(ppm).unwrap_or(MILLION), unknown: source_unknown || information_unknown })
    }
}

fn grade(grades: &BTreeMap<String, Grade>, key: &str, part: &str) -> Result<(u32, bool), String> {
    match grades.get(key) {
        Some(Grade::Probability(p)) => Ok((ppm(*p).unwrap_or(0), false)),
        Some(Grade::Word(Unknown::Unknown)) => Ok((MILLION / 2, true)),
        None => Err(format!("no grade `{key}` for {part}; there are {}", words(grades.keys()))),
    }
}

fn words<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}
