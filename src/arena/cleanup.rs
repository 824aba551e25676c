//! What runs when a scope ends: a stack of functions. Its nodes do not count as used; they are used again.

use core::ffi::c_void;
use core::ptr;

use super::backing::Backing;
use super::raw::RawArena;
use crate::status::Status;

/// A function to be run, with its argument.
pub type Run = unsafe extern "C" fn(context: *mut c_void);

/// One entry of the stack.
#[repr(C)]
pub(super) struct Pending {
    next: *mut Pending,
    run: Run,
    context: *mut c_void,
}

/// Many nodes at once, from the backing.
#[repr(C)]
struct Block {
    next: *mut Block,
    nodes: [core::mem::MaybeUninit<Pending>; NODES],
}

const NODES: usize = 32;

/// The stack, and what its nodes are taken from.
pub(super) struct Cleanups {
    newest: *mut Pending,
    free: *mut Pending,
    blocks: *mut Block,
}

impl Cleanups {
    pub(super) const NONE: Cleanups =
        Cleanups { newest: ptr::null_mut(), free: ptr::null_mut(), blocks: ptr::null_mut() };

    /// The one that would run first; NULL without any.
    #[inline(always)]
    pub(super) fn newest(&self) -> *mut Pending {
        self.newest
    }

    /// Makes sure that there is a free node. `NoMemory`.
    fn reserve(&mut self, backing: &Backing) -> Result<(), Status> {
        if !self.free.is_null() {
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

    /// # Safety
    /// The node is in no list, and there as long as this is used.
    unsafe fn add_free(&mut self, node: *mut Pending) {
        // SAFETY: the caller's promise.
        unsafe { (&raw mut (*node).next).write(self.free) };
        self.free = node;
    }

    /// Puts a function on top, for which there is a free node.
    fn push(&mut self, run: Run, context: *mut c_void) {
        let node = self.free;
        debug_assert!(!node.is_null());
        // SAFETY: a free node is there, and knows the next one.
        unsafe {
            self.free = (*node).next;
            node.write(Pending { next: self.newest, run, context });
        }
        self.newest = node;
    }

    /// Takes the topmost function off, of which there is one.
    fn pop(&mut self) -> (Run, *mut c_void) {
        let node = self.newest;
        debug_assert!(!node.is_null());
        // SAFETY: the nodes of the stack are there.
        unsafe {
            let Pending { next, run, context } = node.read();
            self.newest = next;
            self.add_free(node);
            (run, context)
        }
    }

    /// Takes the newest such function out. Which node that was, and the one below it.
    fn remove(&mut self, run: Run, context: *mut c_void) -> Option<(*mut Pending, *mut Pending)> {
        let mut place = &raw mut self.newest;
        // SAFETY: the nodes of the stack are there; `place` is the pointer that leads to the one looked at.
        unsafe {
            while !(*place).is_null() {
                let node = *place;
                let next = (*node).next;
                if ptr::fn_addr_eq((*node).run, run) && (*node).context == context {
                    *place = next;
                    self.add_free(node);
                    return Some((node, next));
                }
                place = &raw mut (*node).next;
            }
        }
        None
    }

    /// Gives the nodes back; the stack is empty.
    ///
    /// # Safety
    /// The backing is the one of all calls.
    pub(super) unsafe fn free_nodes(&mut self, backing: &Backing) {
        debug_assert!(self.newest.is_null());
        while !self.blocks.is_null() {
            let block = self.blocks;
            // SAFETY: the backing gave it so, and no node is in use.
            unsafe {
                self.blocks = (*block).next;
                backing.give_back(block.cast(), size_of::<Block>(), align_of::<Block>());
            }
        }
        *self = Cleanups::NONE;
    }
}

impl RawArena {
    /// Has `run` called with `context` when the innermost scope ends, or without one the arena is reset or freed: once,
    /// before the memory goes, newer ones first. `NoMemory`, `Busy`, `WrongThread`.
    ///
    /// # Safety
    /// The function may be called so, on whichever thread ends the scope.
    pub unsafe fn add_cleanup(&mut self, run: Run, context: *mut c_void) -> Result<(), Status> {
        self.check_use()?;
        if !self.fixed {
            self.cleanups.reserve(&self.backing)?;
        } else if self.cleanups.free.is_null() {
            let node = self.node_of_the_end()?;
            // SAFETY: new, in the arena's own bytes.
            unsafe { self.cleanups.add_free(node) };
        }
        self.cleanups.push(run, context);
        Ok(())
    }

    /// Takes the newest such cleanup out without running it. `NotFound`, `Busy`, `WrongThread`.
    pub fn cancel_cleanup(&mut self, run: Run, context: *mut c_void) -> Result<(), Status> {
        self.check_use()?;
        let (found, below) = self.cleanups.remove(run, context).ok_or(Status::NotFound)?;
        // Scopes that began with it on top now begin with the one below.
        for scope in self.scopes.open_mut().iter_mut().filter(|scope| scope.cleanups == found) {
            scope.cleanups = below;
        }
        Ok(())
    }

    /// Runs the newest ones until the stack is as it was.
    pub(super) fn run_cleanups(&mut self, until: *mut Pending) {
        if self.cleanups.newest == until {
            return;
        }
        self.set_busy(true);
        while self.cleanups.newest != until {
            let (run, context) = self.cleanups.pop();
            // SAFETY: whoever added it promised that it may be called now.
            unsafe { run(context) };
        }
        self.set_busy(false);
    }

    /// A fixed arena has no other memory than its own: a node takes some from the end.
    fn node_of_the_end(&mut self) -> Result<*mut Pending, Status> {
        let align = align_of::<Pending>();
        let size = size_of::<Pending>();
        let place = self.position.chunk_end().map_addr(|end| (end - size) & !(align - 1));
        if place < self.position.next() {
            return Err(Status::NoMemory);
        }
        if let Some(sanitizer) = self.sanitizer {
            // SAFETY: between the position and the end is nobody's block.
            unsafe { sanitizer.unpoison(place, size) };
        }
        self.position.cut(place);
        // Scopes that are left later put back an end that is none any more.
        self.scopes.open_mut().iter_mut().for_each(|scope| scope.mark.cut(place));
        self.footprint = place.addr() - self.current.addr();
        // SAFETY: a fixed arena's only chunk ends where its end is now.
        unsafe { (*self.current).size = self.footprint };
        Ok(place.cast())
    }
}
