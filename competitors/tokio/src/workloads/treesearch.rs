//! A tree whose shape comes out of hashes, so that nobody knows how large a
//! branch is.

use std::future::Future;
use std::pin::Pin;

use crate::busy::busy;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "treesearch",
    params: &[param("roots", 1), param("children", 1), param("chance", 0), param("depth", 1), param("work", 0)],
    setup: |params| {
        let tree = Tree {
            children: params.get("children"),
            chance: params.get("chance"),
            depth: params.get("depth"),
            work: params.get("work"),
        };
        Ok(Box::new(Search { roots: params.get("roots"), tree, found: Found::default() }))
    },
};

struct Search {
    roots: u64,
    tree: Tree,
    found: Found,
}

#[derive(Clone, Copy)]
struct Tree {
    children: u64,
    chance: u64, // of a node having children, in millionths
    depth: u64,  // nodes above it have a task for each child
    work: u64,   // steps of computing for each node
}

#[derive(Default)]
struct Found {
    nodes: u64,
    sum: u64, // of what was computed for them
}

/// SplitMix64's mixing function.
fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
    z ^ (z >> 31)
}

fn child(hash: u64, number: u64) -> u64 {
    mix(hash.wrapping_add((number + 1).wrapping_mul(0x9e3779b97f4a7c15)))
}

impl Tree {
    fn has_children(self, hash: u64) -> bool {
        ((hash >> 32) * 1_000_000) >> 32 < self.chance
    }

    fn visit(self, hash: u64, found: &mut Found) {
        found.nodes += 1;
        found.sum = found.sum.wrapping_add(busy(self.work, hash));
    }

    fn plain(self, hash: u64, found: &mut Found) {
        self.visit(hash, found);
        if self.has_children(hash) {
            for i in 0..self.children {
                self.plain(child(hash, i), found);
            }
        }
    }

    fn node(self, hash: u64, depth: u64) -> Pin<Box<dyn Future<Output = Found> + Send>> {
        Box::pin(async move {
            if depth < self.depth && self.has_children(hash) {
                return self.branch(hash, depth, self.children).await;
            }
            let mut found = Found::default();
            self.plain(hash, &mut found);
            found
        })
    }

    /// Counts a node and all below it, with a task for each child.
    async fn branch(self, hash: u64, depth: u64, children: u64) -> Found {
        let mut found = Found::default();
        self.visit(hash, &mut found);
        let tasks: Vec<_> = (0..children).map(|i| tokio::spawn(self.node(child(hash, i), depth + 1))).collect();
        for task in tasks {
            let below = task.await.expect("a panic ends the process");
            found.nodes += below.nodes;
            found.sum = found.sum.wrapping_add(below.sum);
        }
        found
    }
}

impl State for Search {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async { self.found = self.tree.branch(mix(1), 0, self.roots).await })
    }

    fn serial(&mut self) {
        self.tree.visit(mix(1), &mut self.found);
        for i in 0..self.roots {
            self.tree.plain(child(mix(1), i), &mut self.found);
        }
    }

    fn answer(&self) -> Answer {
        Answer { units: self.found.nodes, answer: self.found.sum }
    }
}
