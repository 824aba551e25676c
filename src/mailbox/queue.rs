//! The queue: posters put letters into its inbox, takers take from its front, and when that is empty the two change
//! places. So a poster and a taker who are both busy meet once for many letters, not at each.

use super::bell::Bell;
use super::letters::{Letter, Letters};
use super::ready::Calls;
use super::short_lock::{Abandoned, Held, ShortLock};
use super::wait::Lookout;
use crate::blob::Blob;
use crate::status::Status;
use crate::sync::{AtomicU8, AtomicU32, AtomicU64, Ordering, fence};

/// Urgent letters are queued. Changed under the inbox's lock, like the others.
pub(super) const URGENT: u8 = 1;
/// Somebody wants to know when the queue is no longer empty.
pub(super) const WATCHED: u8 = 2;
/// There are bounds.
const BOUNDED: u8 = 4;

/// How many turns of a spinning processor a poster or taker that finds the inbox locked leaves to the other one. Cache
/// lines then go to and fro once for many letters.
const PATIENCE: u32 = 64;
/// The same where there are bounds: longer, and the poster fills the queue and has to wait in turn.
const PATIENCE_BOUNDED: u32 = 16;

/// What the queue may hold; 0 is no bound.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    pub(super) letters: u64,
    pub(super) bytes: u64,
}

pub(super) struct Inbox {
    letters: Letters,
    bounds: Bounds,
    posted_bytes: u64,
    /// What was known of `removed` and `removed_bytes` when it was last needed: takers write those all the time.
    removed_seen: u64,
    removed_bytes_seen: u64,
    pub(super) refused: u64,
    pub(super) peak_letters: u64,
    pub(super) peak_bytes: u64,
    /// How many takers sleep whom nobody has struck the bell for: nobody is woken for nothing.
    pub(super) waiting: u32,
    pub(super) closed: bool,
    /// Most mailboxes never have one, and are small.
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

/// In this order, from the start of a line of the cache on (the count and what the mailbox adds are before it): what
/// posters write, what takers write. What both only read lies elsewhere, in `Shared`'s first line.
#[repr(C)]
pub(super) struct Queue {
    pub(super) flags: AtomicU8,
    /// Of those who wait for letters.
    pub(super) lookout_for_letters: Lookout,
    /// Of those who wait for room.
    pub(super) lookout_for_room: Lookout,
    /// How many posters wait for room.
    waiting_for_room: AtomicU32,
    /// For those who wait for letters: struck under the inbox's lock.
    pub(super) arrived: Bell,
    /// For those who wait for room, or for the end of a call.
    pub(super) changed: Bell,
    pub(super) inbox: ShortLock<Inbox>,
    /// Of all time; written under the inbox's lock.
    posted: AtomicU64,
    pub(super) front: ShortLock<Front>,
    /// Taken and swept, of all time; written under the front's lock.
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
    /// The number of the bell, read while nobody could post.
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
                waiting: 0,
                closed: false,
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

    /// How many letters are queued: exact while nobody posts or takes.
    pub(super) fn len(&self) -> u64 {
        // In this order it is never less than nothing.
        let removed = self.removed.load(Ordering::Acquire);
        self.posted.load(Ordering::Acquire).saturating_sub(removed)
    }

    /// Puts a letter into the inbox; whether the queue was empty and somebody wants to know, which is only said then.
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
        // Either the taker of the last letter sees this one, or it is seen here to have been the last.
        fence(Ordering::SeqCst);
        Ok(self.removed.load(Ordering::Acquire) == posted)
    }

    /// Whether a letter may come in. `Closed`, `LimitExceeded`.
    #[inline]
    pub(super) fn admit(&self, inbox: &mut Inbox, bytes: u64) -> Result<(), Status> {
        if inbox.closed {
            return Err(Status::Closed);
        }
        if self.flags.load(Ordering::Relaxed) & BOUNDED != 0 && !self.has_room(inbox, bytes) {
            return Err(Status::LimitExceeded);
        }
        Ok(())
    }

    /// Whether a letter of that many bytes can be admitted at all.
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

    /// With what was last known to be removed.
    #[inline]
    fn fits(&self, inbox: &Inbox, bytes: u64) -> bool {
        let letters = self.posted.load(Ordering::Relaxed) - inbox.removed_seen;
        let kept = inbox.posted_bytes.wrapping_sub(inbox.removed_bytes_seen);
        (inbox.bounds.letters == 0 || letters < inbox.bounds.letters)
            && (inbox.bounds.bytes == 0
                || kept.checked_add(bytes).is_some_and(|kept| kept <= inbox.bounds.bytes))
    }

    /// The next letter, as the front's holder.
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

    /// As [`Queue::next`]; a taker who finds nothing is counted among those who wait, and told the bell's number.
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
            let found = if inbox.closed {
                Found::Closed
            } else {
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

    /// Everything that is queued, to be dropped without a lock, and how many letters that is.
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

    /// As the front's holder.
    #[inline]
    fn note_removed(&self, letters: u64, bytes: u64) {
        let removed = self.removed.load(Ordering::Relaxed);
        let removed_bytes = self.removed_bytes.load(Ordering::Relaxed);
        self.removed_bytes.store(removed_bytes.wrapping_add(bytes), Ordering::Release);
        self.removed.store(removed + letters, Ordering::Release);
    }

    /// After letters were removed and the locks let go: tells those who wait for room. Whether the queue is empty and
    /// somebody wants to know.
    #[inline]
    pub(super) fn after_removal(&self) -> bool {
        let flags = self.flags.load(Ordering::Relaxed);
        if flags & (WATCHED | BOUNDED) == 0 {
            return false;
        }
        // A poster is counted under the front's lock: either it came before the removal and is seen here, or it sees what
        // was removed.
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

    /// After a flag was set: who looked at the flags before has removed its letters, for all to see, when this returns.
    pub(super) fn wait_for_takers(&self) -> Result<(), Abandoned> {
        drop(self.front.lock()?);
        Ok(())
    }

    /// Counts a poster among those who wait for room; the bell's number. It looks again before it sleeps.
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

    /// As the inbox's holder.
    pub(super) fn set_flag(&self, flag: u8, on: bool) {
        let flags = self.flags.load(Ordering::Relaxed);
        let wanted = if on { flags | flag } else { flags & !flag };
        if flags != wanted {
            self.flags.store(wanted, Ordering::Relaxed);
        }
    }

    /// Letters and bytes that are queued, as the holder of both locks.
    pub(super) fn queued(&self, inbox: &Inbox) -> (u64, u64) {
        (self.len(), inbox.posted_bytes.wrapping_sub(self.removed_bytes.load(Ordering::Relaxed)))
    }

    /// Posted and removed, of all time.
    pub(super) fn totals(&self) -> (u64, u64) {
        let removed = self.removed.load(Ordering::Acquire);
        (self.posted.load(Ordering::Acquire), removed)
    }
}

impl Inbox {
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

    /// The part that records calls, made now if necessary. `NoMemory`.
    pub(super) fn calls(&mut self) -> Result<&mut Calls, Status> {
        Ok(&mut self.rare()?.calls)
    }

    /// The same, where nobody was ever told of letters when it is not there.
    pub(super) fn calls_if_any(&mut self) -> Option<&mut Calls> {
        self.rare.as_mut().map(|rare| &mut rare.calls)
    }
    /// Posters compare with what was last known to be removed: as long as that does not make a new peak, neither
    /// does the truth.
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
        // The bytes first, as they are written first: what is seen to be kept is the truth or more.
        self.removed_bytes_seen = queue.removed_bytes.load(Ordering::Acquire);
        self.removed_seen = queue.removed.load(Ordering::Acquire);
    }
}
