//! The rule, the roles, the gate.

mod audit;
mod gate;
mod policy;
mod rule;
mod tokens;
