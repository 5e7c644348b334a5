//! Tasks in a ring hand a token on, each through the mailbox of the next: an
//! mpsc channel with room for one.

use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::crew::Crew;
use crate::memory;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "ring",
    params: &[param("threads", 1), param("hops", 1)],
    setup: |params| {
        let threads = params.get("threads");
        let (mut puts, mut takes) = (memory::room(threads)?, memory::room(threads)?);
        for _ in 0..threads {
            let (put, take) = mpsc::channel(1);
            puts.push(put);
            takes.push(take);
        }
        let sums = memory::filled(threads, 0)?;
        Ok(Box::new(Ring { hops: params.get("hops"), puts, takes, crew: Crew::of(threads)?, sums }))
    },
};

struct Ring {
    hops: u64,
    puts: Vec<Sender<u64>>,
    takes: Vec<Receiver<u64>>,
    crew: Crew<u64>,
    sums: Vec<u64>,
}

/// Takes its turns and returns the sum of the tokens.
async fn member(turns: u64, hops: u64, mut mine: Receiver<u64>, next: Sender<u64>) -> u64 {
    let mut sum = 0;
    for _ in 0..turns {
        let token = mine.recv().await.expect("the member before has turns left");
        sum += token;
        if token < hops {
            next.send(token + 1).await.expect("the next member has turns left");
        }
    }
    sum
}

impl State for Ring {
    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let threads = self.puts.len();
            for (i, mine) in self.takes.drain(..).enumerate() {
                let more = u64::from((i as u64) < self.hops % threads as u64);
                let next = self.puts[(i + 1) % threads].clone();
                self.crew.spawn(member(self.hops / threads as u64 + more, self.hops, mine, next));
            }
            // A member without a turn may be gone; the first has one.
            self.puts[0].send(1).await.expect("member 0 has turns left");
            self.crew.join_into(&mut self.sums).await;
        })
    }

    fn serial(&mut self) {
        let mut i = 0;
        for token in 1..=self.hops {
            self.sums[i] += token;
            i = if i + 1 == self.sums.len() { 0 } else { i + 1 };
        }
    }

    fn answer(&self) -> Answer {
        Answer { units: self.hops, answer: self.sums.iter().sum() }
    }
}
