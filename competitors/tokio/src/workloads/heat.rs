//! Heat in a plate, in strips of rows: a task for each strip and step.

use std::mem;

use crate::busy::busy;
use crate::crew::Crew;
use crate::failure::Failure;
use crate::memory;
use crate::part::Part;
use crate::workload::{param, Answer, State, Work, Workload};

/// How often the middle third is relaxed in a step, the others once. That costs
/// about four times as much.
const DEAR: usize = 10;

pub static WORKLOAD: Workload = Workload {
    id: "heat",
    params: &[param("n", 1), param("steps", 1), param("strips", 1)],
    setup: |params| {
        let (n, strips) = (params.get("n"), params.get("strips"));
        let Some(places) = n.checked_add(2).and_then(|width| width.checked_mul(width)) else {
            return Err(Failure::Failed(format!("not enough memory for a plate of {n} rows")));
        };
        let mut now = memory::filled(places, 0.0)?;
        let mut x = 1;
        for value in &mut now {
            x = busy(1, x);
            *value = (x >> 54) as f64;
        }
        let mut next = memory::room(places)?;
        next.extend_from_slice(&now);
        let mut list = memory::room(strips)?;
        let mut from = 1;
        for i in 0..strips {
            let rows = (n / strips + u64::from(i < n % strips)) as usize;
            list.push(Strip { n: n as usize, from, end: from + rows });
            from += rows;
        }
        let crew = Crew::of(strips)?;
        Ok(Box::new(Plate { n: n as usize, steps: params.get("steps"), strips: list, now, next, crew }))
    },
};

struct Plate {
    n: usize,
    steps: u64,
    strips: Vec<Strip>,
    now: Vec<f64>, // (n+2)*(n+2), by rows; the outermost ones never change
    next: Vec<f64>,
    crew: Crew<()>,
}

/// Rows 1..=n of a plate; `end` is not in it.
#[derive(Clone, Copy)]
struct Strip {
    n: usize,
    from: usize,
    end: usize,
}

impl Strip {
    /// Its places in a grid.
    fn places(self) -> (usize, usize) {
        (self.from * (self.n + 2), self.end * (self.n + 2))
    }

    /// Relaxes the strip of `now` into `next`, which is the strip alone.
    fn relax(self, now: &[f64], next: &mut [f64]) {
        let width = self.n + 2;
        for (i, into) in (self.from..self.end).zip(next.chunks_exact_mut(width)) {
            let row = |i: usize| &now[i * width..][..width];
            let (up, row, down) = (row(i - 1), row(i), row(i + 1));
            let times = if i > self.n / 3 && i <= 2 * self.n / 3 { DEAR } else { 1 };
            for j in 1..width - 1 {
                let around = (up[j] + down[j]) + (row[j - 1] + row[j + 1]);
                let mut v = row[j];
                for _ in 0..times {
                    v = (around * 0.25 + v) * 0.5;
                }
                into[j] = v;
            }
        }
    }
}

impl State for Plate {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for _ in 0..self.steps {
                let (now, next) = (Part::of(&mut self.now), Part::of(&mut self.next));
                for &strip in &self.strips {
                    let (from, end) = strip.places();
                    let mine = next.range(from, end);
                    // SAFETY: nobody changes `now` in this step, and each task has
                    // a strip of `next` of its own.
                    self.crew.spawn(async move { unsafe { strip.relax(now.read(), mine.write()) } });
                }
                self.crew.join().await;
                mem::swap(&mut self.now, &mut self.next);
            }
        })
    }

    fn serial(&mut self) {
        for _ in 0..self.steps {
            for &strip in &self.strips {
                let (from, end) = strip.places();
                strip.relax(&self.now, &mut self.next[from..end]);
            }
            mem::swap(&mut self.now, &mut self.next);
        }
    }

    fn answer(&self) -> Answer {
        let mut sum = 0u64;
        for i in 1..=self.n {
            for v in &self.now[i * (self.n + 2) + 1..][..self.n] {
                sum = sum.wrapping_add(v.to_bits());
            }
        }
        Answer { units: (self.n * self.n) as u64 * self.steps, answer: sum }
    }
}
