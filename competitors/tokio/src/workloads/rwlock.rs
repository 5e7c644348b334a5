//! Tasks that read a shared record and sometimes change it, under the standard
//! library's lock, as in mutex.

use std::sync::{Arc, PoisonError, RwLock};

use crate::crew::Crew;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "rwlock",
    params: &[param("threads", 1), param("rounds", 1), param("read_percent", 0), param("words", 1)],
    setup: |params| {
        let threads = params.get("threads");
        Ok(Box::new(Shared {
            share: Share { rounds: params.get("rounds"), read_percent: params.get("read_percent") },
            gate: Gate::new(),
            record: Arc::new(RwLock::new(memory::filled(params.get("words"), 0)?)),
            crew: Crew::of(threads)?,
            torn: memory::filled(threads, 0)?,
        }))
    },
};

struct Shared {
    share: Share,
    gate: Gate,
    record: Arc<RwLock<Vec<u64>>>, // all words are equal
    crew: Crew<u64>,
    torn: Vec<u64>, // by task: reads that saw words that differ
}

/// What a task has to do.
#[derive(Clone, Copy)]
struct Share {
    rounds: u64,
    read_percent: u64,
}

impl Share {
    fn reads(self, i: u64, round: u64) -> bool {
        (37 * (round % 100) + 11 * (i % 100)) % 100 < self.read_percent
    }
}

fn differs(record: &[u64]) -> u64 {
    u64::from(record.iter().fold(0, |differ, word| differ | (word ^ record[0])) != 0)
}

fn change(record: &mut [u64]) {
    for word in record {
        *word += 1;
    }
}

async fn work(pass: Pass, share: Share, record: Arc<RwLock<Vec<u64>>>, i: u64) -> u64 {
    pass.through().await;
    let mut torn = 0;
    for round in 0..share.rounds {
        if share.reads(i, round) {
            torn += differs(&record.read().unwrap_or_else(PoisonError::into_inner));
        } else {
            change(&mut record.write().unwrap_or_else(PoisonError::into_inner));
        }
    }
    torn
}

impl State for Shared {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for i in 0..self.torn.len() as u64 {
                self.crew.spawn(work(self.gate.pass(), self.share, Arc::clone(&self.record), i));
            }
            self.gate.open();
            self.crew.join_into(&mut self.torn).await;
        })
    }

    fn serial(&mut self) {
        let mut record = self.record.write().unwrap_or_else(PoisonError::into_inner);
        for (i, torn) in self.torn.iter_mut().enumerate() {
            for round in 0..self.share.rounds {
                if self.share.reads(i as u64, round) {
                    *torn += differs(&record);
                } else {
                    change(&mut record);
                }
            }
        }
    }

    fn answer(&self) -> Answer {
        let record = self.record.read().unwrap_or_else(PoisonError::into_inner);
        let words = record.iter().fold(0u64, |sum, word| sum.wrapping_add(*word));
        let all = self.torn.iter().fold(words, |sum, torn| sum.wrapping_add(torn << 32));
        Answer { units: self.torn.len() as u64 * self.share.rounds, answer: all }
    }
}
