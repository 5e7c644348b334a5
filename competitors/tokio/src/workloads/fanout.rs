//! Spawn n tasks at once and wait for the end of all.

use crate::crew::Crew;
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "fanout",
    params: &[param("n", 1)],
    setup: |params| {
        let n = params.get("n");
        Ok(Box::new(Fanout { slots: memory::filled(n, 0)?, crew: Crew::of(n)? }))
    },
};

struct Fanout {
    slots: Vec<u64>,
    crew: Crew<u64>,
}

impl State for Fanout {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for index in 0..self.slots.len() as u64 {
                self.crew.spawn(async move { index + 1 });
            }
            self.crew.join_into(&mut self.slots).await;
        })
    }

    fn serial(&mut self) {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            *slot = index as u64 + 1;
        }
    }

    fn answer(&self) -> Answer {
        Answer { units: self.slots.len() as u64, answer: self.slots.iter().sum() }
    }
}
