//! A gate that tasks wait at until all of them are there: a watch channel,
//! tokio's way to tell many of one change.

use std::time::Instant;

use tokio::sync::watch;

pub struct Gate {
    opened: watch::Sender<Option<Instant>>,
}

/// What a task passes the gate with.
pub struct Pass {
    opened: watch::Receiver<Option<Instant>>,
}

impl Gate {
    pub fn new() -> Gate {
        Gate { opened: watch::Sender::new(None) }
    }

    pub fn pass(&self) -> Pass {
        Pass { opened: self.opened.subscribe() }
    }

    pub fn open(&self) {
        self.opened.send_replace(Some(Instant::now()));
    }
}

impl Pass {
    /// Waits until the gate is open, and returns when it was opened.
    pub async fn through(mut self) -> Instant {
        let opened = self.opened.wait_for(Option::is_some).await.expect("whoever made the gate joins all tasks");
        opened.expect("that is what was waited for")
    }
}
