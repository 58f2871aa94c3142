//! SQLite's errors as the store's.

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// What an error of SQLite means to a caller. What passes by itself (locked, full, read-only, an I/O error) is "not available".
pub(super) fn store_error(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::SystemIoFailure
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted,
        ) => StoreError::Unavailable(error.to_string()),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(error.to_string()),
        _ => StoreError::Failed(Box::new(error)),
    }
}

/// The file holds what it never should.
pub(super) fn damaged(detail: impl Into<String>) -> StoreError {
    StoreError::Damaged(detail.into())
}
