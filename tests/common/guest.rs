//! The most difficult memory of a guest: every allocation moves it, collects everything that no root reaches
//! (conservatively, as such collectors do), overwrites freed blocks, and returns old, larger blocks with stale content.
#![allow(dead_code, reason = "each test program uses its part")]

use drystone::Status;
use drystone::bucket::{Flags, Memory, Value};

struct Block {
    offset: u32,
    size: u32,
    free: bool,
}

/// The memory with its allocator and its shadow stack.
pub(crate) struct Guest {
    bytes: Vec<u8>,
    blocks: Vec<Block>,
    roots: Vec<u32>,
    flags: Flags,
    seeds: u64,
    /// The number of allocations that still succeed.
    pub(crate) allocations_left: usize,
}

const STALE: u8 = 0xDE;

impl Guest {
    pub(crate) fn new(flags: Flags) -> Self {
        Guest {
            bytes: vec![0; 16],
            blocks: Vec::new(),
            roots: Vec::new(),
            flags,
            seeds: 0,
            allocations_left: usize::MAX,
        }
    }

    pub(crate) fn new_string(&mut self, bytes: &[u8]) -> Value {
        if bytes.is_empty() {
            return Value::Text { pointer: 0, length: 0 };
        }
        let pointer = self.allocate(bytes.len() as u32).unwrap();
        self.bytes[pointer as usize..pointer as usize + bytes.len()].copy_from_slice(bytes);
        Value::Text { pointer, length: bytes.len() as u32 }
    }

    pub(crate) fn root_count(&self) -> usize {
        self.roots.len()
    }

    fn collect(&mut self) {
        let mut reached = vec![false; self.blocks.len()];
        let mut work = self.roots.clone();
        while let Some(pointer) = work.pop() {
            let found = self.blocks.iter().position(|block| block.offset == pointer && !block.free);
            let Some(index) = found.filter(|index| !reached[*index]) else {
                continue;
            };
            reached[index] = true;
            let block = &self.blocks[index];
            let content = &self.bytes[block.offset as usize..(block.offset + block.size) as usize];
            work.extend(content.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())));
        }
        for (block, reached) in self.blocks.iter_mut().zip(reached) {
            if !reached {
                block.free = true;
                self.bytes[block.offset as usize..(block.offset + block.size) as usize].fill(STALE);
            }
        }
    }
}

impl Memory for Guest {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        self.allocations_left = self.allocations_left.checked_sub(1).ok_or(Status::NoMemory)?;
        self.collect();
        let fits = |block: &&mut Block| block.free && block.size >= size && block.size <= size * 4 + 64;
        if let Some(block) = self.blocks.iter_mut().find(fits) {
            block.free = false;
            return Ok(block.offset);
        }
        let offset = self.bytes.len() as u32;
        let rounded = size.next_multiple_of(8);
        let mut moved = vec![STALE; self.bytes.len() + rounded as usize];
        moved[..self.bytes.len()].copy_from_slice(&self.bytes);
        self.bytes = moved;
        self.blocks.push(Block { offset, size: rounded, free: false });
        Ok(offset)
    }

    fn usable_size(&mut self, offset: u32, _: u32) -> u32 {
        self.blocks.iter().find(|block| block.offset == offset).map_or(0, |block| block.size)
    }

    fn push_root(&mut self, offset: u32) {
        self.roots.push(offset);
    }

    fn pop_roots(&mut self, count: u32) {
        self.roots.truncate(self.roots.len() - count as usize);
    }

    fn flags(&self) -> Flags {
        self.flags
    }

    fn seed(&mut self) -> u64 {
        self.seeds += 1;
        self.seeds.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}
