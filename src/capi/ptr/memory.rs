//! Memories of bucket maps: C's struct with its functions, or one of the library's heaps with such a struct.

use core::ptr::{NonNull, fn_addr_eq};
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::bucket_types::{
    BUCKET_COPY_STRINGS, BUCKET_PLAIN, BUCKET_ZEROED, bucket_heap, bucket_memory, bucket_value,
};
use super::boxed::{BoxedObject, boxed_give, boxed_ref, boxed_take};
use super::bytes;
use crate::bucket::{Flags, Heap, Memory, Tag, Value};
use crate::status::Status;

/// A memory that may be changed.
pub(in super::super) enum MemoryMut<'a> {
    Host(HostMemory),
    Heap(HeapMemory<'a>),
}

/// # Safety
/// A memory as `bucket_memory`'s text asks for it, used by nobody else during the call, or NULL.
#[inline]
pub(in super::super) unsafe fn memory_mut<'a>(pointer: *mut bucket_memory) -> Result<MemoryMut<'a>, Status> {
    // SAFETY: the caller's promise.
    if let Some(heap) = unsafe { heap_mut(pointer) } {
        return Ok(MemoryMut::Heap(heap));
    }
    let raw = NonNull::new(pointer).ok_or(Status::InvalidArgument)?;
    // SAFETY: the caller's promise.
    let (alloc, flags) = unsafe { ((*pointer).alloc, (*pointer).flags) };
    let alloc = alloc.ok_or(Status::IsStone)?;
    let flags = flags_of(flags)?;
    Ok(MemoryMut::Host(HostMemory { raw, alloc, flags }))
}

/// The heap of a memory that is one; `None` for all others, and on errors.
///
/// # Safety
/// As for [`memory_mut`].
#[inline(always)]
pub(in super::super) unsafe fn heap_mut<'a>(pointer: *mut bucket_memory) -> Option<HeapMemory<'a>> {
    // SAFETY: the caller's promise.
    let (heap, flags) = unsafe { heap_of(pointer)? };
    Some(HeapMemory { raw: NonNull::new(pointer)?, heap, flags })
}

/// The heap itself and the memory's flags, for calls that allocate nothing.
///
/// # Safety
/// As for [`memory_mut`].
#[inline(always)]
pub(in super::super) unsafe fn heap_of<'a>(pointer: *mut bucket_memory) -> Option<(&'a mut Heap, Flags)> {
    // SAFETY: the caller's promise.
    let memory = unsafe { pointer.as_ref()? };
    let heap_alloc: unsafe extern "C" fn(*mut bucket_memory, u32) -> u32 = heap_alloc;
    if !memory.alloc.is_some_and(|alloc| fn_addr_eq(alloc, heap_alloc)) {
        return None;
    }
    let flags = flags_of(memory.flags).ok()?;
    // SAFETY: only `heap_give` makes memories with this function, and their context is the heap.
    Some((unsafe { &mut (*memory.context.cast::<HeapBox>()).heap }, flags))
}

/// The bytes of a memory.
///
/// # Safety
/// As for [`memory_mut`], but others may read too.
#[inline]
pub(in super::super) unsafe fn window<'a>(pointer: *const bucket_memory) -> Result<&'a [u8], Status> {
    if pointer.is_null() {
        return Err(Status::InvalidArgument);
    }
    // SAFETY: the caller's promise.
    unsafe { bytes((*pointer).base, (*pointer).length) }.ok_or(Status::InvalidArgument)
}

/// The same in fewer steps; `None` also for an empty memory.
///
/// # Safety
/// As for [`window`].
#[inline(always)]
pub(in super::super) unsafe fn window_of_bytes<'a>(pointer: *const bucket_memory) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise; a slice is not longer than `isize::MAX`.
    unsafe {
        let memory = pointer.as_ref()?;
        if memory.base.is_null() || memory.length.cast_signed() <= 0 {
            return None;
        }
        Some(core::slice::from_raw_parts(memory.base, memory.length))
    }
}

/// The bytes of a memory that may be changed, for calls that allocate nothing; `None` when buckets are not written in
/// the usual way, and on errors.
///
/// # Safety
/// As for [`memory_mut`].
#[inline(always)]
pub(in super::super) unsafe fn window_mut<'a>(pointer: *mut bucket_memory) -> Option<&'a mut [u8]> {
    // SAFETY: the caller's promise.
    unsafe {
        if pointer.is_null() || (*pointer).alloc.is_none() || (*pointer).flags & !BUCKET_ZEROED != 0 {
            return None;
        }
        super::bytes_mut((*pointer).base, (*pointer).length)
    }
}

/// The flags from their bits. `InvalidArgument` for unknown ones.
pub(in super::super) fn flags_of(bits: u32) -> Result<Flags, Status> {
    if bits & !(BUCKET_PLAIN | BUCKET_COPY_STRINGS | BUCKET_ZEROED) != 0 {
        return Err(Status::InvalidArgument);
    }
    Ok(Flags {
        plain: bits & BUCKET_PLAIN != 0,
        copy_strings: bits & BUCKET_COPY_STRINGS != 0,
        zeroed: bits & BUCKET_ZEROED != 0,
    })
}

/// A memory that is used through its owner's functions. The struct is read again each time, because they change it.
pub(in super::super) struct HostMemory {
    raw: NonNull<bucket_memory>,
    alloc: unsafe extern "C" fn(*mut bucket_memory, u32) -> u32,
    flags: Flags,
}

impl Memory for HostMemory {
    #[inline]
    fn bytes(&self) -> &[u8] {
        // SAFETY: the promise of whoever called `memory_mut`.
        unsafe { window(self.raw.as_ptr()) }.unwrap_or(&[])
    }

    #[inline]
    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and nobody else uses it.
        unsafe { super::bytes_mut((*self.raw.as_ptr()).base, (*self.raw.as_ptr()).length) }.unwrap_or(&mut [])
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        // SAFETY: the owner's function with the owner's struct; no borrow of the memory is alive.
        let block = unsafe { (self.alloc)(self.raw.as_ptr(), size) };
        if block == 0 { Err(Status::NoMemory) } else { Ok(block) }
    }

    fn usable_size(&mut self, offset: u32, asked: u32) -> u32 {
        // SAFETY: as for `allocate`.
        unsafe {
            (*self.raw.as_ptr()).usable_size.map_or(asked, |function| function(self.raw.as_ptr(), offset))
        }
    }

    fn push_root(&mut self, offset: u32) {
        // SAFETY: as for `allocate`.
        unsafe {
            if let Some(function) = (*self.raw.as_ptr()).push_root {
                function(self.raw.as_ptr(), offset);
            }
        }
    }

    fn pop_roots(&mut self, count: u32) {
        // SAFETY: as for `allocate`.
        unsafe {
            if let Some(function) = (*self.raw.as_ptr()).pop_roots {
                function(self.raw.as_ptr(), count);
            }
        }
    }

    #[inline]
    fn flags(&self) -> Flags {
        self.flags
    }

    fn seed(&mut self) -> u64 {
        next_seed()
    }
}

/// A number that nobody outside the process can guess, different each time. It comes from the thread's own keys,
/// which no thread waits for, so that a child of `fork` finds no lock held.
pub(in super::super) fn next_seed() -> u64 {
    static GIVEN: AtomicU64 = AtomicU64::new(0);
    RandomState::new().hash_one(GIVEN.fetch_add(1, Ordering::Relaxed))
}

/// One of the library's heaps, with the struct that C sees. The struct is updated after each call.
pub(in super::super) struct HeapMemory<'a> {
    raw: NonNull<bucket_memory>,
    heap: &'a mut Heap,
    flags: Flags,
}

impl HeapMemory<'_> {
    /// The heap itself.
    pub(in super::super) fn heap(&mut self) -> &mut Heap {
        self.heap
    }
}

impl Drop for HeapMemory<'_> {
    fn drop(&mut self) {
        // SAFETY: the struct is a field beside the heap, which nothing borrows now.
        unsafe { show(self.raw, self.heap) };
    }
}

/// # Safety
/// The struct of a heap, used by nobody else.
unsafe fn show(raw: NonNull<bucket_memory>, heap: &mut Heap) {
    let bytes = heap.bytes_mut();
    // SAFETY: the caller's promise.
    unsafe {
        (*raw.as_ptr()).base = bytes.as_mut_ptr();
        (*raw.as_ptr()).length = bytes.len();
    }
}

impl Memory for HeapMemory<'_> {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.heap.bytes()
    }

    #[inline]
    fn bytes_mut(&mut self) -> &mut [u8] {
        self.heap.bytes_mut()
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        self.heap.allocate(size)
    }

    fn extend(&mut self, offset: u32, size: u32) -> bool {
        self.heap.extend(offset, size)
    }

    #[inline]
    fn flags(&self) -> Flags {
        self.flags
    }

    fn seed(&mut self) -> u64 {
        self.heap.seed()
    }

    fn keep(&mut self, offset: u32) {
        self.heap.keep(offset);
    }

    fn discard(&mut self, offset: u32) {
        self.heap.discard(offset);
    }

    fn users(&self, offset: u32) -> Result<u32, Status> {
        self.heap.users(offset)
    }

    #[inline(always)]
    fn has_one_user(&self, offset: u32) -> bool {
        self.heap.has_one_user(offset)
    }

    fn packed(&mut self, map: u32, without: Option<u32>) {
        self.heap.packed(map, without);
    }

    fn cleared(&mut self, map: u32) {
        self.heap.cleared(map);
    }

    fn settle(&mut self, offset: u32) {
        self.heap.settle(offset);
    }

    fn begin_building(&mut self) {
        self.heap.begin_building();
    }

    fn end_building(&mut self, built: bool) {
        self.heap.end_building(built);
    }
}

/// The object of a `bucket_heap`.
pub(in super::super) struct HeapBox {
    memory: bucket_memory,
    heap: Heap,
}

impl BoxedObject for bucket_heap {
    type Object = HeapBox;
}

/// The pointer, which owns the heap. `NoMemory`.
pub(in super::super) fn heap_give(heap: Heap) -> Result<*mut bucket_heap, Status> {
    let memory = bucket_memory {
        base: core::ptr::null_mut(),
        length: 0,
        context: core::ptr::null_mut(),
        flags: BUCKET_ZEROED,
        alloc: Some(heap_alloc),
        push_root: None,
        pop_roots: None,
        usable_size: None,
    };
    let pointer = boxed_give::<bucket_heap>(HeapBox { memory, heap })?;
    let own = pointer.cast::<HeapBox>();
    // SAFETY: the box was made just now; the struct and the heap are different fields.
    unsafe {
        (*own).memory.context = own.cast();
        show(NonNull::from(&mut (*own).memory), &mut (*own).heap);
    }
    Ok(pointer)
}

/// # Safety
/// *Live*, or NULL; not used again.
pub(in super::super) unsafe fn heap_free(pointer: *mut bucket_heap) {
    // SAFETY: the pointer came from `heap_give`.
    drop(unsafe { boxed_take(pointer) });
}

/// # Safety
/// *Live*, or NULL.
pub(in super::super) unsafe fn heap_memory(pointer: *mut bucket_heap) -> *mut bucket_memory {
    if pointer.is_null() {
        return core::ptr::null_mut();
    }
    // SAFETY: the pointer came from `heap_give`.
    unsafe { &raw mut (*pointer.cast::<HeapBox>()).memory }
}

/// # Safety
/// *Live*, or NULL.
pub(in super::super) unsafe fn heap_used(pointer: *const bucket_heap) -> usize {
    // SAFETY: the pointer came from `heap_give`.
    unsafe { boxed_ref(pointer) }.map_or(0, |own| own.heap.used())
}

/// The `alloc` function in a heap's struct, for callers that want a block. Calls of the library use the heap
/// directly.
unsafe extern "C" fn heap_alloc(memory: *mut bucket_memory, size: u32) -> u32 {
    // SAFETY: it is the function of a heap's struct, called with that struct.
    match unsafe { memory_mut(memory) } {
        Ok(MemoryMut::Heap(mut heap)) => heap.allocate(size).unwrap_or(0),
        _ => 0,
    }
}

/// The tag of a letter. `InvalidArgument`.
pub(in super::super) fn tag(letter: u8) -> Result<Tag, Status> {
    Tag::from_letter(letter)
}

/// The content of C's value. `InvalidArgument` for an unknown tag.
#[inline]
pub(in super::super) fn value_of(value: &bucket_value) -> Result<Value, Status> {
    // SAFETY: the tag says which field was written; all fields are plain numbers.
    unsafe {
        Ok(match tag(value.tag)? {
            Tag::Int => Value::Int(value.r#as.i),
            Tag::Float => Value::Float(value.r#as.f),
            Tag::Text => Value::Text { pointer: value.r#as.s.ptr, length: value.r#as.s.len },
            Tag::Bits => Value::Bits(value.r#as.b),
        })
    }
}

/// The integer of a value with the tag `i`; `None` for NULL and all other values.
///
/// # Safety
/// A value that may be read, or NULL.
#[inline(always)]
pub(in super::super) unsafe fn integer(pointer: *const bucket_value) -> Option<i64> {
    // SAFETY: the caller's promise; the tag says which field was written.
    unsafe { pointer.as_ref().filter(|value| value.tag == Tag::Int.letter()).map(|value| value.r#as.i) }
}

/// A bit for each letter whose field is all eight bytes, in a slot's order. Tested so because for a `match` of all
/// letters, compilers make a table of jumps.
const WHOLE: u32 =
    if cfg!(target_endian = "little") { letter(b'i') | letter(b'f') | letter(b's') } else { 0 };

/// The bit of a small letter.
const fn letter(letter: u8) -> u32 {
    1 << (letter - b'`')
}

/// The slot field of a value; `None` for NULL and an unknown tag.
///
/// # Safety
/// A value that may be read, or NULL.
#[inline(always)]
pub(in super::super) unsafe fn field_of(pointer: *const bucket_value) -> Option<u64> {
    // SAFETY: the caller's promise; the tag says which field was written.
    unsafe {
        let value = pointer.as_ref()?;
        let place = value.tag.wrapping_sub(b'`');
        if place < 32 && WHOLE >> place & 1 != 0 {
            return Some(value.r#as.i as u64);
        }
        value_of(value).ok().map(Value::to_bits)
    }
}

/// # Safety
/// A value that may be read, or NULL.
#[inline]
pub(in super::super) unsafe fn value(pointer: *const bucket_value) -> Result<Value, Status> {
    // SAFETY: the caller's promise.
    value_of(unsafe { pointer.as_ref() }.ok_or(Status::InvalidArgument)?)
}

/// # Safety
/// `count` values that may be read; NULL when there are none.
pub(in super::super) unsafe fn values<'a>(
    pointer: *const bucket_value,
    count: u32,
) -> Result<&'a [bucket_value], Status> {
    if count == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(Status::InvalidArgument);
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(pointer, count as usize) })
}

/// # Safety
/// Room for `count` numbers that may be written; NULL when there are none.
pub(in super::super) unsafe fn fields_mut<'a>(
    pointer: *mut u64,
    count: u32,
) -> Result<&'a mut [u64], Status> {
    if count == 0 {
        return Ok(&mut []);
    }
    if pointer.is_null() {
        return Err(Status::InvalidArgument);
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts_mut(pointer, count as usize) })
}
