//! Blobs: bit strings with a reference count. An *antestone* can be appended to by its only owner. A *stone* never
//! changes again and may be shared between threads.
//!
//! Unsafe code lives here because C reads a blob's header: its first fields are frozen, and only its count owns it.
//! Everything public is safe except [`Blob::borrow_memory`], [`Blob::wrap_memory`], [`Blob::from_raw`],
//! [`RawBlob::alone`] and the functions that append by a pointer, whose contracts are stated. How pointers keep their
//! provenance: `docs/internals.md`.

mod alive;
mod append;
mod attachment;
mod bits;
mod borrow;
mod bury;
mod fields;
pub(crate) mod file;
mod message;
mod owner;
mod range;
mod read;
mod release;
mod shared;
#[cfg(not(loom))]
mod thread_pointer;

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;
use core::slice;

pub use alive::{blobs_alive, blobs_created, blobs_released};
pub use append::Alone;
pub(crate) use attachment::{Attachment, AttachmentSlot};
pub(crate) use borrow::BlobRef;
use owner::Owner;
pub use owner::Release;
pub use read::TextFound;

use crate::counting::Count;
use crate::status::Status;
use crate::sync::{AtomicBool, Ordering};

/// A blob's header in memory. C sees the first four fields as `struct blob`.
///
/// It is only reached through a [`Blob`] or a pointer made from one. A reference to it is valid for the header alone;
/// counting, and reading what follows the header, use the handle's pointer (docs/internals.md).
#[repr(C)]
pub struct RawBlob {
    /// Never NULL.
    data: UnsafeCell<*mut u8>,
    length_bits: UnsafeCell<usize>,
    count: Count,
    stone: AtomicBool,
    /// The kind of message, as the message layer defines it; 0 when it is not a message.
    message_kind: u8,
    /// The depth of a message's containers.
    message_depth: u16,
    held_count: usize,
    /// The number of bytes that the held blobs keep alive; `usize::MAX` when it is larger.
    held_bytes: usize,
    owner: UnsafeCell<Owner>,
}

// SAFETY: a stone's fields do not change, except for the atomics. An antestone's `data`, `length_bits` and `owner`
// are changed only through `&mut Blob` (or [`RawBlob::alone`], whose contract is the same) while the count is one, so
// no other thread can be reading them; the acquire load of that count orders the change after everything that former
// owners did. Foreign memory is wrapped under a contract that allows any thread to read and release it.
unsafe impl Send for RawBlob {}
// SAFETY: as above.
unsafe impl Sync for RawBlob {}

/// The number of bytes that hold this many bits.
pub(crate) const fn bytes_for(bits: usize) -> usize {
    bits / 8 + (!bits.is_multiple_of(8)) as usize
}

impl RawBlob {
    /// The offsets of the four frozen fields, which the C interface compares with its own.
    pub(crate) const PREFIX: [usize; 4] = [
        core::mem::offset_of!(RawBlob, data),
        core::mem::offset_of!(RawBlob, length_bits),
        core::mem::offset_of!(RawBlob, count),
        core::mem::offset_of!(RawBlob, stone),
    ];

    fn new(start: Start, held_count: usize, held_bytes: usize) -> Self {
        RawBlob {
            data: UnsafeCell::new(start.data.as_ptr()),
            length_bits: UnsafeCell::new(start.bits),
            count: Count::one(),
            stone: AtomicBool::new(start.stone),
            message_kind: 0,
            message_depth: 0,
            held_count,
            held_bytes,
            owner: UnsafeCell::new(start.owner),
        }
    }

    /// The length in bits.
    pub fn length_bits(&self) -> usize {
        // SAFETY: not changed while it is shared (see the impl of `Sync`).
        unsafe { *self.length_bits.get() }
    }

    /// The bytes. Bit 0 is the most significant bit of the first byte. Bits of the last byte after the last bit of
    /// the blob have no meaning.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `data` is readable for as many bytes as hold the length, from construction on and
        // after every append; it is not changed while it is shared.
        unsafe { slice::from_raw_parts(*self.data.get(), bytes_for(self.length_bits())) }
    }

    /// The whole 64-bit words of its bytes; for a message, that is everything.
    #[inline(always)]
    pub(crate) fn words(&self) -> &[[u8; 8]] {
        // SAFETY: as for `bytes`, and these are no more.
        unsafe { slice::from_raw_parts((*self.data.get()).cast(), self.length_bits() / 64) }
    }

    /// Whether it is a stone, which never changes.
    pub fn is_stone(&self) -> bool {
        self.stone.load(Ordering::Acquire)
    }

    /// The number of counts (a hint while others are counting); `i32::MAX` for an immortal blob.
    pub fn reference_count(&self) -> i32 {
        self.count.get()
    }

    /// Adds a count, which a pointer elsewhere owns.
    pub(crate) fn count_up(&self) {
        self.count.increment();
    }

    /// The message layer's note: the kind (0: not a message) and the depth.
    pub(crate) fn message_note(&self) -> (u8, u16) {
        (self.message_kind, self.message_depth)
    }
}

const _: () = assert!(size_of::<RawBlob>().is_multiple_of(align_of::<NonNull<RawBlob>>()));

impl fmt::Debug for RawBlob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Blob")
            .field("length_bits", &self.length_bits())
            .field("stone", &self.is_stone())
            .field("reference_count", &self.reference_count())
            .field("held", &self.held_count)
            .finish()
    }
}

/// From this many bytes on, a blob takes over the memory that they were written to.
const TAKEN: usize = 1 << 16;

/// A handle that owns one count on a blob. Cloning adds a count, dropping removes it. Removing the last one frees the
/// bytes and drops the held blobs, without recursion.
#[repr(transparent)]
pub struct Blob {
    raw: NonNull<RawBlob>,
}

// SAFETY: the count is atomic, and the header may be shared (above).
unsafe impl Send for Blob {}
// SAFETY: as above.
unsafe impl Sync for Blob {}

impl Deref for Blob {
    type Target = RawBlob;

    #[inline]
    fn deref(&self) -> &RawBlob {
        // SAFETY: the handle owns a count, so the header is there.
        unsafe { self.raw.as_ref() }
    }
}

impl Clone for Blob {
    #[inline]
    fn clone(&self) -> Self {
        // Reads the pointer before counting: a locked instruction delays every load after it.
        let raw = self.raw;
        self.count.increment();
        Blob { raw }
    }
}

impl Drop for Blob {
    #[inline]
    fn drop(&mut self) {
        if self.count.decrement() {
            // SAFETY: that was the last count.
            unsafe { bury::bury(self.raw) };
        }
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

/// Two blobs are equal when their lengths and bits are.
impl PartialEq for Blob {
    fn eq(&self, other: &Blob) -> bool {
        self.same_bits(other)
    }
}

impl Eq for Blob {}

/// The initial contents of a header.
struct Start {
    data: NonNull<u8>,
    bits: usize,
    stone: bool,
    owner: Owner,
}

impl Blob {
    /// An antestone of `bits` zero bits.
    #[inline]
    pub fn zeroed(bits: usize) -> Result<Blob, Status> {
        let capacity = bytes_for(bits);
        // SAFETY: the block is new and has room for the bytes.
        let clear = |data: NonNull<u8>| unsafe { data.write_bytes(0, capacity) };
        // SAFETY: all bytes are written.
        if let Some(blob) = unsafe { Self::in_one_block(capacity, bits, clear) }? {
            return Ok(blob);
        }
        Self::in_two_blocks(capacity, bits, true)
    }

    /// An antestone of `bits` bits that are all the same.
    pub fn filled(bits: usize, bit: bool) -> Result<Blob, Status> {
        let mut blob = Self::zeroed(bits)?;
        if bit {
            let bytes = blob.bytes_mut()?;
            bytes.fill(0xFF);
            bits::clear_tail(bytes, bits);
        }
        Ok(blob)
    }

    /// An empty antestone with room for `bits`.
    pub fn with_capacity(bits: usize) -> Result<Blob, Status> {
        let capacity = bytes_for(bits);
        // SAFETY: there are no bits.
        if let Some(blob) = unsafe { Self::in_one_block(capacity, 0, |_| ()) }? {
            return Ok(blob);
        }
        Self::in_two_blocks(capacity, 0, false)
    }

    /// An antestone with a copy of these bytes.
    #[inline]
    pub fn from_bytes(bytes: &[u8]) -> Result<Blob, Status> {
        let bits = bytes.len().checked_mul(8).ok_or(Status::NoMemory)?;
        let copy = |data: NonNull<u8>| {
            // SAFETY: the block is new and has room for the bytes.
            unsafe { data.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) }
        };
        // SAFETY: all bytes are written.
        if let Some(blob) = unsafe { Self::in_one_block(bytes.len(), bits, copy) }? {
            return Ok(blob);
        }
        Self::copied_apart(bits, bytes)
    }

    #[inline(never)]
    fn copied_apart(bits: usize, bytes: &[u8]) -> Result<Blob, Status> {
        let mut blob = Self::with_capacity(bits)?;
        blob.append_bytes(bytes)?;
        Ok(blob)
    }

    /// A stone of the first `used` bytes in a vector. A large one takes over the vector's memory, and nothing is copied.
    /// On failure the vector is unchanged.
    pub(crate) fn stone_of(bytes: &mut Vec<u8>, used: usize) -> Result<Blob, Status> {
        if used < TAKEN || !bytes.as_ptr().addr().is_multiple_of(owner::TAKEN_ALIGN) {
            let mut blob = Self::from_bytes(&bytes[..used])?;
            blob.make_stone();
            return Ok(blob);
        }
        let bits = used.checked_mul(8).ok_or(Status::NoMemory)?;
        let room = owner::allocate_header(0, 0)?;
        bytes.truncate(used);
        let (data, capacity) = owner::memory_of(core::mem::take(bytes));
        let owner = Owner::Vector { capacity, slot: AttachmentSlot::empty() };
        // SAFETY: the block is new and has room for the header, which owns the vector's memory from now on.
        unsafe { room.header.write(RawBlob::new(Start { data, bits, stone: true, owner }, 0, 0)) };
        Ok(Blob { raw: room.header })
    }

    /// A stone over foreign memory, which the library never frees.
    ///
    /// # Safety
    /// The bytes that hold `bits` are readable, by any thread, and do not change until the last count on this blob
    /// and on everything that shares its bytes is dropped.
    pub unsafe fn borrow_memory(data: NonNull<u8>, bits: usize) -> Result<Blob, Status> {
        Self::place(Start { data, bits, stone: true, owner: Owner::Borrowed }, None)
    }

    /// A stone over memory that `release` frees. It is called exactly once: on the thread that drops the last count,
    /// or before this call returns when it fails.
    ///
    /// # Safety
    /// As for [`Blob::borrow_memory`], and `release` may be called on any thread.
    pub unsafe fn wrap_memory(
        data: NonNull<u8>,
        bits: usize,
        release: Release,
        context: *mut c_void,
    ) -> Result<Blob, Status> {
        let owner = Owner::Released { release, context };
        Self::place(Start { data, bits, stone: true, owner }, None).inspect_err(|_| {
            // SAFETY: the caller's promise; there is no blob that would call it too.
            unsafe { release(context, owner::given(data.as_ptr()), bits) }
        })
    }

    /// The number of bytes that it keeps alive: those of its whole blob, and of everything it holds, counted as often
    /// as it is held. `usize::MAX` when it is larger.
    pub fn kept_bytes(&self) -> usize {
        let whole = self.whole();
        bytes_for(whole.length_bits()).saturating_add(whole.held_bytes)
    }

    /// The blobs that this one holds: the stones and messages of a message, the whole blob of a slice.
    pub fn held(&self) -> &[Blob] {
        // SAFETY: the handle owns a count, so the block is there; `Blob` is a transparent wrapper of the pointer; the
        // slice lives no longer than the handle, and nothing can drop through it.
        unsafe { owner::held_by(self.raw).as_ref() }
    }

    /// The pointer for C, which then owns this handle's count.
    pub fn into_raw(self) -> NonNull<RawBlob> {
        ManuallyDrop::new(self).raw
    }

    /// The pointer, which owns no count.
    pub(crate) fn as_raw(&self) -> NonNull<RawBlob> {
        self.raw
    }

    /// The handle of a pointer.
    ///
    /// # Safety
    /// The pointer came from [`Blob::into_raw`], or owns another count on such a blob. The handle takes over that
    /// count.
    pub unsafe fn from_raw(raw: NonNull<RawBlob>) -> Blob {
        Blob { raw }
    }

    /// An antestone whose bytes are in their own block, zeroed on request.
    #[inline(never)]
    fn in_two_blocks(capacity: usize, bits: usize, zeroed: bool) -> Result<Blob, Status> {
        let data = owner::allocate_bytes(capacity, zeroed)?;
        let start = Start { data, bits, stone: false, owner: Owner::Heap { capacity, left: 0 } };
        Self::place(start, None).inspect_err(|_| {
            // SAFETY: the block is of this capacity, and nobody has seen it.
            let _ = unsafe { owner::resize_bytes(data, capacity, 0) };
        })
    }

    /// An antestone of `bits` bits whose bytes are after its header, in one block. `fill` writes them. `None` when
    /// they are too many, or none.
    ///
    /// # Safety
    /// `fill` initialises the bytes that hold `bits`, which are at most `capacity`, and no others.
    #[inline(always)]
    unsafe fn in_one_block(
        capacity: usize,
        bits: usize,
        fill: impl FnOnce(NonNull<u8>),
    ) -> Result<Option<Blob>, Status> {
        if capacity == 0 || capacity > owner::SMALL {
            return Ok(None);
        }
        let (header, data) = owner::allocate_small(capacity)?;
        fill(data);
        let owner = Owner::AfterHeader { capacity };
        // SAFETY: the block is new and has room for the header.
        unsafe { header.write(RawBlob::new(Start { data, bits, stone: false, owner }, 0, 0)) };
        Ok(Some(Blob { raw: header }))
    }

    /// A header, and a count on what it holds.
    #[inline(always)]
    fn place(start: Start, held: Option<&Blob>) -> Result<Blob, Status> {
        let room = owner::allocate_header(usize::from(held.is_some()), 0)?;
        // SAFETY: the block is new and has room for the header and for the reference, which takes its count with it.
        unsafe {
            if let Some(whole) = held {
                room.table.write(whole.clone().into_raw());
            }
            let held_bytes = held.map_or(0, Blob::kept_bytes);
            room.header.write(RawBlob::new(start, usize::from(held.is_some()), held_bytes));
        }
        Ok(Blob { raw: room.header })
    }
}
