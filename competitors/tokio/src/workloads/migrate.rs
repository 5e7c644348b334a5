//! Tasks with a warm set of memory that are woken where they ran last, or where
//! they did not.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::busy::busy;
use crate::crew::Crew;
use crate::failure::Failure;
use crate::gate::{Gate, Pass};
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

const LINE: u64 = 64; // bytes

pub static WORKLOAD: Workload = Workload {
    id: "migrate",
    params: &[param("threads", 2), param("rounds", 1), param("bytes", LINE), param("wakers", 1), param("hold_us", 0)],
    setup: |params| {
        let (walkers, wakers, rounds) = (params.get("threads"), params.get("wakers"), params.get("rounds"));
        let mut walks = memory::room(walkers)?;
        for _ in 0..walkers {
            walks.push(memory::room(rounds)?);
        }
        Ok(Box::new(Migrate {
            shared: Arc::new(Shared {
                rounds,
                lines: params.get("bytes") / LINE,
                hold: Duration::from_micros(params.get("hold_us")),
                called: semaphores(walkers)?,
                turn: semaphores(wakers)?,
                replies: AtomicU64::new(0),
            }),
            gate: Gate::new(),
            walkers: Crew::of(walkers)?,
            wakers: Crew::of(wakers)?,
            walks,
            done: memory::filled(walkers, Done::default())?,
        }))
    },
};

struct Migrate {
    shared: Arc<Shared>,
    gate: Gate,
    walkers: Crew<Done>,
    wakers: Crew<u64>,
    walks: Vec<Vec<Walk>>, // with room for a walker's each
    done: Vec<Done>,       // by walker
}

struct Shared {
    rounds: u64,
    lines: u64, // of each set
    hold: Duration,
    called: Vec<Semaphore>, // a walker's
    turn: Vec<Semaphore>,   // a waker's
    replies: AtomicU64,
}

/// What a walker leaves.
#[derive(Clone, Default)]
struct Done {
    sum: u64, // of its set
    walks: Vec<Walk>,
}

#[derive(Clone)]
struct Walk {
    took: u64, // ns
    moved: bool,
}

#[repr(align(64))]
#[derive(Clone)]
struct Line(u64);

fn semaphores(count: u64) -> Result<Vec<Semaphore>, Failure> {
    let mut all = memory::room(count)?;
    all.resize_with(count as usize, || Semaphore::new(0));
    Ok(all)
}

async fn called(semaphore: &Semaphore) {
    semaphore.acquire().await.expect("nobody closes it").forget();
}

/// The processor that the calling task runs on.
fn processor() -> i32 {
    extern "C" {
        fn sched_getcpu() -> i32; // of the C library, which the standard library is linked with
    }
    // Safe: it takes nothing and only reads.
    unsafe { sched_getcpu() }
}

impl Shared {
    /// One more walk is done. The last but one of a round calls the waker of the next.
    fn reply(&self) {
        let (next, walkers) = (self.replies.fetch_add(1, SeqCst) + 2, self.called.len() as u64);
        let round = next / walkers;
        if next % walkers == 0 && round < self.rounds {
            self.turn[round as usize % self.turn.len()].add_permits(1);
        }
    }

    /// A future has no room for an array whose size is not known to the compiler.
    fn set(&self, walker: usize) -> Vec<Line> {
        (0..self.lines).map(|i| Line(walker as u64 * self.lines + i)).collect()
    }
}

fn step(set: &mut [Line]) {
    for line in set {
        line.0 = busy(1, line.0);
    }
}

fn sum(set: &[Line]) -> u64 {
    set.iter().fold(0, |sum, line| sum.wrapping_add(line.0))
}

async fn walk(pass: Pass, shared: Arc<Shared>, i: usize, mut walks: Vec<Walk>) -> Done {
    pass.through().await;
    let mut set = shared.set(i);
    let mut last = processor();
    for _ in 0..shared.rounds {
        called(&shared.called[i]).await;
        let begin = Instant::now();
        step(&mut set);
        let took = begin.elapsed().as_nanos() as u64;
        let here = processor();
        walks.push(Walk { took, moved: here != last });
        last = here;
        shared.reply();
    }
    Done { sum: sum(&set), walks }
}

async fn wake(pass: Pass, shared: Arc<Shared>, k: usize) -> u64 {
    pass.through().await;
    let (walkers, wakers) = (shared.called.len() as u64, shared.turn.len());
    let mut x = 0;
    for r in (k as u64..shared.rounds).step_by(wakers) {
        if r > 0 {
            called(&shared.turn[k]).await;
        }
        for walker in &shared.called {
            walker.add_permits(1);
        }
        let (enough, begin) = ((r + 1) * walkers - 1, Instant::now());
        while shared.replies.load(SeqCst) < enough && begin.elapsed() < shared.hold {
            x = busy(100, x);
        }
    }
    x
}

impl State for Migrate {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            for (i, walks) in self.walks.drain(..).enumerate() {
                self.walkers.spawn(walk(self.gate.pass(), Arc::clone(&self.shared), i, walks));
            }
            for k in 0..self.shared.turn.len() {
                self.wakers.spawn(wake(self.gate.pass(), Arc::clone(&self.shared), k));
            }
            self.gate.open();
            self.walkers.join_into(&mut self.done).await;
            self.wakers.join().await;
        })
    }

    fn serial(&mut self) {
        for (i, done) in self.done.iter_mut().enumerate() {
            let mut set = self.shared.set(i);
            for _ in 0..self.shared.rounds {
                step(&mut set);
            }
            done.sum = sum(&set);
        }
    }

    fn answer(&self) -> Answer {
        let all = self.done.iter().fold(0u64, |sum, done| sum.wrapping_add(done.sum));
        Answer { units: self.done.len() as u64 * self.shared.rounds, answer: all }
    }

    fn observe(&self, event: &mut dyn FnMut(&'static str, &'static str, u64)) {
        let (mut moved, mut all) = (0, 0);
        for walk in self.done.iter().flat_map(|done| &done.walks) {
            event(if walk.moved { "walk time, moved" } else { "walk time, stayed" }, "ns", walk.took);
            moved += u64::from(walk.moved);
            all += 1;
        }
        if all > 0 {
            event("share that moved", "percent", 100 * moved / all);
        }
    }
}
