//! A number for this process, which differs in a forked child. A lock that another thread of the parent held during
//! `fork` is never released in the child; the number shows that, so no thread of the child waits for it.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::status::Status;

static GENERATION: AtomicU32 = AtomicU32::new(1);

/// The number of this process. Never 0.
#[inline]
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Ensures that forked children get their own number. Must succeed before any lock is taken that a child may find held.
/// `NoMemory`.
pub(crate) fn watch() -> Result<(), Status> {
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if WATCHED.load(Ordering::Acquire) {
        return Ok(());
    }
    register()?;
    // If two threads both register, a child's number is larger by two, which does no harm.
    WATCHED.store(true, Ordering::Release);
    Ok(())
}

#[cfg(all(unix, not(loom)))]
fn register() -> Result<(), Status> {
    unsafe extern "C" fn in_child() {
        // Wraps after 2^32 nested forks; skips 0.
        if GENERATION.fetch_add(1, Ordering::Relaxed) == u32::MAX {
            GENERATION.store(1, Ordering::Relaxed);
        }
    }
    // SAFETY: the handler only changes an atomic, which is allowed in a forked child.
    match unsafe { libc::pthread_atfork(None, None, Some(in_child)) } {
        0 => Ok(()),
        _ => Err(Status::NoMemory),
    }
}

#[cfg(any(not(unix), loom))]
fn register() -> Result<(), Status> {
    Ok(())
}
