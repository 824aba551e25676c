//! Making messages: stones whose header has a table of the blobs that they hold. The caller defines what the bytes
//! mean.

use core::cell::UnsafeCell;
use core::ptr::NonNull;

use super::attachment::AttachmentSlot;
use super::owner::{self, Owner};
use super::{Blob, RawBlob, TAKEN};
use crate::counting::Count;
use crate::status::Status;
use crate::sync::AtomicBool;

/// The note of a message about its value, for readers.
#[derive(Clone, Copy)]
struct MessageNote {
    kind: u8,
    depth: u16,
}

impl Blob {
    /// A message: a stone over a copy of `image`, aligned for words, in one block with the header. It takes over the
    /// counts in `held`. On failure `held` is unchanged.
    pub(crate) fn message(image: &[u8], held: &mut Vec<Blob>, kind: u8, depth: u16) -> Result<Blob, Status> {
        let size = image.len();
        let bits = size.checked_mul(8).ok_or(Status::NoMemory)?;
        let block = owner::allocate_header(held.len(), size)?;
        let note = MessageNote { kind, depth };
        let owner = Owner::Inline { size, slot: AttachmentSlot::empty() };
        // SAFETY: the block is new and has room for the header, `held.len()` references and `size` bytes.
        unsafe {
            block.bytes.copy_from_nonoverlapping(NonNull::from(image).cast(), size);
            Ok(Self::put_message(&block, block.bytes.as_ptr(), bits, held, note, owner))
        }
    }

    /// Writes the header and the table of a message over the bytes at `data`. Moves the counts in `held` into the
    /// table.
    ///
    /// # Safety
    /// The block is new and has room for the header and `held.len()` references. The owner keeps the bytes, of which
    /// there are `bits` bits, in place as long as the message.
    #[inline(always)]
    unsafe fn put_message(
        block: &owner::HeaderBlock,
        data: *mut u8,
        bits: usize,
        held: &mut Vec<Blob>,
        note: MessageNote,
        owner: Owner,
    ) -> Blob {
        // SAFETY: the caller's promise.
        unsafe {
            // Most messages hold few stones: a loop is shorter than a call that copies.
            let mut held_bytes = 0_usize;
            for (index, blob) in held.iter().enumerate() {
                block.table.add(index).write(blob.raw);
                held_bytes = held_bytes.saturating_add(blob.kept_bytes());
            }
            block.header.write(RawBlob {
                data: UnsafeCell::new(data),
                length_bits: UnsafeCell::new(bits),
                count: Count::one(),
                stone: AtomicBool::new(true),
                message_kind: note.kind,
                message_depth: note.depth,
                held_count: held.len(),
                held_bytes,
                owner: UnsafeCell::new(owner),
            });
            held.set_len(0);
        }
        Blob { raw: block.header }
    }

    /// The same of the words in a vector. A large message takes over the vector's memory, and nothing is copied. On
    /// failure the vector is unchanged too.
    #[inline]
    pub(crate) fn message_of(
        words: &mut Vec<[u8; 8]>,
        held: &mut Vec<Blob>,
        kind: u8,
        depth: u16,
    ) -> Result<Blob, Status> {
        if 8 * words.len() < TAKEN || !words.as_ptr().addr().is_multiple_of(owner::TAKEN_ALIGN) {
            return Self::message(words.as_flattened(), held, kind, depth);
        }
        Self::message_taking(words, held, kind, depth)
    }

    #[cold]
    #[inline(never)]
    fn message_taking(
        words: &mut Vec<[u8; 8]>,
        held: &mut Vec<Blob>,
        kind: u8,
        depth: u16,
    ) -> Result<Blob, Status> {
        let block = owner::allocate_header(held.len(), 0)?;
        let bits = 64 * words.len();
        let (data, capacity) = owner::memory_of(core::mem::take(words).into_flattened());
        let owner = Owner::Vector { capacity, slot: AttachmentSlot::empty() };
        // SAFETY: the block is new and has room for the header and the references, and the message owns the vector's
        // memory.
        Ok(unsafe {
            Self::put_message(&block, data.as_ptr(), bits, held, MessageNote { kind, depth }, owner)
        })
    }

    /// The same over the bytes of a stone, which are aligned for words. The message takes a count on it, and nothing
    /// is copied. On failure `held` is unchanged.
    pub(crate) fn message_over(
        words: &Blob,
        held: &mut Vec<Blob>,
        kind: u8,
        depth: u16,
    ) -> Result<Blob, Status> {
        debug_assert!(words.is_stone());
        let block = owner::allocate_header(held.len(), 0)?;
        let counted = words.clone().into_raw();
        let owner = Owner::Words { words: counted, slot: AttachmentSlot::empty() };
        let (note, bits) = (MessageNote { kind, depth }, words.length_bits());
        // SAFETY: the block is new and has room for the header and `held.len()` references. The count that was just
        // taken keeps the bytes of the stone in place.
        unsafe { Ok(Self::put_message(&block, *words.data.get(), bits, held, note, owner)) }
    }
}
