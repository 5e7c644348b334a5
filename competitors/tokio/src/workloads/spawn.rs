//! Spawn n tasks and join the oldest first, at most `window` of them at once.
//!
//! A task's value comes back through its JoinHandle, which is how tasks give
//! results; the parent notes it in the slot.

use std::collections::VecDeque;

use tokio::task::JoinHandle;

use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "spawn",
    params: &[param("n", 1), param("window", 1)],
    setup: |params| {
        let (n, window) = (params.get("n"), params.get("window").min(params.get("n")));
        Ok(Box::new(Spawn { window: window as usize, slots: memory::filled(n, 0)?, open: memory::room(window)?.into() }))
    },
};

struct Spawn {
    window: usize,
    slots: Vec<u64>,
    open: VecDeque<JoinHandle<u64>>, // spawned and not yet joined; it has room for `window`
}

impl State for Spawn {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let mut joined = 0;
            for index in 0..self.slots.len() as u64 {
                if self.open.len() == self.window {
                    let oldest = self.open.pop_front().expect("the window is at least 1");
                    self.slots[joined] = oldest.await.expect("a panic ends the process");
                    joined += 1;
                }
                self.open.push_back(tokio::spawn(async move { index + 1 }));
            }
            for oldest in self.open.drain(..) {
                self.slots[joined] = oldest.await.expect("a panic ends the process");
                joined += 1;
            }
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
