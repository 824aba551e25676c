//! Wota: values as 64-bit words, and messages that hold stones by reference.
//!
//! The layout is the classic one that Douglas Crockford published and the cell engine speaks: a preamble
//! word `(field << 8) | type`, then as many words as the type requires. Types 8 and 9 are drystone's: references to a
//! stone, and to a value of another message, that the message holds. They never leave the process.
//!
//! [`Writer`] makes messages. [`Reader`] reads messages and checked bytes. [`validate`] checks untrusted bytes.
//! [`to_bytes`] and [`from_bytes`] convert between messages and bytes. This module has no unsafe code.
#![forbid(unsafe_code)]

mod bytes;
mod encode;
mod flatten;
mod header;
mod items;
mod layout;
mod memo;
mod mixed;
mod packed;
mod parts;
mod read;
mod text;
mod validate;
mod value_ref;
mod walk;
mod weigh;
mod word;
mod write;

pub use crate::value::{Fault, INTEGER_MAX, INTEGER_MIN, Kind, Symbol};
pub(crate) use bytes::{OUTGOING, outgoing, outgoing_stone};
pub use bytes::{from_bytes, to_bytes};
pub(crate) use encode::Encoder;
pub(crate) use flatten::{flat, flatten};
pub(crate) use header::holds_anything;
pub use header::{dialect_of, is_message, refers};
pub use items::Item;
pub use layout::{Classic, Dec64Words, Head, Layout, NumberWords};
pub(crate) use mixed::Mixed;
pub(crate) use parts::Things;
pub use parts::{Parts, from_parts, to_parts};
pub use read::{AnyReader, Reader};
pub(crate) use text::{matches as text_matches, narrow_ascii, pack_ascii, utf8, words_of as text_words};
#[cfg(feature = "json")]
pub(crate) use validate::mark;
pub use validate::validate;
pub(crate) use validate::{check_message, names_nothing};
pub(crate) use value_ref::ValueRef;
pub(crate) use walk::{Visitor, visit};
pub use weigh::flattened_words;
pub use word::Dialect;
pub(crate) use word::{Word, Words, copy_bits};
pub use write::{AnyWriter, WRITER_MAX_DEPTH, Writer};
