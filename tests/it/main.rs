//! Every test of the project, in one binary: link time is paid once.

mod access;
mod contract;
mod model;
mod support;
