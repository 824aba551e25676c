//! Letters in order, in a chain of segments. Growing never moves letters, and emptied segments are reused. A queue in
//! one block would be copied whenever it grows, and would touch fresh pages.

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::nearer;
use crate::blob::Blob;
use crate::status::Status;

/// A letter and the bytes that it keeps alive, so that takers need not read the blob.
pub(super) struct Letter {
    pub(super) blob: Blob,
    pub(super) bytes: u64,
}

/// Letters in the first segment; most mailboxes never need more. Each further segment has room for twice as many.
const LEAST_ROOM: u16 = 4;
/// Letters in the largest segment, which is 1 KiB with its head.
const MOST_ROOM: u16 = 63;
/// How many emptied segments an empty queue keeps. A queue with letters keeps all: they circulate between the threads,
/// which then do not contend for the allocator's locks.
const SPARES_KEPT: u16 = 16;

/// How many letters before it is written to a line is brought to the poster's processor.
const AHEAD: usize = 12;
/// Letters in a cache line.
const LINE: usize = 64 / size_of::<Letter>();

/// The head of a segment; its slots follow.
#[repr(C, align(16))]
struct Segment {
    next: Option<NonNull<Segment>>,
    room: u16,
}

/// A queue. The first segment's slots below `read` have been taken, the last segment's slots below `written` are
/// filled, and all slots in between hold letters. An empty queue has one segment or none, and both numbers are 0.
pub(super) struct Letters {
    first: Option<NonNull<Segment>>,
    last: Option<NonNull<Segment>>,
    spare: Option<NonNull<Segment>>,
    read: u16,
    written: u16,
    spares: u16,
}

// SAFETY: segments are accessed only through their owner, and letters may move to any thread.
unsafe impl Send for Letters {}

fn layout(room: u16) -> Layout {
    let bytes = size_of::<Segment>() + usize::from(room) * size_of::<Letter>();
    // Letters need no more alignment than the head has.
    const { assert!(align_of::<Letter>() <= align_of::<Segment>()) };
    const { assert!(size_of::<Segment>() + MOST_ROOM as usize * size_of::<Letter>() <= 1024) };
    // SAFETY: the alignment is a power of two, and the size at most 1024 bytes.
    unsafe { Layout::from_size_align_unchecked(bytes, align_of::<Segment>()) }
}

fn allocate(room: u16) -> Result<NonNull<Segment>, Status> {
    // SAFETY: the size is not 0.
    let block = unsafe { std::alloc::alloc(layout(room)) };
    let segment = NonNull::new(block.cast::<Segment>()).ok_or(Status::NoMemory)?;
    // SAFETY: the block is new and large enough for the head.
    unsafe { segment.write(Segment { next: None, room }) };
    Ok(segment)
}

/// # Safety
/// The segment is from [`allocate`] and is not used again.
unsafe fn free(segment: NonNull<Segment>) {
    // SAFETY: `room` is the same as when the segment was allocated.
    unsafe { std::alloc::dealloc(segment.as_ptr().cast(), layout(segment.as_ref().room)) };
}

/// # Safety
/// The segment is alive, and the index is below its room.
unsafe fn slot(segment: NonNull<Segment>, index: u16) -> NonNull<MaybeUninit<Letter>> {
    // SAFETY: the slots follow the head in the same block.
    unsafe { segment.add(1).cast::<MaybeUninit<Letter>>().add(usize::from(index)) }
}

impl Letters {
    pub(super) const fn new() -> Self {
        Letters { first: None, last: None, spare: None, read: 0, written: 0, spares: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first == self.last && self.read == self.written
    }

    /// Puts a letter at the end. `NoMemory`, with the blob.
    #[inline]
    pub(super) fn push(&mut self, letter: Letter) -> Result<(), (Status, Blob)> {
        let last = match self.last {
            // SAFETY: a segment of the chain is alive.
            Some(last) if self.written < unsafe { last.as_ref().room } => last,
            _ => match self.grow() {
                Ok(last) => last,
                Err(status) => return Err((status, letter.blob)),
            },
        };
        // SAFETY: a segment of the chain is alive.
        if unsafe { last.as_ref().room } == MOST_ROOM {
            self.bring_near(last);
        }
        // SAFETY: the last segment has room, and this slot holds no letter.
        unsafe { slot(last, self.written).as_mut().write(letter) };
        self.written += 1;
        Ok(())
    }

    /// Brings the line of a later letter of a large segment. In time for the first ones: the first lines of the segment
    /// and of the one after it. Small segments stay as they are: with few letters there is nothing to gain.
    #[inline]
    fn bring_near(&self, segment: NonNull<Segment>) {
        let place =
            |segment: NonNull<Segment>, letter| segment.as_ptr().cast::<Letter>().wrapping_add(letter);
        if self.written == 0 {
            for start in [Some(segment), self.spare].into_iter().flatten() {
                for line in 0..=AHEAD / LINE {
                    nearer::to_write(place(start, line * LINE).cast());
                }
            }
        } else if self.written < MOST_ROOM - AHEAD as u16 {
            nearer::to_write(place(segment, usize::from(self.written) + AHEAD + 1).cast());
        }
    }

    /// Appends a segment.
    #[cold]
    fn grow(&mut self) -> Result<NonNull<Segment>, Status> {
        let segment = match (self.spare, self.last) {
            (Some(spare), _) => {
                // SAFETY: spares are alive and not in the chain.
                self.spare = unsafe { (*spare.as_ptr()).next.take() };
                self.spares -= 1;
                spare
            }
            // SAFETY: a segment of the chain is alive.
            (None, Some(last)) => allocate((unsafe { last.as_ref().room } * 2).min(MOST_ROOM))?,
            (None, None) => allocate(LEAST_ROOM)?,
        };
        match self.last {
            // SAFETY: as above; nothing else refers to it.
            Some(last) => unsafe { (*last.as_ptr()).next = Some(segment) },
            None => self.first = Some(segment),
        }
        self.last = Some(segment);
        self.written = 0;
        Ok(segment)
    }

    /// Takes the first letter.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Letter> {
        let first = self.first?;
        let is_last = self.first == self.last;
        // SAFETY: a segment of the chain is alive.
        let end = if is_last { self.written } else { unsafe { first.as_ref().room } };
        if self.read == end {
            return None;
        }
        // SAFETY: the slots from `read` to `end` hold letters; this one is not read again.
        let letter = unsafe { slot(first, self.read).as_ref().assume_init_read() };
        self.read += 1;
        if self.read == end {
            self.leave(first, is_last);
        }
        Some(letter)
    }

    /// Called when the first segment has been read to its end.
    fn leave(&mut self, first: NonNull<Segment>, is_last: bool) {
        self.read = 0;
        if is_last {
            self.written = 0;
            return;
        }
        // SAFETY: the segment is alive, and another one follows.
        unsafe {
            self.first = (*first.as_ptr()).next.take();
            if first.as_ref().room == MOST_ROOM && self.spares < u16::MAX {
                (*first.as_ptr()).next = self.spare;
                self.spare = Some(first);
                self.spares += 1;
            } else {
                free(first);
            }
        }
    }

    /// Removes the spares beyond those that an empty queue keeps. The caller drops them without a lock.
    pub(super) fn take_surplus(&mut self) -> Letters {
        let mut surplus = Letters::new();
        if self.spares <= SPARES_KEPT {
            return surplus;
        }
        let mut last_kept = self.spare;
        for _ in 1..SPARES_KEPT {
            // SAFETY: spares are alive.
            last_kept = last_kept.and_then(|spare| unsafe { spare.as_ref().next });
        }
        if let Some(last_kept) = last_kept {
            // SAFETY: as above; nothing else refers to them.
            surplus.spare = unsafe { (*last_kept.as_ptr()).next.take() };
            surplus.spares = self.spares - SPARES_KEPT;
            self.spares = SPARES_KEPT;
        }
        surplus
    }

    /// How many letters there are, and the bytes that they keep alive. Takes time in proportion to the queue's length.
    pub(super) fn totals(&self) -> (u64, u64) {
        let (mut count, mut bytes) = (0_u64, 0_u64);
        let (mut next, mut from) = (self.first, self.read);
        while let Some(segment) = next {
            // SAFETY: a segment of the chain is alive, and its slots within these bounds hold letters.
            unsafe {
                let end = if next == self.last { self.written } else { segment.as_ref().room };
                for index in from..end {
                    count += 1;
                    bytes = bytes.wrapping_add(slot(segment, index).as_ref().assume_init_ref().bytes);
                }
                next = segment.as_ref().next;
            }
            from = 0;
        }
        (count, bytes)
    }
}

impl Default for Letters {
    fn default() -> Self {
        Letters::new()
    }
}

impl Drop for Letters {
    fn drop(&mut self) {
        while self.pop().is_some() {}
        for chain in [self.first, self.spare] {
            let mut next = chain;
            while let Some(segment) = next {
                // SAFETY: the segment is alive, in no other chain, and not used again.
                unsafe {
                    next = segment.as_ref().next;
                    free(segment);
                }
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    fn letter(number: u64) -> Letter {
        Letter { blob: Blob::zeroed(8).unwrap(), bytes: number }
    }

    /// Many pushes, pops and swaps of two queues, compared with the standard library's.
    #[test]
    fn letters_come_out_as_they_went_in() {
        let (mut queue, mut other) = (Letters::new(), Letters::new());
        let (mut model, mut model_of_other) = (VecDeque::new(), VecDeque::new());
        let mut random = 1_u64;
        for number in 0..60_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Long phases with more pushes, then with more pops.
            let pushes = if number / 4000 % 2 == 0 { 6 } else { 3 };
            match (random >> 33) % 10 {
                now if now < pushes => {
                    assert!(queue.push(letter(number)).is_ok());
                    model.push_back(number);
                }
                9 if queue.is_empty() => {
                    core::mem::swap(&mut queue, &mut other);
                    core::mem::swap(&mut model, &mut model_of_other);
                }
                _ => assert_eq!(queue.pop().map(|letter| letter.bytes), model.pop_front()),
            }
            assert_eq!(queue.is_empty(), model.is_empty());
            if number % 97 == 0 {
                assert_eq!(queue.totals(), (model.len() as u64, model.iter().sum()));
                let mut kept = 0;
                let mut next = queue.spare;
                while let Some(spare) = next {
                    kept += 1;
                    // SAFETY: a spare is alive.
                    next = unsafe { spare.as_ref().next };
                }
                assert_eq!(kept, queue.spares);
            }
            if number % 1009 == 0 {
                let before = queue.spares;
                let surplus = queue.take_surplus();
                assert_eq!(queue.spares, before.min(SPARES_KEPT));
                assert_eq!(queue.spares + surplus.spares, before);
                assert!(surplus.is_empty());
            }
        }
        assert!(model.len() + model_of_other.len() > 100, "the end is dropped with letters in it");
    }
}
