//! For mnbench gate --self-test alone: every iteration takes so many percent
//! longer, by real work on a CPU inside the timed stretch. The engine takes no
//! result from a driver that does so unasked.

use std::env;
use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::failure::Failure;

const VARIABLE: &str = "MNBENCH_SLOW_PERCENT";
const MOST: u32 = 1000;

pub fn percent() -> Result<u32, Failure> {
    let Some(text) = env::var_os(VARIABLE) else { return Ok(0) };
    let digits = text.to_str().filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
    match digits.and_then(|t| t.parse().ok()) {
        Some(percent) if percent <= MOST => Ok(percent),
        _ => Err(Failure::Usage(format!(
            "{VARIABLE}={}: want a whole number from 0 to {MOST}",
            text.to_string_lossy()
        ))),
    }
}

/// Works on for the percentage of the time that the iteration took, and returns
/// what it took with that.
pub fn down(start: Instant, took: Duration, percent: u32) -> Duration {
    let until = took + took * percent / 100;
    let mut x: u64 = 1;
    let mut now = took;
    while now < until {
        for _ in 0..16 {
            x = black_box(x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407));
        }
        now = start.elapsed();
    }
    now
}
