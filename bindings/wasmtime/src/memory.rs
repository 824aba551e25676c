//! The guest's memory for the library: `drystone::bucket::Memory` on wasmtime's types.

use std::hash::{BuildHasher, RandomState};

use drystone::Status;
use drystone::bucket::{Flags, Memory};
use wasmtime::{AsContext, AsContextMut, Caller, Error, TypedFunc, Val};

use crate::guest::{Guest, Sizes};

const WORD: u32 = 4;

/// The memory during one call by the guest.
pub(crate) struct GuestMemory<'a, 'c, T: 'static> {
    caller: &'a mut Caller<'c, T>,
    guest: Guest,
    /// The stack's pointer before the call, how many roots were pushed, and how many of them it covers.
    base: u32,
    roots: u32,
    shown: u32,
    /// A root did not fit.
    full: bool,
    trap: Option<Error>,
    newest: (u32, u32),
}

impl<'a, 'c, T> GuestMemory<'a, 'c, T> {
    /// The memory of the caller's guest.
    pub(crate) fn new(caller: &'a mut Caller<'c, T>, guest: Guest) -> Self {
        GuestMemory { caller, guest, base: 0, roots: 0, shown: 0, full: false, trap: None, newest: (0, 0) }
    }

    /// The error that ended the guest's allocator, if it did not return.
    pub(crate) fn into_trap(self) -> Option<Error> {
        self.trap
    }

    fn set_stack_pointer(&mut self, word: u32) {
        if let Some(stack) = &self.guest.stack {
            // It is a mutable i32 of this store.
            let _ = stack.pointer.set(&mut *self.caller, Val::I32(word as i32));
        }
    }

    fn run(&mut self, function: TypedFunc<u32, u32>, argument: u32) -> Result<u32, Status> {
        function.call(&mut *self.caller, argument).map_err(|trap| {
            self.trap = Some(trap);
            Status::NoMemory
        })
    }
}

impl<T> Memory for GuestMemory<'_, '_, T> {
    fn bytes(&self) -> &[u8] {
        self.guest.memory.data(self.caller.as_context())
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self.guest.memory.data_mut(self.caller.as_context_mut())
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        if self.full || self.trap.is_some() {
            return Err(Status::NoMemory);
        }
        if self.roots > self.shown {
            self.shown = self.roots;
            self.set_stack_pointer(self.base + WORD * self.roots);
        }
        let block = self.run(self.guest.alloc.clone(), size)?;
        if block == 0 {
            return Err(Status::NoMemory);
        }
        // Asked here, because a trap must end the operation before it changes anything.
        let usable = match self.guest.sizes.clone() {
            Sizes::AsAsked => size,
            Sizes::Function(function) => self.run(function, block)?,
            Sizes::Header(rule) => rule.size(self.bytes(), block).unwrap_or(size),
        };
        self.newest = (block, usable);
        Ok(block)
    }

    fn usable_size(&mut self, offset: u32, asked: u32) -> u32 {
        if self.newest.0 == offset { self.newest.1 } else { asked }
    }

    fn push_root(&mut self, offset: u32) {
        let Some(stack) = self.guest.stack.clone() else { return };
        if self.roots == 0 {
            self.base = stack.pointer.get(&mut *self.caller).i32().unwrap_or(-1) as u32;
        }
        let place = self.base.saturating_add(WORD.saturating_mul(self.roots));
        let fits = place <= stack.end.saturating_sub(WORD);
        let word = self.bytes_mut().get_mut(place as usize..).and_then(<[u8]>::first_chunk_mut);
        match word.filter(|_| fits) {
            Some(word) => *word = offset.to_le_bytes(),
            None => self.full = true,
        }
        self.roots += 1;
    }

    fn pop_roots(&mut self, count: u32) {
        self.roots = self.roots.saturating_sub(count);
        if self.roots == 0 {
            if self.shown != 0 {
                self.set_stack_pointer(self.base);
            }
            (self.shown, self.full) = (0, false);
        }
    }

    fn flags(&self) -> Flags {
        self.guest.flags
    }

    fn seed(&mut self) -> u64 {
        // It has new random keys each time.
        RandomState::new().hash_one(0)
    }
}
