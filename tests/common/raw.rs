//! A raw arena of a test.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]
use drystone::arena::{Options, RawArena};

/// A raw arena that is destroyed at the end of the test.
pub struct Raw(pub *mut RawArena);

impl Raw {
    pub fn new(options: Options) -> Self {
        Raw(RawArena::create(options).unwrap())
    }

    pub fn get(&mut self) -> &mut RawArena {
        // SAFETY: made by `create`, and borrowed as this is.
        unsafe { &mut *self.0 }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: made by `create`, not used again.
        unsafe { RawArena::destroy(self.0) };
    }
}
