//! What tests share: builders of claims, clearances and permits.
