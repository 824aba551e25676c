//! The size of a message with every reference replaced by its value. Sharing can make that exponential in the number of
//! words, so it is computed before anything is allocated: each target of a reference is walked over once, and its size
//! is remembered.

use super::header::{dialect_of, holds_anything};
use super::layout::{Classic, Layout};
use super::memo::{Memo, MemoKey};
use super::read::{AnyReader, Reader};
use super::value_ref::ValueRef;
use super::word::Dialect;
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;
use crate::value::{Kind, Limits};

/// The size of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    pub(crate) words: u64,
    pub(crate) depth: u32,
}

/// What happens to stones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stones {
    /// They stay references.
    Held,
    /// Their bits replace them; for a message that holds something, the bytes of its value.
    Inline,
}

/// Computes sizes, each value once. The messages must stay alive as long as it is used.
pub(crate) struct Scale {
    /// Sizes by message, offset, and the target dialect.
    known: Memo<Weight>,
    stones: Stones,
    limits: Limits,
}

/// A value that is being walked over.
struct WalkedValue<'a> {
    key: MemoKey,
    /// The target dialect of its value.
    target: Dialect,
    reader: AnyReader<'a>,
    /// The start of its part of the levels.
    base: usize,
    weight: Weight,
    /// The depth of the next inner value.
    level: u32,
    /// The inner value is replaced by its bytes.
    as_bytes: bool,
}

/// The next inner value.
enum Inner<'a> {
    Nothing,
    Value(ValueRef<'a>),
    Message(&'a Blob),
}

impl Scale {
    pub(crate) fn new(stones: Stones, limits: &Limits) -> Self {
        Scale { known: Memo::default(), stones, limits: *limits }
    }

    /// The size of the message in the dialect. `LimitExceeded` as soon as that is certain; `NotStone`; `WrongType`;
    /// `OutOfRange` for a number that the dialect cannot represent; `NoMemory`.
    pub(crate) fn weigh(&mut self, message: &Blob, dialect: Dialect) -> Result<Weight, Status> {
        let mut levels: Vec<u64> = Vec::new();
        let mut walks: Vec<WalkedValue<'_>> = Vec::new();
        let root = ValueRef { message: message.into(), offset: 0 };
        let mut found = self.begin(root, dialect, &mut walks, &mut levels)?;
        loop {
            if let Some(weight) = found.take() {
                let Some(walk) = walks.last_mut() else { return Ok(weight) };
                self.add(walk, weight)?;
            }
            let Some(walk) = walks.last_mut() else { return Err(Status::Malformed) };
            let target = walk.target;
            let next = match walk.reader {
                AnyReader::Classic(ref mut reader) => {
                    step(reader, target, self.stones, &mut walk.weight, walk.base, &mut levels)
                }
                AnyReader::Dec64(ref mut reader) => {
                    step(reader, target, self.stones, &mut walk.weight, walk.base, &mut levels)
                }
            }?;
            self.check(&walk.weight)?;
            match next {
                None => {
                    // The whole value was walked over.
                    if let Some(walk) = walks.pop() {
                        self.known.insert(walk.key, walk.weight)?;
                        found = Some(walk.weight);
                    }
                }
                Some(Inner::Nothing) => {}
                Some(Inner::Value(place)) => {
                    walk.level = (levels.len() - walk.base - 1) as u32;
                    walk.as_bytes = false;
                    found = self.begin(place, target, &mut walks, &mut levels)?;
                }
                Some(Inner::Message(inner)) => {
                    walk.as_bytes = true;
                    let place = ValueRef { message: inner.into(), offset: 0 };
                    let dialect = dialect_of(inner)?;
                    found = self.begin(place, dialect, &mut walks, &mut levels)?;
                }
            }
        }
    }

    /// The known size of a value, or a walk over it.
    fn begin<'a>(
        &self,
        place: ValueRef<'a>,
        dialect: Dialect,
        walks: &mut Vec<WalkedValue<'a>>,
        levels: &mut Vec<u64>,
    ) -> Result<Option<Weight>, Status> {
        let key = (place.message.as_raw(), place.offset, dialect as u8);
        if let Some(weight) = self.known.get(&key) {
            return Ok(Some(weight));
        }
        levels.try_push(1)?;
        let (reader, base) = (place.reader()?, levels.len() - 1);
        walks.try_push(WalkedValue {
            key,
            target: dialect,
            reader,
            base,
            weight: Weight::default(),
            level: 0,
            as_bytes: false,
        })?;
        Ok(None)
    }

    /// Adds the size of an inner value to this one.
    fn add(&self, walk: &mut WalkedValue<'_>, inner: Weight) -> Result<(), Status> {
        walk.weight.words = walk.weight.words.saturating_add(inner.words);
        if walk.as_bytes {
            walk.weight.words = walk.weight.words.saturating_add(1);
        } else {
            walk.weight.depth = walk.weight.depth.max(walk.level.saturating_add(inner.depth));
        }
        self.check(&walk.weight)
    }

    fn check(&self, weight: &Weight) -> Result<(), Status> {
        let deep = weight.depth as usize > self.limits.depth();
        if deep || weight.words > self.limits.max_words { Err(Status::LimitExceeded) } else { Ok(()) }
    }
}

/// Walks over one value without its inner values; `None` after the last one.
fn step<'a, L: Layout>(
    reader: &mut Reader<'a, L>,
    target: Dialect,
    stones: Stones,
    weight: &mut Weight,
    base: usize,
    levels: &mut Vec<u64>,
) -> Result<Option<Inner<'a>>, Status> {
    while levels.len() > base && levels.last() == Some(&0) {
        levels.pop();
    }
    if levels.len() == base {
        return Ok(None);
    }
    if let Some(left) = levels.last_mut() {
        *left -= 1;
    }
    let head = reader.head()?;
    let mut next = Inner::Nothing;
    let words = match head.kind {
        Kind::Value => {
            next = Inner::Value(reader.reference()?);
            0
        }
        Kind::Stone if stones == Stones::Inline => {
            let stone = reader.stone_here()?;
            if holds_anything(stone) {
                next = Inner::Message(stone);
                0
            } else {
                1 + head.field.div_ceil(64)
            }
        }
        Kind::Integer | Kind::Float => number_words(reader, target)?,
        _ => 1 + L::payload(head),
    };
    weight.words = weight.words.saturating_add(words);
    reader.step_over(head)?;
    if let Some((values, _)) = head.contains() {
        weight.depth = weight.depth.max((levels.len() - base) as u32);
        levels.try_push(values)?;
    }
    Ok(Some(next))
}

/// The number of words of the number here in the dialect.
fn number_words<L: Layout>(reader: &Reader<'_, L>, target: Dialect) -> Result<u64, Status> {
    if target == Dialect::Dec64 {
        return Ok(1);
    }
    let head = reader.head()?;
    if head.kind == Kind::Integer || L::DIALECT == Dialect::Classic {
        return Ok(1 + L::payload(head));
    }
    let mut reader = *reader;
    let two = Classic::numeric(reader.numeric()?)?.1.is_some();
    Ok(1 + u64::from(two))
}

/// The number of words and the depth of the message's value with every reference replaced by its value, and stones
/// still by reference: those of the result of `convert::transcode` into the same dialect.
///
/// `NotStone`; `WrongType` when it is not a message; `LimitExceeded`; `OutOfRange` for another message's number that
/// its dialect cannot represent; `NoMemory`.
pub fn flattened_words(message: &Blob, limits: &Limits) -> Result<u64, Status> {
    let dialect = dialect_of(message)?;
    Ok(Scale::new(Stones::Held, limits).weigh(message, dialect)?.words)
}
