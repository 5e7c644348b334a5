//! Naive Fibonacci: above the cutoff a child task computes fib(n-1), its parent
//! fib(n-2).
//!
//! A future cannot contain itself, so recursion goes through a box, as the book
//! on async Rust has it.

use std::future::Future;
use std::pin::Pin;

use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "fib",
    params: &[param("n", 2), param("cutoff", 0)],
    setup: |params| Ok(Box::new(Fib { n: params.get("n"), cutoff: params.get("cutoff"), done: Computed::default() })),
};

struct Fib {
    n: u64,
    cutoff: u64,
    done: Computed,
}

#[derive(Default)]
struct Computed {
    value: u64,
    created: u64, // tasks, by this call and those below it
}

fn compute(n: u64, cutoff: u64) -> Pin<Box<dyn Future<Output = Computed> + Send>> {
    Box::pin(async move {
        if n < 2 || n <= cutoff {
            return Computed { value: plain(n), created: 0 };
        }
        let child = tokio::spawn(compute(n - 1, cutoff));
        let right = compute(n - 2, cutoff).await;
        let left = child.await.expect("a panic ends the process");
        Computed { value: left.value + right.value, created: left.created + right.created + 1 }
    })
}

fn plain(n: u64) -> u64 {
    if n < 2 {
        n
    } else {
        plain(n - 1) + plain(n - 2)
    }
}

impl Fib {
    /// How many tasks the parallel form creates.
    fn tasks(&self) -> u64 {
        let (mut before, mut last) = (0, 0);
        for _ in (self.cutoff + 1).max(2)..=self.n {
            (before, last) = (last, last + before + 1);
        }
        last
    }
}

impl State for Fib {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async { self.done = compute(self.n, self.cutoff).await })
    }

    fn serial(&mut self) {
        self.done = Computed { value: plain(self.n), created: self.tasks() };
    }

    fn answer(&self) -> Answer {
        Answer { units: self.done.created, answer: self.done.value }
    }
}
