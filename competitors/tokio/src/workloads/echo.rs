//! Connections over the loopback, a task at each end, and one message on its way
//! on each.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::busy::busy;
use crate::crew::Crew;
use crate::failure::Failure;
use crate::gate::{Gate, Pass};
use crate::limit::limited;
use crate::memory;
use crate::words;
use crate::workload::{param, Answer, State, Work, Workload};

pub static WORKLOAD: Workload = Workload {
    id: "echo",
    params: &[param("connections", 1), param("words", 1), param("rounds", 1)],
    setup: |params| {
        let (connections, size) = (params.get("connections"), params.get("words").saturating_mul(8));
        let mut lines = memory::room(connections)?;
        for i in 0..connections {
            let mut question = memory::filled(size, 0)?;
            let mut x = i;
            for k in 0..question.len() / 8 {
                x = busy(1, x);
                words::put(&mut question, k, x);
            }
            let took = memory::room(params.get("rounds"))?;
            lines.push(Line { question, answer: memory::filled(size, 0)?, took });
        }
        Ok(Box::new(Echo {
            rounds: params.get("rounds"),
            gate: Gate::new(),
            lines,
            ends: memory::room(connections)?,
            servers: Crew::of(connections)?,
            clients: Crew::of(connections)?,
            heard: memory::filled(connections, Heard::default())?,
        }))
    },
};

struct Echo {
    rounds: u64,
    gate: Gate,
    lines: Vec<Line>,
    ends: Vec<(TcpStream, TcpStream)>, // of each connection: the client's and the server's
    servers: Crew<()>,
    clients: Crew<Heard>,
    heard: Vec<Heard>,
}

/// What is prepared for a connection.
struct Line {
    question: Vec<u8>, // the client's buffer, with the first message
    answer: Vec<u8>,   // the server's buffer
    took: Vec<u64>,
}

/// What a client comes back with.
#[derive(Clone, Default)]
struct Heard {
    sum: u64,       // of all that it received
    took: Vec<u64>, // ns, by round
}

async fn serve(pass: Pass, mut stream: TcpStream, mut message: Vec<u8>) {
    pass.through().await;
    loop {
        match stream.read_exact(&mut message).await {
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => break,
            read => read.expect("the client is there"),
        };
        stream.write_all(&message).await.expect("the client is there");
    }
}

async fn ask(pass: Pass, mut stream: TcpStream, mut message: Vec<u8>, rounds: u64, mut took: Vec<u64>) -> Heard {
    pass.through().await;
    let mut sum = 0;
    let mut start = Instant::now();
    for _ in 0..rounds {
        stream.write_all(&message).await.expect("the server is there");
        stream.read_exact(&mut message).await.expect("the server is there");
        let end = Instant::now();
        took.push((end - start).as_nanos() as u64);
        start = end;
        take(&mut message, &mut sum);
    }
    Heard { sum, took }
}

/// Adds a message up and makes the next one of it.
fn take(message: &mut [u8], sum: &mut u64) {
    *sum = sum.wrapping_add(words::sum(message));
    words::put(message, 0, busy(1, words::get(message, 0)));
}

/// A stream of tokio's of one of the standard library.
fn adopt(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    TcpStream::from_std(stream)
}

impl State for Echo {
    // By the standard library, because nothing has to wait for anything here.
    fn acquire(&mut self) -> Result<(), Failure> {
        let listener = limited("socket", TcpListener::bind((Ipv4Addr::LOCALHOST, 0)), 0)?;
        let at = limited("getsockname", listener.local_addr(), 0)?;
        for i in 0..self.lines.len() as u64 {
            let client = limited("socket", std::net::TcpStream::connect(at), i)?;
            let (server, _) = limited("accept4", listener.accept(), i)?;
            self.ends.push((limited("fcntl", adopt(client), i)?, limited("fcntl", adopt(server), i)?));
        }
        Ok(())
    }

    fn parallel(&mut self) -> Work<'_> {
        Box::pin(async {
            let mut clients = Vec::with_capacity(self.lines.len());
            for (line, (client, server)) in self.lines.drain(..).zip(self.ends.drain(..)) {
                self.servers.spawn(serve(self.gate.pass(), server, line.answer));
                clients.push((client, line.question, line.took));
            }
            for (stream, question, took) in clients {
                self.clients.spawn(ask(self.gate.pass(), stream, question, self.rounds, took));
            }
            self.gate.open();
            self.servers.join().await;
            self.clients.join_into(&mut self.heard).await;
        })
    }

    fn serial(&mut self) {
        for (line, heard) in self.lines.iter_mut().zip(&mut self.heard) {
            for _ in 0..self.rounds {
                take(&mut line.question, &mut heard.sum);
            }
        }
    }

    fn answer(&self) -> Answer {
        let all = self.heard.iter().fold(0u64, |sum, heard| sum.wrapping_add(heard.sum));
        Answer { units: self.heard.len() as u64 * self.rounds, answer: all }
    }

    fn observe(&self, event: &mut dyn FnMut(&'static str, &'static str, u64)) {
        for took in self.heard.iter().flat_map(|heard| &heard.took) {
            event("latency", "ns", *took);
        }
    }
}
