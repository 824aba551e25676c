//! Bucket maps and sets: flat tables in a linear memory, which hold their only representation. The memory is a
//! WebAssembly guest's, a [`Heap`], or a stone. This code works on a window of bytes and offsets into it, allocates
//! nothing outside it, cannot panic, and trusts nothing that it reads.
//!
//! [`Table`] reads a version; [`Opened`] reads it without borrowing the memory; [`map`] and [`set`] change it. A change
//! is *persistent* (it makes a new version and leaves the old one unchanged) or *in place* (the caller promises that no
//! other version is in use). In memories that count users, a change is in place when no other version is in use, and
//! makes a version of its own otherwise.
//!
//! A call reads at most a small multiple of the window's length. Only overlapping strings lead beyond that; the call
//! then fails with `LimitExceeded`. A failed call leaves every map unchanged, and frees what it had built in memories
//! that can free blocks.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable
    )
)]

mod alone;
#[cfg(all(test, not(loom)))]
mod both_ways;
mod build;
mod change;
#[cfg(all(test, not(loom)))]
mod drain;
mod effort;
mod emptied;
mod entries;
mod extend;
#[cfg(all(test, not(loom)))]
mod extended;
#[cfg(not(any(loom, drystone_core)))]
mod heap;
#[cfg(all(test, not(loom)))]
mod hostile;
pub mod imports;
mod in_place;
mod index;
mod key;
mod layout;
pub mod map;
mod memory;
mod opened;
mod own;
#[cfg(all(test, not(loom)))]
mod plain;
mod put;
pub mod set;
mod stone;
mod table;
mod value;
mod verify;
mod version;

pub(crate) use alone::{Left, set_text_alone, take_integer, take_short_text, take_text};
#[cfg_attr(not(feature = "json"), allow(unused_imports))]
pub(crate) use build::Builder;
#[cfg(any(all(test, not(loom)), feature = "looked"))]
pub use effort::looked;
#[cfg_attr(not(feature = "json"), allow(unused_imports))]
pub(crate) use effort::{Effort, look};
#[cfg(not(any(loom, drystone_core)))]
pub use heap::Heap;
pub(crate) use index::{FirstEntry, Indexed};
#[cfg_attr(drystone_core, allow(unused_imports))]
pub(crate) use key::{ShortText, hash_text};
pub use layout::TableKind;
#[cfg(drystone_core)]
pub(crate) use layout::{FIRST, at, at_mut};
#[cfg(not(drystone_core))]
pub(crate) use layout::{GROUP_BYTES, HEADER_BYTES, SLOT_BYTES};
pub use memory::{Flags, Memory, string_new};
#[cfg_attr(not(feature = "json"), allow(unused_imports))]
pub(crate) use memory::{allocate_zeroed, building};
pub use opened::Opened;
pub(crate) use opened::OpenedParts;
pub use own::share;
pub(crate) use own::{pack, set_integer};
pub use stone::{Frozen, freeze, freeze_limit, freeze_size, freeze_size_within, frozen};
#[cfg_attr(not(feature = "json"), allow(unused_imports))]
pub(crate) use table::EntryWalk;
pub use table::{Cursor, Table, text_of};
pub use value::{Key, Tag, Value};
pub use verify::verify;
