//! Memory: how much there is of it, and arrays of sizes that come from outside.

use std::fs;

use crate::failure::Failure;

/// The memory of this process that is in RAM now, in bytes (proc(5), status);
/// 0 where that cannot be read.
pub fn resident_bytes() -> u64 {
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        return 0;
    };
    let field = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = field.and_then(|rest| rest.trim().strip_suffix(" kB"));
    kibibytes.and_then(|number| number.parse::<u64>().ok()).map_or(0, |k| k * 1024)
}

/// An empty list with room for so many, or a failure where the system would
/// otherwise end the process.
pub fn room<T>(count: u64) -> Result<Vec<T>, Failure> {
    let mut list = Vec::new();
    let fits = usize::try_from(count).ok().and_then(|n| list.try_reserve_exact(n).ok());
    fits.map(|()| list)
        .ok_or_else(|| Failure::Failed(format!("not enough memory for {count} of what these parameters ask for")))
}

/// A list of so many values.
pub fn filled<T: Clone>(count: u64, value: T) -> Result<Vec<T>, Failure> {
    let mut list = room(count)?;
    list.resize(count as usize, value); // room has seen that it fits
    Ok(list)
}
