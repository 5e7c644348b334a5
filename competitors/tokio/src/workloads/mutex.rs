//! Tasks that take turns at one mutex.
//!
//! It is the standard library's: tokio's documentation prefers it wherever no
//! guard lives across an await, as none does here.

use std::sync::{Arc, Mutex, PoisonError};

use crate::busy::busy;
use crate::crew::Crew;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "mutex",
    params: &[param("threads", 1), param("rounds", 1), param("inside", 0), param("outside", 0)],
    setup: |params| {
        let threads = params.get("threads");
        Ok(Box::new(Contended {
            rounds: params.get("rounds"),
            inside: params.get("inside"),
            outside: params.get("outside"),
            gate: Gate::new(),
            shared: Arc::default(),
            crew: Crew::of(threads)?,
            ends: memory::filled(threads, 0)?,
        }))
    },
};

struct Contended {
    rounds: u64,
    inside: u64,  // steps
    outside: u64, // steps
    gate: Gate,
    shared: Arc<Mutex<Shared>>,
    crew: Crew<u64>,
    ends: Vec<u64>, // of each task's own sequence
}

#[derive(Default)]
struct Shared {
    count: u64,
    x: u64,
}

impl Shared {
    fn work(&mut self, inside: u64) {
        self.count += 1;
        self.x = busy(inside, self.x);
    }
}

async fn take_turns(pass: Pass, shared: Arc<Mutex<Shared>>, rounds: u64, inside: u64, outside: u64, start: u64) -> u64 {
    pass.through().await;
    let mut y = start;
    for _ in 0..rounds {
        shared.lock().unwrap_or_else(PoisonError::into_inner).work(inside);
        y = busy(outside, y);
    }
    y
}

impl State for Contended {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let (rounds, inside, outside) = (self.rounds, self.inside, self.outside);
            for i in 0..self.ends.len() as u64 {
                self.crew.spawn(take_turns(self.gate.pass(), Arc::clone(&self.shared), rounds, inside, outside, i));
            }
            self.gate.open();
            self.crew.join_into(&mut self.ends).await;
        })
    }

    fn serial(&mut self) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        for (i, end) in self.ends.iter_mut().enumerate() {
            let mut y = i as u64;
            for _ in 0..self.rounds {
                shared.work(self.inside);
                y = busy(self.outside, y);
            }
            *end = y;
        }
    }

    fn answer(&self) -> Answer {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.ends.iter().fold(shared.count.wrapping_add(shared.x), |sum, y| sum.wrapping_add(*y));
        Answer { units: self.ends.len() as u64 * self.rounds, answer: all }
    }
}
