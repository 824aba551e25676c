//! Nota: the form of messages for networks and files, a byte at a time. Source: Douglas Crockford's page on
//! Nota. Stones never travel: what is a stone in a message is a plain blob here.
//!
//! A value is a preamble byte `C TTT DDDD` (continue, type, data) and what its type asks for; a number that
//! the data bits do not hold goes on in Kim bytes, the data bits holding what is left at the top.
//!
//! [`Writer`] makes it, [`Reader`] reads checked bytes, [`validate`] checks bytes from outside, [`Pieces`] checks
//! and reads them in one pass, [`Feeder`] finds where a value ends in pieces that come one after another. Nothing here is unsafe.
#![forbid(unsafe_code)]

mod encode;
mod feed;
mod form;
mod from_message;
mod pieces;
mod read;
mod text;
mod to_message;
mod validate;
mod write;

pub use feed::{Fed, Feeder};
pub(crate) use from_message::from_message;
pub use pieces::{Piece, Pieces};
pub use read::Reader;
pub use text::Text;
pub(crate) use to_message::to_message;
pub use validate::validate;
pub use write::Writer;
