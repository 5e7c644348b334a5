//! Requests that come when they come: a task for each, and the time from when it
//! was due.

use std::time::Instant;

use crate::busy::busy;
use crate::clock;
use crate::crew::Crew;
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "openloop",
    params: &[param("requests", 1), param("interval_ns", 1), param("short", 0), param("long", 0)],
    setup: |params| {
        let count = params.get("requests");
        let mut requests = memory::room(count)?;
        let (mut x, mut due) = (1, 0.0);
        for _ in 0..count {
            x = busy(1, x);
            due -= (1.0 - (x >> 11) as f64 / (1u64 << 53) as f64).ln() * params.get("interval_ns") as f64;
            x = busy(1, x);
            let long = ((x >> 32) * 1000) >> 32 < 5;
            requests.push(Request { due: due as u64, steps: params.get(if long { "long" } else { "short" }) });
        }
        Ok(Box::new(OpenLoop { requests, crew: Crew::of(count)?, served: memory::filled(count, Served::default())? }))
    },
};

struct OpenLoop {
    requests: Vec<Request>,
    crew: Crew<Served>,
    served: Vec<Served>,
}

struct Request {
    due: u64, // ns from the beginning
    steps: u64,
}

#[derive(Clone, Default)]
struct Served {
    x: u64,
    took: u64, // ns from when it was due
}

impl State for OpenLoop {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let begin = Instant::now();
            for (i, request) in self.requests.iter().enumerate() {
                let (due, steps) = (clock::after(begin, request.due), request.steps);
                clock::sleep_until(due).await;
                self.crew.spawn(async move {
                    let x = busy(steps, i as u64);
                    Served { x, took: clock::since(due) }
                });
            }
            self.crew.join_into(&mut self.served).await;
        })
    }

    fn serial(&mut self) {
        for (i, (request, served)) in self.requests.iter().zip(&mut self.served).enumerate() {
            served.x = busy(request.steps, i as u64);
        }
    }

    fn answer(&self) -> Answer {
        let all = self.served.iter().fold(0u64, |sum, served| sum.wrapping_add(served.x));
        Answer { units: self.served.len() as u64, answer: all }
    }

    fn observe(&self, event: &mut dyn FnMut(&'static str, &'static str, u64)) {
        for served in &self.served {
            event("latency", "ns", served.took);
        }
    }
}
