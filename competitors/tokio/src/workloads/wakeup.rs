//! From the signal to the running task, with and without others that compute.
//!
//! As in pingpong each side waits on a Notify of its own, and the lock is the
//! standard library's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use crate::busy::busy;
use crate::clock;
use crate::crew::Crew;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "wakeup",
    params: &[param("rounds", 1), param("period_us", 1), param("hogs", 0), param("steps", 0)],
    setup: |params| {
        let (rounds, hogs) = (params.get("rounds"), params.get("hogs"));
        Ok(Box::new(Wakeup {
            rounds,
            period: params.get("period_us") * 1000,
            steps: params.get("steps"),
            gate: Gate::new(),
            post: Arc::default(),
            crew: Crew::of(hogs)?,
            ends: memory::filled(hogs, 0)?,
            took: memory::room(rounds)?,
            woken: 0,
        }))
    },
};

struct Wakeup {
    rounds: u64,
    period: u64, // ns
    steps: u64,  // of each hog
    gate: Gate,
    post: Arc<Post>,
    crew: Crew<u64>,
    ends: Vec<u64>, // of the sequence of each hog
    took: Vec<u64>, // ns, by round
    woken: u64,
}

/// What the waker and the waiter share.
#[derive(Default)]
struct Post {
    sent: Mutex<Option<Instant>>, // of the last signal; None: it was taken
    signalled: Notify,
    taken: Notify,
}

impl Post {
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a signal, and returns how long ago it was sent.
    fn take(&self) -> Option<u64> {
        let mut sent = self.lock();
        let took = sent.map(clock::since);
        *sent = None;
        took
    }

    /// Sends a signal unless the last one is still there.
    fn send(&self) -> bool {
        let mut sent = self.lock();
        if sent.is_some() {
            return false;
        }
        *sent = Some(Instant::now());
        true
    }
}

async fn wait(pass: Pass, post: Arc<Post>, rounds: u64, mut took: Vec<u64>) -> Vec<u64> {
    pass.through().await;
    for _ in 0..rounds {
        let ns = loop {
            match post.take() {
                Some(ns) => break ns,
                None => post.signalled.notified().await,
            }
        };
        took.push(ns);
        post.taken.notify_one();
    }
    took
}

async fn wake(pass: Pass, post: Arc<Post>, rounds: u64, period: u64) {
    let begin = pass.through().await;
    for round in 1..=rounds {
        clock::sleep_until(clock::after(begin, round * period)).await;
        while !post.send() {
            post.taken.notified().await;
        }
        post.signalled.notify_one();
    }
}

async fn compute(pass: Pass, steps: u64, i: u64) -> u64 {
    pass.through().await;
    busy(steps, i)
}

impl State for Wakeup {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let took = std::mem::take(&mut self.took);
            let waiter = tokio::spawn(wait(self.gate.pass(), Arc::clone(&self.post), self.rounds, took));
            let waker = tokio::spawn(wake(self.gate.pass(), Arc::clone(&self.post), self.rounds, self.period));
            for i in 0..self.ends.len() as u64 {
                self.crew.spawn(compute(self.gate.pass(), self.steps, i));
            }
            self.gate.open();
            self.took = waiter.await.expect("a panic ends the process");
            waker.await.expect("a panic ends the process");
            self.crew.join_into(&mut self.ends).await;
            self.woken = self.took.len() as u64;
        })
    }

    fn serial(&mut self) {
        for _ in 0..self.rounds {
            self.woken += 1;
        }
        for (i, end) in self.ends.iter_mut().enumerate() {
            *end = busy(self.steps, i as u64);
        }
    }

    fn answer(&self) -> Answer {
        let all = self.ends.iter().fold(self.woken, |sum, x| sum.wrapping_add(*x));
        Answer { units: self.rounds, answer: all }
    }

    fn observe(&self, event: &mut dyn FnMut(&'static str, &'static str, u64)) {
        for took in &self.took {
            event("latency", "ns", *took);
        }
    }
}
