//! Tasks that do nothing but give up the worker.

use tokio::task;

use crate::crew::Crew;
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "yield",
    params: &[param("threads", 1), param("rounds", 1)],
    setup: |params| {
        let threads = params.get("threads");
        Ok(Box::new(Yield {
            rounds: params.get("rounds"),
            counted: memory::filled(threads, 0)?,
            crew: Crew::of(threads)?,
        }))
    },
};

struct Yield {
    rounds: u64,
    counted: Vec<u64>,
    crew: Crew<u64>,
}

impl State for Yield {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let rounds = self.rounds;
            for _ in 0..self.counted.len() {
                self.crew.spawn(async move {
                    let mut count = 0;
                    for _ in 0..rounds {
                        task::yield_now().await;
                        count += 1;
                    }
                    count
                });
            }
            self.crew.join_into(&mut self.counted).await;
        })
    }

    fn serial(&mut self) {
        for slot in &mut self.counted {
            let mut count = 0;
            for _ in 0..self.rounds {
                count += 1;
            }
            *slot = count;
        }
    }

    fn answer(&self) -> Answer {
        Answer { units: self.counted.len() as u64 * self.rounds, answer: self.counted.iter().sum() }
    }
}
