//! Opened maps and sets: the contents of C's struct.

use core::mem::offset_of;
use core::ptr::NonNull;
use core::slice;

use super::super::bucket_types::{bucket_memory, bucket_table};
use super::memory::window;
use crate::bucket::{
    FirstEntry, GROUP_BYTES, HEADER_BYTES, Indexed, Key, Opened, OpenedParts, SLOT_BYTES, TableKind,
};
use crate::lanes;
use crate::status::Status;

/// The contents of a `bucket_table`. Memory without a seal is not a table; the seal says whether a map or a set was opened.
#[repr(C)]
struct SealedTable {
    seal: u64,
    memory: *const bucket_memory,
    place: MemoryPlace,
    places: Places,
    opened: Opened,
}

/// The address and the length of a memory: the first words of a `bucket_memory`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
struct MemoryPlace {
    base: *const u8,
    length: usize,
}

const _: () = assert!(offset_of!(bucket_memory, base) == offset_of!(MemoryPlace, base));
const _: () = assert!(offset_of!(bucket_memory, length) == offset_of!(MemoryPlace, length));

impl MemoryPlace {
    /// Whether what was inside the other one is still inside this one, at the same addresses.
    fn has_all_of(&self, other: &MemoryPlace) -> bool {
        self.base == other.base && self.length >= other.length
    }

    #[inline(always)]
    fn is_same(&self, other: &MemoryPlace) -> bool {
        #[cfg(target_pointer_width = "64")]
        // SAFETY: both are 16 bytes without padding.
        unsafe {
            lanes::same(&*(&raw const *self).cast(), &*(&raw const *other).cast())
        }
        #[cfg(not(target_pointer_width = "64"))]
        {
            self == other
        }
    }
}

/// The addresses of the parts of an index, as long as the memory has that address and length.
#[repr(C)]
#[derive(Clone, Copy)]
struct Places {
    version: *const u8,
    slots: *const u8,
    groups: *const u8,
    trailer: *const u8,
}

/// Whoever changes the layout below, the hash, or how groups and slots are laid out, changes this number: programs
/// compiled with `drystone_inline.h` then make the calls.
const SEAL: u64 = 0x7461_626c_6520_7000;
const MAP_SEAL: u64 = SEAL | 1;
const SET_SEAL: u64 = SEAL | 2;
/// Without an index.
const SMALL_MAP_SEAL: u64 = SEAL | 3;
const SMALL_SET_SEAL: u64 = SEAL | 4;
/// What `drystone_inline.h` relies on.
#[cfg(all(target_arch = "x86_64", target_pointer_width = "64"))]
const _: () = assert!(
    MAP_SEAL == 0x7461_626C_6520_7001
        && offset_of!(SealedTable, memory) == 8
        && offset_of!(SealedTable, place) == 16
        && offset_of!(SealedTable, places) == 32
        && offset_of!(SealedTable, opened.index.version) == 64
        && offset_of!(SealedTable, opened.index.seed) == 72
        && offset_of!(SealedTable, opened.index.seen) == 80
        && offset_of!(SealedTable, opened.index.capacity) == 88
        && offset_of!(SealedTable, opened.index.last_group) == 92
        && offset_of!(SealedTable, opened.index.entries.above) == 96
        && offset_of!(SealedTable, opened.index.entries.below) == 112
        && HEADER_BYTES == 8
        && SLOT_BYTES == 20
        && GROUP_BYTES == 32
);
const _: () = assert!(size_of::<SealedTable>() <= size_of::<bucket_table>());
const _: () = assert!(align_of::<SealedTable>() <= align_of::<bucket_table>());

/// An opened map or set, and its memory as it is now.
#[derive(Clone, Copy)]
pub(in super::super) struct OpenedTable<'a>(&'a SealedTable);

/// An opened map or set. `InvalidArgument` for NULL and memory that is not a table.
///
/// # Safety
/// Memory for a table that was opened or zeroed, or NULL, which is not written while the result is used; the
/// `bucket_memory` is still there, and a memory as for [`window`].
pub(in super::super) unsafe fn opened<'a>(pointer: *const bucket_table) -> Result<OpenedTable<'a>, Status> {
    // SAFETY: the caller's promise; memory with a seal is a table.
    unsafe {
        match seal_of(pointer) {
            MAP_SEAL | SET_SEAL | SMALL_MAP_SEAL | SMALL_SET_SEAL => Ok(OpenedTable(&*pointer.cast())),
            _ => Err(Status::InvalidArgument),
        }
    }
}

/// The same for a map. `WrongType` for a set.
///
/// # Safety
/// As for [`opened`].
pub(in super::super) unsafe fn opened_map<'a>(
    pointer: *const bucket_table,
) -> Result<OpenedTable<'a>, Status> {
    // SAFETY: the caller's promise.
    let table = unsafe { opened(pointer) }?;
    if matches!(table.0.seal, MAP_SEAL | SMALL_MAP_SEAL) { Ok(table) } else { Err(Status::WrongType) }
}

/// The word in the seal's position, which only [`TableOut`] writes; 0 for NULL.
///
/// # Safety
/// As for [`opened`].
#[inline(always)]
unsafe fn seal_of(pointer: *const bucket_table) -> u64 {
    // SAFETY: the caller's promise.
    if pointer.is_null() { 0 } else { unsafe { pointer.cast::<u64>().read() } }
}

/// Looks up an integer key by its first matching entry, in a map with an index that has not changed since it was
/// opened: the shortest path. `None` in all other cases, also when the memory has grown.
///
/// # Safety
/// As for [`opened`].
#[inline(always)]
pub(in super::super) unsafe fn opened_first(pointer: *const bucket_table, key: i64) -> Option<FirstEntry> {
    // SAFETY: the caller's promise.
    unsafe { opened_first_in(pointer, key, MemoryPlace::is_same) }
}

/// The same in a memory that may have grown.
///
/// # Safety
/// As for [`opened`].
pub(in super::super) unsafe fn opened_first_in_grown(
    pointer: *const bucket_table,
    key: i64,
) -> Option<FirstEntry> {
    // SAFETY: the caller's promise.
    unsafe { opened_first_in(pointer, key, MemoryPlace::has_all_of) }
}

/// # Safety
/// As for [`opened`]. If `holds` is true for the memory and what it was, all that it had is still inside it.
#[inline(always)]
unsafe fn opened_first_in(
    pointer: *const bucket_table,
    key: i64,
    holds: impl Fn(&MemoryPlace, &MemoryPlace) -> bool,
) -> Option<FirstEntry> {
    // SAFETY: the caller's promise.
    unsafe {
        let table = map_with_index(pointer)?;
        let index = table.opened.index();
        let hash = index.hash(key);
        // Before the checks: the processor looks ahead a limited number of instructions and loads, so their number decides
        // how many of the caller's next lookups in a large map wait for memory at the same time.
        let home = prefetched(table.places.groups.wrapping_add(index.home(hash)));
        let indexed = unchanged(table, holds)?;
        // One of the groups, which are there.
        Some(indexed.first_in(&*home.cast(), key, hash, index.entries()))
    }
}

/// Starts to load a line of memory, and returns its address. Any address is allowed.
///
/// The compiler does not see through the assembly, so it keeps the sum in one register. Otherwise it keeps both addends,
/// which needs more registers than a function may use without saving them.
#[inline(always)]
fn prefetched(address: *const u8) -> *const u8 {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        let mut address = address;
        // SAFETY: every x86-64 has SSE; a prefetch never faults and changes nothing.
        unsafe {
            core::arch::asm!("prefetcht0 [{}]", inout(reg) address, options(readonly, nostack, preserves_flags));
        }
        address
    }
    #[cfg(any(not(target_arch = "x86_64"), miri))]
    address
}

/// The field of the key's value by a full search, after [`opened_first`] returned `Undecided`. Nothing is checked again.
///
/// # Safety
/// As for [`opened_first`], which returned this for the same arguments; nothing has changed since.
#[inline(always)]
pub(in super::super) unsafe fn opened_undecided(pointer: *const bucket_table, key: i64) -> Option<u64> {
    // SAFETY: the caller's promise: a table with an index, and an unchanged memory.
    unsafe {
        let table = &*pointer.cast::<SealedTable>();
        table.opened.index().indexed(parts(table)).searched(key as u64)
    }
}

/// The contents of a map that had an index when it was opened.
///
/// # Safety
/// As for [`opened_first`].
#[inline(always)]
unsafe fn map_with_index<'a>(pointer: *const bucket_table) -> Option<&'a SealedTable> {
    // SAFETY: the caller's promise; sealed memory is a table. The low half distinguishes all seals.
    unsafe { if seal_of(pointer) as u32 == MAP_SEAL as u32 { Some(&*pointer.cast()) } else { None } }
}

/// The index of such a map, if it has not changed since it was opened. Words that lie side by side are compared at once,
/// which takes fewer loads.
///
/// # Safety
/// As for [`opened_first_in`].
#[inline(always)]
unsafe fn unchanged<'a>(
    table: &SealedTable,
    holds: impl Fn(&MemoryPlace, &MemoryPlace) -> bool,
) -> Option<Indexed<'a>> {
    // SAFETY: the caller's promise. The table's memory still exists; its first words are its address and length.
    unsafe {
        if !holds(&*table.memory.cast(), &table.place) {
            return None;
        }
        table.opened.index().in_parts(parts(table))
    }
}

/// The parts of its index.
///
/// # Safety
/// As for [`opened_first`], and the memory has all that it had when the map was opened, at the same address.
#[inline(always)]
unsafe fn parts<'a>(table: &SealedTable) -> OpenedParts<'a> {
    let SealedTable { places, opened, .. } = table;
    let index = opened.index();
    // SAFETY: the caller's promise. The parts that were found when the map was opened are inside the memory: two words of a
    // wrapper, a header and the slots after it, groups and a trailer. They are bytes, which have no alignment
    // and no invalid values. Nobody changes them during the call.
    unsafe {
        OpenedParts {
            window: &[],
            version: &*places.version.cast(),
            header: &*places.slots.wrapping_sub(HEADER_BYTES).cast(),
            seen: slice::from_raw_parts(places.slots.cast(), index.seen),
            groups: slice::from_raw_parts(places.groups.cast(), index.group_count()),
            trailer: &*places.trailer.cast(),
        }
    }
}

impl OpenedTable<'_> {
    /// The field of a key's value.
    pub(in super::super) fn field(self, key: &Key<'_>) -> Result<u64, Status> {
        // SAFETY: the promise of whoever called `opened`.
        self.0.opened.field(unsafe { window(self.0.memory) }?, key)
    }
}

/// The destination of a table.
pub(in super::super) struct TableOut(NonNull<bucket_table>);

/// # Safety
/// An *out*, or NULL.
pub(in super::super) unsafe fn table_out(pointer: *mut bucket_table) -> Option<TableOut> {
    NonNull::new(pointer).map(TableOut)
}

impl TableOut {
    /// Writes the opened map or set.
    ///
    /// # Safety
    /// As for [`window`], and the `bucket_memory` stays as long as the table is used.
    pub(in super::super) unsafe fn open(
        self,
        memory: *const bucket_memory,
        kind: TableKind,
        wrapper: u32,
    ) -> Result<(), Status> {
        // SAFETY: the caller's promise.
        let window = unsafe { window(memory) }?;
        let opened = Opened::new(window, kind, wrapper)?;
        let seal = match (kind, opened.has_index()) {
            (TableKind::Map, true) => MAP_SEAL,
            (TableKind::Set, true) => SET_SEAL,
            (TableKind::Map, false) => SMALL_MAP_SEAL,
            (TableKind::Set, false) => SMALL_SET_SEAL,
        };
        let (base, index) = (window.as_ptr(), opened.index());
        let place = MemoryPlace { base, length: window.len() };
        let places = Places {
            version: base.wrapping_add(index.version_at),
            slots: base.wrapping_add(index.slots),
            groups: base.wrapping_add(index.groups),
            trailer: base.wrapping_add(index.trailer),
        };
        // SAFETY: an *out*, as whoever called `table_out` promised; it is large enough (asserted).
        unsafe { self.0.cast().write(SealedTable { seal, memory, place, places, opened }) };
        Ok(())
    }
}
