//! Loading: a source of many lines becomes claims, in bounded memory, and every line gets its result.
//!
//! ```text
//! bytes → numbered lines → claim or fault → vocabulary and dataset → batches → store → results in order
//!         1 blocking thread  2 blocking threads                        one write while the next are decoded
//! ```
//!
//! The same core serves `POST /v1/loads` and `linchpin load`. It passes the gate like every write: the load's beginning, each
//! batch and its end have an intent in the audit log before and an outcome after. The entries name no ids of claims: every claim
//! names its load, and the store keeps the id of each write beside the revision that it made.
//!
//! Loading again is safe. A line's identity is an HMAC over its dataset and source key, or over its content where it has no key;
//! the store records nothing twice ([`crate::store::LoadKey`]). A load that was cut off and is resumed under its own id leaves
//! the same content as one that was not.

mod ftm;
mod input;
mod keys;
mod lines;
mod mapping;
mod ndjson;
mod prepare;
mod report;
mod run;
mod source;
mod times;
mod withdraw;

pub use ftm::{EXTENSION, FtmWriter};
pub use input::{BodyReader, BodyWriter, Input, body};
pub use keys::KeyDomains;
pub use mapping::Mapping;
pub use report::{Counts, DanglingEnd, LineResult, LineStatus, LoadEnd, LoadEvent};
pub use run::{Finished, Load, LoadRequest};
pub use source::Source;
pub use withdraw::LoadWithdrawn;

/// Bounds on what a load holds in memory and tells at its end.
#[derive(Debug, Clone, Copy)]
pub struct LoadLimits {
    /// The longest line, in bytes; longer ones are refused.
    pub line_bytes: usize,
    /// How many bytes of lines are decoded together; about four times as many are under way at once.
    pub chunk_bytes: usize,
    /// How many claims are written together.
    pub batch: usize,
    /// How many dangling ends the last line lists.
    pub dangling: usize,
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self { line_bytes: 1024 * 1024, chunk_bytes: 8 * 1024 * 1024, batch: 5_000, dangling: 1_000 }
    }
}
