//! The queue: posters append letters to the inbox, takers take letters from the front. When the front is empty, a taker
//! swaps the two. So a busy poster and a busy taker meet once for many letters, not for each one.

use super::bell::Bell;
use super::flags::{BOUNDED, CLOSED, URGENT, WATCHED};
use super::letters::{Letter, Letters};
use super::ready::Calls;
use super::short_lock::{Abandoned, Held, ShortLock};
use super::wait::Lookout;
use crate::blob::Blob;
use crate::status::Status;
use crate::sync::{AtomicU8, AtomicU32, AtomicU64, Ordering, fence};

/// How many turns of a spinning processor a poster or taker that finds the inbox locked leaves to the other one. Cache
/// lines then go to and fro once for many letters.
const PATIENCE: u32 = 64;
/// The same where there are bounds: longer, and the poster fills the queue and has to wait in turn.
const PATIENCE_BOUNDED: u32 = 16;

/// The most that the queue may hold; 0 for no bound.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    pub(super) letters: u64,
    pub(super) bytes: u64,
}

pub(super) struct Inbox {
    letters: Letters,
    bounds: Bounds,
    posted_bytes: u64,
    /// The values of `removed` and `removed_bytes` when they were last read. Takers write those all the time, so
    /// posters read them only when they must.
    removed_seen: u64,
    removed_bytes_seen: u64,
    pub(super) refused: u64,
    pub(super) peak_letters: u64,
    pub(super) peak_bytes: u64,
    /// How many takers sleep, or are about to, or have just been woken.
    asleep: u32,
    /// How many of them no poster has struck the bell for yet. At 0, posters wake nobody.
    pub(super) waiting: u32,
    /// Most mailboxes never need this part; without it they are small.
    rare: Option<Box<Rare>>,
}

#[derive(Default)]
struct Rare {
    urgent: Letters,
    calls: Calls,
}

pub(super) struct Front {
    letters: Letters,
    pub(super) swept: u64,
}

/// The order of the fields matters: what posters write and what takers write are in cache lines of their own. The
/// fields before `inbox` are in the first line, with the reference count and `Shared`'s fields; they seldom change.
#[repr(C)]
pub(super) struct Queue {
    pub(super) flags: AtomicU8,
    /// For takers that wait for letters.
    pub(super) lookout_for_letters: Lookout,
    /// For posters that wait for room.
    pub(super) lookout_for_room: Lookout,
    /// How many posters wait for room.
    waiting_for_room: AtomicU32,
    /// For takers that wait for letters. Struck under the inbox's lock.
    pub(super) arrived: Bell,
    /// For posters that wait for room, and for `notify` while it waits for calls to end.
    pub(super) changed: Bell,
    pub(super) inbox: ShortLock<Inbox>,
    /// Letters posted so far. Written under the inbox's lock.
    posted: AtomicU64,
    pub(super) front: ShortLock<Front>,
    /// Letters taken or swept so far. Written under the front's lock.
    removed: AtomicU64,
    removed_bytes: AtomicU64,
}

/// Where a letter goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Ordinary,
    Urgent,
}

/// What a taker found.
pub(super) enum Found {
    Letter(Letter),
    Closed,
    /// There are no letters. The bell's number, read while no thread could post.
    Nothing(u32),
}

impl Queue {
    pub(super) fn new(bounds: Bounds) -> Self {
        let bounded = bounds.letters != 0 || bounds.bytes != 0;
        Queue {
            flags: AtomicU8::new(if bounded { BOUNDED } else { 0 }),
            lookout_for_letters: Lookout::new(),
            lookout_for_room: Lookout::new(),
            waiting_for_room: AtomicU32::new(0),
            arrived: Bell::new(),
            changed: Bell::new(),
            inbox: ShortLock::new(Inbox {
                letters: Letters::new(),
                bounds,
                posted_bytes: 0,
                removed_seen: 0,
                removed_bytes_seen: 0,
                refused: 0,
                peak_letters: 0,
                peak_bytes: 0,
                asleep: 0,
                waiting: 0,
                rare: None,
            }),
            posted: AtomicU64::new(0),
            front: ShortLock::new(Front { letters: Letters::new(), swept: 0 }),
            removed: AtomicU64::new(0),
            removed_bytes: AtomicU64::new(0),
        }
    }

    /// For posting and taking: waits long enough for the thread that holds the inbox to post more than one letter.
    #[inline]
    pub(super) fn lock_inbox_patiently(&self) -> Result<Held<'_, Inbox>, Abandoned> {
        self.inbox.lock_patiently(|| match self.flags.load(Ordering::Relaxed) & BOUNDED {
            0 => PATIENCE,
            _ => PATIENCE_BOUNDED,
        })
    }

    /// How many letters are queued. Exact while no thread posts or takes.
    pub(super) fn len(&self) -> u64 {
        // With `removed` read first, the difference is never negative.
        let removed = self.removed.load(Ordering::Acquire);
        self.posted.load(Ordering::Acquire).saturating_sub(removed)
    }

    /// Appends a letter. Returns whether the queue was empty before; always false without the flag `WATCHED`.
    /// `NoMemory`, with the blob.
    #[inline]
    pub(super) fn put(
        &self,
        inbox: &mut Inbox,
        blob: Blob,
        bytes: u64,
        lane: Lane,
    ) -> Result<bool, (Status, Blob)> {
        let letter = Letter { blob, bytes };
        match lane {
            Lane::Ordinary => inbox.letters.push(letter)?,
            Lane::Urgent => {
                inbox.push_urgent(letter)?;
                self.set_flag(URGENT, true);
            }
        }
        let posted = self.posted.load(Ordering::Relaxed);
        self.posted.store(posted + 1, Ordering::Release);
        inbox.posted_bytes = inbox.posted_bytes.wrapping_add(bytes);
        inbox.note_peaks(self, posted + 1);
        if self.flags.load(Ordering::Relaxed) & WATCHED == 0 {
            return Ok(false);
        }
        // Either the taker of the last letter sees this one, or this thread sees that it was the last.
        fence(Ordering::SeqCst);
        Ok(self.removed.load(Ordering::Acquire) == posted)
    }

    /// Whether a letter of this many bytes may be appended now. `Closed`, `LimitExceeded`.
    #[inline]
    pub(super) fn admit(&self, inbox: &mut Inbox, bytes: u64) -> Result<(), Status> {
        let flags = self.flags.load(Ordering::Relaxed);
        if flags & CLOSED != 0 {
            return Err(Status::Closed);
        }
        if flags & BOUNDED != 0 && !self.has_room(inbox, bytes) {
            return Err(Status::LimitExceeded);
        }
        Ok(())
    }

    /// Whether a letter of this many bytes is within the bound at all.
    pub(super) fn could_hold(&self, bytes: u64) -> bool {
        self.inbox.lock().is_ok_and(|inbox| inbox.bounds.bytes == 0 || bytes <= inbox.bounds.bytes)
    }

    #[inline]
    fn has_room(&self, inbox: &mut Inbox, bytes: u64) -> bool {
        if self.fits(inbox, bytes) {
            return true;
        }
        inbox.look_at_removed(self);
        self.fits(inbox, bytes)
    }

    /// Judged by the number of removed letters that was read last.
    #[inline]
    fn fits(&self, inbox: &Inbox, bytes: u64) -> bool {
        let letters = self.posted.load(Ordering::Relaxed) - inbox.removed_seen;
        let kept = inbox.posted_bytes.wrapping_sub(inbox.removed_bytes_seen);
        (inbox.bounds.letters == 0 || letters < inbox.bounds.letters)
            && (inbox.bounds.bytes == 0
                || kept.checked_add(bytes).is_some_and(|kept| kept <= inbox.bounds.bytes))
    }

    /// The next letter. The caller holds the front's lock.
    #[inline]
    pub(super) fn next(&self, front: &mut Held<'_, Front>) -> Result<Found, Abandoned> {
        if self.flags.load(Ordering::Relaxed) & URGENT == 0
            && let Some(letter) = front.letters.pop()
        {
            self.note_removed(1, letter.bytes);
            return Ok(Found::Letter(letter));
        }
        self.next_of_inbox(front, false)
    }

    /// As [`Queue::next`], but counts a taker that finds nothing as waiting.
    pub(super) fn next_or_wait(&self, front: &mut Held<'_, Front>) -> Result<Found, Abandoned> {
        self.next_of_inbox(front, true)
    }

    fn next_of_inbox(&self, front: &mut Held<'_, Front>, wait: bool) -> Result<Found, Abandoned> {
        let mut inbox = self.lock_inbox_patiently()?;
        let mut letter = None;
        if let Some(rare) = &mut inbox.rare {
            letter = rare.urgent.pop();
            self.set_flag(URGENT, !rare.urgent.is_empty());
        }
        if letter.is_none() && front.letters.is_empty() {
            core::mem::swap(&mut front.letters, &mut inbox.letters);
        }
        if letter.is_none() {
            letter = front.letters.pop();
        }
        let Some(letter) = letter else {
            let surplus = [front.letters.take_surplus(), inbox.letters.take_surplus()];
            let found = if self.is_closed() {
                Found::Closed
            } else {
                inbox.asleep += u32::from(wait);
                inbox.waiting += u32::from(wait);
                Found::Nothing(self.arrived.number())
            };
            drop(inbox);
            drop(surplus);
            return Ok(found);
        };
        drop(inbox);
        self.note_removed(1, letter.bytes);
        Ok(Found::Letter(letter))
    }

    /// Removes all letters; the caller drops them without a lock. Also returns how many there were.
    pub(super) fn remove_all(&self) -> Result<([Letters; 3], u64), Abandoned> {
        let mut front = self.front.lock()?;
        let mut inbox = self.inbox.lock()?;
        let urgent = inbox.rare.as_mut().map(|rare| core::mem::take(&mut rare.urgent)).unwrap_or_default();
        self.set_flag(URGENT, false);
        let all = [core::mem::take(&mut front.letters), urgent, core::mem::take(&mut inbox.letters)];
        let (count, bytes) = all
            .iter()
            .map(Letters::totals)
            .fold((0, 0_u64), |sum, these| (sum.0 + these.0, sum.1.wrapping_add(these.1)));
        front.swept += count;
        self.note_removed(count, bytes);
        Ok((all, count))
    }

    /// The caller holds the front's lock.
    #[inline]
    fn note_removed(&self, letters: u64, bytes: u64) {
        let removed = self.removed.load(Ordering::Relaxed);
        let removed_bytes = self.removed_bytes.load(Ordering::Relaxed);
        self.removed_bytes.store(removed_bytes.wrapping_add(bytes), Ordering::Release);
        self.removed.store(removed + letters, Ordering::Release);
    }

    /// Called after letters were removed and the locks released. Wakes posters that wait for room. Returns whether the
    /// queue is empty; always false without the flag `WATCHED`.
    #[inline]
    pub(super) fn after_removal(&self) -> bool {
        let flags = self.flags.load(Ordering::Relaxed);
        if flags & (WATCHED | BOUNDED) == 0 {
            return false;
        }
        // Posters are counted under the front's lock: either one was counted before the removal and is seen here, or it
        // sees the removal.
        if flags & BOUNDED != 0 && self.waiting_for_room.load(Ordering::Relaxed) != 0 {
            self.changed.strike();
            self.changed.wake_all();
        }
        if flags & WATCHED == 0 {
            return false;
        }
        // See `put`.
        fence(Ordering::SeqCst);
        self.len() == 0
    }

    /// Called after a flag was set. When this returns, every taker that did not see the flag has finished its removal.
    pub(super) fn wait_for_takers(&self) -> Result<(), Abandoned> {
        drop(self.front.lock()?);
        Ok(())
    }

    /// Counts a poster as waiting for room; returns the bell's number. The poster must try again before it sleeps.
    pub(super) fn wait_for_room(&self) -> Result<u32, Abandoned> {
        let front = self.front.lock()?;
        self.waiting_for_room.fetch_add(1, Ordering::Relaxed);
        let number = self.changed.number();
        drop(front);
        Ok(number)
    }

    pub(super) fn stop_waiting_for_room(&self) {
        self.waiting_for_room.fetch_sub(1, Ordering::Relaxed);
    }

    /// The caller holds the inbox's lock.
    pub(super) fn set_flag(&self, flag: u8, on: bool) {
        let flags = self.flags.load(Ordering::Relaxed);
        let wanted = if on { flags | flag } else { flags & !flag };
        if flags != wanted {
            self.flags.store(wanted, Ordering::Relaxed);
        }
    }

    /// The queued letters and bytes. The caller holds both locks.
    pub(super) fn queued(&self, inbox: &Inbox) -> (u64, u64) {
        (self.len(), inbox.posted_bytes.wrapping_sub(self.removed_bytes.load(Ordering::Relaxed)))
    }

    /// The caller holds the inbox's lock.
    pub(super) fn is_closed(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// Letters posted and removed so far.
    pub(super) fn totals(&self) -> (u64, u64) {
        let removed = self.removed.load(Ordering::Acquire);
        (self.posted.load(Ordering::Acquire), removed)
    }
}

impl Inbox {
    /// Counts a taker as awake again. `struck`: whether the bell has been struck since it was counted as asleep, perhaps
    /// for another one.
    pub(super) fn count_awake(&mut self, struck: bool) {
        self.asleep -= 1;
        self.waiting = (self.waiting - u32::from(!struck)).min(self.asleep);
    }

    fn rare(&mut self) -> Result<&mut Rare, Status> {
        let rare = match self.rare.take() {
            Some(rare) => rare,
            None => crate::allocation::try_box(Rare::default())?,
        };
        Ok(self.rare.insert(rare))
    }

    #[cold]
    fn push_urgent(&mut self, letter: Letter) -> Result<(), (Status, Blob)> {
        match self.rare() {
            Ok(rare) => rare.urgent.push(letter),
            Err(status) => Err((status, letter.blob)),
        }
    }

    /// The record of notify calls, allocated if necessary. `NoMemory`.
    pub(super) fn calls(&mut self) -> Result<&mut Calls, Status> {
        Ok(&mut self.rare()?.calls)
    }

    /// The same, or `None` if it was never needed.
    pub(super) fn calls_if_any(&mut self) -> Option<&mut Calls> {
        self.rare.as_mut().map(|rare| &mut rare.calls)
    }

    /// Compares with the number of removed letters that was read last. If that makes no new peak, the current number,
    /// which is at least as high, makes none either.
    #[inline]
    fn note_peaks(&mut self, queue: &Queue, posted: u64) {
        if posted - self.removed_seen > self.peak_letters
            || self.posted_bytes.wrapping_sub(self.removed_bytes_seen) > self.peak_bytes
        {
            self.look_at_removed(queue);
            self.peak_letters = self.peak_letters.max(posted - self.removed_seen);
            self.peak_bytes = self.peak_bytes.max(self.posted_bytes.wrapping_sub(self.removed_bytes_seen));
        }
    }

    fn look_at_removed(&mut self, queue: &Queue) {
        // Bytes first, as takers write them first: so the bytes still kept are never underestimated.
        self.removed_bytes_seen = queue.removed_bytes.load(Ordering::Acquire);
        self.removed_seen = queue.removed.load(Ordering::Acquire);
    }
}
