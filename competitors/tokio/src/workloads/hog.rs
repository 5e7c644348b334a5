//! A task that wants to run at fixed moments, among tasks that compute without a
//! pause. Tokio preempts nobody: on a worker with a hog it waits for its end.

use crate::busy::busy;
use crate::clock;
use crate::crew::Crew;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "hog",
    params: &[param("hogs", 1), param("steps", 0), param("ticks", 1), param("period_us", 1)],
    setup: |params| {
        let (hogs, ticks) = (params.get("hogs"), params.get("ticks"));
        Ok(Box::new(Hogs {
            steps: params.get("steps"),
            ticks,
            period: params.get("period_us") * 1000,
            gate: Gate::new(),
            crew: Crew::of(hogs)?,
            ends: memory::filled(hogs, 0)?,
            late: memory::room(ticks)?,
            ticked: 0,
        }))
    },
};

struct Hogs {
    steps: u64, // of each hog
    ticks: u64,
    period: u64, // ns
    gate: Gate,
    crew: Crew<u64>,
    ends: Vec<u64>, // of the sequence of each hog
    late: Vec<u64>, // ns, by tick
    ticked: u64,
}

async fn tick(pass: Pass, ticks: u64, period: u64, mut late: Vec<u64>) -> Vec<u64> {
    let begin = pass.through().await;
    for i in 1..=ticks {
        let due = clock::after(begin, i * period);
        clock::sleep_until(due).await;
        late.push(clock::since(due));
    }
    late
}

async fn compute(pass: Pass, steps: u64, i: u64) -> u64 {
    pass.through().await;
    busy(steps, i)
}

impl State for Hogs {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let late = std::mem::take(&mut self.late);
            let ticking = tokio::spawn(tick(self.gate.pass(), self.ticks, self.period, late));
            for i in 1..=self.ends.len() as u64 {
                self.crew.spawn(compute(self.gate.pass(), self.steps, i));
            }
            self.gate.open();
            self.late = ticking.await.expect("a panic ends the process");
            self.crew.join_into(&mut self.ends).await;
            self.ticked = self.late.len() as u64;
        })
    }

    fn serial(&mut self) {
        for _ in 0..self.ticks {
            self.ticked += 1;
        }
        for (i, end) in self.ends.iter_mut().enumerate() {
            *end = busy(self.steps, i as u64 + 1);
        }
    }

    fn answer(&self) -> Answer {
        let all = self.ends.iter().fold(self.ticked, |sum, x| sum.wrapping_add(*x));
        Answer { units: self.ticks, answer: all }
    }

    fn observe(&self, event: &mut dyn FnMut(&'static str, &'static str, u64)) {
        for late in &self.late {
            event("lateness", "ns", *late);
        }
    }
}
