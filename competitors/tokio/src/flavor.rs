//! Tokio's two schedulers.

use tokio::runtime::{Builder, Runtime, RuntimeMetrics};

use crate::failure::Failure;

#[derive(Clone, Copy, PartialEq)]
pub enum Flavor {
    MultiThread,
    CurrentThread,
}

impl Flavor {
    pub fn runtime_id(self) -> &'static str {
        match self {
            Flavor::MultiThread => "tokio",
            Flavor::CurrentThread => "tokio-current",
        }
    }

    /// As the documentation calls it.
    pub fn name(self) -> &'static str {
        match self {
            Flavor::MultiThread => "multi_thread",
            Flavor::CurrentThread => "current_thread",
        }
    }

    /// What #[tokio::main] makes, on so many workers: everything is enabled, and
    /// nothing is tuned.
    pub fn build(self, workers: usize) -> Result<Runtime, Failure> {
        let mut builder = match self {
            Flavor::MultiThread => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(workers);
                builder
            }
            Flavor::CurrentThread if workers > 1 => {
                return Err(Failure::Unsupported(format!(
                    "the current_thread scheduler runs all tasks on one thread: it cannot have {workers} workers"
                )));
            }
            Flavor::CurrentThread => Builder::new_current_thread(),
        };
        builder.enable_all().build().map_err(|e| Failure::Failed(format!("cannot start {workers} workers: {e}")))
    }
}

/// The counts of a runtime's schedulers that tokio keeps without unstable
/// features. The differences between two readings go into a sample.
pub struct Counters {
    parks: u64, // times that a worker went to sleep, summed over workers
}

impl Counters {
    pub fn read(metrics: &RuntimeMetrics) -> Counters {
        Counters { parks: (0..metrics.num_workers()).map(|w| metrics.worker_park_count(w)).sum() }
    }

    pub fn since(&self, before: &Counters) -> [(&'static str, u64); 1] {
        [("parks", self.parks - before.parks)]
    }
}
