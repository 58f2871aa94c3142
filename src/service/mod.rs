//! What the API can do: a file per resource, each an `impl AppState`. No HTTP here.

mod state;

pub use state::{AppState, ServiceError, ServiceResult};
