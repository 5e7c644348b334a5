//! The contract between a workload's text and the rest of the driver.
//!
//! A workload is one file in src/workloads that defines `pub static WORKLOAD`.
//! For every iteration the driver calls
//!
//!   setup                 allocates and fills everything            not timed
//!   acquire               gets sockets and the like; not if serial  not timed
//!   parallel (or serial)  does the work, spawns all tasks           timed
//!   answer                works out the answer                      not timed
//!
//! All arithmetic that ends in an answer is on u64 and wraps.

use std::future::Future;
use std::pin::Pin;

use crate::failure::Failure;

pub struct Workload {
    pub id: &'static str,
    pub params: &'static [ParamSpec],
    pub setup: fn(&Params) -> Result<Box<dyn State>, Failure>,
}

/// A parameter. Smaller values than min are refused.
pub struct ParamSpec {
    pub name: &'static str,
    pub min: u64,
    pub optional: bool, // 0 when it is not given; all others must be
}

pub const fn param(name: &'static str, min: u64) -> ParamSpec {
    ParamSpec { name, min, optional: false }
}

pub const fn optional(name: &'static str) -> ParamSpec {
    ParamSpec { name, min: 0, optional: true }
}

/// One iteration of a workload.
pub trait State: Send {
    /// Gets from the system what it has little of, such as sockets: before the
    /// clock starts, and not in serial mode. Dropping the state gives it back.
    fn acquire(&mut self) -> Result<(), Failure> {
        Ok(())
    }
    /// Does the work with tasks, all of which have ended when it is done.
    fn parallel(&mut self) -> Work<'_>;
    /// Does it as plain sequential code with the same units and answer.
    fn serial(&mut self);
    fn answer(&self) -> Answer;
    /// The memory of this process in bytes, at the moment that counts; 0: it is
    /// read at the end.
    fn resident(&self) -> u64 {
        0
    }
    /// Tells of the events that are a distribution, such as latencies: name, unit
    /// and value of each; nothing after the serial mode.
    fn observe(&self, _event: &mut dyn FnMut(&'static str, &'static str, u64)) {}
}

/// What a workload has to be polled for.
pub type Work<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

#[derive(Clone, Copy)]
pub struct Answer {
    pub units: u64,
    pub answer: u64,
}

/// Parameters by name.
pub struct Params(Vec<(&'static str, u64)>);

impl Params {
    pub fn new() -> Params {
        Params(Vec::new())
    }

    pub fn given(&self, name: &str) -> bool {
        self.0.iter().any(|(have, _)| *have == name)
    }

    pub fn set(&mut self, name: &'static str, value: u64) {
        self.0.push((name, value));
    }

    /// The value of a parameter that the workload declares.
    pub fn get(&self, name: &str) -> u64 {
        match self.0.iter().find(|(have, _)| *have == name) {
            Some((_, value)) => *value,
            None => panic!("it asks for the parameter {name}, which it does not declare"),
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/registry.rs"));

/// Ids of all workloads, sorted.
pub fn ids() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|workload| workload.id)
}

pub fn find(id: &str) -> Option<&'static Workload> {
    ALL.iter().find(|workload| workload.id == id).copied()
}
