//! Every test of the project, in one binary: link time is paid once.

mod access;
mod analyses;
mod api;
mod cli;
mod contract;
mod graph;
mod laws;
mod layering;
mod load;
mod model;
mod openapi;
mod picture;
mod snapshots;
mod support;
mod vectors;
