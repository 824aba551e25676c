//! Which process this is, counted: a child that `fork` made has a number of its own. What another thread of the parent
//! held at that moment is held for ever in the child; by the number it is known, and nobody waits for it.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::status::Status;

static GENERATION: AtomicU32 = AtomicU32::new(1);

/// The number of this process. Never 0.
#[inline]
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Makes sure that children get a number of their own; has to have succeeded before anything is locked that a child may
/// find locked. `NoMemory`.
pub(crate) fn watch() -> Result<(), Status> {
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if WATCHED.load(Ordering::Acquire) {
        return Ok(());
    }
    register()?;
    // Two threads may both have registered: a child's number is then larger by two, which is as good.
    WATCHED.store(true, Ordering::Release);
    Ok(())
}

#[cfg(all(unix, not(loom)))]
fn register() -> Result<(), Status> {
    unsafe extern "C" fn in_child() {
        // Wraps after 2^32 forks within forks; 0 is left out.
        if GENERATION.fetch_add(1, Ordering::Relaxed) == u32::MAX {
            GENERATION.store(1, Ordering::Relaxed);
        }
    }
    // SAFETY: the handler only counts an atomic, which is allowed in a child of any process.
    match unsafe { libc::pthread_atfork(None, None, Some(in_child)) } {
        0 => Ok(()),
        _ => Err(Status::NoMemory),
    }
}

#[cfg(any(not(unix), loom))]
fn register() -> Result<(), Status> {
    Ok(())
}
