//! The nesting of values, for writers and checkers of every format: how many values are still to come, which kinds are
//! allowed, how deep they are, and that no record has a duplicate key.
#![forbid(unsafe_code)]

use smallvec::SmallVec;

use crate::allocation::Grow;
use crate::status::Status;
use crate::value::sort::sort;
use crate::value::{Kind, Symbol};

/// How deeply a writer nests containers at most.
pub(crate) const WRITER_MAX_DEPTH: u16 = 512;

/// A container that is being filled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NestingLevel {
    /// The number of values still to come.
    left: u64,
    rule: Rule,
}

/// What a container may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Values,
    /// Keys and values in turn. A key is next when an even number of values is left.
    Pairs,
    /// One record.
    System,
}

/// The rule for the value that a symbol of this code carries; `None` when it carries none.
#[inline]
pub(crate) const fn carried_by(code: u64) -> Option<Rule> {
    match Symbol::from_code(code) {
        Some(Symbol::Private) => Some(Rule::Values),
        Some(Symbol::System) => Some(Rule::System),
        _ => None,
    }
}

impl NestingLevel {
    const TOP: NestingLevel = NestingLevel { left: 1, rule: Rule::Values };

    #[inline]
    fn wants_key(self) -> bool {
        self.rule == Rule::Pairs && self.left.is_multiple_of(2)
    }

    #[inline]
    fn admits(self, kind: Kind) -> bool {
        match self.rule {
            Rule::Values => true,
            Rule::Pairs => kind == Kind::Text || !self.wants_key(),
            Rule::System => kind == Kind::Record,
        }
    }
}

/// The state of a writer.
#[derive(Debug)]
pub(crate) struct Writing {
    level: NestingLevel,
    /// The levels outside the innermost one.
    outer: Vec<NestingLevel>,
    deepest: u16,
    max_depth: u16,
}

impl Default for Writing {
    fn default() -> Self {
        Writing { level: NestingLevel::TOP, outer: Vec::new(), deepest: 0, max_depth: WRITER_MAX_DEPTH }
    }
}

impl Writing {
    /// For values that were checked. Nests as deeply as any limit allows.
    pub(crate) fn deep() -> Self {
        Writing { max_depth: u16::MAX, ..Self::default() }
    }

    /// Starts again; memory stays.
    pub(crate) fn reset(&mut self) {
        self.level = NestingLevel::TOP;
        self.outer.clear();
        self.deepest = 0;
    }

    /// Whether the outermost value is complete.
    pub(crate) fn is_complete(&self) -> bool {
        self.level.left == 0
    }

    /// The depth of the deepest container so far.
    pub(crate) fn deepest(&self) -> u16 {
        self.deepest
    }

    /// Whether a value of this kind is allowed here. `Malformed`.
    #[inline]
    pub(crate) fn admit(&self, kind: Kind) -> Result<(), Status> {
        if self.level.left == 0 || !self.level.admits(kind) { Err(Status::Malformed) } else { Ok(()) }
    }

    /// Whether a reference to a value of this kind is allowed here: wherever the value is, but never as a key.
    /// `Malformed`.
    pub(crate) fn admit_reference(&self, to: Kind) -> Result<(), Status> {
        if self.level.wants_key() { Err(Status::Malformed) } else { self.admit(to) }
    }

    /// Whether such a value is allowed here, and others follow it in the same container: then [`Writing::passed`] is
    /// enough.
    #[inline(always)]
    pub(crate) fn admits_before_others(&self, kind: Kind) -> bool {
        self.level.left > 1 && self.level.admits(kind)
    }

    /// One value less is needed, and it was not the last one.
    #[inline(always)]
    pub(crate) fn passed(&mut self) {
        self.level.left -= 1;
    }

    /// Counts a complete value, and leaves the levels that are full.
    #[inline]
    pub(crate) fn filled(&mut self) {
        self.level.left -= 1;
        while self.level.left == 0
            && let Some(outer) = self.outer.pop()
        {
            self.level = outer;
        }
    }

    /// Checks that one more container may be opened, and makes room for its level. `LimitExceeded`; `NoMemory`.
    #[inline]
    pub(crate) fn reserve(&mut self) -> Result<(), Status> {
        if self.outer.len() == usize::from(self.max_depth) {
            return Err(Status::LimitExceeded);
        }
        Ok(self.outer.try_reserve(1)?)
    }

    /// Opens a container of `values` values. The caller has made room.
    #[inline]
    pub(crate) fn open(&mut self, values: u64, rule: Rule) {
        self.deepest = self.deepest.max(self.outer.len() as u16 + 1);
        if values == 0 {
            self.filled();
        } else {
            self.level.left -= 1;
            self.outer.push_in_room(self.level);
            self.level = NestingLevel { left: values, rule };
        }
    }
}

/// More values than fit in memory. An even number, so that keys and values alternate correctly.
#[cfg(feature = "json")]
const OPEN_ENDED: u64 = 1 << 62;

#[cfg(feature = "json")]
impl Checking {
    /// Opens a container whose number of values is not known yet. `LimitExceeded`; `NoMemory`.
    #[inline]
    pub(crate) fn open_ended(&mut self, rule: Rule) -> Result<(), Status> {
        self.open(OPEN_ENDED, rule)
    }

    /// Ends the innermost container, which is open-ended. Returns its number of values, and the result of
    /// [`Checking::close`].
    #[inline]
    pub(crate) fn end<'a>(&mut self, image: impl Fn(usize, usize) -> &'a [u8]) -> (u64, Result<(), usize>) {
        let count = OPEN_ENDED - self.level.left;
        let distinct = self.distinct(image);
        self.leave();
        (count, distinct)
    }
}

/// The state of a checker. It allocates only when values nest deeper, or when open records have more keys, than the
/// local tables hold.
pub(crate) struct Checking {
    level: NestingLevel,
    open: OpenRecord,
    outer: SmallVec<[(NestingLevel, OpenRecord); 24]>,
    /// The keys of all open records.
    keys: SmallVec<[RecordKey; 64]>,
    max_depth: usize,
    deepest: usize,
}

/// The keys of the innermost record.
#[derive(Clone, Copy)]
struct OpenRecord {
    /// The index of its first key.
    from: usize,
    /// One bit for the mark of each key. A key whose bit is not set yet differs from all of them.
    bits: u64,
}

impl OpenRecord {
    fn from(from: usize) -> Self {
        OpenRecord { from, bits: 0 }
    }
}

/// A key of an open record.
#[derive(Clone, Copy)]
struct RecordKey {
    offset: usize,
    end: usize,
    /// A hash: equal keys have the same mark.
    mark: u32,
}

/// Up to this number of keys, each new one is compared with all earlier ones. More are sorted when the record ends.
const FEW: usize = 16;

impl Checking {
    pub(crate) fn new(max_depth: usize) -> Self {
        Checking {
            level: NestingLevel::TOP,
            open: OpenRecord::from(0),
            outer: SmallVec::new(),
            keys: SmallVec::new(),
            max_depth,
            deepest: 0,
        }
    }

    #[inline]
    pub(crate) fn is_complete(&self) -> bool {
        self.level.left == 0
    }

    /// Makes the state complete.
    pub(crate) fn stop(&mut self) {
        self.level.left = 0;
    }

    pub(crate) fn deepest(&self) -> usize {
        self.deepest
    }

    #[inline]
    pub(crate) fn wants_key(&self) -> bool {
        self.level.wants_key()
    }

    /// Whether a value of this kind is allowed here. `Malformed`.
    #[inline]
    pub(crate) fn admit(&self, kind: Kind) -> Result<(), Status> {
        if self.level.admits(kind) { Ok(()) } else { Err(Status::Malformed) }
    }

    /// Records the key from `offset` to `end`, and compares it with the earlier ones while there are few. `mark` is a
    /// hash of the key; its upper six bits should vary. `image` returns the bytes of a key from its offset and end.
    /// `Malformed` for a duplicate; `NoMemory`.
    #[inline]
    pub(crate) fn key<'a>(
        &mut self,
        offset: usize,
        end: usize,
        mark: u32,
        image: impl Fn(usize, usize) -> &'a [u8],
    ) -> Result<(), Status> {
        let bit = 1 << (mark >> 26);
        if self.open.bits & bit != 0 && self.has_key(offset, end, mark, image) {
            return Err(Status::Malformed);
        }
        self.open.bits |= bit;
        if self.keys.len() == self.keys.capacity() {
            self.keys.try_reserve(1)?;
        }
        self.keys.push(RecordKey { offset, end, mark });
        Ok(())
    }

    /// Whether the record has this key already; false when it has so many keys that they are sorted later.
    #[inline(never)]
    fn has_key<'a>(
        &self,
        offset: usize,
        end: usize,
        mark: u32,
        image: impl Fn(usize, usize) -> &'a [u8],
    ) -> bool {
        let before = &self.keys[self.open.from..];
        let same =
            |other: &RecordKey| other.mark == mark && image(other.offset, other.end) == image(offset, end);
        before.len() < FEW && before.iter().any(same)
    }

    /// Opens a container of `values` values. `LimitExceeded`; `NoMemory`.
    #[inline]
    pub(crate) fn open(&mut self, values: u64, rule: Rule) -> Result<(), Status> {
        let depth = self.outer.len() + 1;
        if depth > self.max_depth {
            return Err(Status::LimitExceeded);
        }
        self.outer.try_reserve(1)?;
        self.deepest = self.deepest.max(depth);
        self.level.left -= 1;
        self.outer.push((self.level, self.open));
        self.open = OpenRecord::from(self.keys.len());
        self.level = NestingLevel { left: values, rule };
        Ok(())
    }

    /// Counts a value without inner values.
    #[inline]
    pub(crate) fn filled(&mut self) {
        self.level.left -= 1;
    }

    /// Leaves the levels that are full. The error is the offset of the first key in such a record that repeats an
    /// earlier one.
    #[inline(always)]
    pub(crate) fn close<'a>(&mut self, image: impl Fn(usize, usize) -> &'a [u8]) -> Result<(), usize> {
        if self.level.left == 0 { self.close_full(image) } else { Ok(()) }
    }

    #[inline(never)]
    fn close_full<'a>(&mut self, image: impl Fn(usize, usize) -> &'a [u8]) -> Result<(), usize> {
        while self.close_one(&image)? {}
        Ok(())
    }

    /// Leaves the innermost level if it is full; returns whether it was a container. Errors as for [`Checking::close`].
    #[inline(always)]
    pub(crate) fn close_one<'a>(&mut self, image: impl Fn(usize, usize) -> &'a [u8]) -> Result<bool, usize> {
        if self.level.left != 0 {
            return Ok(false);
        }
        self.distinct(image)?;
        Ok(self.leave())
    }

    /// Checks that the innermost level has no duplicate key. Errors as for [`Checking::close`].
    #[inline]
    fn distinct<'a>(&mut self, image: impl Fn(usize, usize) -> &'a [u8]) -> Result<(), usize> {
        if self.level.rule == Rule::Pairs {
            distinct(&mut self.keys[self.open.from..], image)
        } else {
            Ok(())
        }
    }

    /// Leaves the innermost level and drops its keys; returns false at the outermost level.
    #[inline]
    fn leave(&mut self) -> bool {
        self.keys.truncate(self.open.from);
        let Some(outer) = self.outer.pop() else { return false };
        (self.level, self.open) = outer;
        true
    }
}

fn distinct<'a>(keys: &mut [RecordKey], image: impl Fn(usize, usize) -> &'a [u8]) -> Result<(), usize> {
    if keys.len() <= FEW {
        return Ok(());
    }
    let image = |key: &RecordKey| image(key.offset, key.end);
    let order =
        |one: &RecordKey, other: &RecordKey| image(one).cmp(image(other)).then(one.offset.cmp(&other.offset));
    sort(keys, order);
    let same = keys.windows(2).filter(|two| image(&two[0]) == image(&two[1]));
    same.map(|two| two[1].offset).min().map_or(Ok(()), Err)
}
