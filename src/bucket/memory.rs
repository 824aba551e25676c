//! The memory that a call works on: a window of bytes, and the services of its owner.

use super::layout::{at_mut, chunk_mut, copy, text};
use super::value::Value;
use crate::status::Status;

/// How buckets are written into a memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// The buckets are also read by code that knows only the plain layout: no index, no sharing, every change copies.
    pub plain: bool,
    /// An inserted string is first copied into a block of its own.
    pub copy_strings: bool,
    /// `allocate` returns blocks that are zeroed over their whole usable size.
    pub zeroed: bool,
}

/// A linear memory of a host. Whatever it contains and whatever its owner answers, nothing outside it is accessed.
///
/// `allocate` may move or grow the memory, so slices borrowed before are fetched again.
pub trait Memory {
    /// The whole memory; offset 0 is its first byte.
    fn bytes(&self) -> &[u8];

    /// The whole memory, writable.
    fn bytes_mut(&mut self) -> &mut [u8];

    /// The offset of a new block of at least this many bytes, with arbitrary content. It may run a collector, which
    /// keeps everything reachable from the roots. `NoMemory`.
    fn allocate(&mut self, size: u32) -> Result<u32, Status>;

    /// Makes the block larger where it is, to at least this many bytes, of which the new ones are zero. Only possible when
    /// nothing lies after it and it has one user. Returns false, with nothing changed, when it is not.
    fn extend(&mut self, offset: u32, size: u32) -> bool {
        let _ = (offset, size);
        false
    }

    /// The real size of the block in bytes. What exceeds the requested size is zeroed, because collectors scan all of
    /// it.
    fn usable_size(&mut self, offset: u32, asked: u32) -> u32 {
        let _ = offset;
        asked
    }

    /// Keeps a block from being collected until it is popped.
    fn push_root(&mut self, offset: u32) {
        let _ = offset;
    }

    /// Ends the newest `count` roots.
    fn pop_roots(&mut self, count: u32) {
        let _ = count;
    }

    /// How buckets are written here.
    fn flags(&self) -> Flags {
        Flags::default()
    }

    /// An unguessable seed for the next bucket's hashes.
    fn seed(&mut self) -> u64;

    /// Counts one more user of the block: a wrapper, or an owner of a wrapper. Does nothing in memories that do not
    /// count.
    fn keep(&mut self, offset: u32) {
        let _ = offset;
    }

    /// Counts one user less; the last one frees the block.
    fn discard(&mut self, offset: u32) {
        let _ = offset;
    }

    /// The number of users of the block. `Unsupported` in memories that do not count, `Malformed` when it is not such a
    /// block.
    fn users(&self, offset: u32) -> Result<u32, Status> {
        let _ = offset;
        Err(Status::Unsupported)
    }

    /// Whether the block has one user; false when that is not known.
    fn has_one_user(&self, offset: u32) -> bool {
        matches!(self.users(offset), Ok(1))
    }

    /// A map is about to get a bucket in which its live slots, except this one, are numbered from 0.
    fn packed(&mut self, map: u32, without: Option<u32>) {
        let _ = (map, without);
    }

    /// A map has lost all its slots.
    fn cleared(&mut self, map: u32) {
        let _ = map;
    }

    /// From now on the block is a string that only a bucket uses.
    fn settle(&mut self, offset: u32) {
        let _ = offset;
    }

    /// Many blocks are about to be allocated for one object. Only memories that can free blocks record them.
    fn begin_building(&mut self) {}

    /// The object is built, or building failed: then the blocks that were allocated since it began, and still exist,
    /// are freed.
    fn end_building(&mut self, built: bool) {
        let _ = built;
    }
}

/// A new block, zeroed to its end. `NoMemory`; `Malformed` when the owner returns a block outside the memory.
pub(crate) fn allocate_zeroed(memory: &mut impl Memory, size: usize) -> Result<u32, Status> {
    let size = u32::try_from(size).map_err(|_| Status::LimitExceeded)?;
    let block = memory.allocate(size)?;
    if block == 0 {
        return Err(Status::NoMemory);
    }
    let usable = if memory.flags().zeroed { size } else { memory.usable_size(block, size).max(size) };
    let zeroed = memory.flags().zeroed;
    let room = at_mut(memory.bytes_mut(), block as usize)?;
    // A wrong usable size may reach beyond the memory's end, but the block must not.
    if room.len() < size as usize {
        return Err(Status::Malformed);
    }
    if !zeroed {
        let end = room.len().min(usable as usize);
        if let Some(stale) = room.get_mut(..end) {
            stale.fill(0);
        }
    }
    Ok(block)
}

/// A new block with these bytes, which are produced after it was allocated. `NoMemory`, `Malformed`.
pub(super) fn allocate_bytes<const SIZE: usize>(
    memory: &mut impl Memory,
    bytes: [u8; SIZE],
) -> Result<u32, Status> {
    let block = allocate_zeroed(memory, SIZE)?;
    *chunk_mut(memory.bytes_mut(), block as usize)? = bytes;
    Ok(block)
}

/// A string in a block of its own. The empty string has no block. `NoMemory`, `LimitExceeded`, `Malformed`.
pub fn string_new(memory: &mut impl Memory, bytes: &[u8]) -> Result<Value, Status> {
    let length = u32::try_from(bytes.len()).map_err(|_| Status::LimitExceeded)?;
    if length == 0 {
        return Ok(Value::EMPTY_TEXT);
    }
    let pointer = allocate_zeroed(memory, bytes.len())?;
    if let Some(place) =
        at_mut(memory.bytes_mut(), pointer as usize).ok().and_then(|room| room.get_mut(..bytes.len()))
    {
        place.copy_from_slice(bytes);
    }
    Ok(Value::Text { pointer, length })
}

/// A copy of a string that is in the memory. As [`string_new`].
pub(super) fn string_copy(memory: &mut impl Memory, pointer: u32, length: u32) -> Result<Value, Status> {
    text(memory.bytes(), pointer, length)?;
    if length == 0 {
        return Ok(Value::EMPTY_TEXT);
    }
    let block = allocate_zeroed(memory, length as usize)?;
    match copy(memory.bytes_mut(), pointer as usize, block as usize, length as usize) {
        Ok(()) => Ok(Value::Text { pointer: block, length }),
        Err(status) => {
            memory.discard(block);
            Err(status)
        }
    }
}

/// Runs code that allocates many blocks, which are freed when it fails.
pub(crate) fn building<M: Memory, T, E>(
    memory: &mut M,
    build: impl FnOnce(&mut M) -> Result<T, E>,
) -> Result<T, E> {
    memory.begin_building();
    let built = build(memory);
    memory.end_building(built.is_ok());
    built
}

/// Runs with the blocks rooted, and then pops exactly those roots.
pub(super) fn rooted<M: Memory, T>(
    memory: &mut M,
    blocks: impl IntoIterator<Item = u32>,
    run: impl FnOnce(&mut M) -> T,
) -> T {
    let mut count = 0u32;
    for block in blocks {
        if block != 0 {
            memory.push_root(block);
            count = count.wrapping_add(1);
        }
    }
    let result = run(memory);
    if count != 0 {
        memory.pop_roots(count);
    }
    result
}
