//! Values within values, for writers and checkers of every format: how many are still needed, what may
//! stand where, how deep, and that no key of a record stands twice.
#![forbid(unsafe_code)]

use core::cmp::Ordering;

use smallvec::SmallVec;

use crate::allocation::Grow;
use crate::status::Status;
use crate::value::{Kind, Symbol};

/// How many containers a writer opens within each other.
pub(crate) const WRITER_MAX_DEPTH: u16 = 512;

/// A container that is being filled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NestingLevel {
    /// How many values it still needs.
    left: u64,
    rule: Rule,
}

/// What a container may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Values,
    /// A key is next whenever an even number of values is left.
    Pairs,
    /// Only a record will do.
    System,
}

/// What has to follow a symbol of this code, if anything has.
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
    /// The levels around the innermost one.
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
    /// For values that were checked: as deep as any limit allows.
    pub(crate) fn deep() -> Self {
        Writing { max_depth: u16::MAX, ..Self::default() }
    }

    /// Back to the start; memory stays.
    pub(crate) fn reset(&mut self) {
        self.level = NestingLevel::TOP;
        self.outer.clear();
        self.deepest = 0;
    }

    /// Whether the one value is complete.
    pub(crate) fn is_complete(&self) -> bool {
        self.level.left == 0
    }

    /// How deep it ever was.
    pub(crate) fn deepest(&self) -> u16 {
        self.deepest
    }

    /// Whether such a value is allowed here. `Malformed`.
    #[inline]
    pub(crate) fn admit(&self, kind: Kind) -> Result<(), Status> {
        if self.level.left == 0 || !self.level.admits(kind) { Err(Status::Malformed) } else { Ok(()) }
    }

    /// Whether a reference to such a value is allowed here: in place of the value, but never of a key. `Malformed`.
    pub(crate) fn admit_reference(&self, to: Kind) -> Result<(), Status> {
        if self.level.wants_key() { Err(Status::Malformed) } else { self.admit(to) }
    }

    /// One value less is needed; levels that are full are left.
    #[inline]
    pub(crate) fn filled(&mut self) {
        self.level.left -= 1;
        while self.level.left == 0
            && let Some(outer) = self.outer.pop()
        {
            self.level = outer;
        }
    }

    /// Whether one more container may be opened, and room for it. `LimitExceeded`; `NoMemory`.
    #[inline]
    pub(crate) fn reserve(&mut self) -> Result<(), Status> {
        if self.outer.len() == usize::from(self.max_depth) {
            return Err(Status::LimitExceeded);
        }
        Ok(self.outer.try_reserve(1)?)
    }

    /// A container of that many values is here; there is room.
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

/// As many values as nobody writes: an even number, so that keys stand where they should.
#[cfg(feature = "json")]
const OPEN_ENDED: u64 = 1 << 62;

#[cfg(feature = "json")]
impl Checking {
    /// A container of values whose number is not known yet. `LimitExceeded`; `NoMemory`.
    #[inline]
    pub(crate) fn open_ended(&mut self, rule: Rule) -> Result<(), Status> {
        self.open(OPEN_ENDED, rule)
    }

    /// The innermost container, which is open-ended, ends here. How many values it has; and as [`Checking::close`].
    #[inline]
    pub(crate) fn end<'a>(&mut self, image: impl Fn(usize, usize) -> &'a [u8]) -> (u64, Result<(), usize>) {
        let count = OPEN_ENDED - self.level.left;
        let distinct = self.distinct(image);
        self.leave();
        (count, distinct)
    }
}

/// The state of a checker. Nothing is allocated while it nests no deeper, and has no more keys open, than the local
/// tables hold.
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
    /// Where they start.
    from: usize,
    /// A bit for each one's mark: a key whose bit is not there yet differs from all of them.
    bits: u64,
}

impl OpenRecord {
    fn from(from: usize) -> Self {
        OpenRecord { from, bits: 0 }
    }
}

/// A key of an open record: where it is, and a mark that equal keys share.
#[derive(Clone, Copy)]
struct RecordKey {
    offset: usize,
    end: usize,
    mark: u32,
}

/// Up to this number of keys each is compared with each, as it comes; more are sorted when the record ends.
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

    /// Nothing more is wanted.
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

    /// Whether such a value is allowed here. `Malformed`.
    #[inline]
    pub(crate) fn admit(&self, kind: Kind) -> Result<(), Status> {
        if self.level.admits(kind) { Ok(()) } else { Err(Status::Malformed) }
    }

    /// Notes the key at `offset`; among few it is compared at once. Equal keys have the same `mark`, others
    /// rarely, and seldom its upper bits; `image` gives the bytes of the key at an offset. `Malformed`; `NoMemory`.
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

    /// Whether the key is among the few that were compared at once.
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

    /// A container of that many values is here. `LimitExceeded`; `NoMemory`.
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

    /// A value without values of its own is here.
    #[inline]
    pub(crate) fn filled(&mut self) {
        self.level.left -= 1;
    }

    /// Leaves the levels that are full. The offset of a key that occurs twice in a record that is left is an error: the
    /// later one's, the earliest of them.
    #[inline(always)]
    pub(crate) fn close<'a>(&mut self, image: impl Fn(usize, usize) -> &'a [u8]) -> Result<(), usize> {
        if self.level.left == 0 { self.close_full(image) } else { Ok(()) }
    }

    #[inline(never)]
    fn close_full<'a>(&mut self, image: impl Fn(usize, usize) -> &'a [u8]) -> Result<(), usize> {
        while self.close_one(&image)? {}
        Ok(())
    }

    /// Leaves the innermost level if it is full; whether it was a container. As for [`Checking::close`].
    #[inline(always)]
    pub(crate) fn close_one<'a>(&mut self, image: impl Fn(usize, usize) -> &'a [u8]) -> Result<bool, usize> {
        if self.level.left != 0 {
            return Ok(false);
        }
        self.distinct(image)?;
        Ok(self.leave())
    }

    /// Whether no key of the innermost level stands twice. As for [`Checking::close`].
    #[inline]
    fn distinct<'a>(&mut self, image: impl Fn(usize, usize) -> &'a [u8]) -> Result<(), usize> {
        if self.level.rule == Rule::Pairs {
            distinct(&mut self.keys[self.open.from..], image)
        } else {
            Ok(())
        }
    }

    /// Leaves the innermost level and its keys; false at the outermost one.
    #[inline]
    fn leave(&mut self) -> bool {
        self.keys.truncate(self.open.from);
        let Some(outer) = self.outer.pop() else { return false };
        (self.level, self.open) = outer;
        true
    }
}

/// The standard library's sort takes stack for the logarithm of the number: up to so many keys less than 10 KiB, whatever
/// their order.
const MANY: usize = 1 << 20;

/// Sorts by a heap, which takes no stack.
#[cold]
fn sort_on_the_spot<T>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering) {
    let sift = |heap: &mut [T], mut at: usize| loop {
        let mut largest = at;
        for child in [2 * at + 1, 2 * at + 2] {
            if child < heap.len() && order(&heap[largest], &heap[child]) == Ordering::Less {
                largest = child;
            }
        }
        if largest == at {
            return;
        }
        heap.swap(at, largest);
        at = largest;
    };
    for at in (0..items.len() / 2).rev() {
        sift(items, at);
    }
    for end in (1..items.len()).rev() {
        items.swap(0, end);
        sift(&mut items[..end], 0);
    }
}

/// Sorts on little stack, whatever the order. Like the standard library's sort, except for very many items.
pub(crate) fn sort<T>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering) {
    if items.len() <= MANY {
        items.sort_unstable_by(order);
    } else {
        sort_on_the_spot(items, order);
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::sort_on_the_spot;

    #[test]
    fn sorting_on_the_spot_sorts() {
        for length in 0..200_u32 {
            for step in [1, 7, 61] {
                let mut items: Vec<u32> = (0..length).map(|number| number * step % 64).collect();
                let mut sorted = items.clone();
                sorted.sort();
                sort_on_the_spot(&mut items, u32::cmp);
                assert_eq!(items, sorted);
            }
        }
    }
}
