//! Naive Fibonacci: above the cutoff a child task computes fib(n-1), its parent
//! fib(n-2).
//!
//! A future cannot contain itself, so recursion goes through a box, as the book
//! on async Rust has it.

use std::future::Future;
use std::pin::Pin;

use crate::busy::busy;
use crate::failure::Failure;
use crate::workload::{optional, param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "fib",
    params: &[param("n", 2), param("cutoff", 0), optional("leaf")],
    setup: |params| {
        let small = |name| {
            u32::try_from(params.get(name)).map_err(|_| Failure::Usage(format!("run: --param {name} is too large")))
        };
        let shape = Shape { cutoff: small("cutoff")?, leaf: params.get("leaf") };
        Ok(Box::new(Fib { n: small("n")?, shape, done: Computed::default() }))
    },
};

struct Fib {
    n: u32,
    shape: Shape,
    done: Computed,
}

/// What every task of the tree has to know. It and n take 16 bytes of a task.
#[derive(Clone, Copy)]
struct Shape {
    cutoff: u32,
    leaf: u64, // steps of a leaf; 0: it is plain recursion
}

#[derive(Default)]
struct Computed {
    value: u64,
    created: u64, // tasks, by this call and those below it
}

fn compute(n: u32, shape: Shape) -> Pin<Box<dyn Future<Output = Computed> + Send>> {
    Box::pin(async move {
        if shape.ends_at(n) {
            return Computed { value: shape.leaf(n), created: 0 };
        }
        let child = tokio::spawn(compute(n - 1, shape));
        let right = compute(n - 2, shape).await;
        let left = child.await.expect("a panic ends the process");
        Computed { value: left.value.wrapping_add(right.value), created: left.created + right.created + 1 }
    })
}

fn plain(n: u32) -> u64 {
    if n < 2 {
        n.into()
    } else {
        plain(n - 1) + plain(n - 2)
    }
}

impl Shape {
    fn ends_at(self, n: u32) -> bool {
        n < 2 || n <= self.cutoff
    }

    /// A part of the tree without tasks.
    fn leaf(self, n: u32) -> u64 {
        if self.leaf > 0 {
            busy(self.leaf, n.into())
        } else {
            plain(n)
        }
    }

    /// The tree without tasks, where its leaves are not plain recursion.
    fn tree(self, n: u32) -> u64 {
        if self.ends_at(n) {
            self.leaf(n)
        } else {
            self.tree(n - 1).wrapping_add(self.tree(n - 2))
        }
    }
}

impl Fib {
    /// How many tasks the parallel form creates.
    fn tasks(&self) -> u64 {
        let (mut before, mut last) = (0, 0);
        for _ in (self.shape.cutoff + 1).max(2)..=self.n {
            (before, last) = (last, last + before + 1);
        }
        last
    }
}

impl State for Fib {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async { self.done = compute(self.n, self.shape).await })
    }

    fn serial(&mut self) {
        let value = if self.shape.leaf > 0 { self.shape.tree(self.n) } else { plain(self.n) };
        self.done = Computed { value, created: self.tasks() };
    }

    fn answer(&self) -> Answer {
        Answer { units: self.done.created, answer: self.done.value }
    }
}
