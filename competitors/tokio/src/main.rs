//! The driver for tokio: speaks the driver protocol, version 1 (../../PROTOCOL.md),
//! for every workload in src/workloads.
//!
//! What iterates is itself a task of the runtime under test, as main is in Go:
//! N worker threads are all that executes a workload, and spawning, joining and
//! waiting cost the parent what they cost its children. (A future that is given
//! to block_on runs outside the workers of a multi-threaded runtime.)

mod args;
mod busy;
mod clock;
mod crew;
mod emit;
mod failure;
mod flavor;
mod gate;
mod histogram;
mod iterate;
mod limit;
mod memory;
mod part;
mod slow;
mod words;
mod workload;

use std::process;

use args::Verb;
use emit::Line;
use failure::Failure;
use flavor::Flavor;

fn main() {
    die_of_panics();
    if let Err(failure) = drive() {
        eprintln!("tokio driver: {failure}");
        process::exit(failure.exit_code());
    }
}

/// A panic in one task would leave the others waiting for it for ever.
fn die_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("tokio driver: {panic}");
        process::exit(failure::FAILED);
    }));
}

fn drive() -> Result<(), Failure> {
    let args = args::parse(std::env::args().skip(1))?;
    match args.verb {
        Verb::Describe => describe(args.flavor),
        Verb::Run(cell) => iterate::run(args.flavor, cell),
    }
}

fn describe(flavor: Flavor) -> Result<(), Failure> {
    let mut line = Line::new();
    line.number("protocol", 1)
        .string("runtime", flavor.runtime_id())
        .string("version", env!("TOKIO_VERSION"))
        .string("language", "rust")
        .string("model", "async")
        .strings("workloads", workload::ids())
        .strings("modes", ["parallel", "serial"]);
    line.write()
}
