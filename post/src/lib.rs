//! Letters between machines: mailboxes of one process post to mailboxes of another, on any machine, through a store
//! that keeps letters until they are taken (NATS JetStream).
//!
//! * [`Office`]: takes letters from proxies to the store, and from the store to mailboxes.
//! * [`carrier::Carrier`]: the interface to a store: `nats` is one, [`memory`] another one for tests.
//!
//! Blobs, messages and mailboxes are libdrystone's, called through its C interface. The C interface of this library
//! is `drystone_post.h`. `docs/post.md` lists what is promised and what is not.
//!
//! An office has two threads, and the carrier over NATS has one for the network. They end with the office.

pub mod capi;
pub mod carrier;
pub mod core;
mod envelope;
mod head;
mod limits;
pub mod memory;
#[cfg(feature = "nats")]
pub mod nats;
mod office;
mod receive;
mod send;
mod shared;
mod status;

pub use core::{Blob, Mailbox, NotPosted};
pub use envelope::LetterChunk;
pub use limits::Limits;
pub use office::{LONGEST_ADDRESS, Office};
pub use shared::{Counts, Options};
pub use status::Status;
