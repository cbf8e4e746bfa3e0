//! A piece of memory shared by the supervising process and the helper inside.

use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::io::Errno;

use super::last_error;

/// Shared memory: two counters, then bytes. Unmapped when dropped.
pub(crate) struct Shared {
    base: *mut u8,
    capacity: usize,
}

// SAFETY: the counters are atomics, and the bytes are only touched through copies whose ranges the
// counters hand from one side to the other.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// Maps `capacity` bytes of anonymous memory that a fork shares.
    pub(crate) fn new(capacity: usize) -> Result<Self, Errno> {
        let length = capacity.checked_add(HEAD).ok_or(Errno::NOMEM)?;
        let file = memfd_create("chopmark-events", MemfdFlags::CLOEXEC)?;
        ftruncate(&file, u64::try_from(length).map_err(|_| Errno::NOMEM)?)?;
        // SAFETY: a fresh shared mapping of a file of that length; the address is the kernel's choice.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.as_fd().as_raw_fd(),
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(last_error());
        }
        Ok(Self {
            base: base.cast(),
            capacity,
        })
    }

    /// Bytes that fit.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Total of bytes ever written.
    pub(crate) fn written(&self) -> &AtomicU64 {
        // SAFETY: the mapping is page-aligned, zeroed at first and longer than the head.
        unsafe { AtomicU64::from_ptr(self.base.cast()) }
    }

    /// Total of bytes ever read.
    pub(crate) fn read(&self) -> &AtomicU64 {
        let counter = self.base.wrapping_add(CACHE_LINE);
        // SAFETY: as above; the second counter lies on a cache line of its own within the head.
        unsafe { AtomicU64::from_ptr(counter.cast()) }
    }

    /// Copies `bytes` to position `at` (modulo the capacity).
    pub(crate) fn put(&self, at: u64, bytes: &[u8]) {
        let (first, second) = bytes.split_at(self.room(at, bytes.len()));
        self.put_run(self.offset(at), first);
        self.put_run(0, second);
    }

    /// Copies from position `at` (modulo the capacity) into `bytes`.
    pub(crate) fn take(&self, at: u64, bytes: &mut [u8]) {
        let room = self.room(at, bytes.len());
        let (first, second) = bytes.split_at_mut(room);
        self.take_run(self.offset(at), first);
        self.take_run(0, second);
    }

    fn room(&self, at: u64, length: usize) -> usize {
        self.capacity.saturating_sub(self.offset(at)).min(length)
    }

    fn offset(&self, at: u64) -> usize {
        let capacity = u64::try_from(self.capacity).unwrap_or(u64::MAX);
        usize::try_from(at.checked_rem(capacity).unwrap_or(0)).unwrap_or(0)
    }

    fn put_run(&self, offset: usize, bytes: &[u8]) {
        if offset.saturating_add(bytes.len()) <= self.capacity {
            let to = self.base.wrapping_add(HEAD).wrapping_add(offset);
            // SAFETY: the range was checked to lie in the mapping; the source is another object.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        }
    }

    fn take_run(&self, offset: usize, bytes: &mut [u8]) {
        if offset.saturating_add(bytes.len()) <= self.capacity {
            let from = self.base.wrapping_add(HEAD).wrapping_add(offset);
            // SAFETY: the range was checked to lie in the mapping; the target is another object.
            unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), bytes.len()) };
        }
    }

    /// Makes everything put before visible to the reader of `written`.
    pub(crate) fn publish(&self, written: u64) {
        self.written().store(written, Ordering::Release);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: base and length are those of the mapping made in `new`, which nothing else unmaps.
        unsafe { libc::munmap(self.base.cast(), self.capacity.saturating_add(HEAD)) };
    }
}

const CACHE_LINE: usize = 64;
const HEAD: usize = 128;
