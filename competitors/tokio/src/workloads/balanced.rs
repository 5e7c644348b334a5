//! n computing tasks, all with the same amount of work.

use crate::busy::busy;
use crate::crew::Crew;
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "balanced",
    params: &[param("n", 1), param("steps", 0)],
    setup: |params| {
        let n = params.get("n");
        Ok(Box::new(Balanced { steps: params.get("steps"), done: memory::filled(n, 0)?, crew: Crew::of(n)? }))
    },
};

struct Balanced {
    steps: u64,
    done: Vec<u64>,
    crew: Crew<u64>,
}

impl State for Balanced {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let steps = self.steps;
            for index in 0..self.done.len() as u64 {
                self.crew.spawn(async move { busy(steps, index) });
            }
            self.crew.join_into(&mut self.done).await;
        })
    }

    fn serial(&mut self) {
        for (index, slot) in self.done.iter_mut().enumerate() {
            *slot = busy(self.steps, index as u64);
        }
    }

    fn answer(&self) -> Answer {
        Answer { units: self.done.len() as u64, answer: self.done.iter().fold(0, |all, x| all ^ x) }
    }
}
