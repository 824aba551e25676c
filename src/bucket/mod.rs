//! Bucket maps and sets: flat tables that live in somebody's linear memory and are the only truth about their
//! contents. The memory is a WebAssembly guest's, a heap of our own, or a stone; this code works on a window of bytes
//! and offsets into it, allocates nothing of its own, cannot panic, and trusts nothing that it reads.
//!
//! [`Table`] reads, and [`Opened`] without a borrow; [`map`] and [`set`] have the changes. A change is *persistent* (it gives a new version and leaves
//! the old one as it was) or *in place* (the caller promises that no other version is in use); in memories that count, it
//! is in place when no other version is in use, and in a version of its own otherwise.
//!
//! A call looks at no more than a small multiple of the window's length: beyond that, which only strings that overlap
//! lead to, it ends with `LimitExceeded`. A call that is refused leaves every map as it was, and gives back what it had
//! built, in memories that take it.

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

mod build;
mod change;
#[cfg(all(test, not(loom)))]
mod drain;
mod effort;
mod emptied;
mod entries;
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
pub mod set;
mod stone;
mod table;
mod value;
mod verify;
mod version;

#[cfg_attr(not(feature = "json"), allow(unused_imports))]
pub(crate) use build::Builder;
#[cfg(any(all(test, not(loom)), feature = "looked"))]
pub use effort::looked;
#[cfg_attr(not(feature = "json"), allow(unused_imports))]
pub(crate) use effort::{Effort, look};
#[cfg(not(any(loom, drystone_core)))]
pub use heap::Heap;
#[cfg_attr(drystone_core, allow(unused_imports))]
pub(crate) use key::hash_text;
pub use layout::TableKind;
#[cfg(drystone_core)]
pub(crate) use layout::{FIRST, at, at_mut};
pub use memory::{Flags, Memory, string_new};
#[cfg_attr(not(feature = "json"), allow(unused_imports))]
pub(crate) use memory::{allocate_zeroed, building};
pub use opened::Opened;
pub(crate) use opened::OpenedParts;
pub use own::share;
pub use stone::{Frozen, freeze, freeze_limit, freeze_size, freeze_size_within, frozen};
#[cfg_attr(not(feature = "json"), allow(unused_imports))]
pub(crate) use table::EntryWalk;
pub use table::{Cursor, Table, text_of};
pub use value::{Key, Tag, Value};
pub use verify::verify;
