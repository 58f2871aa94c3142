//! What questions about a flow have in common: relationships run as their kinds say, so that no direction can be asked for.

use super::{AnalysisError, Frame};
use crate::graph::{Direction, GraphView, Lens, Measure, Transfers};
use crate::model::{Currency, Fault, FlowLayer};

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

/// The currency of all transfers; a fault that names them where there are several.
pub(super) fn only_currency(transfers: &Transfers) -> Result<Option<Currency>, AnalysisError> {
    let of = |measure: &Measure| match measure {
        Measure::Money(currency) => Some(*currency),
        Measure::Goods(_) | Measure::Knowledge => None,
    };
    let currencies: Vec<Currency> = transfers.measures().iter().filter_map(of).collect();
    if currencies.len() > 1 {
        let codes: Vec<&str> = currencies.iter().map(|currency| currency.code()).collect();
        let detail = format!("there are several currencies: choose one of {}", codes.join(", "));
        return Err(AnalysisError::Faults(vec![Fault::new("/currency", "several-currencies", detail)]));
    }
    Ok(currencies.first().copied())
}
