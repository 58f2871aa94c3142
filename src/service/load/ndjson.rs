//! A line of NDJSON into a claim.

use serde_json::error::Category;
use serde_path_to_error::Segment;

use crate::model::strict::{self, Strict};
use crate::model::{Claim, Fault};

/// Reads one assertion.
pub(super) fn claim(line: &str) -> Result<Claim, Vec<Fault>> {
    // The plain reader is twice as fast; the one that keeps the path runs only over lines that are wrong.
    strict::from_json(line).map_err(|_| vec![fault::<Claim>(line)])
}

/// What is wrong with a line that does not read as a `T`, and where.
pub(super) fn fault<T: serde::de::DeserializeOwned>(line: &str) -> Fault {
    let mut reader = serde_json::Deserializer::from_str(line);
    let (path, error) = match serde_path_to_error::deserialize::<_, T>(Strict(&mut reader)) {
        Err(error) => (error.path().clone(), error.into_inner()),
        Ok(_) => return Fault::new("", "malformed-json", "text follows the end of the object"),
    };
    match error.classify() {
        Category::Data => Fault::new(pointer(&path), "invalid-value", words(&error)),
        Category::Eof => {
            Fault::new("", "malformed-json", "the line ends in the middle of the object: was the source cut off?")
        }
        Category::Syntax | Category::Io => Fault::new("", "malformed-json", words(&error)),
    }
}

/// The parser's words, without the line that it counts (always 1), not longer than a message should be.
fn words(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at column ").chars().take(500).collect()
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        let step = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&step);
    }
    pointer
}
