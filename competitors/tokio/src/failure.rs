//! What can go wrong, and the exit codes of the protocol for it.

use std::fmt;

pub const FAILED: i32 = 1;
const USAGE: i32 = 2;
const UNSUPPORTED: i32 = 77;

#[derive(Debug)]
pub enum Failure {
    /// A command line that makes no sense.
    Usage(String),
    /// A cell that this driver does not do.
    Unsupported(String),
    /// The system has no more of something: a result, told as such.
    Limit { what: String, reached: u64 },
    /// Anything else.
    Failed(String),
}

impl Failure {
    pub fn exit_code(&self) -> i32 {
        match self {
            Failure::Usage(_) => USAGE,
            Failure::Unsupported(_) => UNSUPPORTED,
            Failure::Limit { .. } | Failure::Failed(_) => FAILED,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Failure::Usage(why) | Failure::Unsupported(why) | Failure::Failed(why) => f.write_str(why),
            Failure::Limit { what, .. } => f.write_str(what),
        }
    }
}
