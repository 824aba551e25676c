//! One pass over all of a message's value, for conversions. The pass also checks that the keys of each record differ,
//! which writers do not do.

use super::header::message_words;
use super::layout::{Classic, Dec64Words, Layout};
use super::validate::{check_message, mark};
use super::value_ref::held_blob;
use super::word::{Dialect, Words};
use crate::blob::Blob;
use crate::number::Number;
use crate::status::Status;
use crate::value::Limits;
use crate::value::nesting::{Checking, Rule};
use crate::value::{Kind, Symbol};

/// Receives a value piece by piece, from the outside in.
pub(crate) trait Visitor {
    /// A whole number.
    fn integer(&mut self, value: i64) -> Result<(), Status>;
    /// Any other number.
    fn number(&mut self, value: Number) -> Result<(), Status>;
    /// A key of a record: the first `count` characters of the words. The words continue with the rest of the message.
    fn key(&mut self, words: Words<'_>, count: usize) -> Result<(), Status>;
    /// A text, as for a key.
    fn text(&mut self, words: Words<'_>, count: usize) -> Result<(), Status>;
    /// An array of `count` elements.
    fn array(&mut self, count: u64) -> Result<(), Status>;
    /// A record of `pairs` pairs.
    fn record(&mut self, pairs: u64) -> Result<(), Status>;
    /// A symbol. The value that a private or system symbol carries follows.
    fn symbol(&mut self, symbol: Symbol) -> Result<(), Status>;
    /// A blob of `bits` bits. The first one is the most significant bit of the first word.
    fn bits(&mut self, words: Words<'_>, bits: usize) -> Result<(), Status>;
    /// A stone.
    fn stone(&mut self, stone: &Blob) -> Result<(), Status>;
    /// The innermost container is complete: an array, a record, or a symbol with the value it carries.
    fn end(&mut self) -> Result<(), Status>;
}

/// Visits the value of a message without references.
///
/// `NotStone`; `WrongType` when it is not a message; `Malformed` when two keys of a record are equal, which takes
/// precedence over the visitor's statuses; `NoMemory`.
pub(crate) fn visit(message: &Blob, visitor: &mut impl Visitor) -> Result<(), Status> {
    let (words, _, dialect) = message_words(message)?;
    let outcome = match dialect {
        Dialect::Classic => walk::<Classic>(words, message.held(), visitor),
        Dialect::Dec64 => walk::<Dec64Words>(words, message.held(), visitor),
    };
    match outcome {
        Ok(()) => Ok(()),
        Err(status) => {
            check_message(message)?;
            Err(status)
        }
    }
}

fn walk<L: Layout>(words: Words<'_>, held: &[Blob], visitor: &mut impl Visitor) -> Result<(), Status> {
    let image =
        |offset: usize, end: usize| words.run(offset, (end - offset) as u64).map_or(&[][..], Words::image);
    let mut nesting = Checking::new(Limits::UNLIMITED.depth());
    let mut offset = 0;
    while !nesting.is_complete() {
        let (word, rest) = words.raw().get(offset..).and_then(<[_]>::split_first).ok_or(Status::Malformed)?;
        let word = words.load(word);
        offset += 1;
        if let Some(characters) = L::text(word) {
            let rest = Words::of_words(rest);
            let count = usize::try_from(characters).map_err(|_| Status::Malformed)?;
            let own = count.div_ceil(2);
            if own > rest.len() {
                return Err(Status::Malformed);
            }
            let start = offset - 1;
            offset += own;
            if nesting.wants_key() {
                nesting.key(start, offset, mark(words, start, offset), image)?;
                nesting.filled();
                visitor.key(rest, count)?;
                continue;
            }
            visitor.text(rest, count)?;
            nesting.filled();
        } else {
            offset += other::<L>(word, Words::of_words(rest), held, &mut nesting, visitor)?;
        }
        while nesting.close_one(image).map_err(|_| Status::Malformed)? {
            visitor.end()?;
        }
    }
    Ok(())
}

/// Visits a value that is not a text, without its inner values; returns the number of words between its first word and
/// the next value.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn other<L: Layout>(
    word: u64,
    rest: Words<'_>,
    held: &[Blob],
    nesting: &mut Checking,
    visitor: &mut impl Visitor,
) -> Result<usize, Status> {
    let head = L::head(word)?;
    match head.kind {
        Kind::Integer => {
            nesting.filled();
            visitor.integer(L::to_integer(head))?;
            return Ok(0);
        }
        Kind::Float => {
            nesting.filled();
            visitor.number(L::to_number(head, rest.get(0)).ok_or(Status::Malformed)?)?;
            return Ok(L::FLOAT_PAYLOAD as usize);
        }
        Kind::Array => {
            nesting.open(head.field, Rule::Values)?;
            visitor.array(head.field)?;
            return Ok(0);
        }
        Kind::Record => {
            nesting.open(head.field.saturating_mul(2), Rule::Pairs)?;
            visitor.record(head.field)?;
            return Ok(0);
        }
        Kind::Symbol => {
            match head.contains() {
                Some((values, rule)) => nesting.open(values, rule)?,
                None => nesting.filled(),
            }
            visitor.symbol(Symbol::from_code(head.field).ok_or(Status::Malformed)?)?;
            return Ok(0);
        }
        _ => {}
    }
    let own = rest.run(0, L::payload(head)).ok_or(Status::Malformed)?;
    nesting.filled();
    match head.kind {
        Kind::Blob => visitor.bits(own, usize::try_from(head.field).map_err(|_| Status::Malformed)?)?,
        Kind::Stone => {
            visitor.stone(held_blob(held, own.get(0).ok_or(Status::Malformed)?)?)?;
        }
        // The caller flattens messages first, so there are no references.
        _ => return Err(Status::WrongType),
    }
    Ok(own.len())
}
