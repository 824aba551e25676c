//! Trees in arenas through the C functions, as a C program calls them.

use drystone::Blob;
use drystone::capi::arena::{arena_free, arena_new};
use drystone::capi::arena_scope::{arena_scope_enter, arena_scope_exit};
use drystone::capi::arena_types::{ARENA_NO_BUDGET, arena};
use drystone::capi::blob::blob;
use drystone::capi::wota_tree::wota_decode;

/// An arena into which messages are decoded.
pub(crate) struct CDecoder {
    arena: *mut arena,
}

impl CDecoder {
    pub(crate) fn new() -> Self {
        let mut arena = std::ptr::null_mut();
        // SAFETY: an out.
        assert_eq!(unsafe { arena_new(std::ptr::null(), &mut arena) }, 0);
        CDecoder { arena }
    }

    /// Decodes in a scope and ends the scope.
    pub(crate) fn decode(&mut self, message: &Blob) {
        let (mut scope, mut root) = (0, std::ptr::null());
        let message: *const blob = std::ptr::from_ref(&**message).cast();
        // SAFETY: everything is live; outs.
        unsafe {
            assert_eq!(arena_scope_enter(self.arena, ARENA_NO_BUDGET, &mut scope), 0);
            assert_eq!(wota_decode(message, self.arena, &mut root), 0);
            std::hint::black_box(root);
            assert_eq!(arena_scope_exit(self.arena, scope), 0);
        }
    }
}

impl Drop for CDecoder {
    fn drop(&mut self) {
        // SAFETY: made here, and not used again.
        unsafe { arena_free(self.arena) };
    }
}
