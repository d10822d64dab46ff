//! Static working memory: a guest has no heap, and its 64 KiB stack is too small for its data.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// A static value that one borrower at a time may change. It is not cleared between borrows.
pub struct Scratch<T> {
    borrowed: AtomicBool,
    value: UnsafeCell<T>,
}

// Safety: `with` hands out one reference at a time, and `borrowed` orders one borrow after another.
unsafe impl<T: Send> Sync for Scratch<T> {}

impl<T> Scratch<T> {
    /// Working memory that starts as `value`; all zeros costs nothing in the module.
    pub const fn new(value: T) -> Self {
        Self {
            borrowed: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// Calls `f` with the value. Panics while another borrow lasts.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        assert!(
            !self.borrowed.swap(true, Ordering::Acquire),
            "the scratch memory is borrowed"
        );
        // Safety: `borrowed` was false, so no other reference lives, and it is true until `f` has returned.
        let result = f(unsafe { &mut *self.value.get() });
        self.borrowed.store(false, Ordering::Release);
        result
    }
}
