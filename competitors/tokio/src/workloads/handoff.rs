//! Pairs of tasks: one sends numbers to the other, and each send waits until it
//! is taken.
//!
//! Tokio has no channel without room. Where the sender must know that a message
//! was taken the receiver tells it, here by a Notify of the pair's own: a
//! oneshot channel in each message, as actors have it, would cost an allocation.

use std::sync::Arc;

use tokio::sync::{mpsc, Notify};

use crate::crew::Crew;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "handoff",
    params: &[param("pairs", 1), param("items", 1)],
    setup: |params| {
        let pairs = params.get("pairs");
        let mut meetings = memory::room(pairs)?;
        meetings.resize_with(pairs as usize, meeting);
        Ok(Box::new(Handoff {
            items: params.get("items"),
            gate: Gate::new(),
            meetings,
            senders: Crew::of(pairs)?,
            receivers: Crew::of(pairs)?,
            sums: memory::filled(pairs, 0)?,
        }))
    },
};

struct Handoff {
    items: u64,
    gate: Gate,
    meetings: Vec<(Give, Take)>,
    senders: Crew<()>,
    receivers: Crew<u64>,
    sums: Vec<u64>, // by pair
}

/// The two ends of a rendezvous of one sender and one receiver.
struct Give {
    channel: mpsc::Sender<u64>,
    taken: Arc<Notify>,
}

struct Take {
    channel: mpsc::Receiver<u64>,
    taken: Arc<Notify>,
}

fn meeting() -> (Give, Take) {
    let (send, receive) = mpsc::channel(1);
    let taken = Arc::new(Notify::new());
    (Give { channel: send, taken: Arc::clone(&taken) }, Take { channel: receive, taken })
}

impl Give {
    /// Returns when the number was taken.
    async fn send(&self, item: u64) {
        self.channel.send(item).await.expect("the receiver takes as many");
        self.taken.notified().await;
    }
}

impl Take {
    async fn receive(&mut self) -> u64 {
        let item = self.channel.recv().await.expect("the sender sends as many");
        self.taken.notify_one();
        item
    }
}

async fn send(pass: Pass, items: u64, give: Give) {
    pass.through().await;
    for item in 1..=items {
        give.send(item).await;
    }
}

async fn receive(pass: Pass, items: u64, mut take: Take) -> u64 {
    pass.through().await;
    let mut sum = 0;
    for _ in 0..items {
        sum += take.receive().await;
    }
    sum
}

impl State for Handoff {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for (give, take) in self.meetings.drain(..) {
                self.senders.spawn(send(self.gate.pass(), self.items, give));
                self.receivers.spawn(receive(self.gate.pass(), self.items, take));
            }
            self.gate.open();
            self.senders.join().await;
            self.receivers.join_into(&mut self.sums).await;
        })
    }

    fn serial(&mut self) {
        for sum in &mut self.sums {
            for item in 1..=self.items {
                *sum += item;
            }
        }
    }

    fn answer(&self) -> Answer {
        Answer { units: self.sums.len() as u64 * self.items, answer: self.sums.iter().sum() }
    }
}
