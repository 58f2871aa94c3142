//! The audit log in a SQLite file of its own: hash-chained, one fsync for many entries, closed when it cannot be written.
