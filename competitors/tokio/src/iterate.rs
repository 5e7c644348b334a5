//! The iterations of a cell. The clock runs around a workload's work alone;
//! each iteration sets up its own state and drops it.

use std::panic;
use std::process;
use std::thread;
use std::time::Instant;

use tokio::runtime::{Handle, RuntimeMetrics};

use crate::args::Cell;
use crate::emit::Line;
use crate::failure::Failure;
use crate::flavor::{Counters, Flavor};
use crate::histogram::Histograms;
use crate::limit;
use crate::memory;
use crate::slow;
use crate::workload::Answer;

pub fn run(flavor: Flavor, cell: Cell) -> Result<(), Failure> {
    // Sequential code needs no runtime; it is given a thread of one, so that
    // there is one way to iterate.
    let flavor = if cell.serial { Flavor::CurrentThread } else { flavor };
    let slow = slow::percent()?;
    limit::allow_files();
    let runtime = flavor.build(cell.workers)?;
    let root = runtime.spawn(all(flavor, cell, slow));
    match runtime.block_on(root) {
        Ok(outcome) => outcome?,
        Err(e) => panic::resume_unwind(e.into_panic()), // nobody aborts it
    }
    Line::of_type("end").write()
}

async fn all(flavor: Flavor, cell: Cell, slow: u32) -> Result<(), Failure> {
    let metrics = Handle::current().metrics();
    let mut observed = Histograms::default();
    config(flavor, &cell, &metrics, slow)?;
    match repeat(&cell, &metrics, slow, &mut observed).await {
        Err(Failure::Limit { what, reached }) => {
            Line::of_type("limit").string("what", &what).number("reached", reached).write()?
        }
        outcome => outcome?,
    }
    observed.write()
}

async fn repeat(cell: &Cell, metrics: &RuntimeMetrics, slow: u32, observed: &mut Histograms) -> Result<(), Failure> {
    for (phase, times) in [("warmup", cell.warmup), ("timed", cell.iterations)] {
        for index in 0..times {
            iterate(cell, phase, index, metrics, slow, observed).await?;
        }
    }
    Ok(())
}

/// Says what was really applied.
fn config(flavor: Flavor, cell: &Cell, metrics: &RuntimeMetrics, slow: u32) -> Result<(), Failure> {
    let cpus = thread::available_parallelism().map_or(0, |n| n.get());
    let mut line = Line::of_type("config");
    line.number("pid", process::id().into()).number("workers", metrics.num_workers() as u64);
    if !cell.serial {
        line.string("scheduler", flavor.name());
    }
    if slow > 0 {
        line.number("slow_percent", slow.into());
    }
    line.number("cpus", cpus as u64).string("compiler", env!("RUSTC_VERSION")).write()
}

async fn iterate(
    cell: &Cell,
    phase: &str,
    index: u64,
    metrics: &RuntimeMetrics,
    slow: u32,
    observed: &mut Histograms,
) -> Result<(), Failure> {
    let begin = Instant::now();
    let mut state = (cell.workload.setup)(&cell.params)?;
    if !cell.serial {
        state.acquire()?;
    }
    let before = Counters::read(metrics);

    let start = Instant::now();
    if cell.serial {
        state.serial();
    } else {
        state.parallel().await;
    }
    let took = slow::down(start, start.elapsed(), slow);

    let counters = Counters::read(metrics).since(&before);
    let Answer { units, answer } = state.answer();
    if phase == "timed" && !cell.serial {
        state.observe(&mut |name, unit, value| observed.add(name, unit, value));
    }
    let resident = match state.resident() {
        0 => None,
        bytes => Some(bytes),
    };
    drop(state);
    let mut line = Line::of_type("sample");
    line.string("phase", phase)
        .number("index", index)
        .number("ns", (took.as_nanos() as u64).max(1)) // a coarse clock may not have moved
        .number("units", units)
        .exact("answer", answer)
        .number("setup_ns", (begin.elapsed() - took).as_nanos() as u64)
        .number("rss_bytes", resident.unwrap_or_else(memory::resident_bytes));
    if !cell.serial {
        line.object("counters", &counters);
    }
    line.write()
}
