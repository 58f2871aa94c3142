//! REST.

pub mod auth;
