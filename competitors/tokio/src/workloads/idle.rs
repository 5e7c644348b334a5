//! Tasks that wait, all alive at once: what memory each of them takes.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

use tokio::sync::Notify;

use crate::crew::Crew;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "idle",
    params: &[param("threads", 1)],
    setup: |params| {
        let threads = params.get("threads");
        let common = Arc::new(Common {
            threads,
            arrived: AtomicU64::new(0),
            all_there: Notify::new(),
            sum: AtomicU64::new(0),
        });
        Ok(Box::new(Idle { common, gate: Gate::new(), crew: Crew::of(threads)?, bytes: 0 }))
    },
};

struct Idle {
    common: Arc<Common>,
    gate: Gate,
    crew: Crew<()>,
    bytes: u64, // when all waited
}

struct Common {
    threads: u64,
    arrived: AtomicU64,
    all_there: Notify,
    sum: AtomicU64,
}

async fn idle(common: Arc<Common>, pass: Pass) {
    let mine = common.arrived.fetch_add(1, Relaxed) + 1;
    if mine == common.threads {
        common.all_there.notify_one();
    }
    pass.through().await;
    common.sum.fetch_add(mine, Relaxed);
}

impl State for Idle {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for _ in 0..self.common.threads {
                self.crew.spawn(idle(self.common.clone(), self.gate.pass()));
            }
            self.common.all_there.notified().await;
            self.bytes = memory::resident_bytes();
            self.gate.open();
            self.crew.join().await;
        })
    }

    fn serial(&mut self) {
        for i in 1..=self.common.threads {
            self.common.sum.fetch_add(i, Relaxed);
        }
    }

    fn answer(&self) -> Answer {
        Answer { units: self.common.threads, answer: self.common.sum.load(Relaxed) }
    }

    fn resident(&self) -> u64 {
        self.bytes
    }
}
