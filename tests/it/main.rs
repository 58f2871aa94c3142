//! Every test of the project, in one binary: link time is paid once.

mod access;
mod cli;
mod layering;
mod model;
mod openapi;
mod support;
