//! Every test of the project, in one binary: link time is paid once.

mod access;
mod graph;
mod laws;
mod model;
mod support;
mod vectors;
