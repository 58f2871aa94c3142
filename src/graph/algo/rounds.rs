//! What methods that repeat a round until little changes have in common.

/// How long rounds are repeated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounds {
    /// Exactly so many, whatever changes; `None`: until the tolerance is reached.
    pub exactly: Option<u32>,
    /// No more than this where the number is not given.
    pub most: u32,
    /// Enough is reached when the values change by less than this in the mean, in absolute terms.
    pub tolerance: f64,
}

impl Rounds {
    /// Whether it ends after so many rounds, the last of which changed the values of `len` entities by so much altogether; and
    /// whether the tolerance is reached.
    pub(super) fn ended(&self, rounds: u32, change: f64, len: usize) -> (bool, bool) {
        let enough = change < len as f64 * self.tolerance;
        (self.exactly.map_or(enough || rounds >= self.most, |exactly| rounds >= exactly), enough)
    }
}

/// What rounds came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Iterated {
    /// By position.
    pub values: Vec<f64>,
    /// How many there were.
    pub rounds: u32,
    /// Whether the last of them changed less than the tolerance.
    pub converged: bool,
}
