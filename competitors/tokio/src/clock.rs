//! Moments, and sleeping until them.

use std::time::{Duration, Instant};

use tokio::time;

/// The moment so many nanoseconds after another.
pub fn after(begin: Instant, nanoseconds: u64) -> Instant {
    begin + Duration::from_nanos(nanoseconds)
}

/// Sleeps until a moment, not at all when it has passed.
pub async fn sleep_until(due: Instant) {
    if Instant::now() < due {
        time::sleep_until(due.into()).await;
    }
}

/// How long ago a moment was, in ns; 0 when it is still to come.
pub fn since(moment: Instant) -> u64 {
    Instant::now().saturating_duration_since(moment).as_nanos() as u64
}
