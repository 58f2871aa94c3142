//! The view of a flow.

use crate::graph::{Direction, GraphView, Lens};
use crate::model::FlowLayer;

/// The view in which relationships are followed as a flow runs along them: those of other kinds are not.
pub(super) fn along<'a>(view: &GraphView<'a>, layer: FlowLayer, direction: Direction) -> GraphView<'a> {
    view.through(Lens { along: Some(layer), direction, ..view.lens().clone() })
}
