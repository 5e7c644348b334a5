//! Tasks that a workload spawns in one go and then joins one by one, in the
//! order in which they were spawned.

use std::future::Future;

use tokio::task::JoinHandle;

use crate::failure::Failure;
use crate::memory;

/// What each of them gives back comes through its JoinHandle.
pub struct Crew<T> {
    tasks: Vec<JoinHandle<T>>,
}

impl<T: Send + 'static> Crew<T> {
    /// With room for so many, so that the list does not grow while the clock runs.
    pub fn of(count: u64) -> Result<Crew<T>, Failure> {
        Ok(Crew { tasks: memory::room(count)? })
    }

    pub fn spawn(&mut self, task: impl Future<Output = T> + Send + 'static) {
        self.tasks.push(tokio::spawn(task));
    }

    /// Joins all of them and puts what each gives back into its slot.
    pub async fn join_into(&mut self, slots: &mut [T]) {
        for (slot, task) in slots.iter_mut().zip(self.tasks.drain(..)) {
            *slot = task.await.expect("a panic ends the process");
        }
    }

    pub async fn join(&mut self) {
        for task in self.tasks.drain(..) {
            task.await.expect("a panic ends the process");
        }
    }
}
