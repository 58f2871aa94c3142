//! The one place where the machine's clock is read and fresh ids come from.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::access::Clock;
use crate::model::Instant;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the injected source")]
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Instant::from_micros(micros).expect("the machine's clock stands within the years of the calendar")
    }

    #[expect(clippy::disallowed_methods, reason = "this is the injected source")]
    fn fresh_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}
