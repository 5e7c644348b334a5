//! Merge sort: above the cutoff a child task sorts the left half, its parent the
//! right one.

use std::future::Future;
use std::pin::Pin;

use crate::busy::busy;
use crate::memory;
use crate::part::Part;
use crate::workload::{param, Answer, State, Work, Workload};

const SMALL: usize = 16; // spans of up to so many are sorted by insertion

pub static WORKLOAD: Workload = Workload {
    id: "mergesort",
    params: &[param("n", 1), param("cutoff", 1)],
    setup: |params| {
        let n = params.get("n");
        let mut a = memory::filled(n, 0)?;
        let mut x = 1;
        for key in &mut a {
            x = busy(1, x);
            *key = (x >> 33) as u32;
        }
        Ok(Box::new(Sort { cutoff: params.get("cutoff").min(n) as usize, a, scratch: memory::filled(n, 0)? }))
    },
};

struct Sort {
    cutoff: usize,
    a: Vec<u32>,
    scratch: Vec<u32>,
}

fn sort(a: Part<u32>, scratch: Part<u32>, cutoff: usize) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if a.len() <= cutoff {
            // SAFETY: each task has a part of its own.
            unsafe { plain(a.write(), scratch.write()) };
            return;
        }
        let middle = a.len() / 2;
        let (left, right) = (a.split(middle), scratch.split(middle));
        let child = tokio::spawn(sort(left.0, right.0, cutoff));
        sort(left.1, right.1, cutoff).await;
        child.await.expect("a panic ends the process");
        // SAFETY: the child has ended.
        unsafe { merge(a.write(), scratch.write(), middle) };
    })
}

fn plain(a: &mut [u32], scratch: &mut [u32]) {
    if a.len() <= SMALL {
        insertion(a);
        return;
    }
    let middle = a.len() / 2;
    plain(&mut a[..middle], &mut scratch[..middle]);
    plain(&mut a[middle..], &mut scratch[middle..]);
    merge(a, scratch, middle);
}

fn insertion(a: &mut [u32]) {
    for i in 1..a.len() {
        let (key, mut k) = (a[i], i);
        while k > 0 && a[k - 1] > key {
            a[k] = a[k - 1];
            k -= 1;
        }
        a[k] = key;
    }
}

/// Merges the two sorted parts of a, of which the second begins at middle.
fn merge(a: &mut [u32], scratch: &mut [u32], middle: usize) {
    scratch[..middle].copy_from_slice(&a[..middle]);
    let (mut left, mut right, mut into) = (0, middle, 0);
    while left < middle && right < a.len() {
        if a[right] < scratch[left] {
            a[into] = a[right];
            right += 1;
        } else {
            a[into] = scratch[left];
            left += 1;
        }
        into += 1;
    }
    a[into..into + middle - left].copy_from_slice(&scratch[left..middle]);
}

impl State for Sort {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(sort(Part::of(&mut self.a), Part::of(&mut self.scratch), self.cutoff))
    }

    fn serial(&mut self) {
        plain(&mut self.a, &mut self.scratch);
    }

    fn answer(&self) -> Answer {
        let keys = self.a.iter().zip(1u64..);
        let sum = keys.fold(0u64, |sum, (key, place)| sum.wrapping_add(u64::from(*key).wrapping_mul(place)));
        Answer { units: self.a.len() as u64, answer: sum }
    }
}
