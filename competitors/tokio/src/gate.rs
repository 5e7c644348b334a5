//! A gate that tasks wait at until all of them are there: a watch channel,
//! tokio's way to tell many of one change.

use tokio::sync::watch;

pub struct Gate {
    open: watch::Sender<bool>,
}

/// What a task passes the gate with.
pub struct Pass {
    open: watch::Receiver<bool>,
}

impl Gate {
    pub fn new() -> Gate {
        Gate { open: watch::Sender::new(false) }
    }

    pub fn pass(&self) -> Pass {
        Pass { open: self.open.subscribe() }
    }

    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

impl Pass {
    /// Waits until the gate is open.
    pub async fn through(mut self) {
        self.open.wait_for(|open| *open).await.expect("whoever made the gate joins all tasks");
    }
}
