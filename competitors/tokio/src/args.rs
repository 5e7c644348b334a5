//! The driver's command line: `[--current-thread] describe` or
//! `[--current-thread] run WORKLOAD` and its flags.

use crate::failure::Failure;
use crate::flavor::Flavor;
use crate::workload::{self, Params, Workload};

pub struct Args {
    pub flavor: Flavor,
    pub verb: Verb,
}

pub enum Verb {
    Describe,
    Run(Cell),
}

/// The cell that is asked for, and how often.
pub struct Cell {
    pub workload: &'static Workload,
    pub params: Params,
    pub workers: usize,
    pub warmup: u64,
    pub iterations: u64,
    pub serial: bool,
}

pub fn parse(argv: impl Iterator<Item = String>) -> Result<Args, Failure> {
    let mut argv = argv.peekable();
    let current = argv.next_if_eq("--current-thread").is_some();
    let flavor = if current { Flavor::CurrentThread } else { Flavor::MultiThread };
    let verb = match argv.next().as_deref() {
        Some("describe") => match argv.next() {
            None => Verb::Describe,
            Some(more) => return usage(format!("describe stands alone, without {more:?}")),
        },
        Some("run") => Verb::Run(run(argv)?),
        _ => return usage("want describe alone, or run WORKLOAD and its flags"),
    };
    Ok(Args { flavor, verb })
}

fn run(mut argv: impl Iterator<Item = String>) -> Result<Cell, Failure> {
    let id = argv.next().filter(|id| !id.starts_with('-'));
    let Some(id) = id else {
        return usage("run: no workload given");
    };
    let Some(workload) = workload::find(&id) else {
        let known: Vec<&str> = workload::ids().collect();
        return usage(format!("unknown workload {id:?}; there is {}", known.join(", ")));
    };
    let mut cell = Cell { workload, params: Params::new(), workers: 1, warmup: 0, iterations: 1, serial: false };
    while let Some(flag) = argv.next() {
        if !flag.starts_with("--") {
            return usage(format!("run: unexpected {flag:?}"));
        }
        let Some(value) = argv.next() else {
            return usage(format!("run: {flag} without a value"));
        };
        cell.take(&flag, &value).map_err(|Wrong(why)| Failure::Usage(format!("run: {flag} {value}: {why}")))?;
    }
    if cell.serial && cell.workers != 1 {
        return usage(format!("run: serial mode has 1 worker, not {}", cell.workers));
    }
    for spec in workload.params {
        if !cell.params.given(spec.name) {
            if !spec.optional {
                return usage(format!("run: parameter {0} is missing: give --param {0}=NUMBER", spec.name));
            }
            cell.params.set(spec.name, 0);
        }
    }
    Ok(cell)
}

fn usage<T>(why: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Usage(why.into()))
}

/// What is wrong with the value of a flag.
struct Wrong(String);

fn wrong<T>(why: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong(why.into()))
}

impl Cell {
    fn take(&mut self, flag: &str, value: &str) -> Result<(), Wrong> {
        match flag {
            "--workers" => self.workers = number(value, 1, i32::MAX as u64)? as usize,
            "--warmup" => self.warmup = number(value, 0, i32::MAX as u64)?,
            "--iterations" => self.iterations = number(value, 1, i32::MAX as u64)?,
            // Tokio's own seed is unstable, and no workload draws one.
            "--seed" => drop(number(value, 0, u64::MAX)?),
            "--mode" => {
                self.serial = match value {
                    "parallel" => false,
                    "serial" => true,
                    _ => return wrong("want parallel or serial"),
                }
            }
            "--param" => return self.assign(value),
            _ => return wrong("no such flag"),
        }
        Ok(())
    }

    /// Takes one NAME=NUMBER.
    fn assign(&mut self, text: &str) -> Result<(), Wrong> {
        let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return wrong("want NAME=NUMBER");
        };
        let Some(spec) = self.workload.params.iter().find(|spec| spec.name == name) else {
            return wrong(format!("{} has no such parameter", self.workload.id));
        };
        if self.params.given(spec.name) {
            return wrong("it is given twice");
        }
        self.params.set(spec.name, number(value, spec.min, u64::MAX)?);
        Ok(())
    }
}

/// Digits only: parse alone would take a sign.
fn number(text: &str, min: u64, max: u64) -> Result<u64, Wrong> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(value) if digits && (min..=max).contains(&value) => Ok(value),
        _ => wrong(format!("want a whole number from {min} to {max}")),
    }
}
