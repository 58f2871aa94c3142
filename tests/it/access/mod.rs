//! The rule, the roles, the gate.
