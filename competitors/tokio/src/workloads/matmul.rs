//! Matrices multiplied by halving: three quarters of a product are child tasks.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::busy::busy;
use crate::failure::Failure;
use crate::memory;
use crate::part::Part;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "matmul",
    params: &[param("n", 1), param("cutoff", 1)],
    setup: |params| {
        let n = params.get("n");
        let Some(places) = n.checked_mul(n) else {
            return Err(Failure::Failed(format!("not enough memory for matrices of {n} rows")));
        };
        let mut x = 1;
        let mut matrix = || {
            let mut m = memory::filled(places, 0.0)?;
            for value in &mut m {
                x = busy(1, x);
                *value = (x >> 54) as f64;
            }
            Ok(m)
        };
        let (a, b) = (matrix()?, matrix()?);
        let product = Product { n: n as usize, cutoff: params.get("cutoff").min(n) as usize, a, b };
        Ok(Box::new(Matmul { product: Arc::new(product), c: memory::filled(places, 0.0)? }))
    },
};

struct Matmul {
    product: Arc<Product>,
    c: Vec<f64>, // likewise
}

struct Product {
    n: usize,
    cutoff: usize,
    a: Vec<f64>, // n*n, by rows, as is b
    b: Vec<f64>,
}

#[derive(Clone, Copy)]
struct Range {
    from: usize,
    count: usize,
}

impl Range {
    fn half(self, second: bool) -> Range {
        let first = self.count.div_ceil(2);
        if second {
            Range { from: self.from + first, count: self.count - first }
        } else {
            Range { from: self.from, count: first }
        }
    }
}

/// Stands for c[rows][columns] += a[rows][inner] * b[inner][columns].
#[derive(Clone, Copy)]
struct Block {
    rows: Range,
    columns: Range,
    inner: Range,
}

impl Block {
    /// Number 0 to 7: in the first half of inner the four quarters, then the same
    /// in the second.
    fn eighth(self, number: usize) -> Block {
        Block {
            inner: self.inner.half(number & 4 != 0),
            rows: self.rows.half(number & 2 != 0),
            columns: self.columns.half(number & 1 != 0),
        }
    }
}

impl Product {
    fn small(&self, block: Block) -> bool {
        block.rows.count.max(block.columns.count).max(block.inner.count) <= self.cutoff
    }

    fn kernel(&self, c: Part<f64>, block: Block) {
        let columns = block.columns.from..block.columns.from + block.columns.count;
        for i in block.rows.from..block.rows.from + block.rows.count {
            let row = i * self.n;
            // SAFETY: no other task has this block of c at the same time.
            let c = unsafe { c.range(row + columns.start, row + columns.end).write() };
            for k in block.inner.from..block.inner.from + block.inner.count {
                let a = self.a[row + k];
                let b = &self.b[k * self.n..][columns.clone()];
                for (c, b) in c.iter_mut().zip(b) {
                    *c += a * b;
                }
            }
        }
    }

    fn plain(&self, c: Part<f64>, block: Block) {
        if self.small(block) {
            return self.kernel(c, block);
        }
        for i in 0..8 {
            self.plain(c, block.eighth(i));
        }
    }

    fn whole(&self) -> Block {
        let all = Range { from: 0, count: self.n };
        Block { rows: all, columns: all, inner: all }
    }
}

fn multiply(product: Arc<Product>, c: Part<f64>, block: Block) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if product.small(block) {
            return product.kernel(c, block);
        }
        for half in [0, 4] {
            let child = |i| tokio::spawn(multiply(Arc::clone(&product), c, block.eighth(half + i)));
            let children = [child(0), child(1), child(2)];
            multiply(Arc::clone(&product), c, block.eighth(half + 3)).await;
            for child in children {
                child.await.expect("a panic ends the process");
            }
        }
    })
}

impl State for Matmul {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(multiply(Arc::clone(&self.product), Part::of(&mut self.c), self.product.whole()))
    }

    fn serial(&mut self) {
        self.product.plain(Part::of(&mut self.c), self.product.whole());
    }

    fn answer(&self) -> Answer {
        let values = self.c.iter().zip(1u64..);
        let sum = values.fold(0u64, |sum, (value, place)| sum.wrapping_add((*value as u64).wrapping_mul(place)));
        let n = self.product.n as u64;
        Answer { units: n * n * n, answer: sum }
    }
}
