//! Tasks that sleep until moments fixed beforehand, and look how late they are.

use crate::clock;
use crate::crew::Crew;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "sleepers",
    params: &[param("threads", 1), param("rounds", 1), param("period_us", 1)],
    setup: |params| {
        let (threads, rounds) = (params.get("threads"), params.get("rounds"));
        let mut late = memory::room(threads)?;
        for _ in 0..threads {
            late.push(memory::room(rounds)?);
        }
        let plan = Plan { threads, rounds, period: params.get("period_us") * 1000 };
        Ok(Box::new(Sleepers { plan, gate: Gate::new(), crew: Crew::of(threads)?, late, counted: 0 }))
    },
};

struct Sleepers {
    plan: Plan,
    gate: Gate,
    crew: Crew<Vec<u64>>,
    late: Vec<Vec<u64>>, // ns, by task and round
    counted: u64,
}

#[derive(Clone, Copy)]
struct Plan {
    threads: u64,
    rounds: u64,
    period: u64, // ns
}

async fn sleeper(pass: Pass, plan: Plan, i: u64, mut late: Vec<u64>) -> Vec<u64> {
    let begin = pass.through().await;
    for round in 1..=plan.rounds {
        let due = clock::after(begin, round * plan.period + i * plan.period / plan.threads);
        clock::sleep_until(due).await;
        late.push(clock::since(due));
    }
    late
}

impl State for Sleepers {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for (i, late) in self.late.iter_mut().enumerate() {
                self.crew.spawn(sleeper(self.gate.pass(), self.plan, i as u64, std::mem::take(late)));
            }
            self.gate.open();
            self.crew.join_into(&mut self.late).await;
            self.counted = self.late.iter().map(|late| late.len() as u64).sum();
        })
    }

    fn serial(&mut self) {
        for _ in 0..self.plan.threads {
            for _ in 0..self.plan.rounds {
                self.counted += 1;
            }
        }
    }

    fn answer(&self) -> Answer {
        Answer { units: self.plan.threads * self.plan.rounds, answer: self.counted }
    }

    fn observe(&self, event: &mut dyn FnMut(&'static str, &'static str, u64)) {
        for late in self.late.iter().flatten() {
            event("lateness", "ns", *late);
        }
    }
}
