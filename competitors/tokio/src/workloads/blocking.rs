//! Some tasks in calls that block, while others compute.
//!
//! The call stands for one of a library that knows nothing of tasks: tokio has
//! spawn_blocking for these.

use std::thread;
use std::time::{Duration, Instant};

use tokio::task;

use crate::busy::busy;
use crate::clock;
use crate::crew::Crew;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "blocking",
    params: &[
        param("blockers", 0),
        param("calls", 1),
        param("call_us", 1),
        param("threads", 1),
        param("chunks", 1),
        param("steps", 0),
    ],
    setup: |params| {
        let (blockers, threads, calls) = (params.get("blockers"), params.get("threads"), params.get("calls"));
        let mut late = memory::room(blockers)?;
        for _ in 0..blockers {
            late.push(memory::room(calls)?);
        }
        Ok(Box::new(Blocking {
            calls,
            call: Duration::from_micros(params.get("call_us")),
            chunks: params.get("chunks"),
            steps: params.get("steps"),
            gate: Gate::new(),
            blockers: Crew::of(blockers)?,
            computing: Crew::of(threads)?,
            late,
            made: 0,
            ends: memory::filled(threads, 0)?,
        }))
    },
};

struct Blocking {
    calls: u64,     // of each task that makes them
    call: Duration, // that each takes
    chunks: u64,    // of each task that computes
    steps: u64,     // of a chunk
    gate: Gate,
    blockers: Crew<Vec<u64>>,
    computing: Crew<u64>,
    late: Vec<Vec<u64>>, // ns, by task and call
    made: u64,           // calls
    ends: Vec<u64>,      // of what was computed
}

async fn make_calls(pass: Pass, calls: u64, call: Duration, mut late: Vec<u64>) -> Vec<u64> {
    pass.through().await;
    for _ in 0..calls {
        let due = Instant::now() + call;
        task::spawn_blocking(move || thread::sleep(call)).await.expect("a panic ends the process");
        late.push(clock::since(due));
    }
    late
}

fn compute(chunks: u64, steps: u64, i: u64) -> u64 {
    (0..chunks).fold(i, |x, _| busy(steps, x))
}

impl State for Blocking {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let (calls, call, chunks, steps) = (self.calls, self.call, self.chunks, self.steps);
            for late in &mut self.late {
                self.blockers.spawn(make_calls(self.gate.pass(), calls, call, std::mem::take(late)));
            }
            for i in 0..self.ends.len() as u64 {
                let pass = self.gate.pass();
                self.computing.spawn(async move {
                    pass.through().await;
                    compute(chunks, steps, i)
                });
            }
            self.gate.open();
            self.blockers.join_into(&mut self.late).await;
            self.computing.join_into(&mut self.ends).await;
            self.made = self.late.iter().map(|late| late.len() as u64).sum();
        })
    }

    fn serial(&mut self) {
        self.made = self.calls * self.late.len() as u64;
        for (i, end) in self.ends.iter_mut().enumerate() {
            *end = compute(self.chunks, self.steps, i as u64);
        }
    }

    fn answer(&self) -> Answer {
        let all = self.ends.iter().fold(0, |all, end| all ^ end);
        Answer { units: self.ends.len() as u64 * self.chunks, answer: all.wrapping_add(self.made) }
    }

    fn observe(&self, event: &mut dyn FnMut(&'static str, &'static str, u64)) {
        for ns in self.late.iter().flatten() {
            event("lateness", "ns", *ns);
        }
    }
}
