//! What questions about a flow have in common: relationships run as their kinds say, so that no direction can be asked for.

use super::Frame;
use crate::graph::{Direction, GraphView, Lens};
use crate::model::{Fault, FlowLayer};

/// The view in which relationships are followed as a flow runs along them: those of other kinds are not.
pub(super) fn along<'a>(view: &GraphView<'a>, layer: FlowLayer, direction: Direction) -> GraphView<'a> {
    view.through(Lens { along: Some(layer), direction, ..view.lens().clone() })
}

/// What is wrong with a frame that asks for a direction.
pub(super) fn direction_fault(frame: &Frame) -> Option<Fault> {
    frame.direction.map(|_| {
        let detail = "this flow runs along relationships as the ontology says (`along`): leave `direction` out";
        Fault::new("/frame/direction", "no-direction", detail)
    })
}
