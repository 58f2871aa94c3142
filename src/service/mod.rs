//! What the API can do: a file per resource, each an `impl AppState`. No HTTP here.

mod directory;
mod secrets;
mod state;

pub use directory::{DirectoryFault, FileDirectory};
pub use secrets::{SecretError, SecretKey, Secrets};
pub use state::{AppState, ServiceError, ServiceResult};
