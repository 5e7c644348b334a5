//! Producers and consumers at the two ends of one channel.
//!
//! Tokio's channels have one consumer, or give everything to every consumer.
//! Its documentation sends those who need more to the crate async-channel.

use async_channel::{Receiver, Sender};

use crate::crew::Crew;
use crate::failure::Failure;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "channel",
    params: &[param("producers", 1), param("consumers", 1), param("capacity", 1), param("items", 1)],
    setup: |params| {
        let capacity = params.get("capacity");
        memory::room::<[u64; 2]>(capacity)?; // the channel would end the process
        let capacity = usize::try_from(capacity).map_err(|e| Failure::Failed(format!("capacity: {e}")))?;
        let (put, take) = async_channel::bounded(capacity);
        Ok(Box::new(Queue {
            items: params.get("items"),
            producing: params.get("producers"),
            gate: Gate::new(),
            put,
            take,
            producers: Crew::of(params.get("producers"))?,
            consumers: Crew::of(params.get("consumers"))?,
            sums: memory::filled(params.get("consumers"), 0)?,
        }))
    },
};

struct Queue {
    items: u64,
    producing: u64, // how many producers there are
    gate: Gate,
    put: Sender<u64>,
    take: Receiver<u64>,
    producers: Crew<()>,
    consumers: Crew<u64>,
    sums: Vec<u64>, // by consumer
}

/// Puts the numbers from `first` to before `end`.
async fn produce(pass: Pass, put: Sender<u64>, first: u64, end: u64) {
    pass.through().await;
    for item in first..end {
        put.send(item).await.expect("it is closed when all producers have ended");
    }
}

/// Takes numbers until nothing more comes, and returns their sum.
async fn consume(pass: Pass, take: Receiver<u64>) -> u64 {
    pass.through().await;
    let mut sum = 0;
    while let Ok(item) = take.recv().await {
        sum += item;
    }
    sum
}

impl State for Queue {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let mut next = 1;
            for i in 0..self.producing {
                let more = u64::from(i < self.items % self.producing);
                let (first, end) = (next, next + self.items / self.producing + more);
                next = end;
                self.producers.spawn(produce(self.gate.pass(), self.put.clone(), first, end));
            }
            for _ in 0..self.sums.len() {
                self.consumers.spawn(consume(self.gate.pass(), self.take.clone()));
            }
            self.gate.open();
            self.producers.join().await;
            self.put.close();
            self.consumers.join_into(&mut self.sums).await;
        })
    }

    fn serial(&mut self) {
        let mut sum = 0;
        for item in 1..=self.items {
            sum += item;
        }
        self.sums[0] = sum;
    }

    fn answer(&self) -> Answer {
        Answer { units: self.items, answer: self.sums.iter().sum() }
    }
}
