//! Linchpin: an investigation API over a graph database.
//!
//! ```text
//! model ← access ← graph ← analysis ← picture ← store ← service ← api ← cli   a layer may name only those to its left
//! └─────────── pure: no tokio, no actix, no files, no clock ──────────┘      (access holds one async trait: AuditLog)
//! ```
//!
//! `store` needs neither `graph`, `analysis` nor `picture`. `tests/it/layering.rs` holds every file to this.

pub mod access;
pub mod analysis;
pub mod api;
pub mod cli;
pub mod graph;
pub mod model;
pub mod picture;
pub mod service;
pub mod store;
