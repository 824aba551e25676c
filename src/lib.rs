//! Immutable blobs, messages, maps and mailboxes that actors and runtimes share without copying.
//!
//! * [`Blob`]: a bit string with a reference count. An *antestone* can be appended to by its only owner. A *stone* never
//!   changes again, and any thread may read and share it.
//! * [`wota`]: messages, which are stones themselves and hold the stones they mention by reference.
//! * [`view`]: random access to the values of messages, without decoding.
//! * [`Mailbox`]: a queue of letters for an actor. [`link`]: letters between the mailboxes of two processes.
//! * [`nota`] and [`convert`]: the same values for networks and files; `json` and [`dump`]: for people and tools.
//! * [`pickle`]: the same values as streams that Python reads and writes.
//! * [`bucket`]: maps and sets that live entirely in a linear memory of the host's choice.
//! * [`arena`]: memory in scopes with budgets; [`tree`]: messages decoded into it.
//! * [`number`]: Kim and DEC64.
//!
//! ```
//! use drystone::{Blob, Limits, Mailbox, wota::{Reader, Writer}};
//!
//! let mut picture = Blob::from_bytes(&[7; 1000])?;
//! picture.make_stone();
//!
//! let mut writer = Writer::new();
//! writer.record(2)?;
//! writer.text(b"name")?;
//! writer.text(b"a picture")?;
//! writer.text(b"data")?;
//! writer.blob(&picture)?; // one count and eight bytes, whatever the size
//! let mailbox = Mailbox::new(0)?;
//! mailbox.post(writer.finish()?).map_err(|refused| refused.status)?;
//!
//! let letter = mailbox.take(None)?;
//! let mut reader = Reader::new(&letter, &Limits::DEFAULT)?;
//! reader.find(b"data")?;
//! assert_eq!(reader.blob()?.bytes().as_ptr(), picture.bytes().as_ptr());
//! # Ok::<(), drystone::Status>(())
//! ```
//!
//! # Features
//!
//! * `capi` (on by default): the C interface. A shared library in Rust that uses the crate exports all of its
//!   functions; `default-features = false` leaves them out.
//! * `json` (on by default): the bridge to JSON text.
//! * `wasmtime` (on by default): the C functions that host guests in wasmtime, which is not linked. They are the
//!   contents of `drystone_wasmtime.h`; without the feature, define `DRYSTONE_NO_WASMTIME` before `drystone.h`.
//!
//! # What may be trusted
//!
//! Wota, Nota and JSON bytes, and the contents of a linear memory, are untrusted. Decoding any of them ends with a
//! value or a [`Status`], in memory and time linear in their size (n log n for the keys of large records, which are
//! sorted). Pointers to blobs, writers, mailboxes, heaps and arenas are trusted.
//!
//! # Safety of the C calls
//!
//! Each exported function states what it requires of its pointers in these words:
//!
//! * *live*: a pointer that this library returned and that has not been released; NULL where the function allows it.
//! * *readable*: as many readable bytes as its size parameter says, which nobody changes during the call. May be NULL
//!   when the size is 0.
//! * *writable*: as many writable bytes as its size parameter says, which nobody else uses during the call. May be NULL
//!   when the size is 0.
//! * *out*: points to memory for one value of the type, which is written only on success.
//! * *alone*: while the blob's count is one, no other thread is in a call with it.

// Loom's models, and builds without the feature `capi`, have code that only the C interface uses.
#![cfg_attr(any(loom, not(feature = "capi")), allow(dead_code, unused_imports))]

mod allocation;
#[cfg(not(loom))]
pub mod arena;
pub mod blob;
pub mod bucket;
#[cfg(all(feature = "capi", not(loom)))]
pub mod capi;
pub mod convert;
mod counting;
#[cfg(feature = "json")]
pub mod json;
mod lanes;
pub mod link;
pub mod mailbox;
pub mod nota;
pub mod number;
pub mod pickle;
mod status;
mod sync;
mod text;
#[cfg(not(loom))]
pub mod tree;
mod value;
pub mod view;
pub mod wota;

pub use blob::Blob;
pub use convert::dump;
pub use link::Link;
pub use mailbox::{Mailbox, NotPosted};
pub use status::Status;
pub use value::{Fault, Limits};
