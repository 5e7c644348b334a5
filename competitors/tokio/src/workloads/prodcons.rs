//! Producers and consumers around a bounded ring buffer. A channel is such a
//! buffer, but the work here is to build one from a lock and two conditions.
//!
//! Tokio has no condition variable; Notify is what one is built from. A task
//! that must wait says so (`enable`) before it lets go of the lock, so that no
//! change comes between its look at the ring and its waiting. The lock is the
//! standard library's, as for pingpong.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::crew::Crew;
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "prodcons",
    params: &[param("producers", 1), param("consumers", 1), param("capacity", 1), param("items", 1)],
    setup: |params| {
        let (producers, consumers, items) = (params.get("producers"), params.get("consumers"), params.get("items"));
        let slots = memory::filled(params.get("capacity"), 0)?;
        Ok(Box::new(Prodcons {
            items,
            shared: Arc::new(Shared {
                ring: Mutex::new(Ring { slots, head: 0, held: 0, remaining: items }),
                not_empty: Notify::new(),
                not_full: Notify::new(),
            }),
            producers: Crew::of(producers)?,
            consumers: Crew::of(consumers)?,
            sums: memory::filled(consumers, 0)?,
            producing: producers,
        }))
    },
};

struct Prodcons {
    items: u64,
    producing: u64, // how many producers there are
    shared: Arc<Shared>,
    producers: Crew<()>,
    consumers: Crew<u64>,
    sums: Vec<u64>,
}

struct Shared {
    ring: Mutex<Ring>,
    not_empty: Notify,
    not_full: Notify,
}

struct Ring {
    slots: Vec<u64>,
    head: usize, // where the oldest is
    held: usize,
    remaining: u64, // items that nobody has taken yet
}

impl Ring {
    fn put(&mut self, item: u64) {
        let tail = self.head + self.held;
        let tail = if tail >= self.slots.len() { tail - self.slots.len() } else { tail };
        self.slots[tail] = item;
        self.held += 1;
    }

    fn take(&mut self) -> u64 {
        let item = self.slots[self.head];
        self.head = if self.head + 1 == self.slots.len() { 0 } else { self.head + 1 };
        self.held -= 1;
        self.remaining -= 1;
        item
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the numbers from `first` to before `end`.
    async fn produce(&self, first: u64, end: u64) {
        for item in first..end {
            self.put(item).await;
        }
    }

    async fn put(&self, item: u64) {
        loop {
            let mut changed = pin!(self.not_full.notified());
            {
                let mut ring = self.lock();
                if ring.held < ring.slots.len() {
                    ring.put(item);
                    self.not_empty.notify_one();
                    return;
                }
                changed.as_mut().enable();
            }
            changed.await;
        }
    }

    /// Takes numbers until all are gone and returns their sum.
    async fn consume(&self) -> u64 {
        let mut sum = 0;
        while let Some(item) = self.take().await {
            sum += item;
        }
        sum
    }

    async fn take(&self) -> Option<u64> {
        loop {
            let mut changed = pin!(self.not_empty.notified());
            {
                let mut ring = self.lock();
                if ring.remaining == 0 {
                    return None;
                }
                if ring.held > 0 {
                    let item = ring.take();
                    self.not_full.notify_one();
                    if ring.remaining == 0 {
                        self.not_empty.notify_waiters(); // nothing will come any more
                    }
                    return Some(item);
                }
                changed.as_mut().enable();
            }
            changed.await;
        }
    }
}

impl State for Prodcons {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let mut next = 1;
            for i in 0..self.producing {
                let more = u64::from(i < self.items % self.producing);
                let (first, end) = (next, next + self.items / self.producing + more);
                next = end;
                let shared = Arc::clone(&self.shared);
                self.producers.spawn(async move { shared.produce(first, end).await });
            }
            for _ in 0..self.sums.len() {
                let shared = Arc::clone(&self.shared);
                self.consumers.spawn(async move { shared.consume().await });
            }
            self.producers.join().await;
            self.consumers.join_into(&mut self.sums).await;
        })
    }

    fn serial(&mut self) {
        let mut ring = self.shared.lock();
        let mut sum = 0;
        for item in 1..=self.items {
            ring.put(item);
            sum += ring.take();
        }
        self.sums[0] = sum;
    }

    fn answer(&self) -> Answer {
        Answer { units: self.items, answer: self.sums.iter().sum() }
    }
}
