//! Bringing cache lines to this thread's processor before it needs them.
//!
//! A letter's line goes from the poster's processor to the taker's, and back when its segment is used again. A lock can
//! only be taken when all earlier writes are done, so a poster that starts a line which the taker had last would wait
//! with the lock, and so would all others.

/// Brings the line to this processor, to be written to.
#[inline(always)]
pub(super) fn to_write(place: *const u8) {
    #[cfg(all(target_arch = "x86_64", not(loom)))]
    // SAFETY: a hint, for any address. Processors without it ignore it, except the first 64-bit ones, built before 2006.
    unsafe {
        core::arch::asm!("prefetchw [{}]", in(reg) place, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(all(target_arch = "x86_64", not(loom))))]
    let _ = place;
}
