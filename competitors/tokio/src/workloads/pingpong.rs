//! Two tasks hand a counter back and forth.
//!
//! Tokio has no condition variable; who waits for a change waits on a Notify.
//! Each side has one of its own, so that a wake-up that comes before its side
//! waits is kept for that side. The lock is the standard library's, which the
//! documentation of tokio's own recommends where no guard lives across an await.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::crew::Crew;
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "pingpong",
    params: &[param("pairs", 1), param("rounds", 1)],
    setup: |params| {
        let pairs = params.get("pairs");
        let mut list = memory::room(pairs)?;
        list.resize_with(pairs as usize, || Arc::new(Pair::default()));
        Ok(Box::new(Pingpong { rounds: params.get("rounds"), pairs: list, crew: Crew::of(pairs.saturating_mul(2))? }))
    },
};

struct Pingpong {
    rounds: u64,
    pairs: Vec<Arc<Pair>>,
    crew: Crew<()>,
}

#[derive(Default)]
struct Pair {
    table: Mutex<Table>,
    turns: [Notify; 2], // it is the turn of this side
}

#[derive(Default)]
struct Table {
    turn: usize,
    counter: u64,
}

impl Pair {
    /// Takes the turns of one side.
    async fn play(&self, side: usize, rounds: u64) {
        for _ in 0..rounds {
            while !self.take_turn(side) {
                self.turns[side].notified().await;
            }
            self.turns[1 - side].notify_one();
        }
    }

    fn take_turn(&self, side: usize) -> bool {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.turn != side {
            return false;
        }
        table.counter += 1;
        table.turn = 1 - side;
        true
    }
}

impl State for Pingpong {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let rounds = self.rounds;
            for pair in &self.pairs {
                for side in 0..2 {
                    let pair = Arc::clone(pair);
                    self.crew.spawn(async move { pair.play(side, rounds).await });
                }
            }
            self.crew.join().await;
        })
    }

    fn serial(&mut self) {
        for pair in &self.pairs {
            let mut table = pair.table.lock().unwrap_or_else(PoisonError::into_inner);
            for _ in 0..2 * self.rounds {
                table.counter += 1;
                table.turn = 1 - table.turn;
            }
        }
    }

    fn answer(&self) -> Answer {
        let counters = self.pairs.iter().map(|pair| pair.table.lock().unwrap_or_else(PoisonError::into_inner).counter);
        Answer { units: 2 * self.pairs.len() as u64 * self.rounds, answer: counters.sum() }
    }
}
