//! What one caller sees through one lens: the only way to walk.

/// A view.
#[derive(Debug)]
pub struct GraphView<'a> {
    _snapshot: std::marker::PhantomData<&'a ()>,
}
