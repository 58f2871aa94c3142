//! The rule, the roles, the gate.

mod rule;
