//! Asking for memory before it is needed.

/// Begins to bring the words into the cache, to be changed soon. Does nothing on machines other than x86-64.
#[inline(always)]
pub(crate) fn fetch(words: &[u8; 32]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has the instruction, which reads and writes nothing that a program can see.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(words.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = words;
}
