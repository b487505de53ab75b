//! Counts every byte that is allocated, so that a target can promise that memory is linear in the input.
//!
//! What is freed is not taken off: the sum bounds the peak, and also the work of growing and copying.
#![allow(unsafe_code)] // Only to pass each call on to the system's allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Counting;

// SAFETY: every call goes to `System` with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is the one `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        ALLOCATED.fetch_add(new_size, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

/// Does `work` and returns what it gives.
///
/// # Panics
/// If it allocates more than `fixed` bytes and `per_byte` more for each of the input's `bytes`, freed or not.
pub fn bounded<T>(bytes: usize, per_byte: usize, fixed: usize, work: impl FnOnce() -> T) -> T {
    let before = ALLOCATED.load(Ordering::Relaxed);
    let done = work();
    let allocated = ALLOCATED.load(Ordering::Relaxed) - before;
    let allowed = fixed + per_byte * bytes;
    assert!(allocated <= allowed, "{allocated} bytes allocated for {bytes} of input; {allowed} are allowed");
    done
}
