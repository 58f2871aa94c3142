//! The graph in memory: every claim in columns, and views of it for one caller and one frame.
//!
//! A [`Snapshot`] holds claims and shows nothing. A [`GraphView`] is the only way to walk: it shows what one clearance may see
//! through one [`Lens`], so that no kernel ever meets a hidden row. Pure: no clock, no files, no runtime.

pub mod algo;
pub mod text;

mod arrange;
mod budget;
mod build;
mod claim;
mod classes;
mod columns;
mod csr;
mod delta;
mod encode;
mod gates;
mod heap;
mod ids;
mod lens;
mod names;
mod numbering;
mod projection;
mod random;
mod scratch;
mod snapshot;
mod sparse;
mod strength;
mod table;
mod transfers;
mod view;
mod worlds;

pub use budget::{Budget, Halt, Progress, Stop, Watch};
pub use build::SnapshotBuilder;
pub use lens::{Direction, HubPolicy, Lens};
pub use projection::{Adjacency, Projection};
pub use random::Random;
pub use scratch::{Labels, Lent, Levels};
pub use snapshot::Snapshot;
pub use strength::{Strength, StrengthBy, StrengthGroups};
use transfers::Rows;
pub use transfers::{ByAccount, Measure, Transfer, Transfers, TransfersLeftOut};
pub use view::{
    Contact, Fold, GraphView, Layer, NoProjection, NodeIx, NodeSet, Passage, Passages, StatedBalance, StatedRate, Step,
    TripleIx, UnitIx, Way, decayed,
};
pub use worlds::Worlds;
