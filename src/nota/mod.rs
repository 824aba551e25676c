//! Nota: the byte-oriented form of messages for networks and files. Source: Douglas Crockford's page on Nota. Stones
//! never travel: the stones of a message become plain blobs.
//!
//! A value is a preamble byte `C TTT DDDD` (continue, type, data) and the bytes that its type requires. A number that
//! does not fit in the data bits continues in Kim bytes; the data bits are its most significant ones.
//!
//! [`Writer`] makes Nota. [`Reader`] reads checked bytes. [`validate`] checks untrusted bytes. [`Pieces`] checks and
//! reads them in one pass. [`Feeder`] finds the end of a value that arrives in pieces. This module has no unsafe
//! code.
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
