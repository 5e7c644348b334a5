//! Reads of blocks at random places in a file that is in the page cache.
//!
//! Tokio has no asynchronous reading of files. Its own file type hands each call
//! to the threads for what blocks, in two calls for a seek and a read; spawn_blocking
//! with the standard library's read at an offset does the same in one.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use tokio::task;

use crate::busy::busy;
use crate::crew::Crew;
use crate::failure::Failure;
use crate::memory;
use crate::words;
use crate::workload::{param, Answer, State, Work, Workload};

const STEP: usize = 64; // one word in so many is added up

pub static WORKLOAD: Workload = Workload {
    id: "files",
    params: &[param("threads", 1), param("reads", 1), param("blocks", 1), param("words", 1)],
    setup: |params| {
        let (threads, size) = (params.get("threads"), params.get("words").saturating_mul(8));
        let mut buffers = memory::room(threads)?;
        for _ in 0..threads {
            buffers.push(memory::filled(size, 0)?);
        }
        let blocks = params.get("blocks");
        let file = make(blocks, memory::filled(size, 0)?).map_err(|e| Failure::Failed(format!("a file: {e}")))?;
        Ok(Box::new(Files {
            file: Arc::new(file),
            blocks,
            reads: params.get("reads"),
            buffers,
            crew: Crew::of(threads)?,
            sums: memory::filled(threads, 0)?,
        }))
    },
};

/// Makes the file. It loses its name at once, so that nothing is left behind
/// whatever happens.
fn make(blocks: u64, mut block: Vec<u8>) -> io::Result<File> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let name = format!("mnbench-files-{}-{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let path = env::temp_dir().join(name);
    let mut file = File::options().read(true).write(true).create_new(true).open(&path)?;
    fs::remove_file(&path)?;
    let mut x = 1;
    for _ in 0..blocks {
        for k in 0..block.len() / 8 {
            x = busy(1, x);
            words::put(&mut block, k, x);
        }
        file.write_all(&block)?;
    }
    Ok(file)
}

struct Files {
    file: Arc<File>,
    blocks: u64,
    reads: u64, // of each task
    buffers: Vec<Vec<u8>>,
    crew: Crew<u64>,
    sums: Vec<u64>,
}

/// Where a block lies that a task has drawn.
fn place(y: u64, blocks: u64, block: &[u8]) -> u64 {
    (((y >> 32) * blocks) >> 32) * block.len() as u64
}

fn add_up(block: &[u8]) -> u64 {
    (0..block.len() / 8).step_by(STEP).fold(0, |sum, k| sum.wrapping_add(words::get(block, k)))
}

async fn read(file: Arc<File>, i: u64, reads: u64, blocks: u64, mut block: Vec<u8>) -> u64 {
    let (mut y, mut sum) = (i, 0u64);
    for _ in 0..reads {
        y = busy(1, y);
        let (file, at) = (Arc::clone(&file), place(y, blocks, &block));
        let reading = task::spawn_blocking(move || {
            file.read_exact_at(&mut block, at).expect("the file is there");
            block
        });
        block = reading.await.expect("a panic ends the process");
        sum = sum.wrapping_add(add_up(&block));
    }
    sum
}

impl State for Files {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for (i, block) in (0..).zip(self.buffers.drain(..)) {
                self.crew.spawn(read(Arc::clone(&self.file), i, self.reads, self.blocks, block));
            }
            self.crew.join_into(&mut self.sums).await;
        })
    }

    fn serial(&mut self) {
        for (i, (block, sum)) in self.buffers.iter_mut().zip(&mut self.sums).enumerate() {
            let mut y = i as u64;
            for _ in 0..self.reads {
                y = busy(1, y);
                let at = place(y, self.blocks, block);
                self.file.read_exact_at(block, at).expect("the file is there");
                *sum = sum.wrapping_add(add_up(block));
            }
        }
    }

    fn answer(&self) -> Answer {
        let all = self.sums.iter().fold(0u64, |sum, more| sum.wrapping_add(*more));
        Answer { units: self.sums.len() as u64 * self.reads, answer: all }
    }
}
