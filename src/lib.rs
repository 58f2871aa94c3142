//! Linchpin
