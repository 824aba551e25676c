//! Opened maps and sets: the contents of C's struct.

use core::ptr::NonNull;
use core::slice;

use super::super::bucket_types::{bucket_memory, bucket_table, bucket_value};
use super::memory::{integer, window};
use crate::bucket::{FirstEntry, Indexed, Key, Opened, OpenedParts, TableKind, Value};
use crate::status::Status;

/// The contents of a `bucket_table`. Memory without a seal is not a table; the seal says whether a map or a set was opened.
#[repr(C)]
struct SealedTable {
    seal: u64,
    memory: *const bucket_memory,
    /// The address and the length of the memory at that time.
    base: *const u8,
    length: usize,
    opened: Opened,
}

const SEAL: u64 = 0x7461_626c_6520_6f00;
const MAP_SEAL: u64 = SEAL | 1;
const SET_SEAL: u64 = SEAL | 2;
/// Without an index.
const SMALL_MAP_SEAL: u64 = SEAL | 3;
const SMALL_SET_SEAL: u64 = SEAL | 4;
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
/// opened: the shortest path. `Undecided` in all other cases.
///
/// # Safety
/// As for [`opened`]; the key may be read, or is NULL.
#[inline(always)]
pub(in super::super) unsafe fn opened_first(
    pointer: *const bucket_table,
    key: *const bucket_value,
) -> FirstEntry {
    // SAFETY: the caller's promise.
    unsafe {
        let Some((table, key)) = integer_table(pointer, key) else { return FirstEntry::Undecided };
        let index = table.opened.index();
        let hash = index.hash(key);
        // Before the checks: the processor looks ahead a limited number of instructions, so their number decides how many
        // of the caller's next lookups in a large map wait for memory at the same time.
        prefetch(table.base.wrapping_add(index.home(hash)));
        match unchanged(table) {
            Some(indexed) => indexed.first(key, hash, index.entries()),
            None => FirstEntry::Undecided,
        }
    }
}

/// Starts to load a line of memory. Any address is allowed.
#[inline(always)]
fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has SSE; a prefetch never faults.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// The same with a full search. `None` for other keys, and when the map has no index or was changed.
///
/// # Safety
/// As for [`opened_first`].
#[inline(always)]
pub(in super::super) unsafe fn opened_integer_field(
    pointer: *const bucket_table,
    key: *const bucket_value,
) -> Option<Result<u64, Status>> {
    // SAFETY: the caller's promise.
    let (indexed, key) = unsafe {
        let (table, key) = integer_table(pointer, key)?;
        (unchanged(table)?, key)
    };
    Some(indexed.value(&Key::Value(Value::Int(key))))
}

/// The contents of a map that had an index when it was opened, and an integer key.
///
/// # Safety
/// As for [`opened_first`].
#[inline(always)]
unsafe fn integer_table<'a>(
    pointer: *const bucket_table,
    key: *const bucket_value,
) -> Option<(&'a SealedTable, i64)> {
    // SAFETY: the caller's promise; sealed memory is a table.
    unsafe {
        // The low half distinguishes all seals.
        if seal_of(pointer) as u32 != MAP_SEAL as u32 {
            return None;
        }
        Some((&*pointer.cast(), integer(key)?))
    }
}

/// The index of such a map, if it has not changed since it was opened.
///
/// # Safety
/// As for [`opened_first`].
#[inline(always)]
unsafe fn unchanged<'a>(table: &SealedTable) -> Option<Indexed<'a>> {
    // SAFETY: the caller's promise. The table's memory still exists. While that is at the same address and has the
    // same length, the parts that were found when it was opened are inside it: a wrapper, slots and groups by their
    // numbers, and a trailer. They are bytes, which have no alignment and no invalid values. Nobody changes them during
    // the call.
    unsafe {
        let SealedTable { memory, base, length, opened, .. } = table;
        if (**memory).base.cast_const() != *base || (**memory).length != *length {
            return None;
        }
        let index = opened.index();
        index.in_parts(OpenedParts {
            window: &[],
            wrapper: &*base.add(index.wrapper).cast(),
            seen: slice::from_raw_parts(base.add(index.slots).cast(), index.seen),
            groups: slice::from_raw_parts(base.add(index.groups).cast(), index.group_count()),
            trailer: &*base.add(index.trailer).cast(),
        })
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
        let (base, length) = (window.as_ptr(), window.len());
        // SAFETY: an *out*, as whoever called `table_out` promised; it is large enough (asserted).
        unsafe { self.0.cast().write(SealedTable { seal, memory, base, length, opened }) };
        Ok(())
    }
}
