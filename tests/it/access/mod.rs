//! The rule, the roles, the gate.

mod audit;
mod rule;
