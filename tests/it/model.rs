//! The model: folds, evaluations, periods, names.
