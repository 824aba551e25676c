//! A guest's memory during one call: its window, its allocator, and its shadow stack.

use super::super::ptr::{Function, Global, Guest, MemoryHandle, Store, Trap, next_seed};
use crate::bucket::imports::SizeHeader;
use crate::bucket::{Flags, Memory};
use crate::counting::Counted;
use crate::status::Status;

/// The parts of a guest that a call uses; looked up once, all in one store.
pub(super) struct Bound {
    pub(super) store: Counted<Store>,
    pub(super) memory: MemoryHandle,
    pub(super) alloc: Function,
    pub(super) sizes: Sizes,
    pub(super) stack: Option<ShadowStack>,
}

impl Bound {
    /// A function keeps its instance alive.
    pub(super) fn is_of_the_instance_of(&self, other: &Bound) -> bool {
        // It says in which store it is, too, and no other store gets the same number.
        self.alloc == other.alloc
    }
}

/// How the size of a block is found.
pub(super) enum Sizes {
    /// The requested size.
    AsAsked,
    Function(Function),
    Header(SizeHeader),
}

/// The stack that the guest's collector scans for roots: words below its pointer.
pub(super) struct ShadowStack {
    pub(super) pointer: Global,
    /// The end of the stack.
    pub(super) end: u32,
}

/// The roots of one call. The pointer is moved only when the guest runs, and restored when the last root is popped.
#[derive(Default)]
struct Roots {
    /// The original pointer.
    base: u32,
    count: u32,
    /// How many of the words the pointer covers now.
    shown: u32,
    /// A root did not fit. Nothing may be allocated any more.
    lost: bool,
}

const WORD: u32 = 4;

/// The memory in one call.
pub(super) struct GuestMemory<'a> {
    guest: Guest<'a>,
    bound: &'a Bound,
    flags: Flags,
    roots: Roots,
    trap: Option<Trap>,
    /// The newest block and its size.
    newest: (u32, u32),
}

impl<'a> GuestMemory<'a> {
    pub(super) fn new(guest: Guest<'a>, bound: &'a Bound, flags: Flags) -> Self {
        GuestMemory { guest, bound, flags, roots: Roots::default(), trap: None, newest: (0, 0) }
    }

    /// The trap that ended the guest, if there was one. The result of the operation does not count then.
    pub(super) fn into_trap(self) -> Option<Trap> {
        self.trap
    }

    /// Runs the guest. `NoMemory` when it traps; the trap is kept.
    fn run(&mut self, function: &Function, argument: u32) -> Result<u32, Status> {
        match self.guest.call(function, argument) {
            Ok(word) => Ok(word),
            Err(trap) => {
                self.trap = Some(trap);
                Err(Status::NoMemory)
            }
        }
    }

    /// Writes a root to where the collector will find it. `NoMemory` when the stack is full.
    fn root(&mut self, stack: &ShadowStack, offset: u32) -> Result<(), Status> {
        if self.roots.count == 0 {
            self.roots.base = self.guest.context().get(&stack.pointer)?;
        }
        let above = self.roots.count.checked_mul(WORD).and_then(|above| self.roots.base.checked_add(above));
        let place = above.filter(|place| *place <= stack.end.saturating_sub(WORD)).ok_or(Status::NoMemory)?;
        let word = self.guest.bytes_mut().get_mut(place as usize..).and_then(<[u8]>::first_chunk_mut);
        *word.ok_or(Status::NoMemory)? = offset.to_le_bytes();
        Ok(())
    }

    fn show_roots(&mut self) -> Result<(), Status> {
        if self.roots.lost {
            return Err(Status::NoMemory);
        }
        if let Some(stack) = &self.bound.stack
            && self.roots.count > self.roots.shown
        {
            let top = self.roots.base.wrapping_add(self.roots.count.wrapping_mul(WORD));
            self.guest.context().set(&stack.pointer, top)?;
            self.roots.shown = self.roots.count;
        }
        Ok(())
    }
}

impl Memory for GuestMemory<'_> {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.guest.bytes()
    }

    #[inline]
    fn bytes_mut(&mut self) -> &mut [u8] {
        self.guest.bytes_mut()
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        if self.trap.is_some() {
            return Err(Status::NoMemory);
        }
        self.show_roots()?;
        let bound = self.bound;
        let block = self.run(&bound.alloc, size)?;
        if block == 0 {
            return Err(Status::NoMemory);
        }
        // A trap here ends the operation before it has changed anything.
        let usable = match &bound.sizes {
            Sizes::AsAsked => size,
            Sizes::Function(function) => self.run(function, block)?,
            Sizes::Header(rule) => rule.size(self.guest.bytes(), block).unwrap_or(size),
        };
        self.newest = (block, usable);
        Ok(block)
    }

    fn usable_size(&mut self, offset: u32, asked: u32) -> u32 {
        if self.newest.0 == offset { self.newest.1 } else { asked }
    }

    fn push_root(&mut self, offset: u32) {
        if let Some(stack) = &self.bound.stack
            && self.root(stack, offset).is_err()
        {
            self.roots.lost = true;
        }
        self.roots.count = self.roots.count.saturating_add(1);
    }

    fn pop_roots(&mut self, count: u32) {
        self.roots.count = self.roots.count.saturating_sub(count);
        if self.roots.count != 0 {
            return;
        }
        if let Some(stack) = &self.bound.stack
            && self.roots.shown != 0
        {
            // It was set before, so setting it cannot fail.
            let _ = self.guest.context().set(&stack.pointer, self.roots.base);
        }
        self.roots = Roots::default();
    }

    #[inline]
    fn flags(&self) -> Flags {
        self.flags
    }

    fn seed(&mut self) -> u64 {
        next_seed()
    }
}
