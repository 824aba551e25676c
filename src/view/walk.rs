//! From the head of a container to one of its children: by its index when it has one, else by walking, and by making the
//! index when that is too far.

use super::index::{self, Container, Draft};
use super::key::{Key, hash};
use crate::blob::BlobRef;
use crate::wota::{Layout, Words};

/// No index is made for what fewer steps lead to: a step is over a first word.
const NEAR: usize = 32;

/// Records with fewer fields are compared key by key.
const FEW: usize = 16;

/// A record with more has slots no more: their entries have three bytes at the most.
const MOST: usize = (1 << 24) - 1;

/// The steps that may be taken in vain while slots are filled, for each field. Only equal keys, which no bytes from outside
/// have, need more.
const VAIN: usize = 32;

/// A container of a message of the layout.
pub(super) struct Place<'a> {
    pub(super) message: BlobRef<'a>,
    pub(super) words: Words<'a>,
    /// Of its first word.
    pub(super) position: usize,
    /// How many elements or pairs it has.
    pub(super) children: u64,
    pub(super) record: bool,
}

/// What a walk comes to.
enum Walked {
    Found(usize),
    Absent,
    /// It is too far.
    Stopped,
}

impl<'a> Place<'a> {
    /// Where the child of that number is: an element or a key. There are more children than that.
    #[inline(always)]
    pub(super) fn child<L: Layout>(&self, number: u64) -> Option<usize> {
        if let Some(container) = index::find(self.message, self.position) {
            return self.indexed_child(container, number);
        }
        match self.walk_to::<L>(number, NEAR) {
            Walked::Found(at) => Some(at),
            _ => self.far_child::<L>(number),
        }
    }

    #[inline(always)]
    fn indexed_child(&self, container: Container<'a>, number: u64) -> Option<usize> {
        let offset = container.offsets().get(usize::try_from(number).ok()?)?;
        Some(self.position + *offset as usize)
    }

    #[inline(never)]
    fn far_child<L: Layout>(&self, number: u64) -> Option<usize> {
        if let Some(container) = self.make::<L>() {
            return self.indexed_child(container, number);
        }
        match self.walk_to::<L>(number, usize::MAX) {
            Walked::Found(at) => Some(at),
            _ => None,
        }
    }

    /// Where the value of the key is.
    #[inline(always)]
    pub(super) fn value<L: Layout>(&self, key: &Key<'_>) -> Option<usize> {
        if let Some(container) = index::find(self.message, self.position) {
            return self.indexed_value::<L>(container, key);
        }
        match self.walk_for::<L>(key, NEAR) {
            Walked::Found(at) => Some(at),
            Walked::Absent => None,
            Walked::Stopped => self.far_value::<L>(key),
        }
    }

    #[inline(always)]
    fn indexed_value<L: Layout>(&self, container: Container<'a>, key: &Key<'_>) -> Option<usize> {
        let offsets = container.offsets();
        let (slots, count) = container.slots();
        let head = key.head::<L>();
        if count == 0 {
            let mut places = offsets.iter().map(|offset| self.position + *offset as usize);
            let at = places.find(|at| self.is_key(*at, head, key))?;
            return Some(behind::<L>(head, at));
        }
        let mut slot = home(key.hash(container.seed()), count);
        loop {
            let number = entry(slots, count, slot).checked_sub(1)?;
            let at = self.position + *offsets.get(number)? as usize;
            if self.is_key(at, head, key) {
                return Some(behind::<L>(head, at));
            }
            slot = next(slot, count);
        }
    }

    #[inline(never)]
    fn far_value<L: Layout>(&self, key: &Key<'_>) -> Option<usize> {
        if let Some(container) = self.make::<L>() {
            return self.indexed_value::<L>(container, key);
        }
        match self.walk_for::<L>(key, usize::MAX) {
            Walked::Found(at) => Some(at),
            _ => None,
        }
    }

    #[inline(always)]
    fn is_key(&self, at: usize, head: u64, key: &Key<'_>) -> bool {
        self.words.get(at) == Some(head) && key.stands(self.words, at)
    }

    #[inline]
    fn walk_to<L: Layout>(&self, number: u64, mut steps: usize) -> Walked {
        let values = if self.record { number.saturating_mul(2) } else { number };
        match skip::<L>(self.words, self.position + 1, values, &mut steps) {
            Some(at) => Walked::Found(at),
            None => Walked::Stopped,
        }
    }

    #[inline]
    fn walk_for<L: Layout>(&self, key: &Key<'_>, steps: usize) -> Walked {
        let (head, mut at, mut left) = (key.head::<L>(), self.position + 1, steps);
        for _ in 0..self.children {
            let Some(there) = self.words.get(at) else { return Walked::Stopped };
            let value = behind::<L>(there, at);
            if there == head && key.stands(self.words, at) {
                return Walked::Found(value);
            }
            // Most values have nothing in them.
            let Some((next, values)) = step::<L>(self.words, value) else { return Walked::Stopped };
            at = next;
            if values != 0 {
                match skip::<L>(self.words, next, values, &mut left) {
                    Some(next) => at = next,
                    None => return Walked::Stopped,
                }
            }
            match left.checked_sub(1) {
                Some(rest) => left = rest,
                None => return Walked::Stopped,
            }
        }
        Walked::Absent
    }

    /// Makes the container's index, or takes that of another thread which was faster. `None` without memory, and where places
    /// are too far apart for it.
    #[cold]
    fn make<L: Layout>(&self) -> Option<Container<'a>> {
        let children = u32::try_from(self.children).ok()?;
        let (width, slots) = slots_for(children, self.record);
        let mut draft = Draft::new(self.position, children, slots, width)?;
        let mut at = self.position + 1;
        for offset in draft.parts().0 {
            *offset = u32::try_from(at - self.position).ok()?;
            let value = if self.record { behind::<L>(self.words.get(at)?, at) } else { at };
            at = skip::<L>(self.words, value, 1, &mut usize::MAX.clone())?;
        }
        if slots != 0 {
            let seed = draft.seed();
            let (offsets, bytes) = draft.parts();
            if !self.fill::<L>(seed, offsets, bytes, slots) {
                draft.give_up_slots();
            }
        }
        index::publish(self.message, self.position, draft)
    }

    /// Puts the number of each field, and 1, into the first free slot from its home on; false when that takes too long.
    fn fill<L: Layout>(&self, seed: u64, offsets: &[u32], slots: &mut [u8], count: u32) -> bool {
        let mut vain = offsets.len().saturating_mul(VAIN);
        for (number, offset) in offsets.iter().enumerate() {
            let at = self.position + *offset as usize;
            let characters = self.words.get(at).and_then(L::text).unwrap_or(0);
            let Some(words) = self.words.run(at + 1, characters.div_ceil(2)) else { return false };
            let mut slot = home(hash(seed, characters, words.iter()), count);
            while entry(slots, count, slot) != 0 {
                let Some(left) = vain.checked_sub(1) else { return false };
                (vain, slot) = (left, next(slot, count));
            }
            put(slots, count, slot, number + 1);
        }
        true
    }
}

/// How many bytes a slot has, and how many slots there are: together no more than four bytes a field.
fn slots_for(children: u32, record: bool) -> (u32, u32) {
    match children as usize {
        count if !record || count <= FEW || count > MOST => (0, 0),
        0..=0xFF => (1, 4 * children),
        0x100..=0xFFFF => (2, 2 * children),
        _ => (3, children + children / 3),
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

/// What is in a slot; 0 in an empty one. The width is what there is for each.
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

/// Where what follows the text is that begins with this word.
#[inline(always)]
fn behind<L: Layout>(head: u64, at: usize) -> usize {
    at + 1 + L::text(head).unwrap_or(0).div_ceil(2) as usize
}

/// Behind the value at a place but for what it contains, and how many values that are.
#[inline(always)]
fn step<L: Layout>(words: Words<'_>, at: usize) -> Option<(usize, u64)> {
    let word = words.get(at)?;
    if let Some(characters) = L::text(word) {
        return Some((at + 1 + characters.div_ceil(2) as usize, 0));
    }
    let head = L::head(word).ok()?;
    Some((at.saturating_add(1 + L::payload(head) as usize), head.values()))
}

/// Where so many values end that begin at `at`; `None` when the steps do not suffice.
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
        let (next, inside) = step::<L>(words, at)?;
        at = next;
        left = (left - 1).saturating_add(inside);
    }
    Some(at)
}
