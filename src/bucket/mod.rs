//! Bucket maps and sets: flat tables that live in somebody's linear memory and are the only truth about their
//! contents. The memory is a WebAssembly guest's, a heap of our own, or a stone; this code works on a window of bytes
//! and offsets into it, allocates nothing of its own, cannot panic, and trusts nothing that it reads.
//!
//! [`Table`] reads; [`map`] and [`set`] have the changes. A change is *persistent* (it gives a new version and leaves
//! the old one as it was) or *in place* (the caller promises that no other version is in use).

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
mod hash;
#[cfg(not(any(loom, drystone_core)))]
mod heap;
mod in_place;
mod index;
mod layout;
pub mod map;
mod memory;
pub mod set;
mod stone;
mod table;
mod value;
mod verify;

#[cfg_attr(not(feature = "json"), allow(unused_imports))]
pub(crate) use build::Builder;
#[cfg_attr(drystone_core, allow(unused_imports))]
pub(crate) use hash::hash_text;
#[cfg(not(any(loom, drystone_core)))]
pub use heap::Heap;
pub use layout::Kind;
#[cfg_attr(not(feature = "json"), allow(unused_imports))]
pub(crate) use memory::allocate_zeroed;
pub use memory::{Flags, Memory, string_new};
pub use stone::{Frozen, freeze, freeze_size, frozen};
pub use table::{Cursor, Table, text_of};
pub use value::{Key, Tag, Value};
pub use verify::verify;
