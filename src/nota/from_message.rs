//! From the words of a message to bytes, in one pass.

use super::encode::Encoder;
use crate::blob::Blob;
use crate::number::Number;
use crate::status::Status;
use crate::value::Symbol;
use crate::wota::{self, Visitor, Words, copy_bits};

/// A message's value as Nota; see [`nota_from_message`](crate::convert::nota_from_message). The message must have no
/// references.
pub(crate) fn from_message(message: &Blob) -> Result<Blob, Status> {
    // Most of a message is text, with four bytes per character.
    let mut encoder = Encoder::with_room(message.bytes().len() / 3)?;
    wota::visit(message, &mut encoder)?;
    encoder.stone()
}

impl Visitor for Encoder {
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn integer(&mut self, value: i64) -> Result<(), Status> {
        Encoder::integer(self, value)
    }

    #[inline]
    fn number(&mut self, value: Number) -> Result<(), Status> {
        match value {
            Number::Integer(value) => Encoder::integer(self, value),
            Number::Double(value) => Encoder::number(self, value),
            Number::Decimal(value) => self.decimal(value),
        }
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn key(&mut self, words: Words<'_>, count: usize) -> Result<(), Status> {
        self.words_text::<1>(words, count)
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn text(&mut self, words: Words<'_>, count: usize) -> Result<(), Status> {
        self.words_text::<2>(words, count)
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn array(&mut self, count: u64) -> Result<(), Status> {
        Encoder::array(self, count)
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn record(&mut self, pairs: u64) -> Result<(), Status> {
        Encoder::record(self, pairs)
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
        Encoder::symbol(self, symbol)
    }

    #[inline(never)]
    fn bits(&mut self, words: Words<'_>, bits: usize) -> Result<(), Status> {
        self.fill_bits(bits, |place| copy_bits(words, place))
    }

    #[inline(never)]
    fn stone(&mut self, stone: &Blob) -> Result<(), Status> {
        let stone = wota::outgoing_stone(stone.clone())?;
        Encoder::bits(self, stone.bytes(), stone.length_bits())
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn end(&mut self) -> Result<(), Status> {
        Ok(())
    }
}
