//! Tasks that work in step: compute, wait for all at tokio's barrier, look at the
//! neighbour's result.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

use tokio::sync::Barrier;

use crate::busy::busy;
use crate::crew::Crew;
use crate::failure::Failure;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "barrier",
    params: &[param("threads", 1), param("rounds", 1), param("work", 0)],
    setup: |params| {
        let threads = params.get("threads");
        let boards = [board(threads)?, board(threads)?];
        Ok(Box::new(Steps {
            rounds: params.get("rounds"),
            work: params.get("work"),
            gate: Gate::new(),
            shared: Arc::new(Shared { boards, all: Barrier::new(threads as usize) }),
            crew: Crew::of(threads)?,
            sums: memory::filled(threads, 0)?,
        }))
    },
};

struct Steps {
    rounds: u64,
    work: u64, // steps of each task and round
    gate: Gate,
    shared: Arc<Shared>,
    crew: Crew<u64>,
    sums: Vec<u64>,
}

/// The barrier orders what is on the boards; the atomics are only there because
/// several tasks have them, and cost what plain numbers do.
struct Shared {
    boards: [Vec<AtomicU64>; 2], // for even and odd rounds: a slot for each task
    all: Barrier,
}

fn board(threads: u64) -> Result<Vec<AtomicU64>, Failure> {
    let mut slots = memory::room(threads)?;
    slots.resize_with(threads as usize, AtomicU64::default);
    Ok(slots)
}

async fn member(pass: Pass, shared: Arc<Shared>, rounds: u64, work: u64, i: usize) -> u64 {
    pass.through().await;
    let neighbour = (i + 1) % shared.boards[0].len();
    let (mut x, mut sum) = (i as u64, 0u64);
    for round in 1..=rounds {
        let board = &shared.boards[(round % 2) as usize];
        x = busy(work, x);
        board[i].store(x.wrapping_add(round), Relaxed);
        shared.all.wait().await;
        sum = sum.wrapping_add(board[neighbour].load(Relaxed));
    }
    sum
}

impl State for Steps {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for i in 0..self.sums.len() {
                self.crew.spawn(member(self.gate.pass(), Arc::clone(&self.shared), self.rounds, self.work, i));
            }
            self.gate.open();
            self.crew.join_into(&mut self.sums).await;
        })
    }

    fn serial(&mut self) {
        let threads = self.sums.len();
        let mut all: Vec<u64> = (0..threads as u64).collect();
        for round in 1..=self.rounds {
            for x in &mut all {
                *x = busy(self.work, *x);
            }
            for (i, sum) in self.sums.iter_mut().enumerate() {
                *sum = sum.wrapping_add(all[(i + 1) % threads].wrapping_add(round));
            }
        }
    }

    fn answer(&self) -> Answer {
        let all = self.sums.iter().fold(0u64, |all, sum| all.wrapping_add(*sum));
        Answer { units: self.sums.len() as u64 * self.rounds, answer: all }
    }
}
