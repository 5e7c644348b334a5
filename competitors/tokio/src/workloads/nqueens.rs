//! The ways to place n queens; in the first rows every safe place is a task.

use std::future::Future;
use std::pin::Pin;

use crate::failure::Failure;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "nqueens",
    params: &[param("n", 4), param("depth", 1)],
    setup: |params| {
        let n = params.get("n");
        if n > 31 {
            return Err(Failure::Unsupported(format!("{n} columns do not fit into 32 bits")));
        }
        let board = Board { all: (1 << n) - 1, depth: params.get("depth").min(n) as u32 };
        Ok(Box::new(Queens { board, done: Found::default() }))
    },
};

struct Queens {
    board: Board,
    done: Found,
}

#[derive(Clone, Copy)]
struct Board {
    all: u32,   // a bit for each column
    depth: u32, // rows whose places are tasks
}

/// What the queens in the rows before attack: columns, and both diagonals as
/// they meet the next row.
#[derive(Clone, Copy, Default)]
struct Attacked {
    columns: u32,
    left: u32,
    right: u32,
}

#[derive(Default)]
struct Found {
    value: u64,
    created: u64, // tasks below
}

impl Attacked {
    /// The safe places of a row, each with what is attacked when a queen is there.
    fn places(self, all: u32) -> impl Iterator<Item = Attacked> {
        let mut free = all & !(self.columns | self.left | self.right);
        std::iter::from_fn(move || {
            if free == 0 {
                return None;
            }
            let place = free & free.wrapping_neg();
            free &= free - 1;
            Some(Attacked {
                columns: self.columns | place,
                left: (self.left | place) << 1,
                right: (self.right | place) >> 1,
            })
        })
    }
}

fn search(board: Board, row: u32, attacked: Attacked) -> Pin<Box<dyn Future<Output = Found> + Send>> {
    Box::pin(async move {
        if row >= board.depth {
            return Found { value: plain(board.all, attacked), created: 0 };
        }
        let children: Vec<_> =
            attacked.places(board.all).map(|place| tokio::spawn(search(board, row + 1, place))).collect();
        let mut all = Found::default();
        for child in children {
            let child = child.await.expect("a panic ends the process");
            all.value += child.value;
            all.created += child.created + 1;
        }
        all
    })
}

fn plain(all: u32, attacked: Attacked) -> u64 {
    if attacked.columns == all {
        return 1;
    }
    let mut count = 0;
    for place in attacked.places(all) {
        count += plain(all, place);
    }
    count
}

/// How many tasks the parallel form creates below.
fn tasks(board: Board, row: u32, attacked: Attacked) -> u64 {
    if row >= board.depth {
        return 0;
    }
    attacked.places(board.all).map(|place| 1 + tasks(board, row + 1, place)).sum()
}

impl State for Queens {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async { self.done = search(self.board, 0, Attacked::default()).await })
    }

    fn serial(&mut self) {
        self.done = Found { value: plain(self.board.all, Attacked::default()), created: 0 };
    }

    fn answer(&self) -> Answer {
        let created = match self.done.created {
            0 => tasks(self.board, 0, Attacked::default()), // it was the serial mode
            created => created,
        };
        Answer { units: created, answer: self.done.value }
    }
}
