//! The functions that run when scopes end: a stack. Its nodes do not count as bytes in use, and are reused.

use core::ffi::c_void;
use core::ptr;

use super::backing::Backing;
use crate::status::Status;

/// A function that runs when a scope ends.
pub type Run = unsafe extern "C" fn(context: *mut c_void);

/// A function and its argument: one entry of the stack.
#[repr(C)]
pub(super) struct Pending {
    next: *mut Pending,
    run: Run,
    context: *mut c_void,
}

/// Several nodes in one block of the backing.
#[repr(C)]
struct Block {
    next: *mut Block,
    nodes: [core::mem::MaybeUninit<Pending>; NODES],
}

const NODES: usize = 32;

/// The stack, its free nodes, and the blocks that contain them.
pub(super) struct Cleanups {
    newest: *mut Pending,
    free: *mut Pending,
    blocks: *mut Block,
}

impl Cleanups {
    pub(super) const NONE: Cleanups =
        Cleanups { newest: ptr::null_mut(), free: ptr::null_mut(), blocks: ptr::null_mut() };

    /// The cleanup that runs first; NULL when there is none.
    #[inline(always)]
    pub(super) fn newest(&self) -> *mut Pending {
        self.newest
    }

    /// Whether another cleanup needs no memory.
    pub(super) fn has_room(&self) -> bool {
        !self.free.is_null()
    }

    /// Makes room for another cleanup. `NoMemory`.
    pub(super) fn reserve(&mut self, backing: &Backing) -> Result<(), Status> {
        if self.has_room() {
            return Ok(());
        }
        let block = backing.take(size_of::<Block>(), align_of::<Block>())?.cast::<Block>();
        // SAFETY: the block is new, and large enough.
        unsafe {
            (&raw mut (*block).next).write(self.blocks);
            self.blocks = block;
            let nodes = (&raw mut (*block).nodes).cast::<Pending>();
            for number in 0..NODES {
                self.add_free(nodes.add(number));
            }
        }
        Ok(())
    }

    /// Adds memory for one more.
    ///
    /// # Safety
    /// The node is in no list, and stays valid as long as this is used.
    pub(super) unsafe fn add_free(&mut self, node: *mut Pending) {
        debug_assert!(node.is_aligned() && node != self.free && node != self.newest);
        // SAFETY: the caller's promise.
        unsafe { (&raw mut (*node).next).write(self.free) };
        self.free = node;
    }

    /// Adds a cleanup. The caller has made room.
    pub(super) fn push(&mut self, run: Run, context: *mut c_void) {
        let node = self.free;
        debug_assert!(!node.is_null(), "no room");
        // SAFETY: free nodes exist and are linked.
        unsafe {
            self.free = (*node).next;
            node.write(Pending { next: self.newest, run, context });
        }
        self.newest = node;
    }

    /// Removes the newest cleanup, which must exist.
    pub(super) fn pop(&mut self) -> (Run, *mut c_void) {
        let node = self.newest;
        debug_assert!(!node.is_null(), "nothing is pending");
        // SAFETY: the nodes of the stack exist.
        unsafe {
            let Pending { next, run, context } = node.read();
            self.newest = next;
            self.add_free(node);
            (run, context)
        }
    }

    /// Removes the newest cleanup with this function and context. Returns its node and the next older one.
    pub(super) fn remove(&mut self, run: Run, context: *mut c_void) -> Option<(*mut Pending, *mut Pending)> {
        let mut link = &raw mut self.newest;
        // SAFETY: the nodes of the stack exist; `link` is the pointer that leads to the next one.
        unsafe {
            while !(*link).is_null() {
                let node = *link;
                let next = (*node).next;
                if ptr::fn_addr_eq((*node).run, run) && (*node).context == context {
                    *link = next;
                    self.add_free(node);
                    return Some((node, next));
                }
                link = &raw mut (*node).next;
            }
        }
        None
    }

    /// Returns the memory of all nodes. The stack is empty.
    ///
    /// # Safety
    /// The backing is the same in all calls.
    pub(super) unsafe fn free_nodes(&mut self, backing: &Backing) {
        debug_assert!(self.newest.is_null(), "every cleanup has run");
        while !self.blocks.is_null() {
            let block = self.blocks;
            // SAFETY: the backing gave the block, and no node is in use.
            unsafe {
                self.blocks = (*block).next;
                backing.deallocate(block.cast(), size_of::<Block>(), align_of::<Block>());
            }
        }
        *self = Cleanups::NONE;
    }
}
