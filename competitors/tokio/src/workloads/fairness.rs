//! Equal tasks that compute without a pause: how far are the others when the
//! first one is done? Tokio preempts nobody, so with more tasks than workers
//! most have not begun.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

use crate::busy::busy;
use crate::crew::Crew;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "fairness",
    params: &[param("threads", 1), param("chunks", 1), param("steps", 0)],
    setup: |params| {
        let threads = params.get("threads");
        let mut runners = memory::room(threads)?;
        runners.resize_with(threads as usize, Runner::default);
        Ok(Box::new(Race {
            chunks: params.get("chunks"),
            steps: params.get("steps"),
            gate: Gate::new(),
            field: Arc::new(Field { done: AtomicBool::new(false), runners }),
            crew: Crew::of(threads)?,
            ends: memory::filled(threads, 0)?,
        }))
    },
};

struct Race {
    chunks: u64,
    steps: u64, // of a chunk
    gate: Gate,
    field: Arc<Field>,
    crew: Crew<u64>,
    ends: Vec<u64>, // of each task's sequence
}

struct Field {
    done: AtomicBool, // somebody is
    runners: Vec<Runner>,
}

/// Has a cache line to itself.
#[derive(Default)]
#[repr(align(64))]
struct Runner {
    chunks: AtomicU64,   // done
    snapshot: AtomicU64, // done when the first one was
}

async fn run(pass: Pass, field: Arc<Field>, chunks: u64, steps: u64, i: usize) -> u64 {
    pass.through().await;
    let mut x = i as u64;
    for chunk in 1..=chunks {
        x = busy(steps, x);
        field.runners[i].chunks.store(chunk, Relaxed);
    }
    if !field.done.swap(true, Relaxed) {
        for runner in &field.runners {
            runner.snapshot.store(runner.chunks.load(Relaxed), Relaxed);
        }
    }
    x
}

impl State for Race {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for i in 0..self.ends.len() {
                self.crew.spawn(run(self.gate.pass(), Arc::clone(&self.field), self.chunks, self.steps, i));
            }
            self.gate.open();
            self.crew.join_into(&mut self.ends).await;
        })
    }

    fn serial(&mut self) {
        for (i, end) in self.ends.iter_mut().enumerate() {
            *end = i as u64;
            for _ in 0..self.chunks {
                *end = busy(self.steps, *end);
            }
        }
    }

    fn answer(&self) -> Answer {
        let all = self.ends.iter().fold(0u64, |sum, x| sum.wrapping_add(*x));
        Answer { units: self.ends.len() as u64 * self.chunks, answer: all }
    }

    fn observe(&self, event: &mut dyn FnMut(&'static str, &'static str, u64)) {
        let (mut sum, mut squares) = (0.0, 0.0);
        for runner in &self.field.runners {
            let chunks = runner.snapshot.load(Relaxed);
            let share = chunks as f64 / self.chunks as f64;
            sum += share;
            squares += share * share;
            event("behind the first", "percent", 100 - chunks * 100 / self.chunks);
        }
        let jain = 1000.0 * sum * sum / (self.ends.len() as f64 * squares);
        event("Jain index", "permille", (jain + 0.5) as u64);
    }
}
