//! A tree of tasks, ten children to each, whose leaves are summed.

use std::future::Future;
use std::pin::Pin;

use crate::failure::Failure;
use crate::workload::{param, Answer, State, Work, Workload};

const CHILDREN: u64 = 10;

pub static WORKLOAD: Workload = Workload {
    id: "skynet",
    params: &[param("depth", 1)],
    setup: |params| {
        let depth = params.get("depth");
        let leaves = u32::try_from(depth).ok().and_then(|depth| CHILDREN.checked_pow(depth));
        match leaves {
            Some(leaves) => Ok(Box::new(Skynet { leaves, done: Subtree::default() })),
            None => Err(Failure::Unsupported(format!("10^{depth} leaves do not fit into 64 bits"))),
        }
    },
};

struct Skynet {
    leaves: u64,
    done: Subtree,
}

#[derive(Default)]
struct Subtree {
    value: u64,
    created: u64, // tasks below it
}

/// Boxed, because a future cannot contain itself.
fn node(first: u64, leaves: u64) -> Pin<Box<dyn Future<Output = Subtree> + Send>> {
    Box::pin(async move {
        if leaves == 1 {
            return Subtree { value: first, created: 0 };
        }
        let share = leaves / CHILDREN;
        let children: [_; CHILDREN as usize] =
            std::array::from_fn(|i| tokio::spawn(node(first + i as u64 * share, share)));
        let mut all = Subtree::default();
        for child in children {
            let child = child.await.expect("a panic ends the process");
            all.value = all.value.wrapping_add(child.value);
            all.created += child.created + 1;
        }
        all
    })
}

fn plain(first: u64, leaves: u64) -> Subtree {
    if leaves == 1 {
        return Subtree { value: first, created: 0 };
    }
    let share = leaves / CHILDREN;
    let mut all = Subtree::default();
    for i in 0..CHILDREN {
        let child = plain(first + i * share, share);
        all.value = all.value.wrapping_add(child.value);
        all.created += child.created + 1;
    }
    all
}

impl State for Skynet {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async { self.done = node(0, self.leaves).await })
    }

    fn serial(&mut self) {
        self.done = plain(0, self.leaves);
    }

    fn answer(&self) -> Answer {
        Answer { units: self.done.created, answer: self.done.value }
    }
}
