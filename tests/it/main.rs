//! Every test of the project, in one binary: link time is paid once.

mod access;
mod api;
mod cli;
mod graph;
mod laws;
mod layering;
mod load;
mod model;
mod openapi;
mod support;
mod vectors;
