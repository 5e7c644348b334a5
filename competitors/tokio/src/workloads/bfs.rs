//! Breadth-first search, level by level: a task for each chunk of the frontier.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;

use crate::busy::busy;
use crate::crew::Crew;
use crate::failure::Failure;
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

/// How many nodes a task gathers before it reserves room in the next frontier.
const BATCH: usize = 256;

pub static WORKLOAD: Workload = Workload {
    id: "bfs",
    params: &[param("nodes", 1), param("degree", 1), param("chunk", 1)],
    setup: |params| {
        let (nodes, degree) = (params.get("nodes"), params.get("degree"));
        let Some(edges) = nodes.checked_mul(degree) else {
            return Err(Failure::Failed(format!("not enough memory for {nodes} nodes")));
        };
        let mut neighbours = memory::filled(edges, 0)?;
        let mut x = 1;
        for neighbour in &mut neighbours {
            x = busy(1, x);
            *neighbour = ((x >> 32).wrapping_mul(nodes) >> 32) as u32;
        }
        let chunk = params.get("chunk").min(nodes);
        let graph = Graph {
            degree: degree as usize,
            neighbours,
            levels: numbers(nodes)?,
            frontiers: [numbers(nodes)?, numbers(nodes)?],
            found: AtomicUsize::new(0),
        };
        Ok(Box::new(Search { chunk: chunk as usize, graph: Arc::new(graph), crew: Crew::of(nodes.div_ceil(chunk))? }))
    },
};

fn numbers(count: u64) -> Result<Vec<AtomicU32>, Failure> {
    let mut list = memory::room(count)?;
    list.resize_with(count as usize, AtomicU32::default);
    Ok(list)
}

struct Search {
    chunk: usize,
    graph: Arc<Graph>,
    crew: Crew<()>,
}

/// Joining the tasks of a level orders what they have written; the atomics of
/// the frontiers are only there because several tasks have them.
struct Graph {
    degree: usize,
    neighbours: Vec<u32>,            // `degree` of node 0, then of node 1 ...
    levels: Vec<AtomicU32>,          // 0: not reached; 1: the source; 2: its neighbours ...
    frontiers: [Vec<AtomicU32>; 2],  // of odd and even levels in turn
    found: AtomicUsize,              // nodes in the next one
}

impl Graph {
    fn frontier(&self, level: u32) -> &[AtomicU32] {
        &self.frontiers[(level % 2) as usize]
    }

    fn neighbours(&self, node: &AtomicU32) -> &[u32] {
        &self.neighbours[node.load(Relaxed) as usize * self.degree..][..self.degree]
    }

    fn expand(&self, level: u32, from: usize, end: usize) {
        let mut batch = [0; BATCH];
        let mut count = 0;
        for node in &self.frontier(level)[from..end] {
            for &neighbour in self.neighbours(node) {
                let slot = &self.levels[neighbour as usize];
                if slot.load(Relaxed) != 0 || slot.compare_exchange(0, level + 1, Relaxed, Relaxed).is_err() {
                    continue;
                }
                batch[count] = neighbour;
                count += 1;
                if count == BATCH {
                    self.append(level + 1, &batch);
                    count = 0;
                }
            }
        }
        self.append(level + 1, &batch[..count]);
    }

    fn append(&self, level: u32, batch: &[u32]) {
        let at = self.found.fetch_add(batch.len(), Relaxed);
        for (slot, node) in self.frontier(level)[at..].iter().zip(batch) {
            slot.store(*node, Relaxed);
        }
    }

    /// Puts the source into the first frontier and returns the first level and
    /// how many nodes it has.
    fn begin(&self) -> (u32, usize) {
        self.frontier(1)[0].store(0, Relaxed);
        self.levels[0].store(1, Relaxed);
        (1, 1)
    }
}

impl State for Search {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let (mut level, mut held) = self.graph.begin();
            while held > 0 {
                for from in (0..held).step_by(self.chunk) {
                    let (graph, end) = (Arc::clone(&self.graph), held.min(from + self.chunk));
                    self.crew.spawn(async move { graph.expand(level, from, end) });
                }
                self.crew.join().await;
                held = self.graph.found.swap(0, Relaxed);
                level += 1;
            }
        })
    }

    fn serial(&mut self) {
        let graph = &self.graph;
        let (mut level, mut held) = graph.begin();
        while held > 0 {
            let mut found = 0;
            for node in &graph.frontier(level)[..held] {
                for &neighbour in graph.neighbours(node) {
                    let slot = &graph.levels[neighbour as usize];
                    if slot.load(Relaxed) == 0 {
                        slot.store(level + 1, Relaxed);
                        graph.frontier(level + 1)[found].store(neighbour, Relaxed);
                        found += 1;
                    }
                }
            }
            held = found;
            level += 1;
        }
    }

    fn answer(&self) -> Answer {
        let (mut reached, mut sum) = (0, 0u64);
        for (level, place) in self.graph.levels.iter().zip(1u64..) {
            let level = u64::from(level.load(Relaxed));
            reached += u64::from(level != 0);
            sum = sum.wrapping_add(level.wrapping_mul(place));
        }
        Answer { units: reached * self.graph.degree as u64, answer: sum }
    }
}
