//! The command line.

mod commands;
mod config;
