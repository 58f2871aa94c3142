//! The rule, the roles, the gate.

mod audit;
mod directory;
mod gate;
mod policy;
mod rule;
mod tokens;
