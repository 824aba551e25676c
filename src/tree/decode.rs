//! From a message to a tree in an arena. Nesting uses no stack.

use core::ffi::c_void;
use core::hint::select_unpredictable;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use core::slice;

use smallvec::SmallVec;

use super::find::{index_size, is_indexed, make_index};
use super::{Carrier, Content, Elements, Fields, Node, TextSlice};
use crate::arena::RawArena;
use crate::blob::{Blob, RawBlob};
use crate::status::Status;
use crate::value::{Kind, Limits, Symbol};
use crate::wota::{AnyReader, Layout, Mixed, OUTGOING, Reader, flat};

/// Decodes the message's value into the arena's innermost scope: blocks of values, fields and texts, and one count on
/// each blob, which a cleanup drops when the scope ends. On failure all of that is returned at once.
///
/// `NotStone`, `WrongType` when it is not a message, `OverBudget`, `NoMemory`, `LimitExceeded` (of the arena, or when
/// the value with all references in place has more than 2^32 words), `Busy`, `WrongThread`.
pub fn decode(message: &Blob, arena: &mut RawArena) -> Result<NonNull<Node>, Status> {
    let message = &flat(message, &OUTGOING)?;
    let reader = AnyReader::new(message, &Limits::UNLIMITED)?;
    let scope = arena.enter(usize::MAX)?;
    let decoded = match reader {
        AnyReader::Classic(reader) => Decoder::new(arena, reader).run(),
        AnyReader::Dec64(reader) => Decoder::new(arena, reader).run(),
    };
    // The scope is open and this is not a cleanup, so neither can fail.
    match decoded {
        Ok(root) => arena.commit(scope).map(|()| root),
        Err(status) => {
            arena.exit(scope)?;
            Err(status)
        }
    }
}

/// 16-character blocks copied before branching on the length, which is hard to predict; covers most texts.
const KEY: usize = 1;
const VALUE: usize = 3;

/// Whether addresses have the size and the byte order of integers in words, so that numbers, symbols and texts are
/// written alike.
const UNIFORM: bool = cfg!(all(target_pointer_width = "64", target_endian = "little"));

/// A container whose values are being read.
#[derive(Clone, Copy)]
struct UnfinishedContainer {
    left: usize,
    values: *mut Node,
    /// NULL except for a record.
    keys: *mut TextSlice,
    /// The record that will get an index, else NULL.
    indexed: *const Node,
}

impl UnfinishedContainer {
    fn values(values: *mut Node, left: usize) -> Self {
        UnfinishedContainer { left, values, keys: ptr::null_mut(), indexed: ptr::null() }
    }
}

/// A count that the tree has on a blob.
struct CountedBlob {
    next: *mut CountedBlob,
    blob: NonNull<RawBlob>,
}

struct Decoder<'a, 'm, L: Layout> {
    arena: &'a mut RawArena,
    reader: Reader<'m, L>,
    /// The containers around the one being read.
    open: SmallVec<[UnfinishedContainer; 64]>,
    mixed: Mixed,
    /// The head of the list of blobs, in the arena; NULL before the first one.
    held: *mut *mut CountedBlob,
}

impl<'a, 'm, L: Layout> Decoder<'a, 'm, L> {
    fn new(arena: &'a mut RawArena, reader: Reader<'m, L>) -> Self {
        let (mixed, held) = (Mixed::default(), ptr::null_mut());
        Decoder { arena, reader, open: SmallVec::new(), mixed, held }
    }

    fn run(mut self) -> Result<NonNull<Node>, Status> {
        let root = self.room::<Node>(1)?;
        // The positions in the message and in the container are kept in local variables, out of memory.
        let mut reader = self.reader;
        let mut frame = UnfinishedContainer::values(root, 1);
        loop {
            let ended = if UNIFORM && L::PLAIN && self.mixed.now() {
                self.values::<true>(&mut reader, &mut frame)?
            } else {
                self.values::<false>(&mut reader, &mut frame)?
            };
            if ended {
                return NonNull::new(root).ok_or(Status::NoMemory);
            }
        }
    }

    /// Reads the rest of the container and of those around it: true. False when the values become mixed, or are no longer
    /// so, before the end.
    #[inline(always)]
    fn values<const MIXED: bool>(
        &mut self,
        at: &mut Reader<'m, L>,
        inside: &mut UnfinishedContainer,
    ) -> Result<bool, Status> {
        let (mut reader, mut frame) = (*at, *inside);
        loop {
            while frame.left != 0 {
                frame.left -= 1;
                if !frame.keys.is_null() {
                    // SAFETY: there is a key for each value that is left, in the arena and nobody else's.
                    unsafe { self.text::<KEY>(&mut reader, frame.keys)? };
                    frame.keys = frame.keys.wrapping_add(1);
                }
                let place = frame.values;
                frame.values = place.wrapping_add(1);
                // SAFETY: the place is in the arena and nobody else's.
                if MIXED && unsafe { self.leaf(&mut reader, place)? } {
                    continue;
                }
                // SAFETY: the place is in the arena and nobody else's.
                let write = |kind: Kind, content| unsafe {
                    place.write(Node { r#type: kind as i32, indexed: 0, r#as: content });
                };
                match reader.kind()? {
                    Kind::Integer => write(Kind::Integer, Content { integer: reader.integer()? }),
                    Kind::Float => write(Kind::Float, Content { number: reader.number()? }),
                    // SAFETY: as for the key; the text is in the place, whose other fields are written with it.
                    Kind::Text => unsafe {
                        self.text::<VALUE>(&mut reader, &raw mut (*place).r#as.text)?;
                        (*place).r#type = Kind::Text as i32;
                        (*place).indexed = 0;
                    },
                    Kind::Array => {
                        let inner = self.array(&mut reader, place)?;
                        self.push(frame)?;
                        frame = inner;
                        if (UNIFORM && L::PLAIN && self.mixed.now()) != MIXED {
                            (*at, *inside) = (reader, frame);
                            return Ok(false);
                        }
                    }
                    Kind::Record => {
                        let inner = self.record(&mut reader, place)?;
                        self.push(frame)?;
                        frame = inner;
                        if (UNIFORM && L::PLAIN && self.mixed.now()) != MIXED {
                            (*at, *inside) = (reader, frame);
                            return Ok(false);
                        }
                    }
                    Kind::Symbol => {
                        let symbol = reader.symbol()?;
                        let mut value = ptr::null_mut();
                        if matches!(symbol, Symbol::Private | Symbol::System) {
                            value = self.room::<Node>(1)?;
                            self.push(frame)?;
                            frame = UnfinishedContainer::values(value, 1);
                        }
                        write(Kind::Symbol, Content { symbol: Carrier { code: symbol as i32, value } });
                    }
                    Kind::Blob | Kind::Stone => {
                        // Rare kinds use a copy, so that the reader itself stays out of memory.
                        self.reader = reader;
                        write(Kind::Blob, Content { stone: self.blob()? });
                        reader = self.reader;
                    }
                    Kind::Value => return Err(Status::WrongType),
                }
            }
            if !frame.indexed.is_null() {
                // SAFETY: all fields of the record were read.
                unsafe { make_index(&*frame.indexed) };
            }
            match self.open.pop() {
                Some(outer) => frame = outer,
                None => return Ok(true),
            }
        }
    }

    #[inline(always)]
    fn push(&mut self, outer: UnfinishedContainer) -> Result<(), Status> {
        self.open.try_reserve(1)?;
        self.open.push(outer);
        Ok(())
    }

    #[inline(always)]
    fn array(&mut self, reader: &mut Reader<'m, L>, place: *mut Node) -> Result<UnfinishedContainer, Status> {
        let count = count_of(reader.array()?)?;
        let items = self.room::<Node>(count)?;
        let array = Elements { items, count };
        // SAFETY: a place in the arena for a value, and nobody else's.
        unsafe { place.write(Node { r#type: Kind::Array as i32, indexed: 0, r#as: Content { array } }) };
        self.mixed.array(count);
        Ok(UnfinishedContainer::values(items, count))
    }

    #[inline(always)]
    fn record(
        &mut self,
        reader: &mut Reader<'m, L>,
        place: *mut Node,
    ) -> Result<UnfinishedContainer, Status> {
        let count = count_of(reader.record()?)?;
        let size = count.checked_mul(size_of::<TextSlice>()).ok_or(Status::NoMemory)?;
        let has_index = is_indexed(count);
        let index = if has_index { index_size(count).saturating_mul(size_of::<u32>()) } else { 0 };
        let keys = self.block(size.saturating_add(index), align_of::<TextSlice>())?.cast::<TextSlice>();
        let values = self.room::<Node>(count)?;
        let content = Content { record: Fields { keys, values, count } };
        // SAFETY: as above.
        unsafe {
            place.write(Node { r#type: Kind::Record as i32, indexed: has_index.into(), r#as: content })
        };
        self.mixed.record(self.open.len(), reader.word(), count);
        let indexed = if has_index { place.cast_const() } else { ptr::null() };
        Ok(UnfinishedContainer { left: count, values, keys, indexed })
    }

    /// Writes the number, the symbol without a value or the text here, without a branch on which of them it is: for
    /// values that follow one another in any order. Where they follow a pattern, a processor predicts the branch.
    /// False, and nothing was read, for other values, and for some at the end of the message or of the chunk.
    ///
    /// # Safety
    /// A place in the arena for a value, and nobody else's.
    #[inline(always)]
    unsafe fn leaf(&mut self, reader: &mut Reader<'m, L>, to: *mut Node) -> Result<bool, Status> {
        let arena = &mut *self.arena;
        let leaf = reader.leaf_in::<VALUE, _>(|characters| {
            let (place, sixteens) = arena.allocate_roomy(characters, VALUE)?;
            let place = place.as_ptr().cast::<[MaybeUninit<u8>; 16]>();
            // SAFETY: a new block and free memory after it, which nobody else has.
            Some(unsafe { slice::from_raw_parts_mut(place, sixteens) })
        });
        let Some(leaf) = leaf else { return Ok(false) };
        let mut text = TextSlice { utf8: leaf.target.as_mut_ptr().cast(), length: leaf.characters };
        if let Err(written) = leaf.written {
            if !leaf.is_text {
                return Ok(false);
            }
            self.reader = *reader;
            let (utf8, length) = self.other_text(text.utf8.cast_mut().cast(), text.length, written)?;
            *reader = self.reader;
            text = TextSlice { utf8: utf8.cast(), length };
        }
        // The memory of the text's address is that of the integer, the double, and the symbol's code; that of its length,
        // which is 0 for them, is that of the value that a symbol carries.
        let other = ptr::without_provenance(leaf.bits as usize);
        text.utf8 = select_unpredictable(leaf.is_text, text.utf8, other);
        // SAFETY: the caller's promise.
        unsafe { to.write(Node { r#type: leaf.kind, indexed: 0, r#as: Content { text } }) };
        Ok(true)
    }

    /// Writes the text here: its bytes into the arena, and the slice to `to`, field by field. A returned slice would
    /// be stored in two parts and loaded as one, which would wait for both stores.
    ///
    /// # Safety
    /// A place in the arena for a text, and nobody else's.
    #[inline(always)]
    unsafe fn text<const FIRST: usize>(
        &mut self,
        reader: &mut Reader<'m, L>,
        to: *mut TextSlice,
    ) -> Result<(), Status> {
        let arena = &mut *self.arena;
        let (target, characters, written) = reader.ascii_in::<FIRST, _>(|characters| {
            let (place, sixteens) = arena.allocate_roomy(characters, FIRST)?;
            let place = place.as_ptr().cast::<[MaybeUninit<u8>; 16]>();
            // SAFETY: a new block and free memory after it, which nobody else has.
            Some(unsafe { slice::from_raw_parts_mut(place, sixteens) })
        })?;
        let mut length = characters;
        let mut utf8 = target.map_or(ptr::null_mut(), <[_]>::as_mut_ptr).cast::<u8>();
        if let Err(written) = written {
            self.reader = *reader;
            (utf8, length) = self.other_text(utf8, characters, written)?;
            *reader = self.reader;
        }
        // SAFETY: the caller's promise.
        unsafe {
            (*to).utf8 = utf8.cast();
            (*to).length = length;
        }
        Ok(())
    }

    /// Writes any text. `block` is NULL, or has as many bytes as the text has characters, of which `written` are
    /// there already.
    #[cold]
    #[inline(never)]
    fn other_text(
        &mut self,
        block: *mut u8,
        characters: usize,
        written: usize,
    ) -> Result<(*mut u8, usize), Status> {
        let arena = &mut *self.arena;
        let (old, most) = (if block.is_null() { 0 } else { characters }, characters.saturating_mul(4));
        if old != 0 && most <= arena.room_from(block) {
            // SAFETY: the block and free memory after it, which nobody else has.
            let target = unsafe { slice::from_raw_parts_mut(block.cast::<MaybeUninit<u8>>(), most) };
            let length = self.reader.text_from(target, written)?;
            // SAFETY: it is the last block, and the text went into its room.
            unsafe { arena.resize_roomy(block, length) };
            return Ok((block, length));
        }
        let target = self.reader.text_in(|length| {
            // SAFETY: the block, which nobody knows yet, or NULL.
            let place = unsafe { arena.reallocate(block, old, length, 1) };
            if place.is_null() {
                return Err(arena.last_failure());
            }
            // SAFETY: a block of that size, all of which is written here first.
            Ok(unsafe {
                place.write_bytes(0, length);
                slice::from_raw_parts_mut(place, length)
            })
        })?;
        Ok((target.as_mut_ptr(), target.len()))
    }

    /// A count on the blob here, added to the list of the cleanup.
    #[cold]
    #[inline(never)]
    fn blob(&mut self) -> Result<*mut RawBlob, Status> {
        if self.held.is_null() {
            let held = self.room::<*mut CountedBlob>(1)?;
            // SAFETY: a new place; the cleanup runs before it goes.
            unsafe {
                held.write(ptr::null_mut());
                self.arena.add_cleanup(release, held.cast())?;
            }
            self.held = held;
        }
        let note = self.room::<CountedBlob>(1)?;
        let blob = self.reader.blob()?.into_raw();
        // SAFETY: a new place, and the list's head.
        unsafe {
            note.write(CountedBlob { next: *self.held, blob });
            *self.held = note;
        }
        Ok(blob.as_ptr())
    }

    /// Room for `count` objects in the arena.
    #[inline]
    fn room<T>(&mut self, count: usize) -> Result<*mut T, Status> {
        let size = count.checked_mul(size_of::<T>()).ok_or(Status::NoMemory)?;
        self.block(size, align_of::<T>()).map(<*mut u8>::cast)
    }

    #[inline]
    fn block(&mut self, size: usize, align: usize) -> Result<*mut u8, Status> {
        let block = self.arena.allocate(size, align);
        if block.is_null() { Err(self.reason()) } else { Ok(block) }
    }

    #[cold]
    fn reason(&self) -> Status {
        self.arena.last_failure()
    }
}

fn count_of(field: u64) -> Result<usize, Status> {
    usize::try_from(field).map_err(|_| Status::Malformed)
}

/// Drops the tree's counts.
///
/// # Safety
/// The context is the head of the list, in the arena whose cleanup this is.
unsafe extern "C" fn release(context: *mut c_void) {
    // SAFETY: the list's notes are in the arena too, and each owns a count.
    unsafe {
        let mut next = *context.cast::<*mut CountedBlob>();
        while let Some(held) = next.as_ref() {
            next = held.next;
            drop(Blob::from_raw(held.blob));
        }
    }
}
