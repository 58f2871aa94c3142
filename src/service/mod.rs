//! What the API can do: a file per resource, each an `impl AppState`. No HTTP here.

mod sealer;
mod state;

pub use sealer::Sealer;
pub use state::{AppState, ServiceError, ServiceResult};
