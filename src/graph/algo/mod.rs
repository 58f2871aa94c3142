//! Kernels: one algorithm a file, in terms of node indexes. They see a view and a budget, nothing else.
