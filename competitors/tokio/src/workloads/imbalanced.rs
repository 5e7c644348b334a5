//! n computing tasks of which the first few do most of the work.

use crate::busy::busy;
use crate::crew::Crew;
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "imbalanced",
    params: &[param("n", 1), param("heavy_percent", 0), param("heavy", 0), param("light", 0)],
    setup: |params| {
        let n = params.get("n");
        let heavy = n.wrapping_mul(params.get("heavy_percent")) / 100;
        let mut steps = memory::filled(n, params.get("light"))?;
        for slot in steps.iter_mut().take(heavy as usize) {
            *slot = params.get("heavy");
        }
        Ok(Box::new(Imbalanced { steps, done: memory::filled(n, 0)?, crew: Crew::of(n)? }))
    },
};

struct Imbalanced {
    steps: Vec<u64>,
    done: Vec<u64>,
    crew: Crew<u64>,
}

impl State for Imbalanced {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for (index, &steps) in self.steps.iter().enumerate() {
                self.crew.spawn(async move { busy(steps, index as u64) });
            }
            self.crew.join_into(&mut self.done).await;
        })
    }

    fn serial(&mut self) {
        for (index, &steps) in self.steps.iter().enumerate() {
            self.done[index] = busy(steps, index as u64);
        }
    }

    fn answer(&self) -> Answer {
        Answer { units: self.done.len() as u64, answer: self.done.iter().fold(0, |all, x| all ^ x) }
    }
}
