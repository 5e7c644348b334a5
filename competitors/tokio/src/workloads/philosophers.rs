//! Tasks around a table; everybody needs the two forks beside the plate and
//! takes the lower-numbered one first.
//!
//! The forks are tokio's mutexes: who has one fork waits for the other, and a
//! lock that is held over an await must be one that lets the worker go on.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::busy::busy;
use crate::crew::Crew;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "philosophers",
    params: &[param("threads", 2), param("rounds", 1), param("eat", 0), param("think", 0)],
    setup: |params| {
        let threads = params.get("threads");
        let mut forks = memory::room(threads)?;
        forks.resize_with(threads as usize, Mutex::default);
        Ok(Box::new(Table {
            meals: Meals { rounds: params.get("rounds"), eat: params.get("eat"), think: params.get("think") },
            gate: Gate::new(),
            forks: forks.into(),
            crew: Crew::of(threads)?,
            ends: memory::filled(threads, 0)?,
        }))
    },
};

struct Table {
    meals: Meals,
    gate: Gate,
    forks: Arc<[Mutex<u64>]>, // how often each was used
    crew: Crew<u64>,
    ends: Vec<u64>, // of each philosopher's own sequence
}

#[derive(Clone, Copy)]
struct Meals {
    rounds: u64,
    eat: u64,   // steps
    think: u64, // steps
}

/// The forks of a seat in the order in which they are taken.
fn beside(i: usize, threads: usize) -> (usize, usize) {
    let other = (i + 1) % threads;
    (i.min(other), i.max(other))
}

async fn dine(pass: Pass, forks: Arc<[Mutex<u64>]>, meals: Meals, i: usize) -> u64 {
    pass.through().await;
    let (first, second) = beside(i, forks.len());
    let mut x = i as u64;
    for _ in 0..meals.rounds {
        x = busy(meals.think, x);
        let mut first = forks[first].lock().await;
        let mut second = forks[second].lock().await;
        *first += 1;
        *second += 1;
        x = busy(meals.eat, x);
        drop(second);
        drop(first);
    }
    x
}

impl State for Table {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for i in 0..self.ends.len() {
                self.crew.spawn(dine(self.gate.pass(), Arc::clone(&self.forks), self.meals, i));
            }
            self.gate.open();
            self.crew.join_into(&mut self.ends).await;
        })
    }

    fn serial(&mut self) {
        let threads = self.ends.len();
        let mut used: Vec<_> = self.forks.iter().map(|fork| fork.try_lock().expect("nobody else is there")).collect();
        for (i, end) in self.ends.iter_mut().enumerate() {
            let (first, second) = beside(i, threads);
            let mut x = i as u64;
            for _ in 0..self.meals.rounds {
                x = busy(self.meals.think, x);
                *used[first] += 1;
                *used[second] += 1;
                x = busy(self.meals.eat, x);
            }
            *end = x;
        }
    }

    fn answer(&self) -> Answer {
        let used = self.forks.iter().map(|fork| *fork.try_lock().expect("all philosophers have ended"));
        let all = self.ends.iter().copied().chain(used).fold(0u64, u64::wrapping_add);
        Answer { units: self.ends.len() as u64 * self.meals.rounds, answer: all }
    }
}
