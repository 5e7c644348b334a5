//! Rings of tasks that hand messages on, each through the pipe of the next one.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::{self, Receiver, Sender};

use crate::crew::Crew;
use crate::failure::Failure;
use crate::gate::{Gate, Pass};
use crate::limit::limited;
use crate::memory;
use crate::words;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "pipes",
    params: &[param("rings", 1), param("threads", 1), param("hops", 1), param("words", 1)],
    setup: |params| {
        let (rings, threads) = (params.get("rings"), params.get("threads"));
        let (members, size) = (rings.saturating_mul(threads), params.get("words").saturating_mul(8));
        let mut messages = memory::room(members)?;
        for _ in 0..members {
            messages.push(memory::filled(size, 0)?);
        }
        Ok(Box::new(Pipes {
            rings,
            threads,
            hops: params.get("hops"),
            gate: Gate::new(),
            messages,
            ends: memory::room(members)?,
            crew: Crew::of(members)?,
            sums: memory::filled(members, 0)?,
        }))
    },
};

struct Pipes {
    rings: u64,
    threads: u64, // of a ring
    hops: u64,    // of a ring
    gate: Gate,
    // Of each member, ring by ring: its buffer, and the pipe that it reads with the
    // one that it writes.
    messages: Vec<Vec<u8>>,
    ends: Vec<(Receiver, Sender)>,
    crew: Crew<u64>,
    sums: Vec<u64>,
}

struct Member {
    begins: Option<u64>, // with the first message of this ring
    turns: u64,
    hops: u64,
    mine: Receiver,
    next: Sender,
    message: Vec<u8>,
}

impl Member {
    /// Takes its turns and returns the sum of all that came here.
    async fn run(mut self, pass: Pass) -> u64 {
        pass.through().await;
        if let Some(ring) = self.begins {
            compose(ring, &mut self.message);
            self.next.write_all(&self.message).await.expect("the first member is there");
        }
        let mut sum = 0u64;
        for _ in 0..self.turns {
            self.mine.read_exact(&mut self.message).await.expect("the member before is there");
            sum = sum.wrapping_add(words::sum(&self.message));
            let hop = words::get(&self.message, 0);
            if hop < self.hops {
                words::put(&mut self.message, 0, hop + 1);
                self.next.write_all(&self.message).await.expect("the next member is there");
            }
        }
        sum
    }
}

/// The first message of a ring, which the member before the first one sends.
fn compose(ring: u64, message: &mut [u8]) {
    words::put(message, 0, 1);
    for k in 1..message.len() / 8 {
        words::put(message, k, ring + k as u64);
    }
}

impl State for Pipes {
    fn acquire(&mut self) -> Result<(), Failure> {
        for ring in 0..self.rings {
            let (mut ins, mut outs) = (memory::room(self.threads)?, memory::room(self.threads)?);
            for place in 0..self.threads {
                let (out, mine) = limited("pipe2", pipe::pipe(), ring * self.threads + place)?;
                ins.push(mine);
                outs.push(out);
            }
            outs.rotate_left(1);
            self.ends.extend(ins.into_iter().zip(outs));
        }
        Ok(())
    }

    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let (threads, hops) = (self.threads, self.hops);
            for (i, ((mine, next), message)) in (0..).zip(self.ends.drain(..).zip(self.messages.drain(..))) {
                let (ring, place) = (i / threads, i % threads);
                let begins = (place + 1 == threads).then_some(ring);
                let turns = hops / threads + u64::from(place < hops % threads);
                let member = Member { begins, turns, hops, mine, next, message };
                self.crew.spawn(member.run(self.gate.pass()));
            }
            self.gate.open();
            self.crew.join_into(&mut self.sums).await;
        })
    }

    fn serial(&mut self) {
        let threads = self.threads as usize;
        for ring in 0..self.rings as usize {
            let message = &mut self.messages[ring * threads];
            compose(ring as u64, message);
            let mut place = 0;
            for hop in 1..=self.hops {
                words::put(message, 0, hop);
                let sum = &mut self.sums[ring * threads + place];
                *sum = sum.wrapping_add(words::sum(message));
                place = if place + 1 == threads { 0 } else { place + 1 };
            }
        }
    }

    fn answer(&self) -> Answer {
        let all = self.sums.iter().fold(0u64, |sum, more| sum.wrapping_add(*more));
        Answer { units: self.rings * self.hops, answer: all }
    }
}
