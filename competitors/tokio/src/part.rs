//! Parts of arrays that are lent to tasks.
//!
//! A task may outlive whoever spawned it as far as tokio's types know, so it
//! cannot borrow; tokio has no scoped tasks. Workloads that divide an array
//! among tasks, and join all of them before they go on, lend parts instead.
//! That is the only unsafe code here.

use std::slice;

/// A part of an array. Copies are of the same part.
pub struct Part<T> {
    at: *mut T,
    len: usize,
}

impl<T> Clone for Part<T> {
    fn clone(&self) -> Part<T> {
        *self
    }
}

impl<T> Copy for Part<T> {}

// SAFETY: a part is no more than the right to ask for the slice; who does so
// promises that it is sound.
unsafe impl<T: Send> Send for Part<T> {}
unsafe impl<T: Send> Sync for Part<T> {}

impl<T> Part<T> {
    /// The whole of an array, which must live and stay where it is until the last
    /// task that has a part of it was joined.
    pub fn of(all: &mut [T]) -> Part<T> {
        Part { at: all.as_mut_ptr(), len: all.len() }
    }

    pub fn len(self) -> usize {
        self.len
    }

    /// The part from `from` to before `end` of this one.
    pub fn range(self, from: usize, end: usize) -> Part<T> {
        assert!(from <= end && end <= self.len);
        // SAFETY: it lies in the array.
        Part { at: unsafe { self.at.add(from) }, len: end - from }
    }

    pub fn split(self, middle: usize) -> (Part<T>, Part<T>) {
        (self.range(0, middle), self.range(middle, self.len))
    }

    /// # Safety
    /// The array must be there, and nobody may change this part meanwhile.
    pub unsafe fn read<'a>(self) -> &'a [T] {
        slice::from_raw_parts(self.at, self.len)
    }

    /// # Safety
    /// The array must be there, and nobody else may look at this part meanwhile.
    pub unsafe fn write<'a>(self) -> &'a mut [T] {
        slice::from_raw_parts_mut(self.at, self.len)
    }
}
