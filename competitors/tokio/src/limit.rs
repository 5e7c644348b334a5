//! What the system has a limited number of: open files.

use std::io;

use crate::failure::Failure;

/// As many open files as the system lets a process have: Go's runtime and the
/// JVM do so for themselves, and the others are not to stop before them.
pub fn allow_files() {
    let mut files = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls look at this structure only.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut files) == 0 {
            files.rlim_cur = files.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &files);
        }
    }
}

/// What a call came to that makes one more of something: a limit when too many
/// files are open.
pub fn limited<T>(call: &str, made: io::Result<T>, reached: u64) -> Result<T, Failure> {
    made.map_err(|e| {
        let name = match e.raw_os_error() {
            Some(libc::EMFILE) => "EMFILE",
            Some(libc::ENFILE) => "ENFILE",
            _ => return Failure::Failed(format!("{call}: {e}")),
        };
        Failure::Limit { what: format!("{call}: {name} at {reached}"), reached }
    })
}
