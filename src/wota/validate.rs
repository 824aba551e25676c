//! Checking words from outside, completely and in one pass: after it, a reader can only meet values.
//!
//! Nothing is allocated for ordinary input. Scratch memory is taken for what nests deeper, or has more
//! keys open, than the local tables hold; it stays within the size of the input.

use smallvec::SmallVec;

use super::text::Packed;
use super::word::{Dialect, Head, Kind, Symbol, Words};
use crate::blob::Blob;
use crate::{Limits, Status};

/// What is wrong with an input, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `Truncated`, `LimitExceeded`, `ForeignReference`, `Malformed` or `NoMemory`.
    pub status: Status,
    /// In words from the start.
    pub offset: usize,
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Status {
        fault.status
    }
}

/// Checks that little-endian bytes are exactly one value that keeps every rule, and names no stone.
pub fn validate(bytes: &[u8], dialect: Dialect, limits: &Limits) -> Result<(), Fault> {
    match dialect {
        Dialect::Classic => {
            let (words, ragged) = Words::little_endian(bytes);
            check(words, ragged, None, limits).map(|_| ())
        }
    }
}

/// Keys beyond this number are compared when their record ends, sorted; up to it, each with each.
const FEW: usize = 16;

#[derive(Clone, Copy)]
struct Level {
    left: u64,
    rule: Rule,
    /// Where this record's keys start in the list of open keys.
    keys_from: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Values,
    Pairs,
    System,
}

struct Checker<'a> {
    words: Words<'a>,
    /// The stones that may be named; `None` for bytes from outside.
    held: Option<&'a [Blob]>,
    max_depth: usize,
    level: Level,
    outer: SmallVec<[Level; 24]>,
    /// Offsets of the keys of all open records.
    keys: SmallVec<[usize; 64]>,
    deepest: usize,
}

/// The check itself; gives the depth. `ragged` says that less than a word is left over.
pub(super) fn check(
    words: Words<'_>,
    ragged: bool,
    held: Option<&[Blob]>,
    limits: &Limits,
) -> Result<u16, Fault> {
    if words.len() as u64 > limits.max_words {
        return Err(Fault { status: Status::LimitExceeded, offset: 0 });
    }
    let mut checker = Checker {
        words,
        held,
        max_depth: limits.depth(),
        level: Level { left: 1, rule: Rule::Values, keys_from: 0 },
        outer: SmallVec::new(),
        keys: SmallVec::new(),
        deepest: 0,
    };
    let mut offset = 0;
    while checker.level.left != 0 {
        offset = checker.value(offset)?;
    }
    if offset != words.len() || ragged {
        return Err(Fault { status: Status::Malformed, offset });
    }
    Ok(checker.deepest as u16)
}

impl Checker<'_> {
    /// Checks the value at `offset` but for what it contains; gives where the next one starts.
    fn value(&mut self, offset: usize) -> Result<usize, Fault> {
        let fault = |status| Fault { status, offset };
        let word = self.words.get(offset).ok_or(fault(Status::Truncated))?;
        let head = Head::of(word).map_err(fault)?;
        let is_key = self.level.rule == Rule::Pairs && self.level.left.is_multiple_of(2);
        if (is_key && head.kind != Kind::Text)
            || (self.level.rule == Rule::System && head.kind != Kind::Record)
        {
            return Err(fault(Status::Malformed));
        }
        let next = offset + 1;
        let left = (self.words.len() - next) as u64;
        if head.kind == Kind::Stone && self.held.is_none() {
            return Err(fault(Status::ForeignReference));
        }
        let Some(payload) = self.words.run(next, head.payload()) else {
            return Err(fault(Status::Truncated));
        };
        if self.payload(head, payload).is_err() {
            return Err(fault(Status::Malformed));
        }
        if head.values() > left {
            return Err(fault(Status::Truncated));
        }
        if is_key {
            self.key(offset)?;
        }
        let container = match head.kind {
            Kind::Array => Some(Rule::Values),
            Kind::Record => Some(Rule::Pairs),
            Kind::Symbol if head.field == Symbol::Private as u64 => Some(Rule::Values),
            Kind::Symbol if head.field == Symbol::System as u64 => Some(Rule::System),
            _ => None,
        };
        self.level.left -= 1;
        if let Some(rule) = container {
            let depth = self.outer.len() + 1;
            if depth > self.max_depth {
                return Err(fault(Status::LimitExceeded));
            }
            self.deepest = self.deepest.max(depth);
            self.outer.try_reserve(1).map_err(|_| fault(Status::NoMemory))?;
            self.outer.push(self.level);
            self.level = Level { left: head.values(), rule, keys_from: self.keys.len() };
        }
        while self.level.left == 0 {
            self.close()?;
            match self.outer.pop() {
                Some(outer) => self.level = outer,
                None => break,
            }
        }
        Ok(next + payload.len())
    }

    /// The words that belong to one value alone.
    fn payload(&self, head: Head, words: Words<'_>) -> Result<(), Status> {
        let good = match head.kind {
            Kind::Integer | Kind::Array | Kind::Record => true,
            Kind::Float => head.field == 0,
            Kind::Symbol => Symbol::from_code(head.field).is_some(),
            Kind::Text => {
                Packed::check(words, head.field as usize)?;
                true
            }
            Kind::Blob => {
                let used = head.field % 64;
                used == 0 || words.iter().next_back().is_none_or(|last| last << used == 0)
            }
            Kind::Stone => match (self.held, words.get(0)) {
                (Some(held), Some(index)) => usize::try_from(index)
                    .ok()
                    .and_then(|index| held.get(index))
                    .is_some_and(|stone| stone.length_bits() as u64 == head.field),
                _ => false,
            },
        };
        if good { Ok(()) } else { Err(Status::Malformed) }
    }

    /// Notes a key of the innermost record; among few it is compared at once.
    fn key(&mut self, offset: usize) -> Result<(), Fault> {
        let before = &self.keys[self.level.keys_from..];
        if before.len() < FEW && before.iter().any(|other| self.same_key(*other, offset)) {
            return Err(Fault { status: Status::Malformed, offset });
        }
        self.keys.try_reserve(1).map_err(|_| Fault { status: Status::NoMemory, offset })?;
        self.keys.push(offset);
        Ok(())
    }

    /// Leaves the innermost level; when it is a record of many keys, two neighbours of its sorted keys
    /// may not be the same.
    fn close(&mut self) -> Result<(), Fault> {
        if self.level.rule != Rule::Pairs {
            return Ok(());
        }
        let words = self.words;
        let keys = &mut self.keys[self.level.keys_from..];
        if keys.len() > FEW {
            keys.sort_unstable_by(|one, other| {
                key_image(words, *one).cmp(key_image(words, *other)).then(one.cmp(other))
            });
            let same = keys.windows(2).filter(|two| key_image(words, two[0]) == key_image(words, two[1]));
            if let Some(offset) = same.map(|two| two[1]).min() {
                return Err(Fault { status: Status::Malformed, offset });
            }
        }
        self.keys.truncate(self.level.keys_from);
        Ok(())
    }

    fn same_key(&self, one: usize, other: usize) -> bool {
        self.words.get(one) == self.words.get(other)
            && key_image(self.words, one) == key_image(self.words, other)
    }
}

/// The memory of a text with its preamble. Words are canonical, so equal texts are equal here.
fn key_image(words: Words<'_>, offset: usize) -> &[u8] {
    let characters = words.get(offset).map_or(0, |word| word >> 8);
    words.run(offset, characters.div_ceil(2) + 1).map_or(&[], Words::image)
}
