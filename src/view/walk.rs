//! From the head of a container to one of its children: by its index if there is one, otherwise by walking. When the
//! walk is too long, the index is built.

use super::index::{self, Builder, Draft, IndexedContainer};
use super::key::{Long, SearchKey, hash};
use crate::allocation::Grow;
use crate::blob::BlobRef;
use crate::value::Kind;
use crate::wota::{Layout, Mixed, Words};

/// No index is built for children within this many steps; a step passes one first word.
const NEAR: usize = 32;

/// Containers inside one that is indexed are indexed too when their last child is more steps away. No more than [`NEAR`]:
/// then they need no walk of their own.
const KEPT: usize = 8;

/// How deep containers inside one that is indexed may be for that.
const DEPTH: usize = 16;

/// Records with fewer fields are compared key by key.
const FEW: u64 = 16;

/// Records with more fields have no slots, because a slot has at most three bytes.
const MOST: u64 = (1 << 24) - 1;

/// The limit of extra steps for each field while slots are filled. Only equal keys need more, and untrusted bytes never
/// have them.
const VAIN: usize = 32;

/// A container of a message in the layout.
pub(super) struct ContainerView<'a> {
    pub(super) message: BlobRef<'a>,
    pub(super) words: Words<'a>,
    /// The position of its first word.
    pub(super) position: usize,
    /// The number of elements or pairs.
    pub(super) children: u64,
    pub(super) record: bool,
}

/// An open container while indexes are built.
#[derive(Clone, Copy, Default)]
struct Level {
    position: usize,
    record: bool,
    /// Its part of the offsets: from, up to, and the next one to be written.
    from: usize,
    end: usize,
    next: usize,
    /// The number of steps to its first child, and to the last one so far.
    first: usize,
    last: usize,
}

impl Level {
    #[inline(always)]
    fn at(place: &ContainerView<'_>, from: usize, steps: usize) -> Option<Self> {
        let end = from.checked_add(usize::try_from(place.children).ok()?)?;
        let (position, record) = (place.position, place.record);
        Some(Level { position, record, from, end, next: from, first: steps, last: steps })
    }
}

/// The result of a walk.
enum Walked {
    Found(usize),
    Absent,
    /// Too far.
    Stopped,
}

impl<'a> ContainerView<'a> {
    /// The container there: a record, or else an array or a symbol that carries a value. `None` for anything else.
    #[inline(always)]
    pub(super) fn new<L: Layout>(message: BlobRef<'a>, position: usize, record: bool) -> Option<Self> {
        let words = Words::of_message(message);
        let head = L::head(words.get(position)?).ok()?;
        let children = match head.kind {
            Kind::Record if record => head.field,
            Kind::Array if !record => head.field,
            Kind::Symbol if !record && head.values() == 1 => 1,
            _ => return None,
        };
        Some(ContainerView { message, words, position, children, record })
    }

    /// The position of the child of this number: an element or a key. The number is less than the number of children.
    #[inline(always)]
    pub(super) fn child<L: Layout>(&self, number: u64) -> Option<usize> {
        if let Some(container) = index::find(self.message, self.position) {
            return self.indexed_child(container, number);
        }
        match self.walk_to::<L>(number, NEAR) {
            Walked::Found(at) => Some(at),
            _ => far_child::<L>(self.message, self.position, self.record, number),
        }
    }

    #[inline(always)]
    fn indexed_child(&self, container: IndexedContainer<'a>, number: u64) -> Option<usize> {
        let offset = container.offsets().get(usize::try_from(number).ok()?)?;
        Some(self.position + *offset as usize)
    }

    /// The position of the key's value.
    #[inline(always)]
    pub(super) fn value<L: Layout>(&self, key: impl SearchKey) -> Option<usize> {
        if let Some(container) = index::find(self.message, self.position) {
            return self.indexed_value::<L>(container, key);
        }
        match self.walk_for::<L>(key, NEAR) {
            Walked::Found(at) => Some(at),
            Walked::Absent => None,
            Walked::Stopped => far_value::<L>(self.message, self.position, key.utf8()),
        }
    }

    #[inline(always)]
    fn indexed_value<L: Layout>(
        &self,
        container: IndexedContainer<'a>,
        key: impl SearchKey,
    ) -> Option<usize> {
        let offsets = container.offsets();
        let (slots, count) = container.slots();
        let head = key.head::<L>();
        if count == 0 {
            for offset in offsets {
                if let Some(value) = self.value_at::<L>(self.position + *offset as usize, head, key) {
                    return Some(value);
                }
            }
            return None;
        }
        let mut slot = home(key.hash(container.seed()), count);
        loop {
            let number = entry(slots, count, slot).checked_sub(1)?;
            let at = self.position + *offsets.get(number)? as usize;
            if let Some(value) = self.value_at::<L>(at, head, key) {
                return Some(value);
            }
            slot = next(slot, count);
        }
    }

    /// The position of the value, if the key at `at` is this one.
    #[inline(always)]
    fn value_at<L: Layout>(&self, at: usize, head: u64, key: impl SearchKey) -> Option<usize> {
        let there = self.words.get(at)?;
        let value = after_text::<L>(there, at);
        self.is_key(there, at, value, head, key).then_some(value)
    }

    /// Whether the key is at `at`, whose first word is `there`; the value follows at `value`.
    #[inline(always)]
    fn is_key(&self, there: u64, at: usize, value: usize, head: u64, key: impl SearchKey) -> bool {
        there == head
            && self.words.get(value.wrapping_sub(1)).is_some_and(|last| key.may_end(last))
            && key.matches(self.words, at)
    }

    #[inline]
    fn walk_to<L: Layout>(&self, number: u64, mut steps: usize) -> Walked {
        let values = if self.record { number.saturating_mul(2) } else { number };
        match skip::<L>(self.words, self.position + 1, values, &mut steps) {
            Some(at) => Walked::Found(at),
            None => Walked::Stopped,
        }
    }

    /// The last child that starts at or before `offset`, which is after the container's start; `None` when the
    /// container ends before it.
    fn child_before<L: Layout>(&self, offset: usize) -> Option<usize> {
        if let Some(container) = index::find(self.message, self.position) {
            return self.indexed_before(container, offset);
        }
        let near = self.walk_before::<L>(offset, NEAR);
        if let Walked::Stopped = near
            && let Some(container) = self.make::<L>()
        {
            return self.indexed_before(container, offset);
        }
        match near {
            Walked::Found(at) => Some(at),
            Walked::Absent => None,
            Walked::Stopped => match self.walk_before::<L>(offset, usize::MAX) {
                Walked::Found(at) => Some(at),
                _ => None,
            },
        }
    }

    fn indexed_before(&self, container: IndexedContainer<'a>, offset: usize) -> Option<usize> {
        let (offsets, wanted) = (container.offsets(), offset - self.position);
        let after = offsets.partition_point(|offset| *offset as usize <= wanted);
        Some(self.position + *offsets.get(after.checked_sub(1)?)? as usize)
    }

    fn walk_before<L: Layout>(&self, offset: usize, mut steps: usize) -> Walked {
        let (mut at, values) = (self.position + 1, if self.record { 2 } else { 1 });
        for _ in 0..self.children {
            match skip::<L>(self.words, at, values, &mut steps) {
                Some(next) if next > offset => return Walked::Found(at),
                Some(next) => at = next,
                None => return Walked::Stopped,
            }
        }
        Walked::Absent
    }

    #[inline(always)]
    fn walk_for<L: Layout>(&self, key: impl SearchKey, steps: usize) -> Walked {
        let (head, words) = (key.head::<L>(), self.words);
        let (mut at, mut number) = (self.position + 1, 0);
        // A field is a step, and so is every value within its value. There are few of those, so they only make the walk
        // end earlier.
        let (mut inner, mut end) = (0, self.children.min(steps as u64));
        while number != end {
            let Some(there) = words.get(at) else { return Walked::Stopped };
            let value = after_text::<L>(there, at);
            if self.is_key(there, at, value, head, key) {
                return Walked::Found(value);
            }
            let Some(word) = words.get(value) else { return Walked::Stopped };
            let (payload, values) = L::extent(word);
            at = value.wrapping_add(1 + payload as usize);
            number += 1;
            if values != 0 {
                let left = steps - inner - number as usize;
                let Some((next, taken)) = over::<L>(words, at, values, left) else { return Walked::Stopped };
                (at, inner) = (next, inner + taken);
                end = self.children.min((steps - inner) as u64);
            }
        }
        if number == self.children { Walked::Absent } else { Walked::Stopped }
    }

    /// Builds the container's index, or takes that of a faster thread. `None` without memory, and when offsets are too
    /// large for it. The containers inside are walked over too, so those that need an index get one.
    #[cold]
    fn make<L: Layout>(&self) -> Option<IndexedContainer<'a>> {
        let mut builder = Builder::new(self.message)?;
        let mut root = Draft::new(self.position, self.children, slots_for(self.children, self.record))?;
        // Those of containers inside.
        let mut offsets = Vec::new();
        let mut mixed = Mixed::default();
        let mut outer = [Level::default(); DEPTH];
        let mut depth = 0;
        let (mut at, mut steps) = (self.position + 1, 0);
        let mut level = Level::at(self, 0, steps)?;
        loop {
            while level.next != level.end {
                let offsets_here = if depth == 0 { root.offsets() } else { offsets.as_mut_slice() };
                *offsets_here.get_mut(level.next)? = u32::try_from(at - level.position).ok()?;
                level.next += 1;
                level.last = steps;
                if level.record {
                    at = after_text::<L>(self.words.get(at)?, at);
                    steps += 1;
                }
                let word = self.words.get(at)?;
                steps += 1;
                let leaf = if mixed.now() { L::leaf(word) } else { leaf_by_branches::<L>(word) };
                if let Some(payload) = leaf {
                    at = at.wrapping_add(1 + payload as usize);
                    continue;
                }
                if let Some(place) = outer.get_mut(depth)
                    && let Some(inside) = self.inside::<L>(word, at)
                {
                    *place = level;
                    depth += 1;
                    let from = if depth == 1 { 0 } else { level.end };
                    level = Level::at(&inside, from, steps)?;
                    if let Some(more @ 1..) = level.end.checked_sub(offsets.len()) {
                        offsets.try_append_copies(0, more).ok()?;
                    }
                    at += 1;
                    let count = level.end - from;
                    if level.record {
                        mixed.record(depth, self.words.get(at), count);
                    } else {
                        mixed.array(count);
                    }
                    continue;
                }
                let (payload, values) = L::extent(word);
                let (next, taken) =
                    over::<L>(self.words, at.wrapping_add(1 + payload as usize), values, usize::MAX)?;
                (at, steps) = (next, steps + taken);
            }
            let fill = |seed, offsets: &[u32], slots: &mut [u8], count| {
                fill::<L>(self.words, level.position, offsets, seed, slots, count)
            };
            if depth == 0 {
                return Some(builder.publish(root, level.position, fill));
            }
            if level.last - level.first > KEPT {
                let offsets = offsets.get(level.from..level.end)?;
                let slots = slots_for(offsets.len() as u64, level.record);
                builder.add(level.position, offsets, slots, fill)?;
            }
            depth -= 1;
            level = *outer.get(depth)?;
        }
    }

    /// The array or record with this first word there, inside this container.
    #[inline(always)]
    fn inside<L: Layout>(&self, word: u64, position: usize) -> Option<ContainerView<'a>> {
        let head = L::head(word).ok()?;
        let record = head.kind == Kind::Record;
        let container = record || head.kind == Kind::Array;
        container.then_some(ContainerView { position, children: head.field, record, ..*self })
    }
}

/// Puts the number of each field plus 1 into the first free slot, starting from its home; false when that takes too long.
fn fill<L: Layout>(
    words: Words<'_>,
    position: usize,
    offsets: &[u32],
    seed: u64,
    slots: &mut [u8],
    count: u32,
) -> bool {
    let mut vain = offsets.len().saturating_mul(VAIN);
    for (number, offset) in offsets.iter().enumerate() {
        let at = position + *offset as usize;
        let characters = words.get(at).map_or(0, L::characters);
        let Some(words) = words.run(at + 1, characters.div_ceil(2)) else { return false };
        let mut slot = home(hash(seed, characters, words.iter()), count);
        while entry(slots, count, slot) != 0 {
            let Some(left) = vain.checked_sub(1) else { return false };
            (vain, slot) = (left, next(slot, count));
        }
        put(slots, count, slot, number + 1);
    }
    true
}

/// Whether a value starts at `offset` of a message. The search goes from outer to inner containers.
pub(super) fn starts<L: Layout>(message: BlobRef<'_>, offset: usize) -> bool {
    let mut position = 0;
    while position != offset {
        let record = ContainerView::new::<L>(message, position, true);
        let Some(place) = record.or_else(|| ContainerView::new::<L>(message, position, false)) else {
            return false;
        };
        let Some(at) = place.child_before::<L>(offset) else { return false };
        position = at;
        // A key is a value too.
        if place.record && at != offset {
            position = place.words.get(at).map_or(at, |head| after_text::<L>(head, at));
            if position > offset {
                return false;
            }
        }
    }
    true
}

// Far children are found by separate functions with few arguments, so that the paths to near ones need no stack.

#[inline(never)]
fn far_child<L: Layout>(message: BlobRef<'_>, position: usize, record: bool, number: u64) -> Option<usize> {
    let place = ContainerView::new::<L>(message, position, record)?;
    if let Some(container) = place.make::<L>() {
        return place.indexed_child(container, number);
    }
    match place.walk_to::<L>(number, usize::MAX) {
        Walked::Found(at) => Some(at),
        _ => None,
    }
}

#[inline(never)]
fn far_value<L: Layout>(message: BlobRef<'_>, position: usize, key: &[u8]) -> Option<usize> {
    let place = ContainerView::new::<L>(message, position, true)?;
    let key = Long::check(key)?;
    if let Some(container) = place.make::<L>() {
        return place.indexed_value::<L>(container, key);
    }
    match place.walk_for::<L>(key, usize::MAX) {
        Walked::Found(at) => Some(at),
        _ => None,
    }
}

/// The number of slots, and the size of one in bytes: together at most four bytes per field.
fn slots_for(children: u64, record: bool) -> (u32, u32) {
    let few = children as u32;
    match children {
        _ if !record || children <= FEW || children > MOST => (0, 0),
        0..=0xFF => (4 * few, 1),
        0x100..=0xFFFF => (2 * few, 2),
        _ => (few + few / 3, 3),
    }
}

#[inline(always)]
fn home(hash: u32, count: u32) -> usize {
    ((u64::from(hash) * u64::from(count)) >> 32) as usize
}

#[inline(always)]
fn next(slot: usize, count: u32) -> usize {
    if slot + 1 == count as usize { 0 } else { slot + 1 }
}

/// The content of a slot; 0 if it is empty. `width` is the size of a slot.
#[inline(always)]
fn entry(slots: &[u8], count: u32, slot: usize) -> usize {
    let byte = |at: usize| slots.get(at).map_or(0, |byte| usize::from(*byte));
    let count = count as usize;
    if slots.len() == count {
        byte(slot)
    } else if slots.len() == 2 * count {
        byte(2 * slot) | byte(2 * slot + 1) << 8
    } else {
        byte(3 * slot) | byte(3 * slot + 1) << 8 | byte(3 * slot + 2) << 16
    }
}

fn put(slots: &mut [u8], count: u32, slot: usize, entry: usize) {
    let width = slots.len() / count as usize;
    if let Some(place) = slots.get_mut(slot * width..(slot + 1) * width) {
        place.copy_from_slice(&entry.to_le_bytes()[..width]);
    }
}

/// As [`Layout::leaf`], by branches, which a processor predicts where kinds follow a pattern.
#[inline(always)]
fn leaf_by_branches<L: Layout>(word: u64) -> Option<u64> {
    let (payload, values) = L::extent(word);
    (values == 0).then_some(payload)
}

/// The position after the text whose first word this is.
#[inline(always)]
fn after_text<L: Layout>(head: u64, at: usize) -> usize {
    at.wrapping_add(1 + L::characters(head).div_ceil(2) as usize)
}

/// The position after this many values from `at` on; `None` when the steps run out.
#[inline(always)]
pub(super) fn skip<L: Layout>(
    words: Words<'_>,
    mut at: usize,
    values: u64,
    steps: &mut usize,
) -> Option<usize> {
    let mut left = values;
    while left != 0 {
        *steps = steps.checked_sub(1)?;
        // The words were checked: no message is so long that these sums wrap.
        let (payload, inside) = L::extent(words.get(at)?);
        at = at.wrapping_add(1 + payload as usize);
        left = (left - 1).wrapping_add(inside);
    }
    Some(at)
}

/// As [`skip`], but out of line, so that walks over values without inner values keep their state in registers. Also
/// returns the number of steps.
#[cold]
#[inline(never)]
fn over<L: Layout>(words: Words<'_>, at: usize, values: u64, steps: usize) -> Option<(usize, usize)> {
    let mut left = steps;
    let next = skip::<L>(words, at, values, &mut left)?;
    Some((next, steps - left))
}
