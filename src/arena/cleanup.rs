//! What runs when a scope ends: a stack of functions. Its nodes do not count as used; they are used again.

use core::ffi::c_void;
use core::ptr;

use super::raw::RawArena;
use crate::Status;

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
    /// The newest one.
    pub(super) newest: *mut Pending,
    free: *mut Pending,
    blocks: *mut Block,
}

impl Cleanups {
    pub(super) const NONE: Cleanups =
        Cleanups { newest: ptr::null_mut(), free: ptr::null_mut(), blocks: ptr::null_mut() };
}

impl RawArena {
    /// Has `run` called with `context` when the innermost scope ends, or without one the arena is reset or freed: once,
    /// before the memory goes, newer ones first. `NoMemory`, `Busy`, `WrongThread`.
    ///
    /// # Safety
    /// The function may be called so, on whichever thread ends the scope.
    pub unsafe fn add_cleanup(&mut self, run: Run, context: *mut c_void) -> Result<(), Status> {
        self.check_use()?;
        let node = self.new_node()?;
        // SAFETY: a node of ours that is in no list.
        unsafe { node.write(Pending { next: self.cleanups.newest, run, context }) };
        self.cleanups.newest = node;
        Ok(())
    }

    /// Takes the newest such cleanup out without running it. `NotFound`, `Busy`, `WrongThread`.
    pub fn cancel_cleanup(&mut self, run: Run, context: *mut c_void) -> Result<(), Status> {
        self.check_use()?;
        let mut place = &raw mut self.cleanups.newest;
        // SAFETY: the nodes of the stack are there; `place` is the pointer that leads to the one looked at.
        unsafe {
            while let Some(node) = (*place).as_mut() {
                if ptr::fn_addr_eq(node.run, run) && node.context == context {
                    let found: *mut Pending = node;
                    *place = node.next;
                    let next = node.next;
                    // Scopes that began with it on top now begin with the one below.
                    for scope in self.scopes.open_mut().iter_mut().filter(|scope| scope.cleanups == found) {
                        scope.cleanups = next;
                    }
                    self.free_node(found);
                    return Ok(());
                }
                place = &raw mut node.next;
            }
        }
        Err(Status::NotFound)
    }

    /// Runs the newest ones until the stack is as it was.
    pub(super) fn run_cleanups(&mut self, until: *mut Pending) {
        if self.cleanups.newest == until {
            return;
        }
        self.set_busy(true);
        while self.cleanups.newest != until {
            let node = self.cleanups.newest;
            // SAFETY: the nodes of the stack are there; whoever added it promised that it may be called now.
            unsafe {
                let Pending { next, run, context } = node.read();
                self.cleanups.newest = next;
                self.free_node(node);
                run(context);
            }
        }
        self.set_busy(false);
    }

    fn new_node(&mut self) -> Result<*mut Pending, Status> {
        if self.cleanups.free.is_null() {
            if self.fixed {
                return self.node_of_the_end();
            }
            self.more_nodes()?;
        }
        let node = self.cleanups.free;
        // SAFETY: a free node is there, and knows the next one.
        self.cleanups.free = unsafe { (*node).next };
        Ok(node)
    }

    /// # Safety
    /// The node is ours and in no list.
    unsafe fn free_node(&mut self, node: *mut Pending) {
        // SAFETY: the caller's promise.
        unsafe { (*node).next = self.cleanups.free };
        self.cleanups.free = node;
    }

    fn more_nodes(&mut self) -> Result<(), Status> {
        let block = self.backing.take(size_of::<Block>(), align_of::<Block>())?.cast::<Block>();
        // SAFETY: the block is new, and large enough.
        unsafe {
            (&raw mut (*block).next).write(self.cleanups.blocks);
            self.cleanups.blocks = block;
            let nodes = (&raw mut (*block).nodes).cast::<Pending>();
            for number in 0..NODES {
                let node = nodes.add(number);
                (&raw mut (*node).next).write(self.cleanups.free);
                self.cleanups.free = node;
            }
        }
        Ok(())
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

    /// Gives the nodes back; the stack is empty.
    pub(super) fn free_nodes(&mut self) {
        while !self.cleanups.blocks.is_null() {
            let block = self.cleanups.blocks;
            // SAFETY: the backing gave it so, and no node is in use.
            unsafe {
                self.cleanups.blocks = (*block).next;
                self.backing.give_back(block.cast(), size_of::<Block>(), align_of::<Block>());
            }
        }
        self.cleanups = Cleanups::NONE;
    }
}
